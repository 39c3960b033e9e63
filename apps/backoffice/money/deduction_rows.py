"""Rows of deductions beside a payment: what the customer kept of an invoice."""

from collections.abc import Sequence
from typing import Any, cast

from django import forms

from apps.backoffice.frame.figure_field import FigureField
from apps.backoffice.frame.record_forms import AsManyAsPosted
from apps.backoffice.money.settling_parts import amount_input
from apps.billing import actions
from apps.billing.acts.receiving import WITH_A_PAYMENT
from apps.billing.models import AccountRole, Company, Invoice, TaxRate
from apps.billing.rules.fee_tax import fee_rates
from apps.core.money import ZERO

SPARE_DEDUCTIONS = 2
DEDUCTED = [("", "Choose"), *((role.value, role.label) for role in WITH_A_PAYMENT)]


class DeductionForm(forms.Form):
    """What the customer kept of one invoice; a row without amount is left out."""

    invoice = forms.ModelChoiceField(Invoice.objects.none(), required=False, empty_label="Choose")
    role = forms.ChoiceField(label="What for", choices=DEDUCTED, required=False)
    amount = FigureField(
        required=False, min_value=ZERO, max_digits=19, decimal_places=4,
        widget=amount_input(**{"class": "t-money", "data-deduct": ""}),
    )  # fmt: skip
    tax_rate = forms.ModelChoiceField(
        TaxRate.objects.none(), label="Tax in it", required=False, empty_label="None"
    )
    reason = forms.CharField(max_length=200, required=False)

    def __init__(
        self, *args: Any, company: Company, invoices: Sequence[Invoice], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        cast(Any, self.fields["tax_rate"]).queryset = fee_rates(company)
        choice: Any = self.fields["invoice"]
        choice.queryset = Invoice.objects.filter(pk__in=[each.pk for each in invoices])
        for name, field in self.fields.items():
            field.widget.attrs["aria-label"] = f"{field.label or name.capitalize()}, deduction"

    @property
    def taken(self) -> bool:
        return bool(self.cleaned_data.get("amount"))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("amount"):
            if not cleaned.get("invoice"):
                self.add_error("invoice", "Say which invoice it is kept of.")
            if not cleaned.get("role"):
                self.add_error("role", "Say what it was kept for.")
            if not cleaned.get("reason"):
                self.add_error("reason", "Give a reason.")
            if cleaned.get("tax_rate") and cleaned.get("role") != AccountRole.BANK_CHARGE:
                self.add_error("tax_rate", "Only a bank's charge bears tax that you take back.")
        return cleaned

    def deducted(self) -> actions.Deducted:
        answers = self.cleaned_data
        return actions.Deducted(
            invoice=answers["invoice"],
            role=answers["role"],
            amount=answers["amount"],
            reason=answers["reason"],
            tax_rate=answers["tax_rate"],
        )


Deductions = forms.formset_factory(DeductionForm, formset=AsManyAsPosted, extra=SPARE_DEDUCTIONS)


def deductions_of(kept: Any) -> list[actions.Deducted]:
    """What was typed in the rows of deductions; nothing where the page was sent without them."""
    if not kept.is_valid():
        return []
    return [each.deducted() for each in kept.forms if each.taken]
