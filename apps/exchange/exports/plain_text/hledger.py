"""As a journal of hledger: `hledger check` proves it."""

import re
from collections.abc import Iterator
from decimal import Decimal

from apps.core.money import ZERO
from apps.exchange.exports.cells import decimals_of, number_text
from apps.exchange.exports.plain_text.entries import Account, Books, Entry, Posting


def lines(books: Books) -> Iterator[str]:
    """The journal, line by line, each with its end. Foreign amounts bear what they are worth."""
    yield f"; {books.title} of {_plain(books.company)} as of {books.day}. Debits are above nil.\n"
    yield "; Rerun the proof: hledger -f THIS-FILE check --strict\n\n"
    accounts: set[Account] = set()
    currencies = {books.home}
    for entry in books.entries:
        accounts.update(each.account for each in entry.postings)
        currencies.update(each.currency for each in entry.postings)
        yield from _entry(entry, books.home)
    yield f"{books.day} * What every account holds at the end of the day\n"
    for each in books.assertions:
        accounts.add(each.account)
        currencies.add(each.currency)
        held = _amount(each.amount, each.currency)
        nothing = _amount(ZERO, each.currency)
        yield f"    {':'.join(each.account)}  {nothing} =* {held}\n"
    yield "\n"
    for currency in sorted(currencies):
        decimals = decimals_of(currency)
        yield f"commodity 1000.{'0' * decimals} {currency}\n"
    for account in sorted(accounts):
        yield f"account {':'.join(account)}\n"


def _entry(entry: Entry, home: str) -> Iterator[str]:
    code = _plain(entry.what).replace("(", "[").replace(")", "]")
    yield f"{entry.day} * ({code}) {_plain(entry.who)}\n"
    for each in entry.postings:
        yield f"    {':'.join(each.account)}  {_amount(each.amount, each.currency)}{_worth(each, home)}\n"
    yield "\n"


def _worth(posting: Posting, home: str) -> str:
    if posting.currency == home:
        return ""
    return f" @@ {_amount(abs(posting.worth), home)}"


def _amount(amount: Decimal, currency: str) -> str:
    return f"{number_text(amount, decimals_of(currency))} {currency}"


def _plain(text: str) -> str:
    """On one line, and without what begins a comment."""
    return re.sub(r"\s+", " ", text.replace(";", ",")).strip()
