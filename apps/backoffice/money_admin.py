"""Screens of payments and of what they and credit notes are applied to."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from apps.backoffice import billing_acts, ledger_status
from apps.backoffice.admin_base import (
    ChoicesFilter,
    DateFilter,
    FewRelatedFilter,
    OwnFilter,
    RecordWithHistoryAdmin,
    RelatedFilter,
)
from apps.backoffice.formatting import BUSY, GOOD, PLAIN, WARN, money, tag
from apps.billing.models import Allocation, Payment


class PostedAdmin(RecordWithHistoryAdmin):
    """Money is received and applied by acts; a typing error is cancelled, never edited."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.prefetch_related(ledger_status.for_lists())

    @admin.display(description="Amount", ordering="amount")
    def money_amount(self, record: Any) -> SafeString:
        return money(record.amount, record.currency)

    @admin.display(description="In the books")
    def in_ledgers(self, record: Any) -> SafeString:
        return ledger_status.in_ledgers(record)


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


@admin.register(Payment)
class PaymentAdmin(PostedAdmin):
    date_hierarchy = "date"
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
    acts = billing_acts.PAYMENT_ACTS
    quick = (
        ("All", "?"),
        ("Some left on account", "?rest=some"),
        ("Cancelled", "?status__exact=cancelled"),
    )
    empty_sentence = "Open a customer and choose “Receive payment”."
    fieldsets = [
        (None, {"fields": [("status_label", "date"), ("company", "customer"),
                           ("method", "reference"), "memo"]}),
        ("Sums", {"fields": [("money_amount", "money_applied", "money_on_account"), "rest_is"]}),
        ("Cancelled", {"fields": ["cancelled_on", "cancel_reason"]}),
    ]  # fmt: skip
    readonly_fields = ["status_label", "money_amount", "money_applied", "money_on_account"]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        sets = super().get_fieldsets(request, obj)
        return sets if obj and obj.cancelled_on else sets[:-1]

    def panels(self, request: HttpRequest, record: Any) -> list[str]:
        applied = record.allocations.select_related("invoice")
        shown = render_to_string(
            "backoffice/applied_to.html", {"source": record, "applied": applied}, request
        )
        return [shown, ledger_status.panel(request, record)]

    @admin.display(description="Status", ordering="status")
    def status_label(self, payment: Payment) -> SafeString:
        if payment.status == Payment.Status.CANCELLED:
            return tag("Cancelled", PLAIN)
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


@admin.register(Allocation)
class AllocationAdmin(PostedAdmin):
    list_words = "Applied amounts"
    date_hierarchy = "date"
    list_display = ["date", "source", "target", "customer", "status_label", "money_amount",
                    "in_ledgers"]  # fmt: skip
    list_filter = [("company", FewRelatedFilter), ("date", DateFilter)]
    list_select_related = ["payment__customer", "credit_note__customer", "invoice", "company"]
    search_fields = ["invoice__number", "credit_note__number", "payment__reference",
                     "payment__customer__name", "credit_note__customer__name"]  # fmt: skip
    acts = billing_acts.ALLOCATION_ACTS
    empty_sentence = "What payments and credit notes are set against shows here."
    fields = ["status_label", "date", "payment", "credit_note", "invoice", "outside_label",
              "money_amount", "reversed_on", "reversal_reason"]  # fmt: skip
    readonly_fields = ["status_label", "money_amount"]

    def panels(self, request: HttpRequest, record: Any) -> list[str]:
        return [ledger_status.panel(request, record)]

    @admin.display(description="From")
    def source(self, allocation: Allocation) -> str:
        if allocation.credit_note_id:
            return f"Credit note {allocation.credit_note}"
        assert allocation.payment is not None  # a CHECK: exactly one of both
        return f"Payment {allocation.payment.reference or allocation.payment}"

    @admin.display(description="Against")
    def target(self, allocation: Allocation) -> str:
        return str(allocation.invoice or f"{allocation.outside_label} (only over there)")

    @admin.display(description="Customer")
    def customer(self, allocation: Allocation) -> str:
        source: Any = allocation.payment or allocation.credit_note
        return str(source.customer)

    @admin.display(description="Status")
    def status_label(self, allocation: Allocation) -> SafeString:
        return tag("Applied", GOOD) if allocation.stands else tag("Un-applied", PLAIN)
