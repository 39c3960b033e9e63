"""Screens of what moves the receivable without a sale or a payment: adjustments and refunds."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from apps.backoffice.frame.formatting import BAD, GOOD, PLAIN, WARN, money, tag
from apps.backoffice.frame.screens import ChoicesFilter, DateFilter, FewRelatedFilter, RelatedFilter
from apps.backoffice.ledgers import status as ledger_status
from apps.backoffice.ledgers.timeline.page import box as timeline_box
from apps.backoffice.money import acts as money_acts
from apps.backoffice.money.deposit_words import lies_in
from apps.backoffice.money.payments import PostedAdmin, rate_words
from apps.backoffice.money.words import allocations_box
from apps.billing.models import Adjustment, Refund


class EntryAdmin(PostedAdmin):
    """What both have in common."""

    list_select_related = ["customer", "company"]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        sets = super().get_fieldsets(request, obj)
        return sets if obj and obj.cancelled_on else sets[:-1]

    @admin.display(description="Exchange rate")
    def rate_shown(self, entry: Any) -> SafeString | str:
        return rate_words(entry)


@admin.register(Adjustment)
class AdjustmentAdmin(EntryAdmin):
    list_display = ["date", "customer", "role", "does", "reason", "status_label", "money_amount",
                    "in_ledgers"]  # fmt: skip
    list_filter = [
        ("role", ChoicesFilter),
        ("side", ChoicesFilter),
        ("status", ChoicesFilter),
        ("company", FewRelatedFilter),
        ("customer", RelatedFilter),
        ("date", DateFilter),
    ]
    search_fields = ["customer__name", "reason", "memo"]
    acts = money_acts.ADJUSTMENT_ACTS
    quick = (
        ("All", "?"),
        ("Bad debts", "?role__exact=bad_debt"),
        ("Retainers", "?role__exact=retainer"),
        ("Cancelled", "?status__exact=cancelled"),
    )
    empty_sentence = (
        "Deductions, bad debts and retainers are listed here. Open an invoice and choose “Deduct” "
        "or “Write off”."
    )
    fieldsets = [
        (None, {"fields": [("status_label", "date"), ("company", "customer"), ("role", "does"),
                           ("money_amount", "rate_shown"), "reason", "memo"]}),
        ("Cancelled", {"fields": ["cancelled_on", "cancel_reason"]}),
    ]  # fmt: skip
    readonly_fields = ["status_label", "does", "money_amount", "rate_shown"]

    def panels(self, request: HttpRequest, record: Any) -> list[str]:
        credit = record.side == Adjustment.Side.CREDIT
        shown = allocations_box(
            request,
            "What it took off" if credit else "What it took up",
            record,
            by="allocations" if credit else "settled_by",
            towards=credit,
            empty="It is set against nothing any more.",
        )
        return [shown, ledger_status.panel(request, record), timeline_box(request, record)]

    @admin.display(description="What it does", ordering="side")
    def does(self, adjustment: Adjustment) -> str:
        return adjustment.get_side_display()

    @admin.display(description="Status", ordering="status")
    def status_label(self, adjustment: Adjustment) -> SafeString:
        return tag("Made", GOOD) if adjustment.is_made else tag("Cancelled", PLAIN)


WHY_COLOURS = {
    Refund.Why.REFUND: GOOD,
    Refund.Why.RETURNED: WARN,
    Refund.Why.CHARGEBACK: BAD,
}


@admin.register(Refund)
class RefundAdmin(EntryAdmin):
    list_display = ["date", "customer", "kind_label", "method", "reference", "status_label",
                    "money_amount", "money_fee", "in_ledgers"]  # fmt: skip
    list_filter = [
        ("why", ChoicesFilter),
        ("status", ChoicesFilter),
        ("company", FewRelatedFilter),
        ("customer", RelatedFilter),
        ("method", FewRelatedFilter),
        ("date", DateFilter),
    ]
    list_select_related = ["customer", "company", "method"]
    search_fields = ["customer__name", "reference", "reason", "memo"]
    acts = money_acts.REFUND_ACTS
    quick = (
        ("All", "?"),
        ("Refunds", "?why__exact=refund"),
        ("Returned", "?why__exact=returned"),
        ("Chargebacks", "?why__exact=chargeback"),
        ("Cancelled", "?status__exact=cancelled"),
    )
    empty_sentence = (
        "Money that went back is listed here. Open a credit note or a payment and choose “Refund”."
    )
    fieldsets = [
        (None, {"fields": [("status_label", "kind_label", "date"), ("company", "customer"),
                           ("method", "reference"), ("reason", "memo")]}),
        ("Sums", {"fields": [("money_amount", "money_fee", "money_bank"),
                             ("money_fee_tax", "fee_tax_rate"), ("rate_shown", "lies_in")]}),
        ("Cancelled", {"fields": ["cancelled_on", "cancel_reason"]}),
    ]  # fmt: skip
    readonly_fields = ["status_label", "kind_label", "money_amount", "money_fee", "money_bank",
                       "money_fee_tax", "rate_shown", "lies_in"]  # fmt: skip

    def panels(self, request: HttpRequest, record: Any) -> list[str]:
        shown = allocations_box(
            request,
            "What it paid out",
            record,
            towards=False,
            empty="It pays out nothing any more.",
        )
        return [shown, ledger_status.panel(request, record), timeline_box(request, record)]

    @admin.display(description="Kind", ordering="why")
    def kind_label(self, refund: Refund) -> SafeString:
        return tag(str(refund.get_why_display()), WHY_COLOURS[Refund.Why(refund.why)])

    @admin.display(description="Status", ordering="status")
    def status_label(self, refund: Refund) -> SafeString:
        return tag("Made", GOOD) if refund.is_made else tag("Cancelled", PLAIN)

    @admin.display(description="Fee", ordering="fee")
    def money_fee(self, refund: Refund) -> SafeString:
        return money(refund.fee or None, refund.currency)

    @admin.display(description="Tax in the fee, to be taken back")
    def money_fee_tax(self, refund: Refund) -> SafeString:
        return money(refund.fee_tax or None, refund.currency)

    @admin.display(description="Line of the bank statement")
    def money_bank(self, refund: Refund) -> SafeString:
        return money(refund.bank_amount, refund.currency)

    @admin.display(description="Bank deposit")
    def lies_in(self, refund: Refund) -> SafeString | str:
        return lies_in(refund)
