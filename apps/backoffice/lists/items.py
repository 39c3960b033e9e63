"""The screen of what is sold: products and services."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from apps.backoffice.frame.formatting import PLAIN, activity, price, tag
from apps.backoffice.frame.one_company import FixedCompany
from apps.backoffice.frame.one_record import of_one
from apps.backoffice.frame.screens import FewRelatedFilter, RecordWithHistoryAdmin, YesNoFilter
from apps.backoffice.frame.whose_rows import SaysWhoseRows
from apps.backoffice.ledgers import status as ledger_status
from apps.backoffice.ledgers.sides import told_before_saving
from apps.backoffice.ledgers.timeline.page import WithTimeline
from apps.backoffice.ledgers.timeline.page import box as timeline_box
from apps.backoffice.lists.doubles import AsksOfDoubles, AsksOfDoublesAdmin
from apps.backoffice.lists.groups import GroupsAdmin
from apps.backoffice.lists.merging import MERGE, PART
from apps.billing.models import Item


class ItemForm(AsksOfDoubles):
    """Says before it is saved in which fields their books win."""

    def questions(self) -> Iterator[str]:
        yield from super().questions()
        if self.instance.pk:
            yield from told_before_saving(self.instance, self.changed_data)


@admin.register(Item)
class ItemAdmin(
    SaysWhoseRows,
    WithTimeline,
    AsksOfDoublesAdmin,
    GroupsAdmin,
    FixedCompany,
    RecordWithHistoryAdmin,
):
    list_display = ["code", "name", "money_unit_price", "tax_rate", "status", "in_ledgers"]
    list_filter = [
        ("company", FewRelatedFilter),
        ("tax_rate", FewRelatedFilter),
        ("active", YesNoFilter),
    ]
    list_select_related = ["tax_rate", "company", "merged_into"]
    search_fields = ["code", "name", "description"]
    autocomplete_fields = ["company", "tax_rate"]
    form = ItemForm
    acts = (MERGE, PART)
    fields = ["company", ("code", "name"), "description", ("unit_price", "tax_rate"), "active"]
    empty_sentence = "Add what you sell: products and services that lines of an invoice name."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Item]:
        rows: QuerySet[Item] = super().get_queryset(request)
        return rows if of_one(request) else rows.prefetch_related(ledger_status.for_lists())

    def panels(self, request: HttpRequest, record: Any) -> list[str]:
        return [ledger_status.panel(request, record), timeline_box(request, record)]

    @admin.display(description="Unit price", ordering="unit_price")
    def money_unit_price(self, item: Item) -> SafeString:
        return price(item.unit_price, item.company.home_currency)

    @admin.display(description="Status", ordering="active")
    def status(self, item: Item) -> SafeString:
        if item.merged_into is not None:
            return tag(f"Merged into {item.merged_into}", PLAIN)
        return activity(item.active)

    @admin.display(description="In the books")
    def in_ledgers(self, item: Item) -> SafeString:
        return ledger_status.in_ledgers(item)
