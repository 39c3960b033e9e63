"""Where money lies: in a bank deposit, at the bank, or not banked yet."""

from typing import Any, Final

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils.safestring import SafeString

from apps.backoffice.frame.formatting import link
from apps.billing.models import DepositLine, OutsideDeposit, Payment, Refund, is_at_the_bank

KEPT: Final = "_lies_in"


def with_deposits(rows: "QuerySet[Any]") -> "QuerySet[Any]":
    """Payments with whether a bank deposit of ours, or one that is only over there, has each."""
    standing = DepositLine.objects.filter(payment=OuterRef("pk"), standing=True)
    return rows.select_related("outside_deposit").annotate(was_deposited=Exists(standing))


def lies_in(record: Payment | Refund) -> SafeString | str:
    """The bank deposit it lies in, or why there is none. A page shows it once and asks for it
    several times."""
    kept: SafeString | str | None = record.__dict__.get(KEPT)
    if kept is None:
        kept = record.__dict__[KEPT] = _lies_in(record)
    return kept


def _lies_in(record: Payment | Refund) -> SafeString | str:
    line = None
    if getattr(record, "was_deposited", True):
        line = record.deposit_lines.filter(standing=True).select_related("deposit").first()
    if line is not None:
        address = reverse("admin:billing_deposit_change", args=[line.deposit_id])
        return link(address, line.deposit)
    outside = _outside(record) if isinstance(record, Payment) else None
    if outside is not None:
        return f"In the {outside}"
    if is_at_the_bank(record.method, record.date):
        return "None needed: by this method it is at the bank already"
    return "Not in a bank deposit yet"


def _outside(payment: Payment) -> OutsideDeposit | None:
    try:
        found: OutsideDeposit = payment.outside_deposit
    except OutsideDeposit.DoesNotExist:
        return None
    return found
