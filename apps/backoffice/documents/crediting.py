"""Credit this invoice: the whole of it, or a part line by line."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from apps.backoffice.frame.acts import ActForm, Screen
from apps.backoffice.frame.days import DayField
from apps.backoffice.frame.figure_field import FigureField
from apps.backoffice.frame.permissions import may
from apps.billing import actions
from apps.billing.acts.crediting import Part
from apps.billing.models import Invoice, InvoiceLine
from apps.billing.rules.days import Sense
from apps.billing.rules.documents import left_to_credit
from apps.staff.acts import ActName

WHOLE, PART = "whole", "part"
THEN_ISSUE = "then_issue"  # the button


def _figure_input(label: str) -> forms.TextInput:
    return forms.TextInput(
        attrs={
            "class": "t-money",
            "inputmode": "decimal",
            "autocomplete": "off",
            "aria-label": label,
        }
    )


class CreditForm(ActForm):
    """How much of which line, when, and why."""

    on = DayField(label="Date of the credit note", sense=Sense.DOCUMENT)
    reason = forms.CharField(max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    how = forms.ChoiceField(
        label="Credit",
        choices=[(WHOLE, "The whole invoice"), (PART, "A part of it, typed below")],
        widget=forms.RadioSelect,
        initial=WHOLE,
        required=False,
    )

    def __init__(self, *args: Any, lines: Sequence[InvoiceLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        invoice: Invoice = self.record
        self.lines = lines
        self.fields["on"].initial = max(invoice.company.today(), invoice.issue_date)
        for line in lines:
            self.fields[f"quantity_{line.pk}"] = FigureField(
                required=False, min_value=Decimal(0), max_digits=19, decimal_places=6,
                widget=_figure_input(f"Quantity to credit of {line.description}"),
            )  # fmt: skip
            self.fields[f"net_{line.pk}"] = FigureField(
                required=False, min_value=Decimal(0), max_digits=19, decimal_places=4,
                widget=_figure_input(f"Amount to credit of {line.description}"),
            )  # fmt: skip

    def rows(self) -> list[tuple[InvoiceLine, Any, Any]]:
        return [(line, self[f"quantity_{line.pk}"], self[f"net_{line.pk}"]) for line in self.lines]

    def parts(self) -> list[Part] | None:
        """None: the whole invoice."""
        if self.cleaned_data["how"] != PART:
            return None
        return [part for line in self.lines if (part := self._part(line)) is not None]

    def _part(self, line: InvoiceLine) -> Part | None:
        quantity = self.cleaned_data.get(f"quantity_{line.pk}")
        net = self.cleaned_data.get(f"net_{line.pk}")
        return Part(line=line, quantity=quantity, net=net) if quantity or net else None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        if cleaned.get("how") != PART:
            self._refuse_parts_of_the_whole()
            return cleaned
        for line in self.lines:
            if cleaned[f"quantity_{line.pk}"] and cleaned[f"net_{line.pk}"]:
                self.add_error(f"net_{line.pk}", "Type a quantity or an amount, not both.")
        if not self.errors and not self.parts():
            raise ValidationError("Type a quantity or an amount beside at least one line.")
        return cleaned

    def _refuse_parts_of_the_whole(self) -> None:
        """A quantity typed beside “the whole invoice” means two things: nothing is guessed."""
        if any(self._part(line) is not None for line in self.lines):
            raise ValidationError(
                "You typed a part of it, and “The whole invoice” is chosen. Choose “A part of it, "
                "typed below”, or empty the fields beside the lines."
            )


def credit_page(screen: Screen, request: HttpRequest, invoice: Invoice) -> HttpResponse:
    """GET shows the lines; POST makes the draft credit note and leads to it, or on to issuing it."""
    posted = request.POST if request.method == "POST" else None
    on_to_issuing = may(request, ActName.ISSUE_CREDIT_NOTE)
    form = CreditForm(posted, record=invoice, lines=list(invoice.lines.all()))
    if request.method == "POST" and form.is_valid():
        answers = form.cleaned_data
        try:
            note = actions.credit_invoice(
                invoice, reason=answers["reason"], on=answers["on"], lines=form.parts()
            )
        except ValidationError as refusal:
            form.add_error(None, refusal.messages)
        else:
            issues = on_to_issuing and THEN_ISSUE in request.POST
            then = "" if issues else " Look through it, then issue it."
            messages.success(request, f"The draft is made.{then}")
            name = "issue" if issues else "change"
            return HttpResponseRedirect(reverse(f"admin:billing_creditnote_{name}", args=[note.pk]))
    context = {
        **screen.admin_site.each_context(request),
        "title": f"Credit {invoice}",
        "trail": screen.trail("Credit this invoice", record=invoice),
        "opts": screen.opts,
        "original": invoice,
        "form": form,
        "left": left_to_credit(invoice),
        "then_issue": THEN_ISSUE if on_to_issuing else "",
        "back": screen.page("change", invoice.pk),
    }
    return TemplateResponse(request, "backoffice/documents/credit.html", context)
