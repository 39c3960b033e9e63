"""Amend: where the company allows it, an unpaid invoice is set right in place."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from apps.backoffice.frame.acts import ActForm, Screen
from apps.backoffice.frame.days import DayField
from apps.backoffice.frame.figure_field import FigureField
from apps.backoffice.frame.formatting import percent
from apps.backoffice.frame.history_words import tell_steps
from apps.backoffice.frame.performing import SHOW
from apps.backoffice.frame.record_forms import AsManyAsPosted
from apps.backoffice.frame.steps import Step
from apps.backoffice.frame.versions import State, words
from apps.billing import actions
from apps.billing.acts.drafting import DraftLine
from apps.billing.models import Invoice, Item, TaxRate
from apps.billing.rules.days import Sense

SPARE_LINES = 2
SAID = 6  # changes that are said at once; all are in the history
NO_TAX = "none"
ITEMS_OFFERED = 500  # as suggestions; a code beyond them can be typed all the same


def _plain(value: Any) -> str:
    return f"{value.normalize():f}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Amended:
    """What an amendment changes, before and after, and what the invoice then comes to."""

    steps: Sequence[Step]
    total: Decimal


class AmendForm(ActForm):
    """The date and the reason."""

    issue_date = DayField(label="Date", sense=Sense.DOCUMENT)
    reason = forms.CharField(max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["issue_date"].initial = self.record.issue_date


class AmendLineForm(forms.Form):
    """One line; an empty one is left out, one without quantity is taken off."""

    item = forms.CharField(
        required=False,
        label="Item code",
        widget=forms.TextInput(attrs={"list": "items", "autocomplete": "off"}),
    )
    description = forms.CharField(required=False, max_length=1000)
    quantity = FigureField(
        required=False, max_digits=19, decimal_places=6,
        widget=forms.TextInput(attrs={"class": "t-money", "inputmode": "decimal"}),
    )  # fmt: skip
    unit_price = FigureField(
        required=False, max_digits=19, decimal_places=6,
        widget=forms.TextInput(attrs={"class": "t-money", "inputmode": "decimal"}),
    )  # fmt: skip

    discount_percent = FigureField(
        required=False, min_value=0, max_value=100, max_digits=9, decimal_places=6,
        label="Discount in percent",
        widget=forms.TextInput(attrs={"class": "t-money", "inputmode": "decimal"}),
    )  # fmt: skip
    discount_amount = FigureField(
        required=False, min_value=0, max_digits=19, decimal_places=4, label="Discount as an amount",
        widget=forms.TextInput(attrs={"class": "t-money", "inputmode": "decimal"}),
    )  # fmt: skip
    tax_rate = forms.ChoiceField(required=False, label="Tax rate")

    def __init__(
        self, *args: Any, company_id: int, rates: Mapping[str, TaxRate], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.company_id = company_id
        self.rates = rates
        choice: Any = self.fields["tax_rate"]
        choice.choices = [
            ("", "Customer's or item's"),
            (NO_TAX, "No tax"),
            *((key, f"{rate.code} {percent(rate.percent)}") for key, rate in rates.items()),
        ]
        self.found: Item | None = None
        for name, field in self.fields.items():
            field.widget.attrs["aria-label"] = f"{field.label or name.replace('_', ' ')}, line"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        code = cleaned.get("item")
        if code:
            self.found = Item.objects.filter(company=self.company_id, code__iexact=code).first()
            if self.found is None:
                self.add_error("item", f"No item has the code “{code}”.")
        if cleaned.get("discount_percent") and cleaned.get("discount_amount"):
            self.add_error("discount_amount", "Type a percentage or an amount, not both.")
        if self.taken and cleaned.get("unit_price") is None:
            if self.found is None or self.found.unit_price is None:
                self.add_error("unit_price", "This line needs a unit price.")
            else:
                cleaned["unit_price"] = self.found.unit_price
        return cleaned

    @property
    def taken(self) -> bool:
        return bool(self.cleaned_data.get("quantity"))

    def line(self) -> DraftLine:
        answers, item = self.cleaned_data, self.found
        text = answers["description"] or ((item.description or item.name) if item else "")
        line = DraftLine(
            quantity=answers["quantity"],
            unit_price=answers["unit_price"],
            item=item,
            description=text,
            discount_percent=answers.get("discount_percent") or None,
            discount_amount=answers.get("discount_amount") or None,
        )
        rate = answers.get("tax_rate")
        return dataclasses.replace(line, tax_rate=self.rates.get(rate)) if rate else line


AmendLines = forms.formset_factory(AmendLineForm, formset=AsManyAsPosted, extra=SPARE_LINES)


def can_amend(invoice: Invoice) -> bool:
    """Where the company allows it, while nothing is paid or credited; billing asks all the rest."""
    applied = invoice.paid or invoice.credited or invoice.written_off
    return invoice.company.amend_allowed and invoice.is_issued and not applied


def amend_page(screen: Screen, request: HttpRequest, invoice: Invoice) -> HttpResponse:
    """GET shows the invoice as it is; POST gives it other lines or another date."""
    posted = request.POST if request.method == "POST" else None
    form = AmendForm(posted, record=invoice)
    lines = AmendLines(
        posted,
        prefix="lines",
        initial=_as_it_is(invoice),
        form_kwargs={"company_id": invoice.company_id, "rates": _rates(invoice)},
    )
    told: Amended | None = None
    if request.method == "POST" and form.is_valid() and lines.is_valid():
        given = {
            "lines": [each.line() for each in lines.forms if each.taken],
            "reason": form.cleaned_data["reason"],
            "issue_date": form.cleaned_data["issue_date"],
        }
        try:
            if SHOW in request.POST:
                told = _rehearsed(invoice, given)
            else:
                told = _amended(invoice, given)
                _tell(request, invoice, told)
                return HttpResponseRedirect(screen.page("change", invoice.pk))
        except ValidationError as refusal:
            form.add_error(None, refusal.messages)
    context = {
        **screen.admin_site.each_context(request),
        "title": f"Amend {invoice}",
        "trail": screen.trail("Amend", record=invoice),
        "opts": screen.opts,
        "original": invoice,
        "form": form,
        "lines": lines,
        "whole_discount": bool(invoice.discount_percent or invoice.discount_amount),
        "items": Item.objects.filter(company=invoice.company_id, active=True)[:ITEMS_OFFERED],
        "told": told,
        "back": screen.page("change", invoice.pk),
    }
    return TemplateResponse(request, "backoffice/documents/amend.html", context)


def _amended(invoice: Invoice, given: Mapping[str, Any]) -> Amended:
    """Amend it, and say what changed: dates and sums as the history tells them, then line by line."""
    before = _kept(invoice)
    actions.amend_invoice(invoice, **given)
    now = _kept(invoice)
    tell_steps([now, before])
    return Amended(steps=now.steps, total=invoice.total)


def _rehearsed(invoice: Invoice, given: Mapping[str, Any]) -> Amended:
    """The same, and nothing of it stays: it is done to another copy, and taken back."""
    with transaction.atomic():
        told = _amended(Invoice.objects.get(pk=invoice.pk), given)
        transaction.set_rollback(True)
    return told


def _kept(invoice: Invoice) -> Any:
    """The newest row of its history."""
    return invoice.history.latest()


def _tell(request: HttpRequest, invoice: Invoice, told: Amended) -> None:
    messages.success(request, f"{invoice} is amended, and goes over again by itself.")
    for step in told.steps[:SAID]:
        messages.info(request, f"{step.field}: {step.old} → {step.new}")
    if len(told.steps) > SAID:
        messages.info(request, "All that changed is in the history.")


def _rates(invoice: Invoice) -> dict[str, TaxRate]:
    """By their ids: those in use now, and those that its lines bear."""
    borne = Q(pk__in=invoice.lines.values("tax_rate"))
    rates = TaxRate.objects.filter(Q(active=True) | borne, company=invoice.company_id)
    return {str(rate.pk): rate for rate in rates.prefetch_related("components")}


def _as_it_is(invoice: Invoice) -> list[dict[str, Any]]:
    return [
        {
            "item": line.item.code if line.item else "",
            "description": line.description,
            "quantity": _plain(line.quantity),
            "unit_price": _plain(line.unit_price),
            "discount_percent": _plain(line.discount_percent) if line.discount_percent else "",
            "discount_amount": _plain(line.discount_amount) if line.discount_amount else "",
            "tax_rate": str(line.tax_rate_id) if line.tax_rate_id else NO_TAX,
        }
        for line in invoice.lines.select_related("item")
    ]


def as_typed(invoice: Invoice) -> State:
    """What the page edits, under the names of its fields."""
    state = {"issue_date": words("Date", invoice.issue_date)}
    for place, line in enumerate(_as_it_is(invoice)):
        for name, value in line.items():
            what = f"Line {place + 1}: {name.replace('_', ' ')}"
            state[f"lines-{place}-{name}"] = words(what, value)
    return state
