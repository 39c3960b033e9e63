"""The lines of an invoice or credit note: typed while it is a draft, then read."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.backoffice.frame.formatting import NOTHING, amount_text, figure, money, percent, price
from apps.backoffice.frame.record_forms import OfParentForm, OfParentFormSet
from apps.backoffice.frame.screens import TabularInline
from apps.billing.models import CreditNoteLine, DocumentLine, InvoiceLine
from apps.billing.models.documents import TaxMode
from apps.billing.sums.tax_rates import default_rate


class LineForm(OfParentForm):
    """A line takes text, price and tax rate from the item (the rate first from the customer)
    where none was typed."""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        item = cleaned.get("item")
        if not cleaned.get("description") and item:
            cleaned["description"] = item.description or item.name
        if cleaned.get("unit_price") is None and "unit_price" not in self.errors:
            if item is None or item.unit_price is None:
                raise ValidationError({"unit_price": "This line needs a unit price."})
            cleaned["unit_price"] = item.unit_price
        if cleaned.get("discount_percent") and cleaned.get("discount_amount"):
            self.add_error("discount_amount", "Type a percentage or an amount, not both.")
        if self.instance.pk is None and cleaned.get("tax_rate") is None:
            cleaned["tax_rate"] = self._rate_by_default(item)
        return cleaned

    def _rate_by_default(self, item: Any) -> Any:
        document = self.parent
        if document.tax_mode == TaxMode.NONE or not document.customer_id:
            return None
        return default_rate(document.customer, item)


class LineInline(TabularInline):
    form = LineForm
    formset = OfParentFormSet
    fields = ["item", "description", "quantity", "unit_price", "discount_percent",
              "discount_amount", "tax_rate", "money_net"]  # fmt: skip
    readonly_fields = ["money_net"]
    autocomplete_fields = ["item", "tax_rate"]
    verbose_name_plural = "lines"

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is None:
            return field
        if db_field.name == "description":
            field.widget.attrs.update(rows=1)
        if db_field.name == "unit_price":
            # Left empty, it is the item's.
            field.required, field.initial = False, None
        if db_field.name == "discount_percent":
            field.label = "Discount %"
        if db_field.name == "discount_amount":
            field.label = "or amount"
        if db_field.name in ("item", "tax_rate"):
            # A line has no room for a menu beside the choice: masters are edited on their pages.
            for what in ("add", "change", "delete", "view"):
                setattr(field.widget, f"can_{what}_related", False)
        if db_field.name == "tax_rate":
            field.widget.attrs["data-placeholder"] = "Customer's or item's"
        return field

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        if self.has_change_permission(request, obj):
            return self.fields
        return ["item", "description", "money_quantity", "money_unit_price", "money_discount",
                "taxed_at", "money_net", "money_tax"]  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*self.readonly_fields, "money_quantity", "money_unit_price", "money_discount",
                "taxed_at", "money_tax"]  # fmt: skip

    @admin.display(description="Quantity")
    def money_quantity(self, line: Any) -> SafeString:
        return figure(line.quantity)

    @admin.display(description="Unit price")
    def money_unit_price(self, line: Any) -> SafeString:
        return price(line.unit_price, line.document.currency)

    @admin.display(description="Discount")
    def money_discount(self, line: Any) -> SafeString:
        return discount_of(line, line.document.currency)

    @admin.display(description="Tax rate")
    def taxed_at(self, line: Any) -> str:
        return taxed_at(line)

    @admin.display(description="Net")
    def money_net(self, line: Any) -> SafeString:
        return money(line.net, line.document.currency) if line.pk else money(None, "")

    @admin.display(description="Tax")
    def money_tax(self, line: Any) -> SafeString:
        return money(line.tax, line.document.currency)

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        return 0 if obj else 1

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return editable(obj) and bool(super().has_change_permission(request, obj))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return editable(obj) and bool(super().has_add_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return editable(obj) and bool(super().has_delete_permission(request, obj))


def editable(document: Any) -> bool:
    return document is None or document.is_draft


def taxed_at(line: DocumentLine) -> str:
    """“S20 20 %”: what the document says for ever, or on a draft what the rate is now."""
    if line.tax_code:
        return f"{line.tax_code} {percent(line.tax_percent)}"
    if line.tax_rate is not None:
        return f"{line.tax_rate.code} {percent(line.tax_rate.percent)}"
    return NOTHING


def discount_of(record: Any, currency: str) -> SafeString:
    """“10 %” or “5.00”, of a line or a whole document."""
    if record.discount_percent:
        return format_html('<span class="t-amount">{}</span>', percent(record.discount_percent))
    if record.discount_amount:
        words = amount_text(record.discount_amount, currency)
        return format_html('<span class="t-amount">{}</span>', words)
    return format_html('<span class="t-amount">{}</span>', NOTHING)


class InvoiceLineInline(LineInline):
    model = InvoiceLine


class CreditNoteLineInline(LineInline):
    model = CreditNoteLine
