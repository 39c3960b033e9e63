"""Receive payment, begun at the list of payments: who pays?"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from apps.backoffice.frame.acts import Screen
from apps.backoffice.frame.sight import seen
from apps.billing.models import Customer, Invoice
from apps.billing.models.invoices import OPEN
from apps.core.money import ZERO

OFFERED: Final = 20
LONGEST: Final = 100  # letters of what is looked for


@dataclass(frozen=True, kw_only=True, slots=True)
class Payer:
    """A customer who may be meant, and what they owe."""

    customer: Customer
    owes: Decimal
    invoices: int
    url: str


def payer_page(screen: Screen, request: HttpRequest) -> HttpResponse:
    """Look for the customer by name, code, or the number of an open invoice; one alone is gone on with."""
    words = " ".join(request.GET.get("who", "").split())[:LONGEST]
    found = _of_invoice(request, words) if words else []
    if len(found) == 1:
        return HttpResponseRedirect(_receive_at(found[0]))
    payers = _payers(_looked_for(screen, request, words) if words else [])
    if len(payers) == 1:
        return HttpResponseRedirect(payers[0].url)
    context = {
        **screen.admin_site.each_context(request),
        "title": "Receive payment",
        "trail": screen.trail("Receive payment"),
        "opts": screen.opts,
        "words": words,
        "payers": payers,
        "offered": OFFERED if len(payers) == OFFERED else 0,
        "back": reverse("admin:billing_payment_changelist"),
    }
    return TemplateResponse(request, "backoffice/money/payers.html", context)


def _of_invoice(request: HttpRequest, words: str) -> list[Invoice]:
    """The open invoice of this number: what a cheque mostly names."""
    named = [words, words.upper()]  # not whatever the case: that is no question to an index
    return list(seen(request, Invoice).filter(OPEN, number__in=named)[:2])


def _looked_for(screen: Screen, request: HttpRequest, words: str) -> Sequence[Customer]:
    """Found as the list of customers finds them; those who were merged into others pay nothing."""
    customers: Any = screen.admin_site.get_model_admin(Customer)
    mine = seen(request, Customer).select_related("company")
    rows, twice = customers.get_search_results(request, mine, words)
    rows = rows.filter(merged_into=None)
    return list((rows.distinct() if twice else rows).order_by("name", "pk")[:OFFERED])


def _payers(customers: Sequence[Customer]) -> list[Payer]:
    open_of = Invoice.objects.filter(OPEN, customer__in=customers).order_by().values("customer")
    owed = {
        row["customer"]: (row["owes"], row["many"])
        for row in open_of.annotate(owes=Sum("balance_due"), many=Count("pk"))
    }
    payers = [
        Payer(
            customer=each,
            owes=owed.get(each.pk, (ZERO, 0))[0],
            invoices=owed.get(each.pk, (ZERO, 0))[1],
            url=_receive_at(each),
        )
        for each in customers
    ]
    return sorted(payers, key=lambda each: not each.invoices)  # who owes something comes first


def _receive_at(record: Customer | Invoice) -> str:
    return reverse(f"admin:billing_{record._meta.model_name}_receive-payment", args=[record.pk])
