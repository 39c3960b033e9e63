"""Screens of tax: rates with their components, agencies, and the rates of currencies."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from apps.backoffice.frame.formatting import (
    GOOD,
    NOTHING,
    PLAIN,
    WARN,
    activity,
    figure,
    link,
    percent,
    tag,
)
from apps.backoffice.frame.one_company import FixedCompany
from apps.backoffice.frame.record_forms import OfParentForm, OfParentFormSet
from apps.backoffice.frame.screens import (
    ChoicesFilter,
    DateFilter,
    FewRelatedFilter,
    OwnFilter,
    RecordWithHistoryAdmin,
    TabularInline,
    YesNoFilter,
)
from apps.backoffice.lists.doubles import TaxRateForm
from apps.backoffice.lists.following import FOLLOW
from apps.billing.models import ExchangeRate, TaxAgency, TaxComponent, TaxRate
from apps.billing.models.taxes import UNTAXED


@admin.register(TaxAgency)
class TaxAgencyAdmin(FixedCompany, RecordWithHistoryAdmin):
    list_display = ["name", "registration", "company", "status"]
    list_filter = [("company", FewRelatedFilter), ("active", YesNoFilter)]
    list_select_related = ["company"]
    search_fields = ["name", "registration"]
    autocomplete_fields = ["company"]
    fields = ["company", "name", "registration", "active"]
    empty_sentence = "Add whom tax is owed to, such as HM Revenue & Customs; then add its rates."

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="Status", ordering="active")
    def status(self, agency: TaxAgency) -> SafeString:
        return activity(agency.active)


# --- rates ---------------------------------------------------------------------------------------


class ComponentForm(OfParentForm):
    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        agency, rate = cleaned.get("agency"), self.parent
        if agency and rate.company_id and agency.company_id != rate.company_id:
            self.add_error("agency", f"{agency} belongs to another company.")
        # The component asks this of a stored rate; here the rate may be typed with it.
        if cleaned.get("percent") and rate.treatment in UNTAXED:
            words = f"No tax is due where a sale is {rate.get_treatment_display().lower()}: type 0."
            self.add_error("percent", words)
        return cleaned


class ComponentInline(TabularInline):
    model = TaxComponent
    form = ComponentForm
    formset = OfParentFormSet
    fields = ["name", "agency", "percent"]
    autocomplete_fields = ["agency"]
    verbose_name_plural = "components: what the rate is made of, and whom each part is owed to"

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return self.fields if _open(obj) else ["name", "agency", "money_percent"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["money_percent"]

    @admin.display(description="Percentage")
    def money_percent(self, component: TaxComponent) -> str:
        return percent(component.percent)

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        return 0 if obj else 1

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _open(obj) and bool(super().has_add_permission(request, obj))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _open(obj) and bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _open(obj) and bool(super().has_delete_permission(request, obj))


def _open(rate: TaxRate | None) -> bool:
    return rate is None or not rate.used


class InForceFilter(OwnFilter):
    title = "in force"
    parameter_name = "force"

    def lookups(self, request: HttpRequest, screen: Any) -> list[tuple[str, str]]:
        return [("now", "Offered on new lines"), ("over", "Followed by another, or not in use")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "now":
            return queryset.filter(active=True, followers=None)
        if self.value() == "over":
            return queryset.exclude(active=True, followers=None)
        return queryset


@admin.register(TaxRate)
class TaxRateAdmin(FixedCompany, RecordWithHistoryAdmin):
    """A rate is typed once; when the law changes it, another one follows."""

    list_display = ["code", "name", "treatment", "money_percent", "valid", "country", "status"]
    list_filter = [
        ("company", FewRelatedFilter),
        InForceFilter,
        ("treatment", ChoicesFilter),
        ("active", YesNoFilter),
    ]
    list_select_related = ["company"]
    search_fields = ["code", "name"]
    autocomplete_fields = ["company"]
    inlines = [ComponentInline]
    form = TaxRateForm
    acts = (FOLLOW,)
    quick = (("All", "?"), ("Offered on new lines", "?force=now"))
    empty_sentence = (
        "Add the agency that tax is owed to, then each rate you sell at: standard, reduced, zero."
    )
    fieldsets = [
        (None, {"fields": ["company", ("code", "name"), ("treatment", "country"),
                           ("valid_from", "valid_to"), "active"]}),
        ("Standing", {"fields": ["status", "money_percent", "follows_shown", "followed_by"]}),
    ]  # fmt: skip
    readonly_fields = ["status", "money_percent", "follows_shown", "followed_by"]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        sets = super().get_fieldsets(request, obj)
        return sets if obj else sets[:1]

    def get_queryset(self, request: HttpRequest) -> QuerySet[TaxRate]:
        rows: QuerySet[TaxRate] = super().get_queryset(request)
        return rows.prefetch_related("components", "followers")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fixed = list(super().get_readonly_fields(request, obj))
        if _open(obj):
            return fixed
        # Documents bear it: only what `TaxRate.OPEN_FIELDS` names may still be typed.
        return [*fixed, "code", "treatment", "country", "valid_from"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[TaxRate], search_term: str
    ) -> tuple[QuerySet[TaxRate], bool]:
        found, doubled = super().get_search_results(request, queryset, search_term)
        if request.path.endswith("/autocomplete/"):
            found = found.filter(active=True)
        return found, doubled

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Components stand in the order in which they were typed."""
        components = formset.save(commit=False)
        for gone in formset.deleted_objects:
            gone.delete()
        taken = max([0, *form.instance.components.values_list("position", flat=True)])
        for component in components:
            if component.pk is None:
                taken += 1
                component.position = taken
            component.save()

    @admin.display(description="Percentage")
    def money_percent(self, rate: TaxRate) -> str:
        return percent(rate.percent)

    @admin.display(description="Valid", ordering="valid_from")
    def valid(self, rate: TaxRate) -> str:
        return in_force_words(rate.valid_from, rate.valid_to)

    @admin.display(description="Status", ordering="active")
    def status(self, rate: TaxRate) -> SafeString:
        if not rate.active:
            return activity(False)
        if rate.followers.all():
            return tag("Followed by another", PLAIN)
        if not rate.components.all():
            return tag("No component: it taxes nothing", WARN)
        return (
            tag("In use: only name and last day may change", GOOD) if rate.used else activity(True)
        )

    @admin.display(description="Follows")
    def follows_shown(self, rate: TaxRate) -> SafeString | str:
        return _to_rate(rate.follows) if rate.follows else NOTHING

    @admin.display(description="Followed by")
    def followed_by(self, rate: TaxRate) -> SafeString | str:
        followers = [(_to_rate(each),) for each in rate.followers.all()]
        return format_html_join(", ", "{}", followers) or NOTHING


