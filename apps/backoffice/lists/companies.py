"""The screen of companies: everything that is sold or received belongs to one."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from apps.backoffice.control.closing import SET_CLOSING_DATE
from apps.backoffice.control.month_end import MONTH_END
from apps.backoffice.control.packs import MAKE_PACK
from apps.backoffice.control.signing import SIGN_WEEK
from apps.backoffice.files.archiving import TAKE_ARCHIVE
from apps.backoffice.files.schedule_page import SCHEDULE
from apps.backoffice.frame.guide import Guide
from apps.backoffice.frame.quick_find import QuickFind
from apps.backoffice.frame.screens import RecordWithHistoryAdmin
from apps.backoffice.frame.sight import narrowed
from apps.backoffice.lists.other_systems import EXPORT_FOR_ANOTHER
from apps.backoffice.reports.pages import Reports
from apps.billing.models import Company


@admin.register(Company)
class CompanyAdmin(QuickFind, Guide, Reports, RecordWithHistoryAdmin):
    list_display = ["legal_name", "home_currency", "country", "time_zone", "closing_date"]
    search_fields = ["legal_name", "tax_number"]
    readonly_fields = ["closing_date"]
    autocomplete_fields = ["discount_item", "plain_item", "bad_debt_item"]
    acts = (
        MONTH_END,
        SET_CLOSING_DATE,
        SIGN_WEEK,
        EXPORT_FOR_ANOTHER,
        SCHEDULE,
        MAKE_PACK,
        TAKE_ARCHIVE,
    )
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
        (
            "Bookkeeping",
            {"fields": ["closing_date", "amend_allowed", "books_kept_years", "year_ends_in"]},
        ),
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

    def has_add_permission(self, request: HttpRequest) -> bool:
        """For who sees every company: nobody gives themselves one."""
        return bool(super().has_add_permission(request)) and not narrowed(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
