"""Screens of what changes rarely: companies, series, customers, items, terms, methods."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.backoffice.documents import acts as billing_acts
from apps.backoffice.frame.formatting import GOOD, PLAIN, price, tag
from apps.backoffice.frame.screens import (
    ChoicesFilter,
    FewRelatedFilter,
    RecordWithHistoryAdmin,
    YesNoFilter,
)
from apps.backoffice.ledgers import status as ledger_status
from apps.backoffice.lists import series as series_page
from apps.backoffice.lists.methods import METHOD_ACTS, place_words
from apps.billing.models import (
    BankAccount,
    Company,
    Customer,
    Invoice,
    Item,
    NumberSeries,
    Payment,
    PaymentMethod,
    PaymentTerm,
    Places,
)


def activity(active: bool) -> SafeString:
    return tag("Active", GOOD) if active else tag("Not in use", PLAIN)


class OfOneCompany:
    """A form starts with the only company there is."""

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        initial: dict[str, Any] = super().get_changeform_initial_data(request)  # type: ignore[misc] # a mixin of admin classes
        companies = list(Company.objects.values_list("pk", "home_currency")[:2])
        if len(companies) == 1:
            key, currency = companies[0]
            initial.setdefault("company", key)
            initial.setdefault("currency", currency)
        return initial


class FixedCompany(OfOneCompany):
    """The company is chosen once: what is posted belongs to it."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fixed: list[str] = list(super().get_readonly_fields(request, obj))  # type: ignore[misc] # a mixin of admin classes
        return [*fixed, "company"] if obj else fixed


@admin.register(Company)
class CompanyAdmin(RecordWithHistoryAdmin):
    list_display = ["legal_name", "home_currency", "country", "time_zone", "closing_date"]
    search_fields = ["legal_name", "tax_number"]
    readonly_fields = ["closing_date"]
    autocomplete_fields = ["discount_item", "plain_item", "bad_debt_item"]
    acts = (billing_acts.SET_CLOSING_DATE,)
    empty_sentence = "Add your company first: everything that is sold or received belongs to one."
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "legal_name",
                    "tax_number",
                    "home_currency",
                    "country",
                    "time_zone",
                    "date_order",
                ]
            },
        ),
        ("Letterhead", {"fields": ["address", "email", "phone"]}),
        (
            "Tax, discounts and items",
            {
                "fields": [
                    "tax_rounding",
                    "prices_include_tax",
                    "discount_item",
                    "plain_item",
                    "bad_debt_item",
                    "relief_months",
                ]
            },
        ),
        ("Bookkeeping", {"fields": ["closing_date", "amend_allowed"]}),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fixed = list(super().get_readonly_fields(request, obj))
        return [*fixed, "home_currency"] if obj and obj.invoices.exists() else fixed

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "tax_rounding" and field is not None:
            field.help_text = (
                "As your accounting system rounds: per line adds up rounded lines, per tax rate "
                "rounds once per rate. It holds for documents issued from now on."
            )
        return field

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(NumberSeries)
class NumberSeriesAdmin(FixedCompany, RecordWithHistoryAdmin):
    list_display = ["kind", "year", "company", "prefix", "last_given", "next_number"]
    list_filter = [("company", FewRelatedFilter), ("kind", ChoicesFilter)]
    list_select_related = ["company"]
    fields = ["company", "kind", "year", "prefix", "width", "last_given", "next_number"]
    readonly_fields = ["last_given", "next_number"]
    acts = (series_page.SKIP_NUMBERS,)
    empty_sentence = "A series is made by itself when the first document of a year is issued."

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fixed = list(super().get_readonly_fields(request, obj))
        # Numbers were given under it: their pattern stays.
        return [*fixed, "kind", "year", "prefix"] if obj and obj.last_number else fixed

    @admin.display(description="Last number given")
    def last_given(self, series: NumberSeries) -> str:
        return series.number(series.last_number) if series.last_number else "none yet"

    @admin.display(description="Next number")
    def next_number(self, series: NumberSeries) -> str:
        return series.number(series.last_number + 1)

    def panels(self, request: HttpRequest, record: Any) -> list[str]:
        return [series_page.panel(request, record)]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.download)
        return [path("csv/", view, name=self.url_name("csv")), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        return super().changelist_view(
            request, {"download_url": self.page("csv"), **(extra_context or {})}
        )

    def download(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return series_page.download(self.get_queryset(request).select_related("company"))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Customer)
class CustomerAdmin(FixedCompany, RecordWithHistoryAdmin):
    list_display = ["name", "code", "email", "city", "currency", "status", "in_ledgers"]
    list_filter = [("company", FewRelatedFilter), ("active", YesNoFilter)]
    list_select_related = ["company", "merged_into"]
    search_fields = ["name", "code", "email", "tax_number"]
    autocomplete_fields = ["company", "terms", "tax_rate", "parent"]
    acts = (billing_acts.RECEIVE_PAYMENT,)
    empty_sentence = "Add a customer, and you can invoice them."
    fieldsets = [
        (None, {"fields": ["company", ("name", "code"), ("currency", "terms"), "parent",
                           "active"]}),
        ("How to reach them", {"fields": [("email", "phone"), "address_lines",
                                           ("city", "region"), ("postal_code", "country")]}),
        ("Tax and notes", {"fields": [("tax_number", "tax_rate"), "notes"]}),
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Customer]:
        rows: QuerySet[Customer] = super().get_queryset(request)
        return rows.prefetch_related(ledger_status.for_lists())

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Customer], search_term: str
    ) -> tuple[QuerySet[Customer], bool]:
        found, doubled = super().get_search_results(request, queryset, search_term)
        if request.path.endswith("/autocomplete/"):
            # New work never goes to a customer that was merged or is not in use.
            found = found.filter(active=True, merged_into=None)
        return found, doubled

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fixed = list(super().get_readonly_fields(request, obj))
        return [*fixed, "currency"] if obj and obj.invoices.exists() else fixed

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, **kwargs)
        if "currency" in form.base_fields:
            form.base_fields["currency"].required = False
            form.base_fields["currency"].help_text = "Empty: the company's own. One per customer."
        return form

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name in ("address_lines", "notes") and field is not None:
            field.widget.attrs.update(rows=3)
        return field

    def panels(self, request: HttpRequest, record: Any) -> list[str]:
        owed = Invoice.objects.filter(customer=record, status="issued", balance_due__gt=0)
        rest = Payment.objects.filter(customer=record, status="received", on_account__gt=0)
        account = render_to_string(
            "backoffice/lists/customer_account.html",
            {"customer": record, "owed": owed.order_by("due_date", "id")[:50], "rest": rest[:50]},
            request,
        )
        return [account, ledger_status.panel(request, record)]

    @admin.display(description="Status", ordering="active")
    def status(self, customer: Customer) -> SafeString:
        if customer.merged_into_id:
            return tag(f"Merged into {customer.merged_into}", PLAIN)
        return activity(customer.active)

    @admin.display(description="In the books")
    def in_ledgers(self, customer: Customer) -> SafeString:
        return ledger_status.in_ledgers(customer)


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
