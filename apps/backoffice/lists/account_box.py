"""What a customer's page says of their account: the balance, what is open on both sides, all documents."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse

from apps.backoffice.frame import permissions
from apps.backoffice.frame.permissions import may
from apps.billing.models import CreditNote, Customer, Invoice, Payment
from apps.core.money import ZERO

SHOWN: Final = 50  # of each kind
STORED: Final = Decimal("0.0001")  # SQLite adds up in binary fractions
OPEN_OF: Final[dict[str, tuple[type[Any], str, dict[str, Any]]]] = {
    "owed_sum": (Invoice, "balance_due", {"status": "issued", "balance_due__gt": 0}),
    "credit_sum": (CreditNote, "open_credit", {"status": "issued", "open_credit__gt": 0}),
    "account_sum": (Payment, "on_account", {"status": "received", "on_account__gt": 0}),
}
DOCUMENTS: Final = (
    ("Invoices", "invoice", permissions.SEE_INVOICES),
    ("Credit notes", "creditnote", permissions.SEE_CREDIT_NOTES),
    ("Payments", "payment", permissions.SEE_PAYMENTS),
    ("Refunds", "refund", permissions.SEE_REFUNDS),
    ("Adjustments", "adjustment", permissions.SEE_ADJUSTMENTS),
)


def with_sums(rows: "QuerySet[Any]") -> "QuerySet[Any]":
    """Customers with what all that is open of each comes to."""
    return rows.annotate(**{name: Subquery(_sum(*of)) for name, of in OPEN_OF.items()})


def _sum(model: type[Any], field: str, is_open: dict[str, Any]) -> "QuerySet[Any]":
    its = model.objects.filter(customer=OuterRef("pk"), **is_open).order_by().values("customer")
    summed: QuerySet[Any] = its.annotate(found=Sum(field)).values("found")
    return summed


def account_box(request: HttpRequest, customer: Customer) -> str:
    """All sums are in the customer's own currency."""
    owed, credits, on_account = (_sum_of(customer, name) for name in OPEN_OF)
    context = {
        "customer": customer,
        "owed_sum": owed,
        "credit_sum": credits,
        "account_sum": on_account,
        "balance": owed - credits - on_account,
        "owed_to_them": credits + on_account - owed,
        "owed": _open(customer, "owed_sum", "due_date"),
        "credits": _open(customer, "credit_sum", "issue_date"),
        "rest": _open(customer, "account_sum", "date"),
        "shown": SHOWN,
        "documents": list(_documents(request, customer)),
    }
    return render_to_string("backoffice/lists/customer_account.html", context, request)


def _sum_of(customer: Customer, name: str) -> Decimal:
    """As it was read with the customer; else asked for, as of a form that was sent."""
    if not hasattr(customer, name):
        model, field, is_open = OPEN_OF[name]
        rows = model.objects.filter(customer=customer, **is_open)
        setattr(customer, name, rows.aggregate(found=Sum(field))["found"])
    found: Decimal | None = getattr(customer, name)
    return (found or ZERO).quantize(STORED)


def _open(customer: Customer, name: str, dated: str) -> "QuerySet[Any] | list[Any]":
    """The oldest of what is open; nothing is asked for where the sum says that nothing is."""
    if not _sum_of(customer, name):
        return []
    model, _, is_open = OPEN_OF[name]
    rows: QuerySet[Any] = model.objects.filter(customer=customer, **is_open)
    return rows.order_by(dated, "pk")[:SHOWN]


def _documents(request: HttpRequest, customer: Customer) -> Iterator[tuple[str, str]]:
    """(words, address) of the lists of all that there is of the customer, for whoever may see each."""
    for words, name, permission in DOCUMENTS:
        if may(request, permission):
            address = reverse(f"admin:billing_{name}_changelist")
            yield words, f"{address}?customer__id__exact={customer.pk}"
