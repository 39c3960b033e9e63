"""The head of a document: what is typed of it beside its lines, and what of that is mostly left alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.html import format_html

from apps.backoffice.documents.due_days import due_words
from apps.backoffice.frame.record_forms import RecordForm
from apps.billing.acts.drafting import default_mode
from apps.billing.models import Document

TAX_FIELDS: Any = (
    "Tax and discount",
    {"fields": ["tax_mode", ("discount_percent", "discount_amount")]},
)
RATE_FIELDS: Any = (
    "Currency",
    {"fields": ["exchange_rate", ("exchange_rate_date", "exchange_rate_source")]},
)
CUSTOMER_FIELDS: Any = (
    "For the customer",
    {"fields": ["purchase_order_number", "message"]},
)
# Of what stands below the lines: whoever typed one of these finds it open.
RARE = (
    "supply_date",
    "discount_percent",
    "discount_amount",
    "purchase_order_number",
    "message",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class SubmitButton:
    """A button beside “Save”, under the names by which the theme draws it."""

    action_name: str
    description: str
    icon: str = ""
    attrs: Mapping[str, str] = field(default_factory=dict)


class DocumentForm(RecordForm):
    """A discount is a percentage or an amount; an empty exchange rate is looked up."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "exchange_rate" in self.fields:
            self.fields["exchange_rate"].required = False
            self.fields["exchange_rate"].help_text = (
                "Home currency per unit of the document's. Empty: the latest rate on or before "
                "the date."
            )
        if "due_date" in self.fields:
            self.fields["due_date"].help_text = format_html(
                'Empty: <output data-running="due">{}</output>',
                due_words(self.instance) or "as the terms say",
            )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("discount_percent") and cleaned.get("discount_amount"):
            self.add_error("discount_amount", "Type a percentage or an amount, not both.")
        return cleaned


def opens(form: Any, document: Document | None) -> bool:
    """Whether what is mostly left alone is shown at once: something of it was typed, is wrong, or lacks."""
    first = {"company", "customer", "issue_date", "due_date", "of_invoice", "reason"}
    if {*form.errors} - first - {"__all__"}:
        return True
    if any(form[name].value() for name in RARE if name in form.fields):
        return True
    if document is None or document.pk is None:
        return False
    lacks_rate = "exchange_rate" in form.fields and document.exchange_rate_date is None
    return lacks_rate or document.tax_mode != default_mode(document.company)
