"""Screens of payments and of what they and credit notes are applied to."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.backoffice.files.printing import prints_box, with_mails
from apps.backoffice.frame.formatting import (
    BAD,
    BUSY,
    GOOD,
    NOTHING,
    PLAIN,
    WARN,
    figure,
    money,
    tag,
)
from apps.backoffice.frame.one_record import of_one
from apps.backoffice.frame.parts import counted
from apps.backoffice.frame.permissions import may
from apps.backoffice.frame.screens import (
    ChoicesFilter,
    DateFilter,
    FewRelatedFilter,
    OwnFilter,
    RecordWithHistoryAdmin,
    RelatedFilter,
)
from apps.backoffice.frame.whose_rows import SaysWhoseRows
from apps.backoffice.ledgers import status as ledger_status
from apps.backoffice.ledgers.timeline.page import WithTimeline
from apps.backoffice.ledgers.timeline.page import box as timeline_box
from apps.backoffice.money import payment_acts
from apps.backoffice.money.deposit_words import lies_in, with_deposits
from apps.backoffice.money.payers import payer_page
from apps.backoffice.money.words import ENDS, allocations_box, link_to, source_words, target_words
from apps.billing.models import Allocation, Payment, Refund
from apps.staff.acts import ActName


class PostedAdmin(SaysWhoseRows, WithTimeline, RecordWithHistoryAdmin):
    """Money is received and applied by acts; a typing error is cancelled, never edited."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        # It is read, never typed: a hint for typing under a dash says nothing.
        hints = {each.name: "" for each in self.opts.fields}
        return super().get_form(request, obj, **{"help_texts": hints, **kwargs})

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows if of_one(request) else rows.prefetch_related(ledger_status.for_lists())

    @admin.display(description="Amount", ordering="amount")
    def money_amount(self, record: Any) -> SafeString:
        return money(record.amount, record.currency)

    @admin.display(description="In the books")
    def in_ledgers(self, record: Any) -> SafeString:
        return ledger_status.in_ledgers(record)


def rate_words(record: Any) -> SafeString | str:
    """“1 USD = 0.79 GBP, ECB of 3 Mar 2026” of a foreign record; “–” of one in home currency."""
    home = record.company.home_currency
    if record.currency == home:
        return NOTHING
    source = record.exchange_rate_source or "typed in"
    dated = record.exchange_rate_date
    of_day = f", {date_format(dated, 'j M Y')}" if dated else ""
    rate = figure(record.exchange_rate, least=2)
    return format_html("1 {} = {} {} ({}{})", record.currency, rate, home, source, of_day)


