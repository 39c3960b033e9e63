"""Entries of the other books as sources: known here once, never posted, never sent."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError

from apps.billing.changes import maker
from apps.billing.models import Customer, OutsideEntry
from apps.core.money import ZERO


@dataclass(frozen=True, kw_only=True, slots=True)
class OutsideCredit:
    """A credit of theirs as their books hold it. `amount` is the whole of it."""

    origin: str
    their_kind: str
    remote_id: str
    label: str
    date: date
    currency: str
    amount: Decimal
    exchange_rate: Decimal = Decimal(1)
    is_money: bool = False


def outside_entry(customer: Customer, credit: OutsideCredit) -> OutsideEntry:
    """The row that stands for it here, made or brought up to date. Inside a transaction.

    Raises ValidationError, in a sentence for staff, for a side that does not hold it and for an
    amount that is none.
    """
    if maker().origin != credit.origin:
        raise ValidationError(f"{credit.label} is taken over by a run, not by hand.")
    if credit.amount <= ZERO:
        raise ValidationError(f"{credit.label} has no amount that could settle anything.")
    known = OutsideEntry.objects.filter(
        origin=credit.origin, their_kind=credit.their_kind, remote_id=credit.remote_id
    ).first()
    entry = known or OutsideEntry(
        company=customer.company,
        customer=customer,
        origin=credit.origin,
        their_kind=credit.their_kind,
        remote_id=credit.remote_id,
    )
    told = {
        "label": credit.label[:120],
        "date": credit.date,
        "currency": credit.currency,
        "exchange_rate": credit.exchange_rate,
        "amount": credit.amount,
        "is_money": credit.is_money,
        "customer": customer,
    }
    if known is None or any(getattr(known, name) != value for name, value in told.items()):
        for name, value in told.items():
            setattr(entry, name, value)
        entry.save()
    return entry
