"""Screens of how money comes: terms, payment methods, bank accounts."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.backoffice.frame import permissions
from apps.backoffice.frame.acts import ButtonAct
from apps.backoffice.frame.days import DayField, spelled
from apps.backoffice.frame.formatting import activity
from apps.backoffice.frame.one_company import FixedCompany
from apps.backoffice.frame.reasons import ReasonForm
from apps.backoffice.frame.screens import (
    ChoicesFilter,
    FewRelatedFilter,
    RecordWithHistoryAdmin,
    YesNoFilter,
)
from apps.billing import actions
from apps.billing.models import BankAccount, PaymentMethod, PaymentMethodPlace, PaymentTerm, Places
from apps.billing.rules.days import Sense


class PostsElsewhereForm(ReasonForm):
    since = DayField(
        label="From",
        sense=Sense.MONEY,
        help_text="In an open month, after the last money that moved by it.",
    )
    posts_to = forms.ChoiceField(label="Posts to", choices=PaymentMethod.PostsTo.choices)
    field_order = ["since", "posts_to", "reason"]


def place_words(place: PaymentMethodPlace) -> str:
    where = place.get_posts_to_display()
    return f"From {spelled(place.since)}: {where[:1].lower()}{where[1:]} ({place.reason})"


def _post_elsewhere(request: HttpRequest, method: PaymentMethod, answers: dict[str, Any]) -> str:
    actions.post_elsewhere(
        method,
        posts_to=answers["posts_to"],
        since=answers["since"],
        reason=answers["reason"],
    )
    return (
        f"Money by “{method}” of {spelled(answers['since'])} or later posts there. Choose its account "
        "on the mapping page of each connection."
    )


METHOD_ACTS = (
    ButtonAct(
        name="posts-elsewhere",
        words="Posts elsewhere from …",
        permission=permissions.CHANGE_PAYMENT_METHODS,
        do=_post_elsewhere,
        asks=PostsElsewhereForm,
        means=(
            "Money of that day or later lies in the new place, here and in the accounting system. "
            "Earlier money stays where it was put, also when it is sent or banked later."
        ),
    ),
)


@admin.register(PaymentTerm)
class PaymentTermAdmin(FixedCompany, RecordWithHistoryAdmin):
    list_display = ["name", "due_days", "company", "status"]
    list_filter = [("company", FewRelatedFilter), ("active", YesNoFilter)]
    list_select_related = ["company"]
    search_fields = ["name"]
    autocomplete_fields = ["company"]
    empty_sentence = "Add terms such as “30 days”: they work out when an invoice is due."

    @admin.display(description="Status", ordering="active")
    def status(self, term: PaymentTerm) -> SafeString:
        return activity(term.active)


# Said where it is chosen: the same line of the bank is brought by a feed too.
BESIDE_A_FEED = (
    "A bank account: it is there when it is recorded, and never on a bank deposit. A clearing account: "
    "it waits there until a bank deposit takes it to the bank. Where the books have a bank feed, that "
    "brings the bank's line as well: there it is matched with the payment or the bank deposit, and "
    "never added, or the same money stands in the books twice."
)


@admin.register(PaymentMethod)
class PaymentMethodAdmin(FixedCompany, RecordWithHistoryAdmin):
    list_display = ["name", "currency", "lies", "bank_account", "deposits_words",
                    "recorded_by", "company", "status"]  # fmt: skip
    list_filter = [
        ("company", FewRelatedFilter),
        ("posts_to", ChoicesFilter),
        ("active", YesNoFilter),
    ]
    list_select_related = ["company", "bank_account"]
    search_fields = ["name"]
    autocomplete_fields = ["company", "bank_account"]
    fieldsets = [
        (None, {"fields": ["company", ("name", "currency"), ("posts_to", "recorded_by"),
                           "later_places", "active"]}),
        ("Bank deposits", {"fields": ["bank_account", "deposits_itself"]}),
    ]  # fmt: skip
    readonly_fields = ["later_places"]
    acts = METHOD_ACTS
    empty_sentence = "Add how money arrives: bank transfer, card, cheque."

    def get_queryset(self, request: HttpRequest) -> QuerySet[PaymentMethod]:
        rows: QuerySet[PaymentMethod] = super().get_queryset(request)
        return rows.select_related("company").prefetch_related("places")

    def formfield_for_choice_field(
        self, db_field: Any, request: HttpRequest, **given: Any
    ) -> forms.ChoiceField | None:
        if db_field.name == "posts_to":
            given["help_text"] = BESIDE_A_FEED
        return super().formfield_for_choice_field(db_field, request, **given)

    @admin.display(description="Posts to", ordering="posts_to")
    def lies(self, method: PaymentMethod) -> str:
        return str(PaymentMethod.PostsTo(_posts_to_today(method)).label)

    @admin.display(description="Posts elsewhere")
    def later_places(self, method: PaymentMethod) -> SafeString | str:
        lines = ((place_words(each),) for each in method.places.all())
        shown = format_html_join("", "<li>{}</li>", lines) if method.pk else ""
        return format_html("<ul>{}</ul>", shown) if shown else "No: where it posts never moved."

    @admin.display(description="Bank deposits")
    def deposits_words(self, method: PaymentMethod) -> str:
        if _posts_to_today(method) == PaymentMethod.PostsTo.BANK:
            return "not needed: it is at the bank already"
        return "made by themselves" if method.deposits_itself else "made by a person"

    @admin.display(description="Status", ordering="active")
    def status(self, method: PaymentMethod) -> SafeString:
        return activity(method.active)


def _posts_to_today(method: PaymentMethod) -> str:
    return Places.among(method.places.all()).posts_to(method, method.company.today())


@admin.register(BankAccount)
class BankAccountAdmin(FixedCompany, RecordWithHistoryAdmin):
    list_display = ["name", "currency", "company", "status"]
    list_filter = [("company", FewRelatedFilter), ("active", YesNoFilter)]
    list_select_related = ["company"]
    search_fields = ["name"]
    autocomplete_fields = ["company"]
    fields = ["company", ("name", "currency"), "active"]
    empty_sentence = (
        "Add the bank accounts that payouts arrive at; then name one on each payment method, "
        "and bank deposits are proposed."
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fixed = list(super().get_readonly_fields(request, obj))
        return [*fixed, "currency"] if obj and obj.deposits.exists() else fixed

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="Status", ordering="active")
    def status(self, account: BankAccount) -> SafeString:
        return activity(account.active)
