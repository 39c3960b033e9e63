"""The lines of an invoice or credit note: typed while it is a draft, then read."""

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.backoffice.documents.light_fields import known, light
from apps.backoffice.documents.line_pages import line_page
from apps.backoffice.documents.sums_box import sums_box
from apps.backoffice.frame.formatting import NOTHING, amount_text, money, percent
from apps.backoffice.frame.parts import Part
from apps.backoffice.frame.permissions import SEE_ITEMS, may
from apps.backoffice.frame.record_forms import OfParentForm, OfParentFormSet
from apps.backoffice.frame.screens import TabularInline
from apps.billing.models import CreditNoteLine, Document, DocumentLine, InvoiceLine
from apps.billing.models.documents import TaxMode
from apps.billing.sums.tax_rates import default_rate

LINES_TEMPLATE = f"backoffice/documents/lines_{settings.ADMIN_THEME}.html"


class LineForm(OfParentForm):
    """A line takes text, price and tax rate from the item (the rate first from the customer)
    where none was typed."""

    masters_are_known = False  # found for all lines at once, by whoever says so

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

    def _get_validation_exclusions(self) -> set[str]:
        """With what the line holds already: its item and rate were found when they were chosen."""
        found: set[str] = super()._get_validation_exclusions()  # type: ignore[misc] # Django's own
        looked_up = set() if self.masters_are_known else {*self.changed_data}
        return found | ({"item", "tax_rate"} - looked_up)

    @property
    def net(self) -> SafeString:
        """Of the line as it stands, whatever is typed."""
        return net_of(self.instance)

    @property
    def gone(self) -> SafeString:
        """What is ticked to take the line off."""
        ticked = f"{self.prefix}-DELETE" in self.data
        return format_html(
            '<input type="checkbox" name="{}-DELETE"{}>',
            self.prefix,
            SafeString(" checked" if ticked else ""),
        )

    def _rate_by_default(self, item: Any) -> Any:
        document = self.parent
        if document.tax_mode == TaxMode.NONE or not document.customer_id:
            return None
        return default_rate(document.customer, item)


class LinesFormSet(OfParentFormSet):
    """The lines of one page: of those that stand there the form shows, and writes, no others."""

    page_of: ClassVar[Callable[[Any], Part]]  # given by the inline
    sums_of: ClassVar[Callable[[Any], str]]  # likewise

    def get_queryset(self) -> Any:
        if not hasattr(self, "_queryset"):
            found = self.page.rows if self.instance.pk is not None else []
            self._queryset = found
        return self._queryset

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if form.instance.pk is not None:
            key = form.fields[form.instance._meta.pk.name]
            key.widget.loaded = form.instance
            known(key)

    @cached_property
    def page(self) -> Part:
        return type(self).page_of(self.instance)

    @property
    def sums(self) -> str:
        """What the document comes to as it is stored; empty of one that was not saved yet."""
        return type(self).sums_of(self.instance) if self.instance.pk is not None else ""

    @property
    def rows(self) -> Iterator[tuple[int | None, Any]]:
        """(its number among all lines, its form); None of what is being added."""
        for place, form in enumerate(self.forms):
            stands = form.instance.pk is not None
            yield (self.page.first + place if stands else None), form


class LineInline(TabularInline):
    form = LineForm
    formset = LinesFormSet
    template = LINES_TEMPLATE
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
        return light(field)

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        formset.page_of = staticmethod(lambda document: line_page(request, document))
        formset.sums_of = staticmethod(lambda document: sums_box(request, document))
        return formset

    def rows_of(self, request: HttpRequest, record: Any) -> tuple[int, list[Any]]:
        page = line_page(request, record)
        return page.first, page.rows

    @admin.display(description="Net")
    def money_net(self, line: Any) -> SafeString:
        return net_of(line)

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        return 0 if obj else 1

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return editable(obj) and bool(super().has_change_permission(request, obj))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return editable(obj) and bool(super().has_add_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return editable(obj) and bool(super().has_delete_permission(request, obj))


def net_of(line: Any) -> SafeString:
    return money(line.net, line.document.currency) if line.pk else money(None, "")


def lines_box(request: HttpRequest, document: Document) -> str:
    """The lines of what is only read, as a plain table."""
    page, currency = line_page(request, document), document.currency
    context = {
        "document": document,
        "page": page,
        "rows": [
            (page.first + place, line, discount_of(line, currency), taxed_at(line))
            for place, line in enumerate(page.rows)
        ],
        "links": may(request, SEE_ITEMS),
    }
    return render_to_string("backoffice/documents/lines_box.html", context, request)


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
