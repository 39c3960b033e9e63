"""Apply what is left of a payment or a credit note to open invoices."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Day
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.safestring import SafeString

from apps.backoffice.frame.acts import Screen
from apps.backoffice.frame.days import DayField
from apps.backoffice.frame.performing import SHOW
from apps.backoffice.ledgers.rehearsal import will_book
from apps.backoffice.money.settling_parts import (
    PartsForm,
    dated_of,
    left_of,
    open_invoices,
    plain,
    settling_page,
)
from apps.billing import actions
from apps.billing.models import CreditNote, Invoice, Payment
from apps.billing.rules.days import Sense
from apps.sync.calls.closed_there import doubts_about


class ApplyForm(PartsForm):
    on = DayField(label="Date of the application", sense=Sense.MONEY)

    def __init__(self, *args: Any, record: Payment | CreditNote, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.record = record

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and not self.parts():
            raise ValidationError("Type an amount beside at least one invoice.")
        return cleaned


@dataclass(frozen=True, kw_only=True)
class Source:
    """What is left of a payment or a credit note, to be set against invoices."""

    record: Payment | CreditNote
    left: Decimal
    dated: Day

    @classmethod
    def of(cls, record: Payment | CreditNote) -> "Source":
        return cls(record=record, left=left_of(record), dated=dated_of(record))


def apply_page(screen: Screen, request: HttpRequest, record: Payment | CreditNote) -> HttpResponse:
    """Apply what is left of a payment or credit note to open invoices of its customer."""
    source = Source.of(record)
    invoices = open_invoices(record.customer, below=isinstance(record, Payment))
    initial: dict[str, Any] = {"on": max(record.company.today(), source.dated)}
    if isinstance(record, CreditNote) and record.invoice_id:
        mirrored = next((each for each in invoices if each.pk == record.invoice_id), None)
        if mirrored:
            initial[f"part_{mirrored.pk}"] = plain(
                min(mirrored.balance_due, source.left), record.currency
            )
    posted = request.POST if request.method == "POST" else None
    form = ApplyForm(posted, record=record, invoices=invoices, initial=initial)
    told = SafeString("")
    if request.method == "POST" and form.is_valid():
        given = record, form.parts(), form.cleaned_data["on"]
        try:
            if SHOW in request.POST:
                told = will_book(request, record, _apply, *given)
            else:
                _apply(*given)
                messages.success(request, "Applied.")
                return HttpResponseRedirect(screen.page("change", record.pk))
        except ValidationError as refusal:
            form.add_error(None, refusal.messages)
    return settling_page(
        screen,
        request,
        "backoffice/money/apply.html",
        title=f"Apply {record}",
        step="Apply",
        form=form,
        customer=record.customer,
        currency=record.currency,
        available=source.left,
        back=screen.page("change", record.pk),
        original=record,
        doubts=doubts_about(record) if isinstance(record, Payment) else [],
        told=told,
    )


@transaction.atomic
def _apply(record: Payment | CreditNote, parts: Sequence[tuple[Invoice, Decimal]], on: Day) -> None:
    for invoice, amount in parts:
        actions.allocate(record, invoice, amount, on=on)
