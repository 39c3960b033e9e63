"""Screens of bank deposits: each is one line of the bank statement, with what it is made of."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils.safestring import SafeString

from apps.backoffice.frame.formatting import GOOD, PLAIN, money, tag
from apps.backoffice.frame.parts import count_of, counted, part_of
from apps.backoffice.frame.permissions import may
from apps.backoffice.frame.screens import ChoicesFilter, DateFilter, FewRelatedFilter
from apps.backoffice.ledgers import status as ledger_status
from apps.backoffice.ledgers.timeline.page import box as timeline_box
from apps.backoffice.money import acts as money_acts
from apps.backoffice.money.depositing import deposit_page, proposals_waiting
from apps.backoffice.money.payments import PostedAdmin
from apps.backoffice.money.words import link_to
from apps.billing.models import Deposit, DepositLine
from apps.staff.acts import ActName


@admin.register(Deposit)
class DepositAdmin(PostedAdmin):
    list_display = ["date", "bank_account", "reference", "made_of", "status_label", "money_total",
                    "in_ledgers"]  # fmt: skip
    list_filter = [
        ("status", ChoicesFilter),
        ("bank_account", FewRelatedFilter),
        ("company", FewRelatedFilter),
        ("date", DateFilter),
    ]
    list_select_related = ["bank_account", "company"]
    search_fields = ["reference", "memo", "lines__payment__reference",
                     "lines__payment__customer__name"]  # fmt: skip
    amount_fields = ("total",)
    acts = money_acts.DEPOSIT_ACTS
    change_list_template = "backoffice/money/deposit_list.html"
    quick = (
        ("All", "?"),
        ("In the books", "?status__exact=made"),
        ("Undone", "?status__exact=undone"),
    )
    empty_sentence = (
        "A bank deposit groups what reached the bank as one line. Choose “Make bank deposit”."
    )
    fieldsets = [
        (None, {"fields": [("status_label", "date"), ("company", "bank_account"),
                           ("reference", "money_total"), "memo"]}),
        ("Undone", {"fields": ["undone_on", "undo_reason"]}),
    ]  # fmt: skip
    readonly_fields = ["status_label", "money_total"]

    def get_queryset(self, request: HttpRequest) -> Any:
        """With how many payments, refunds and other amounts each is made of."""
        lines = DepositLine.objects.filter(deposit=OuterRef("pk")).order_by().values("deposit")
        many = {
            "payments": lines.filter(payment__isnull=False),
            "refunds": lines.filter(refund__isnull=False),
            "others": lines.exclude(role=""),
        }
        counts = {
            f"many_{name}": Coalesce(Subquery(rows.annotate(many=Count("pk")).values("many")), 0)
            for name, rows in many.items()
        }
        return super().get_queryset(request).annotate(**counts)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        sets = super().get_fieldsets(request, obj)
        return sets if obj and obj.undone_on else sets[:-1]

    def get_urls(self) -> list[URLPattern]:
        make = self.admin_site.admin_view(self.make_page)
        return [path("make/", make, name=self.url_name("make")), *super().get_urls()]

    def make_page(self, request: HttpRequest) -> HttpResponse:
        if not may(request, ActName.MAKE_DEPOSIT):
            return HttpResponse(status=403)
        return self.posting_page(request, "make", lambda: deposit_page(self, request))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        extra: dict[str, Any] = {}
        if may(request, ActName.MAKE_DEPOSIT):
            extra = {"make_url": self.page("make"), "proposed": proposals_waiting(request)}
        return super().changelist_view(request, {**extra, **(extra_context or {})})

    def of_page(self, rows: Any) -> Any:
        lines = counted(DepositLine.objects.all(), "deposit")
        return super().of_page(rows).annotate(line_count=lines)

    def panels(self, request: HttpRequest, record: Any) -> list[str]:
        count = count_of(record, "line_count", record.lines.count)
        rows = record.lines.select_related("payment__customer", "refund__customer")
        part = part_of(request, "of", "lines", count, rows.all)
        lines = [(_what(each), each) for each in part.rows]
        context = {"deposit": record, "lines": lines, "part": part}
        shown = render_to_string("backoffice/money/deposit_lines.html", context, request)
        return [shown, ledger_status.panel(request, record), timeline_box(request, record)]

    @admin.display(description="Made of")
    def made_of(self, deposit: Any) -> str:
        """“3 payments, 1 refund, 1 fee”."""
        counts = [
            (deposit.many_payments, "payment"),
            (deposit.many_refunds, "refund"),
            (deposit.many_others, "other amount"),
        ]
        said = [f"{count} {noun}{'' if count == 1 else 's'}" for count, noun in counts if count]
        return ", ".join(said) or "–"

    @admin.display(description="Status", ordering="status")
    def status_label(self, deposit: Deposit) -> SafeString:
        return tag("Made", GOOD) if deposit.is_made else tag("Undone", PLAIN)

    @admin.display(description="Line of the bank statement", ordering="total")
    def money_total(self, deposit: Deposit) -> SafeString:
        return money(deposit.total, deposit.currency)


def _what(line: DepositLine) -> SafeString | str:
    record = line.payment or line.refund
    if record is not None:
        return link_to(record)
    words = str(line.get_role_display())
    return f"{words}: {line.description}" if line.description else words
