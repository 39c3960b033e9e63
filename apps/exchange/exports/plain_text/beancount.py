"""As a file of beancount: `bean-check` proves it."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from apps.exchange.exports.cells import decimals_of, number_text
from apps.exchange.exports.plain_text.entries import Account, Books, Entry, Posting

FIRST = "1900-01-01"  # accounts are open on every day


def lines(books: Books) -> Iterator[str]:
    """The file, line by line, each with its end. Foreign amounts bear what they are worth."""
    yield f"; {books.title} of {_plain(books.company)} as of {books.day}. Debits are above nil.\n"
    yield "; Rerun the proof: bean-check THIS-FILE\n\n"
    yield f'option "title" "{_plain(books.company)}"\n'
    yield f'option "operating_currency" "{books.home}"\n\n'
    accounts: set[Account] = set()
    for entry in books.entries:
        accounts.update(each.account for each in entry.postings)
        yield from _entry(entry, books.home)
    after = _next(books.day)  # it looks at the beginning of a day
    for each in books.assertions:
        accounts.add(each.account)
        held = number_text(each.amount, decimals_of(each.currency))
        # To the last figure: without “~ 0” a wrong cent would pass.
        yield f"{after} balance {':'.join(each.account)}  {held} ~ 0 {each.currency}\n"
    yield "\n"
    for account in sorted(accounts):
        yield f"{FIRST} open {':'.join(account)}\n"


def _next(day: date) -> date:
    return day + timedelta(days=1)


def _entry(entry: Entry, home: str) -> Iterator[str]:
    yield f'{entry.day} * "{_plain(entry.who)}" "{_plain(entry.what)}"\n'
    for each in entry.postings:
        yield f"  {':'.join(each.account)}  {_amount(each.amount, each.currency)}{_worth(each, home)}\n"
    yield "\n"


def _worth(posting: Posting, home: str) -> str:
    return "" if posting.currency == home else f" @@ {_amount(abs(posting.worth), home)}"


def _amount(amount: Decimal, currency: str) -> str:
    return f"{number_text(amount, decimals_of(currency))} {currency}"


def _plain(text: str) -> str:
    """On one line, with what ends a text told apart from it."""
    return re.sub(r"\s+", " ", text).strip().replace("\\", "\\\\").replace('"', '\\"')
