"""Money that moved between two days, and money received that is not yet banked at the end of one.

A bank deposit made only over there (`OutsideDeposit`) keeps no history: its payments are left out of
clearing for as long as it is known now, on every day and as known at every moment.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db.models import Exists, OuterRef, QuerySet

from apps.billing.models import DepositLine, OutsideDeposit, PaymentMethod, Places, Refund
from apps.billing.standing.reading import Reading, streamed
from apps.core.money import ZERO, rounded


@dataclass(frozen=True, kw_only=True, slots=True)
class Moved:
    """A payment or refund as the bank sees it: `amount` in `currency`, below nil where it went out,
    with the fee of a refund. `method_id` None: nobody said how it came."""

    kind: str
    key: int
    customer_id: int
    method_id: int | None
    dated: date
    number: str
    currency: str
    amount: Decimal
    why: str  # of a refund, as its model has it; of a payment ""


_PAYMENT: Final = (
    *("id", "customer_id", "method_id", "date", "reference"),
    *("currency", "amount", "bank_currency", "bank_amount"),
)
_REFUND: Final = (
    *("id", "customer_id", "method_id", "date", "reference", "currency", "amount", "fee", "why"),
)


def moved(reading: Reading, since: date) -> Iterator[Moved]:
    """Payments and refunds dated from `since` to the day of the reading, by kind and key."""
    yield from _payments(reading.standing("payment", since))
    yield from _refunds(reading.standing("refund", since))


def in_clearing(reading: Reading) -> Iterator[Moved]:
    """What lies in clearing at the end of the day: its method posts there, and no bank deposit dated
    by then holds it."""
    places = Places.of_company(reading.company.pk)
    methods = PaymentMethod.objects.filter(company=reading.company).in_bulk()
    outside = Exists(OutsideDeposit.objects.filter(payment=OuterRef("id")))
    payments = _not_banked(reading, "payment").exclude(outside)
    for each in (*_payments(payments), *_refunds(_not_banked(reading, "refund"))):
        method = methods.get(each.method_id) if each.method_id else None
        if not places.to_bank(method, each.dated):
            yield each


def _not_banked(reading: Reading, kind: str) -> "QuerySet[Any]":
    """Lines of bank deposits never change: whether one holds is the deposit's own history."""
    deposits = reading.standing("deposit").order_by().values("id")
    held = DepositLine.objects.filter(deposit__in=deposits, **{kind: OuterRef("id")})
    return reading.standing(kind).exclude(Exists(held))


def _payments(rows: "QuerySet[Any]") -> Iterator[Moved]:
    for key, customer, method, dated, number, *amounts in streamed(rows, *_PAYMENT):
        currency, amount, bank_currency, bank_amount = amounts
        at_the_bank = bool(bank_currency and bank_amount)
        yield Moved(
            kind="payment",
            key=key,
            customer_id=customer,
            method_id=method,
            dated=dated,
            number=number,
            currency=bank_currency if at_the_bank else currency,
            amount=bank_amount if at_the_bank else amount,
            why="",
        )


def _refunds(rows: "QuerySet[Any]") -> Iterator[Moved]:
    for key, customer, method, dated, number, currency, amount, fee, why in streamed(
        rows, *_REFUND
    ):
        yield Moved(
            kind="refund",
            key=key,
            customer_id=customer,
            method_id=method,
            dated=dated,
            number=number or Refund.Why(why).label,
            currency=currency,
            amount=-amount - fee,
            why=why,
        )


# --- what bank deposits realise ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Banked:
    """What the rate of a bank deposit made of what it holds, in home currency: a gain above nil."""

    key: int
    dated: date
    realised: Decimal


_DEPOSITED: Final = (
    *("deposit_id", "amount", "payment__amount", "payment__exchange_rate", "refund__amount"),
    *("refund__fee", "refund__exchange_rate"),
)


def banked(reading: Reading, since: date) -> Iterator[Banked]:
    """Bank deposits whose line is worth something else than what they hold was."""
    deposits = reading.standing("deposit", since)
    rows = DepositLine.objects.filter(deposit__in=deposits.order_by().values("id"))
    lines = streamed(rows.order_by("deposit_id", "position", "id"), *_DEPOSITED)
    line = next(lines, None)
    for key, dated, total, rate in streamed(deposits, "id", "date", "total", "exchange_rate"):
        left = ZERO
        while line is not None and line[0] == key:
            left += _worth(line, rate, reading.home)
            line = next(lines, None)
        realised = rounded(total * rate, reading.home) - left
        if realised:
            yield Banked(key, dated, realised)


def _worth(line: tuple[Any, ...], rate: Decimal, home: str) -> Decimal:
    """Of a payment at its own rate, of a refund with its fee at its; of a fee at the deposit's."""
    _, amount, paid, paid_at, refunded, fee, refunded_at = line
    if paid is not None:
        return rounded(paid * paid_at, home)
    if refunded is not None:
        return -rounded((refunded + fee) * refunded_at, home)
    return rounded(amount * rate, home)