def _to_rate(rate: TaxRate) -> SafeString:
    return link(reverse("admin:billing_taxrate_change", args=[rate.pk]), rate)


def in_force_words(first: date | None, last: date | None) -> str:
    """“from 4 Jan 2011”, “1 Dec 2008 to 31 Dec 2009”, “always”."""
    if first and last:
        return f"{date_format(first, 'j M Y')} to {date_format(last, 'j M Y')}"
    if first:
        return f"from {date_format(first, 'j M Y')}"
    return f"until {date_format(last, 'j M Y')}" if last else "always"


# --- currencies ----------------------------------------------------------------------------------


@admin.register(ExchangeRate)
class ExchangeRateAdmin(FixedCompany, RecordWithHistoryAdmin):
    list_display = ["currency", "date", "money_rate", "source", "company"]
    list_filter = [("company", FewRelatedFilter), ("date", DateFilter)]
    list_select_related = ["company"]
    search_fields = ["currency", "source"]
    autocomplete_fields = ["company"]
    fields = ["company", ("currency", "date"), ("rate", "source")]
    empty_sentence = (
        "Add what a foreign currency is worth on a day. A document takes the latest rate on or "
        "before its date."
    )

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        initial = super().get_changeform_initial_data(request)
        initial.pop("currency", None)  # the home currency, of which there is no rate
        return initial

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="Worth", ordering="rate")
    def money_rate(self, rate: ExchangeRate) -> SafeString:
        return worth(rate.currency, rate.rate, rate.company.home_currency)


def worth(currency: str, rate: Decimal, home: str) -> SafeString:
    """“1 USD = 0.79 GBP”."""
    return format_html_join("", "1 {} = {} {}", [(currency, figure(rate, least=2), home)])