class AppliedFilter(OwnFilter):
    title = "money on account"
    parameter_name = "rest"

    def lookups(self, request: HttpRequest, screen: Any) -> list[tuple[str, str]]:
        return [("some", "Some left on account"), ("none", "All applied")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "some":
            return queryset.filter(status="received", on_account__gt=0)
        if self.value() == "none":
            return queryset.filter(status="received", on_account__lte=0)
        return queryset


GONE_BACK = Allocation.objects.filter(
    payment=OuterRef("pk"),
    refund__why__in=[Refund.Why.RETURNED, Refund.Why.CHARGEBACK],
    reversed_on=None,
)


@admin.register(Payment)
class PaymentAdmin(PostedAdmin):
    list_display = ["date", "customer", "method", "reference", "status_label", "money_amount",
                    "money_on_account", "in_ledgers"]  # fmt: skip
    list_filter = [
        ("status", ChoicesFilter),
        AppliedFilter,
        ("company", FewRelatedFilter),
        ("customer", RelatedFilter),
        ("method", FewRelatedFilter),
        ("date", DateFilter),
    ]
    list_select_related = ["customer", "method", "company"]
    search_fields = ["reference", "memo", "customer__name"]
    amount_fields = ("amount",)
    acts = payment_acts.PAYMENT_ACTS
    quick = (
        ("All", "?"),
        ("Some left on account", "?rest=some"),
        ("Cancelled", "?status__exact=cancelled"),
    )
    change_list_template = "backoffice/money/payment_list.html"
    empty_sentence = "Choose “Receive payment” here, or at the customer who pays."
    fieldsets = [
        (None, {"fields": [("status_label", "date"), ("company", "customer"),
                           ("method", "reference"), ("payout_reference", "memo")]}),
        ("Sums", {"fields": [("money_amount", "money_applied", "money_on_account"),
                             ("money_bank", "rate_shown"), ("rest_is", "lies_in")]}),
        ("Cancelled", {"fields": ["cancelled_on", "cancel_reason"]}),
    ]  # fmt: skip
    readonly_fields = ["status_label", "money_amount", "money_applied", "money_on_account",
                       "money_bank", "rate_shown", "lies_in"]  # fmt: skip

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        sets = super().get_fieldsets(request, obj)
        return sets if obj and obj.cancelled_on else sets[:-1]

    def get_urls(self) -> list[URLPattern]:
        receive = self.admin_site.admin_view(self.receive)
        return [path("receive/", receive, name=self.url_name("receive")), *super().get_urls()]

    def receive(self, request: HttpRequest) -> HttpResponse:
        """Who pays; then it goes on at that customer."""
        if not may(request, ActName.RECEIVE_PAYMENT):
            raise PermissionDenied
        return payer_page(self, request)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        extra: dict[str, Any] = {}
        if may(request, ActName.RECEIVE_PAYMENT):
            extra["receive_url"] = self.page("receive")
        return super().changelist_view(request, {**extra, **(extra_context or {})})

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).annotate(went_back=Exists(GONE_BACK))

    def of_page(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        applied = counted(Allocation.objects.all(), "payment")
        asked = with_deposits(with_mails(super().of_page(rows)))
        return asked.annotate(applied_count=applied)

    def panels(self, request: HttpRequest, record: Any) -> list[str]:
        shown = allocations_box(
            request,
            "What it is set against",
            record,
            towards=True,
            empty="Nothing yet: all of it lies on account.",
        )
        return [
            shown,
            ledger_status.panel(request, record),
            timeline_box(request, record),
            prints_box(request, record),
        ]

    @admin.display(description="Status", ordering="status")
    def status_label(self, payment: Payment) -> SafeString:
        if payment.status == Payment.Status.CANCELLED:
            return tag("Cancelled", PLAIN)
        if getattr(payment, "went_back", False):  # an old version does not say
            return tag("Returned", BAD)
        if payment.on_account <= 0:
            return tag("Applied", GOOD)
        return tag("Part applied", WARN) if payment.applied else tag("On account", BUSY)

    @admin.display(description="Applied", ordering="applied")
    def money_applied(self, payment: Payment) -> SafeString:
        return money(payment.applied, payment.currency)

    @admin.display(description="On account", ordering="on_account")
    def money_on_account(self, payment: Payment) -> SafeString:
        left = payment.on_account if payment.is_received else None
        return money(left, payment.currency)

    @admin.display(description="Amount on the bank")
    def money_bank(self, payment: Payment) -> SafeString:
        if payment.bank_amount is None:
            return money(payment.amount, payment.currency)
        return money(payment.bank_amount, payment.bank_currency)

    @admin.display(description="Exchange rate")
    def rate_shown(self, payment: Payment) -> SafeString | str:
        return rate_words(payment)

    @admin.display(description="Bank deposit")
    def lies_in(self, payment: Payment) -> SafeString | str:
        return lies_in(payment)


@admin.register(Allocation)
class AllocationAdmin(PostedAdmin):
    list_words = "Applied amounts"
    list_display = ["date", "source", "target", "customer", "status_label", "money_amount",
                    "in_ledgers"]  # fmt: skip
    list_filter = [("company", FewRelatedFilter), ("date", DateFilter)]
    list_select_related = [*ENDS, "company"]
    search_fields = ["invoice__number", "credit_note__number", "payment__reference",
                     "payment__customer__name", "credit_note__customer__name",
                     "adjustment__customer__name"]  # fmt: skip
    acts = payment_acts.ALLOCATION_ACTS
    empty_sentence = "What payments and credit notes are set against shows here."
    fields = ["status_label", "date", ("source_link", "target_link"),
              ("money_amount", "money_home", "money_difference"),
              ("reversed_on", "reversal_reason")]  # fmt: skip
    readonly_fields = ["status_label", "source_link", "target_link", "money_amount", "money_home",
                       "money_difference"]  # fmt: skip

    def panels(self, request: HttpRequest, record: Any) -> list[str]:
        return [ledger_status.panel(request, record), timeline_box(request, record)]

    @admin.display(description="From")
    def source(self, allocation: Allocation) -> str:
        return source_words(allocation)

    @admin.display(description="Against")
    def target(self, allocation: Allocation) -> str:
        return target_words(allocation)

    @admin.display(description="Customer")
    def customer(self, allocation: Allocation) -> str:
        return str(allocation.source.customer)

    @admin.display(description="From")
    def source_link(self, allocation: Allocation) -> SafeString:
        return link_to(allocation.source)

    @admin.display(description="Against")
    def target_link(self, allocation: Allocation) -> SafeString | str:
        return link_to(allocation.target) if allocation.target else target_words(allocation)

    @admin.display(description="In home currency")
    def money_home(self, allocation: Allocation) -> SafeString:
        return money(allocation.home_amount, allocation.company.home_currency)

    @admin.display(description="Exchange gain or loss", ordering="exchange_difference")
    def money_difference(self, allocation: Allocation) -> SafeString:
        return money(allocation.exchange_difference, allocation.company.home_currency)

    @admin.display(description="Status")
    def status_label(self, allocation: Allocation) -> SafeString:
        return tag("Applied", GOOD) if allocation.stands else tag("Un-applied", PLAIN)
