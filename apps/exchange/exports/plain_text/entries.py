"""What a plain-text ledger is made of: entries of postings, and what accounts must say."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from apps.billing.models import AccountRole, Customer
from apps.core.money import ZERO

Account = tuple[str, ...]  # from the root down


def account(*parts: str) -> Account:
    return parts


SALES: Final[Account] = account("Income", "Sales")
TAX: Final[Account] = account("Liabilities", "Tax")
EXCHANGE: Final[Account] = account("Income", "Exchange-differences")
MONEY: Final[Account] = account("Assets", "Money")
OTHER_BOOKS: Final[Account] = account("Equity", "Other-books")
ROLES: Final[dict[str, Account]] = {
    AccountRole.BANK_CHARGE: account("Expenses", "Bank-charges"),
    AccountRole.EARLY_DISCOUNT: account("Expenses", "Early-payment-discounts"),
    AccountRole.TAX_WITHHELD: account("Assets", "Tax-withheld"),
    AccountRole.SMALL_DIFFERENCE: account("Expenses", "Small-differences"),
    AccountRole.BAD_DEBT: account("Expenses", "Bad-debts"),
    AccountRole.INPUT_TAX: account("Assets", "Tax-on-fees"),
    AccountRole.RETAINER: account("Liabilities", "Retainers"),
}


@dataclass(frozen=True, slots=True)
class Posting:
    """`amount` in its own currency and `worth` in the home one; debits above nil."""

    account: Account
    amount: Decimal
    currency: str
    worth: Decimal

    @property
    def reversed(self) -> "Posting":
        return Posting(self.account, -self.amount, self.currency, -self.worth)


@dataclass(frozen=True, slots=True)
class Entry:
    """One dated entry; what its postings are worth adds up to nil."""

    day: date
    what: str  # the kind of record and its number
    who: str
    postings: tuple[Posting, ...]

    @property
    def residue(self) -> Decimal:
        return sum((each.worth for each in self.postings), ZERO)


@dataclass(frozen=True, slots=True)
class Assertion:
    """At the end of the day the account, with all below it, holds `amount` of the currency."""

    account: Account
    currency: str
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class Books:
    """The receivables of a company as of a day, or what a comparison of both sides rests on. `entries`
    are made as they are read."""

    company: str
    home: str
    day: date
    entries: Iterator[Entry]
    assertions: Iterator[Assertion]  # read after the entries
    title: str = "Receivables"


def part(words: str, key: int | None = None) -> str:
    """One part of an account's name: letters, figures and dashes, beginning with a capital.

    Both programs take such names alone. With a `key` two that look alike stay two.
    """
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-")[:40].strip("-")
    named = slug[:1].upper() + slug[1:] if slug else "Nameless"
    return named if key is None else f"{named}-{key}"


def receivable(customer: Customer) -> Account:
    return "Assets", "Receivable", part(customer.name, customer.pk)
