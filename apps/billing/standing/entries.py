"""What moved the receivable between two days: each entry with its record, its day and its amounts.

Invoices and refunds debit the receivable, credit notes and payments credit it, an adjustment does what
its side says, and what is set against something at another rate realises a difference, in home
currency alone. The sum of all entries to a day is the balance of the receivable account.

What one customer's money settles of another's, and what only the other books hold, moves what a
customer owes though not the company's receivable: those entries stand apart (`Movement.beside`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from django.db.models import F, Q, QuerySet

from apps.billing.models import AccountRole, Adjustment, Refund
from apps.billing.standing.parts import Part, Parts
from apps.billing.standing.reading import Reading, streamed
from apps.core.money import ZERO, rounded


class Movement(StrEnum):
    """Why the receivable moved."""

    INVOICED = "invoiced"
    CREDITED = "credited"
    RECEIVED = "received"
    REFUNDED = "refunded"  # or taken back by the bank
    WRITTEN_OFF = "written_off"  # bad debts, less what was booked again of them
    DEDUCTED = "deducted"  # charges, discounts, tax withheld, retainers held or used
    EXCHANGE = "exchange"
    PASSED_ON = "passed_on"  # beside: money of one customer for what another owes
    OTHER_BOOKS = "other_books"  # beside: set against what only the other books hold

    @property
    def beside(self) -> bool:
        """Moves what a customer owes, and the company's receivable account not."""
        return self in (Movement.PASSED_ON, Movement.OTHER_BOOKS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """Debits of the receivable are above nil: `amount` in `currency`, `home` in home currency.

    `kind` and `key` name the record; an exchange difference is an allocation's.
    """

    kind: str
    key: int
    customer_id: int
    movement: Movement
    dated: date
    number: str
    currency: str
    amount: Decimal
    home: Decimal


def entries(
    reading: Reading, since: date | None = None, *, customer_id: int | None = None
) -> Iterator[Entry]:
    """Those dated from `since` (None: from the beginning) to the day of the reading, both included,
    of all customers or of one.

    Kind by kind and by key, in a fixed number of queries.
    """
    whose = Q() if customer_id is None else Q(customer=customer_id)
    for kind in ("invoice", "credit_note"):
        yield from _documents(reading.standing(kind, since).filter(whose), kind)
    for kind in ("payment", "refund", "adjustment"):
        yield from _money(reading.standing(kind, since).filter(whose), kind, reading.home)
    for each in _exchange(reading, since):
        if customer_id in (None, each.customer_id):
            yield each


def receivable(reading: Reading) -> dict[str, tuple[Decimal, Decimal]]:
    """The receivable account by currency of what is owed: (in that currency, in home currency)."""
    found: dict[str, tuple[Decimal, Decimal]] = {}
    for each in entries(reading):
        amount, home = found.get(each.currency, (ZERO, ZERO))
        found[each.currency] = amount + each.amount, home + each.home
    return found


# --- documents and money -------------------------------------------------------------------------

_AGAIN: Final = {"invoice": "recovers_id", "credit_note": "relieves_id"}


def _documents(rows: "QuerySet[Any]", kind: str) -> Iterator[Entry]:
    sign = 1 if kind == "invoice" else -1
    usual = Movement.INVOICED if kind == "invoice" else Movement.CREDITED
    fields = ("id", "customer_id", "issue_date", "number", "currency", "total", "home_total")
    for row in streamed(rows, *fields, _AGAIN[kind]):
        key, customer, dated, number, currency, total, home, bad_debt = row
        yield Entry(
            kind=kind,
            key=key,
            customer_id=customer,
            movement=usual if bad_debt is None else Movement.WRITTEN_OFF,
            dated=dated,
            number=number or "",
            currency=currency,
            amount=sign * total,
            home=sign * home,
        )


_OF_MONEY: Final = ("id", "customer_id", "date", "currency", "amount", "exchange_rate")
_TOLD: Final = {
    "payment": ("reference", "bank_currency", "bank_amount"),
    "refund": ("reference", "why", "id"),
    "adjustment": ("role", "role", "side"),
}


def _money(rows: "QuerySet[Any]", kind: str, home: str) -> Iterator[Entry]:
    for key, customer, dated, currency, amount, rate, number, *more in streamed(
        rows, *_OF_MONEY, *_TOLD[kind]
    ):
        worth = rounded(amount * rate, home)
        if kind == "payment" and more[0] == home and more[1]:
            worth = more[1]  # what the bank took
        movement, sign = _what(kind, *more)
        yield Entry(
            kind=kind,
            key=key,
            customer_id=customer,
            movement=movement,
            dated=dated,
            number=number or (Refund.Why(more[0]).label if kind == "refund" else ""),
            currency=currency,
            amount=sign * amount,
            home=sign * worth,
        )


def _what(kind: str, first: Any, second: Any) -> tuple[Movement, int]:
    if kind == "payment":
        return Movement.RECEIVED, -1
    if kind == "refund":
        return Movement.REFUNDED, 1
    bad_debt = first == AccountRole.BAD_DEBT
    sign = 1 if second == Adjustment.Side.DEBIT else -1
    return (Movement.WRITTEN_OFF if bad_debt else Movement.DEDUCTED), sign


# --- what is set against what ----------------------------------------------------------------------

_DIFFERS: Final = Q(outside_id="") & ~Q(exchange_difference=0)
_ELSEWHERE: Final = Q(outside_entry__isnull=False) | ~Q(outside_id="")
_OF_ANOTHER: Final = Q(invoice__isnull=False) & (
    (Q(payment__isnull=False) & ~Q(payment__customer=F("invoice__customer")))
    | (Q(credit_note__isnull=False) & ~Q(credit_note__customer=F("invoice__customer")))
)


def beside(reading: Reading, since: date | None = None) -> Iterator[Entry]:
    """What moves the account of a customer though not the company's receivable, of the same days.

    With `entries` of the same days it adds up to what is open, customer by customer.
    """
    for part, moved in _moved(reading, since, _ELSEWHERE | _OF_ANOTHER):
        source, target = part.part.customers
        if part.part.theirs:
            whose, sign = (target, -1) if part.part.theirs == "source" else (source, 1)
            yield part.entry(whose, Movement.OTHER_BOOKS, amount=sign * moved.amount)
        else:
            yield part.entry(source, Movement.PASSED_ON, amount=moved.amount)
            yield part.entry(target, Movement.PASSED_ON, amount=-moved.amount)


def _exchange(reading: Reading, since: date | None) -> Iterator[Entry]:
    for part, moved in _moved(reading, since, _DIFFERS):
        if moved.realised:
            source, target = part.part.customers
            yield part.entry(target or source, Movement.EXCHANGE, home=moved.realised)


@dataclass(frozen=True, slots=True)
class _Moved:
    """By how much a part is more than it was on the day before."""

    amount: Decimal
    realised: Decimal


@dataclass(frozen=True, slots=True)
class _Dated:
    """A part, and the day on which it moved what it moved."""

    part: Part
    on: date

    def entry(
        self, customer: int | None, why: Movement, *, amount: Decimal = ZERO, home: Decimal = ZERO
    ) -> Entry:
        assert customer is not None  # that end is ours
        return Entry(
            kind="allocation",
            key=self.part.key,
            customer_id=customer,
            movement=why,
            dated=self.on,
            number="",
            currency=self.part.currency,
            amount=amount,
            home=home,
        )


def _moved(reading: Reading, since: date | None, which: Q) -> Iterator[tuple[_Dated, _Moved]]:
    """Of each part, what it comes to on the day less what it came to on the day before `since`; so
    what is un-applied takes back on that day what it did."""
    before: Iterator[Part] = iter(())
    if since is not None:
        before = Parts.of(reading.as_of(since - timedelta(days=1))).all(which)
    for then, now in _side_by_side(before, Parts.of(reading).all(which)):
        known = now or then
        assert known is not None  # one of the two sides is there
        moved = _Moved(
            (now.amount if now else ZERO) - (then.amount if then else ZERO),
            (now.realised if now else ZERO) - (then.realised if then else ZERO),
        )
        if moved.amount:
            on = known.dated if now else known.reversed_on or known.dated
            yield _Dated(known, on), moved


def _side_by_side(
    first: Iterator[Part], second: Iterator[Part]
) -> Iterator[tuple[Part | None, Part | None]]:
    """Parts of two readings by key; None: it is not in that one."""
    one, two = next(first, None), next(second, None)
    while one is not None or two is not None:
        if two is None or (one is not None and one.key < two.key):
            yield one, None
            one = next(first, None)
        elif one is None or two.key < one.key:
            yield None, two
            two = next(second, None)
        else:
            yield one, two
            one, two = next(first, None), next(second, None)
