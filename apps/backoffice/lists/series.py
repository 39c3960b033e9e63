"""The screen of number series, and what a series proves: its report, and all of them as CSV."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path

from apps.backoffice.frame.acts import ButtonAct
from apps.backoffice.frame.csv_file import csv_response
from apps.backoffice.frame.one_company import FixedCompany
from apps.backoffice.frame.reasons import ReasonForm
from apps.backoffice.frame.screens import ChoicesFilter, FewRelatedFilter, RecordWithHistoryAdmin
from apps.billing import actions
from apps.billing.models import NumberSeries
from apps.billing.sums.series_report import report_on
from apps.exchange.exports.cells import Cell
from apps.staff.acts import ActName

HEAD = ["Company", "Documents", "Year", "First", "Last", "Count", "Void", "Missing from",
        "Missing to", "Missing", "Reason"]  # fmt: skip


class SkipForm(ReasonForm):
    through = forms.IntegerField(
        label="Last number to leave out",
        min_value=1,
        help_text="The figure alone, such as 120. All up to it will never be given.",
    )
    field_order = ["through", "reason"]


def _skip(request: HttpRequest, series: NumberSeries, answers: dict[str, Any]) -> str:
    gap = actions.skip_numbers(series, through=answers["through"], reason=answers["reason"])
    return f"{series.number(gap.first)} to {series.number(gap.last)} will never be given."


SKIP_NUMBERS = ButtonAct(
    name="skip-numbers",
    words="Skip numbers",
    permission=ActName.SKIP_NUMBERS,
    do=_skip,
    asks=SkipForm,
    danger=True,
    means=lambda series: (
        f"For numbers that were used elsewhere. The next one would be "
        f"{series.number(series.last_number + 1)}. The reason stands in the report for good."
    ),
)


def report_panel(request: HttpRequest, series: NumberSeries) -> str:
    context = {"report": report_on(series)}
    return render_to_string("backoffice/lists/series_report.html", context, request)


def reports_as_csv(series: Iterable[NumberSeries]) -> HttpResponse:
    """A row per series, and one more for each further gap."""
    return csv_response("number-series", HEAD, (row for each in series for row in _rows(each)))


def _rows(series: NumberSeries) -> list[list[Cell]]:
    report = report_on(series)
    head: list[Cell] = [series.company.legal_name, series.get_kind_display(), series.year, report.first,
            report.last, report.count, report.void]  # fmt: skip
    gaps: list[list[Cell]] = [[gap.first, gap.last, gap.count, gap.reason] for gap in report.gaps]
    return [[*head, *gap] for gap in gaps or [["", "", 0, ""]]]


@admin.register(NumberSeries)
class NumberSeriesAdmin(FixedCompany, RecordWithHistoryAdmin):
    list_display = ["kind", "year", "company", "prefix", "last_given", "next_number"]
    list_filter = [("company", FewRelatedFilter), ("kind", ChoicesFilter)]
    list_select_related = ["company"]
    fields = ["company", "kind", "year", "prefix", "width", "last_given", "next_number"]
    readonly_fields = ["last_given", "next_number"]
    acts = (SKIP_NUMBERS,)
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
        return [report_panel(request, record)]

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
        return reports_as_csv(self.get_queryset(request).select_related("company"))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
