"""The screen of what is sold: products and services."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from apps.backoffice.frame.formatting import activity, price
from apps.backoffice.frame.one_company import FixedCompany
from apps.backoffice.frame.record_forms import RecordForm
from apps.backoffice.frame.screens import FewRelatedFilter, RecordWithHistoryAdmin, YesNoFilter
from apps.backoffice.ledgers import status as ledger_status
from apps.backoffice.ledgers.sides import told_before_saving
from apps.billing.models import Item


class ItemForm(RecordForm):
    """Says before it is saved in which fields their books win."""

    def questions(self) -> Iterator[str]:
        yield from super().questions()
        if self.instance.pk:
            yield from told_before_saving(self.instance, self.changed_data)


@admin.register(Item)
class ItemAdmin(FixedCompany, RecordWithHistoryAdmin):
    list_display = ["code", "name", "money_unit_price", "tax_rate", "status", "in_ledgers"]
    list_filter = [
        ("company", FewRelatedFilter),
        ("tax_rate", FewRelatedFilter),
        ("active", YesNoFilter),
    ]
    list_select_related = ["tax_rate", "company"]
    search_fields = ["code", "name", "description"]
    autocomplete_fields = ["company", "tax_rate"]
    form = ItemForm
    fields = ["company", ("code", "name"), "description", ("unit_price", "tax_rate"), "active"]
    empty_sentence = "Add what you sell: products and services that lines of an invoice name."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Item]:
        rows: QuerySet[Item] = super().get_queryset(request)
        return rows.prefetch_related(ledger_status.for_lists())

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Item], search_term: str
    ) -> tuple[QuerySet[Item], bool]:
        found, doubled = super().get_search_results(request, queryset, search_term)
        if request.path.endswith("/autocomplete/"):
            found = found.filter(active=True)
        return found, doubled

    def panels(self, request: HttpRequest, record: Any) -> list[str]:
        return [ledger_status.panel(request, record)]

    @admin.display(description="Unit price", ordering="unit_price")
    def money_unit_price(self, item: Item) -> SafeString:
        return price(item.unit_price, item.company.home_currency)

    @admin.display(description="Status", ordering="active")
    def status(self, item: Item) -> SafeString:
        return activity(item.active)

    @admin.display(description="In the books")
    def in_ledgers(self, item: Item) -> SafeString:
        return ledger_status.in_ledgers(item)
