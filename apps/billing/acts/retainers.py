"""Retainers: money on account that is owed to the customer until an invoice uses it."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext

from django.core.exceptions import ValidationError
from django.db import models, transaction

from apps.billing.acts.entry_making import credit, debit, make
from apps.billing.changes import made_by
from apps.billing.models import AccountRole, Adjustment, Company, Customer, Invoice, Payment
from apps.billing.rules.documents import day, require_amount
from apps.billing.sums.home_values import home_value
from apps.core.money import PRECISION, STORED_RATE, ZERO, figure, rate_between, rounded


def hold_as_retainer(
    payment: Payment, *, amount: Decimal, on: date, reason: str = ""
) -> Adjustment:
    """Hold money on account as a retainer: owed to the customer until it is used."""
    reason = reason.strip()
    with transaction.atomic(), made_by(reason=reason):
        return debit(payment, AccountRole.RETAINER, amount, on, reason)


def use_retainer(invoice: Invoice, *, amount: Decimal, on: date) -> Adjustment:
    """Set a part of the customer's retainer against an invoice.

    It is used at what it is held at in home currency, so that the last of it leaves nothing there.
    Raises ValidationError when the customer's retainer of that day does not hold that much.
    """
    with transaction.atomic():
        company = Company.locked(invoice.company_id)
        invoice.hold()
        invoice.company = company
        rate = _rate_of_retainer(invoice.customer, invoice.currency, amount, on, company)
        return credit(invoice, AccountRole.RETAINER, amount, on, "", rate=rate)


def give_retainer_back(retainer: Adjustment, *, amount: Decimal, on: date) -> Adjustment:
    """Take a part of a customer's retainer off the liability, to be paid out by a refund.

    `retainer` is one that is held: of its customer, in its currency. The caller holds the
    company's lock. Raises ValidationError as `use_retainer` does.
    """
    if retainer.role != AccountRole.RETAINER or retainer.side != Adjustment.Side.DEBIT:
        raise ValidationError(f"{retainer} is no retainer that is held.")
    if not retainer.is_made:
        raise ValidationError(f"{retainer} is cancelled.")
    customer, currency = retainer.customer, retainer.currency
    rate = _rate_of_retainer(customer, currency, amount, on, retainer.company)
    return make(retainer, Adjustment.Side.CREDIT, AccountRole.RETAINER, amount, on, "", rate)


def _rate_of_retainer(
    customer: Customer, currency: str, amount: Decimal, on: date, company: Company
) -> Decimal:
    """At what it is held on average; refused where it did not hold that much on that day."""
    require_amount(amount, currency)
    held = _retainer(customer, currency)
    then = min(held.amount, _retainer(customer, currency, until=on).amount)
    if amount > then:
        raise ValidationError(
            f"The retainer of {customer} held {figure(then, currency)} {currency} on {day(on)}, "
            f"not {figure(amount, currency)}."
        )
    return _average(held, amount, company.home_currency)


def retainer_of(customer: Customer, currency: str) -> Decimal:
    """What is held of a customer as retainers and not used yet."""
    return _retainer(customer, currency).amount


@dataclass(frozen=True, kw_only=True, slots=True)
class _Retainer:
    amount: Decimal
    home: Decimal


def _retainer(customer: Customer, currency: str, until: date | None = None) -> _Retainer:
    """What is held less what is used; `until` leaves out what was held after that day."""
    amount = home = ZERO
    for each in _retainers(customer, currency):
        held = each.side == Adjustment.Side.DEBIT
        if held and until is not None and each.date > until:
            continue
        amount += each.amount if held else -each.amount
        home += home_value(each) if held else -home_value(each)
    return _Retainer(amount=amount, home=home)


def _average(held: _Retainer, amount: Decimal, home: str) -> Decimal:
    """The rate at which `amount` is worth its part of what is held."""
    with localcontext(prec=PRECISION):
        worth = rounded(held.home * amount / held.amount, home)
    return rate_between(worth, amount, home) if worth > 0 else STORED_RATE


def _retainers(customer: Customer, currency: str) -> "models.QuerySet[Adjustment]":
    """Held and used, as they stand."""
    rows: models.QuerySet[Adjustment] = Adjustment.objects.filter(
        customer=customer,
        currency=currency,
        role=AccountRole.RETAINER,
        status=Adjustment.Status.MADE,
    )
    return rows.select_related("company")


def refuse_retainer_below_nil(adjustment: Adjustment) -> None:
    if adjustment.role != AccountRole.RETAINER or adjustment.side != Adjustment.Side.DEBIT:
        return
    rows = _retainers(adjustment.customer, adjustment.currency)
    running, lowest = ZERO, ZERO
    for each in sorted(rows, key=lambda row: (row.date, row.side != Adjustment.Side.DEBIT)):
        running += each.amount if each.side == Adjustment.Side.DEBIT else -each.amount
        lowest = min(lowest, running)
    if lowest < 0:
        raise ValidationError(
            f"{figure(-lowest, adjustment.currency)} {adjustment.currency} of this retainer is "
            "used already. Cancel its use first."
        )
    left = _retainer(adjustment.customer, adjustment.currency)
    if left.home < 0 or (not left.amount and left.home):
        raise ValidationError(
            "This retainer is used already, at what all of them were worth on average. "
            "Cancel that use first."
        )
