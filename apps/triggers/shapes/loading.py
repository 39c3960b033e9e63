"""Records with all that their shapes show of others, in a fixed number of queries."""

from collections.abc import Mapping
from typing import Any, Final

from django.db.models import Prefetch, QuerySet

from apps.billing.models import (
    Allocation,
    CreditNote,
    CreditNoteLine,
    Customer,
    Deposit,
    DepositLine,
    Invoice,
    InvoiceLine,
    Item,
    Payment,
    Refund,
)

_BESIDE: Final = (
    "payment",
    "credit_note",
    "invoice",
    "refund",
    "adjustment",
    "charge",
    "outside_entry",
)


def _allocations() -> QuerySet[Allocation]:
    return Allocation.objects.select_related(*_BESIDE).order_by("id")


def _lines(model: type[InvoiceLine] | type[CreditNoteLine]) -> "Prefetch[Any]":
    return Prefetch("lines", model._default_manager.select_related("item", "tax_rate"))


def _deposit_lines() -> "Prefetch[Any]":
    return Prefetch("lines", DepositLine.objects.select_related("payment", "refund"))


ROWS: Final[Mapping[str, QuerySet[Any]]] = {
    "customer": Customer.objects.select_related(
        "company", "terms", "tax_rate", "parent", "merged_into"
    ),
    "item": Item.objects.select_related("company", "tax_rate", "merged_into"),
    "invoice": Invoice.objects.select_related("company", "customer", "terms").prefetch_related(
        _lines(InvoiceLine)
    ),
    "credit_note": CreditNote.objects.select_related(
        "company", "customer", "invoice", "relieves"
    ).prefetch_related(_lines(CreditNoteLine)),
    "payment": Payment.objects.select_related("company", "customer", "method").prefetch_related(
        Prefetch("allocations", _allocations())
    ),
    "refund": Refund.objects.select_related("company", "customer", "method").prefetch_related(
        Prefetch("allocations", _allocations())
    ),
    "deposit": Deposit.objects.select_related("company", "bank_account").prefetch_related(
        _deposit_lines()
    ),
    "allocation": _allocations(),
}


def rows_of(kind: str) -> QuerySet[Any]:
    """All records of a kind, by its word of billing, loaded for their shape."""
    return ROWS[kind].all()
