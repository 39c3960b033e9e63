"""What a number series proves: its report beside the record, and all of them as CSV."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from apps.backoffice.documents.forms import ReasonForm
from apps.backoffice.frame import permissions
from apps.backoffice.frame.acts import Act
from apps.backoffice.frame.csv_file import csv_response
from apps.billing import actions
from apps.billing.models import NumberSeries
from apps.billing.series_report import report_on

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


SKIP_NUMBERS = Act(
    name="skip-numbers",
    words="Skip numbers",
    permission=permissions.SKIP_NUMBERS,
    do=_skip,
    asks=SkipForm,
    danger=True,
    means=lambda series: (
        f"For numbers that were used elsewhere. The next one would be "
        f"{series.number(series.last_number + 1)}. The reason stands in the report for good."
    ),
)


def panel(request: HttpRequest, series: NumberSeries) -> str:
    context = {"report": report_on(series)}
    return render_to_string("backoffice/lists/series_report.html", context, request)


def download(series: Iterable[NumberSeries]) -> HttpResponse:
    """A row per series, and one more for each further gap."""
    return csv_response("number-series", HEAD, (row for each in series for row in _rows(each)))


def _rows(series: NumberSeries) -> list[list[object]]:
    report = report_on(series)
    head = [series.company.legal_name, series.get_kind_display(), series.year, report.first,
            report.last, report.count, report.void]  # fmt: skip
    gaps: list[list[object]] = [[gap.first, gap.last, gap.count, gap.reason] for gap in report.gaps]
    return [[*head, *gap] for gap in gaps or [["", "", 0, ""]]]
