"""The pages of reports: all of them, one, what is behind a figure of it, and what came later."""

import io
import json
from collections.abc import Iterable, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from apps.backoffice.files.answers import pdf_response
from apps.backoffice.files.statements import AGED, aged_papers
from apps.backoffice.frame import permissions
from apps.backoffice.frame.csv_file import XLSX
from apps.backoffice.frame.downloads import attached, note
from apps.backoffice.reports.asking import ReportForm, company_asked, form_of
from apps.core.moment import one_moment
from apps.exchange.exports.cells import Cell, Money
from apps.exchange.exports.writing import Tally, csv_chunks, write_xlsx
from apps.exchange.printing.paper import CannotPrint
from apps.exchange.printing.words import language_of
from apps.exchange.reports.catalogue import REPORTS
from apps.exchange.reports.later import HEADINGS, later_entries
from apps.exchange.reports.laying import behind, lay
from apps.exchange.reports.printing import facts, print_table
from apps.exchange.reports.receivables import BY_DUE_DATE
from apps.exchange.reports.shape import Asked, Group, Line, Report, Row, Table

SHOWN: Final = 500  # lines of a page; a file has them all


class Reports:
    """Pages of the list of companies."""

    def get_urls(self: Any) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("reports/", view(self.reports), name=self.url_name("reports")),
            path("reports/<name>/", view(self.report), name=self.url_name("report")),
            path("reports/<name>/behind/", view(self.behind), name=self.url_name("behind")),
            path("reports/<name>/later/", view(self.later), name=self.url_name("later")),
            *super().get_urls(),  # type: ignore[misc] # a mixin of admin classes
        ]

    def reports(self: Any, request: HttpRequest) -> HttpResponse:
        _refuse(self, request)
        named = [(each, self.page("report", each.name)) for each in REPORTS.values()]
        return _page(self, request, "index", "Reports", reports=named)

    def report(self: Any, request: HttpRequest, name: str) -> HttpResponse:
        report, form = _asked(self, request, name)
        if form is None or not form.is_valid():
            return _page(self, request, "report", report.title, report=report, form=form)
        with one_moment():
            table = lay(report, form.answered())
        wanted = request.GET.get("as", "")
        if wanted == "pdf":
            try:
                return pdf_response(print_table(table), f"{_file(report, form.answered())}.pdf")
            except CannotPrint as refusal:
                messages.error(request, str(refusal))
        elif wanted:
            return _file_answer(request, report, form.answered(), table.headings, table.cells())
        address = self.page("behind", name)
        return _page(
            self,
            request,
            "report",
            report.title,
            report=report,
            form=form,
            table=table,
            rows=[_shown(each, table, request, address) for each in table.rows],
            totals=[_shown(each, table, request, address) for each in table.totals],
            facts=facts(table.asked, report.choices),
            files=_files(request),
            later=_later_address(self, request, form.answered(), name),
            statement=_statement_address(form.answered()),
            papers=_papers(report, form.answered()),
        )

    def behind(self: Any, request: HttpRequest, name: str) -> HttpResponse:
        report, form = _asked(self, request, name)
        if form is None or not form.is_valid():
            raise Http404
        column, group = request.GET.get("column", ""), _group(request.GET.get("group", ""))
        try:
            heading = report.column(column).heading
        except LookupError as missing:
            raise Http404 from missing
        asked = form.answered()
        currency = request.GET.get("currency", "")
        if request.GET.get("as"):
            with one_moment():
                found = behind(report, asked, column, group, currency)
                cells = ([each.what, each.dated, each.currency, _value(each)] for each in found)
                return _file_answer(request, report, asked, _line_headings(), cells)
        shown: list[Line] = []
        count = 0
        with one_moment():
            for count, line in enumerate(behind(report, asked, column, group, currency), start=1):
                if count <= SHOWN:
                    shown.append(line)
        labels = report.labels(asked, [group]) if group else {}
        return _page(
            self,
            request,
            "behind",
            f"{report.title}: {heading}",
            lines=[(each, record_address(each.kind, each.key)) for each in shown],
            count=count,
            most=SHOWN,
            heads=[] if group is None else [each for each in labels[group] if each],
            facts=facts(asked, report.choices),
            files=_files(request),
            report_address=f"{self.page('report', name)}?{_query(request)}",
            report_title=report.title,
        )

    def later(self: Any, request: HttpRequest, name: str) -> HttpResponse:
        report, form = _asked(self, request, name)
        if form is None or not form.is_valid():
            raise Http404
        then = form.answered()
        if then.known_at is None:
            raise Http404
        with one_moment():
            found = later_entries(report, _as_known_now(then), then.known_at)
        if request.GET.get("as"):
            cells = (each.cells() for each in found)
            return _file_answer(request, report, then, HEADINGS, cells, "later-entries")
        return _page(
            self,
            request,
            "later",
            f"{report.title}: entered since",
            headings=HEADINGS,
            rows=[(each, record_address(each.line.kind, each.line.key)) for each in found[:SHOWN]],
            count=len(found),
            most=SHOWN,
            facts=facts(then, report.choices),
            files=_files(request),
            report_address=f"{self.page('report', name)}?{_query(request)}",
            report_title=report.title,
        )


# --- what was asked ------------------------------------------------------------------------------


def _refuse(screen: Any, request: HttpRequest) -> None:
    """Whoever may view the books may view reports on them."""
    seen = (permissions.SEE_INVOICES, permissions.SEE_PAYMENTS)
    if not screen.has_view_permission(request) or not all(
        permissions.may(request, each) for each in seen
    ):
        raise PermissionDenied


def _asked(screen: Any, request: HttpRequest, name: str) -> tuple[Report, ReportForm | None]:
    """Without a company there is nothing to ask."""
    _refuse(screen, request)
    report = REPORTS.get(name)
    if report is None:
        raise Http404
    company = company_asked(request)
    return report, None if company is None else form_of(report, company, request)


def _as_known_now(asked: Asked) -> Asked:
    return Asked(
        company=asked.company,
        on=asked.on,
        since=asked.since,
        by=asked.by,
        customer_id=asked.customer_id,
    )


def _group(text: str) -> Group | None:
    """None: of the total. Raises Http404 for what no page of ours wrote."""
    if not text:
        return None
    try:
        found = json.loads(text)
    except ValueError as wrong:
        raise Http404 from wrong
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise Http404
    return tuple(found)


def _query(request: HttpRequest, **more: str) -> str:
    """What the report was asked for, as the query of an address."""
    beside = {"as", "column", "group", "currency"}
    kept = {name: value for name, value in request.GET.items() if name not in beside}
    return urlencode(kept | more)


# --- what is shown -------------------------------------------------------------------------------


def _page(screen: Any, request: HttpRequest, page: str, title: str, **more: Any) -> HttpResponse:
    context = {
        **screen.admin_site.each_context(request),
        "title": title,
        "trail": [("Reports", screen.page("reports")), (title, "")] if page != "index" else
        [("Reports", "")],
        "opts": screen.opts,
        "back": screen.page("reports"),
        **more,
    }  # fmt: skip
    return TemplateResponse(request, f"backoffice/reports/{page}.html", context)


def _shown(row: Row, table: Table, request: HttpRequest, address: str) -> dict[str, Any]:
    group = {"group": json.dumps(row.group)} if row.group else {}
    figures = []
    for column, figure in zip(table.report.columns, row.figures, strict=True):
        link = ""
        if figure is not None and figure.lines:
            unit = {"currency": _unit(figure.value)} if not row.group else {}
            link = f"{address}?{_query(request, column=column.name, **group, **unit)}"
        figures.append((column.heading, figure, link))
    own = record_address(*row.record) if row.record else ""
    return {
        "heads": list(zip(table.report.heads, row.heads, strict=True)),
        "figures": figures,
        "address": own,
    }


def _unit(value: Any) -> str:
    return value.currency if isinstance(value, Money) else ""


def _line_headings() -> list[str]:
    return ["Record", "Date", "Currency", "Amount"]


def _value(line: Line) -> Cell:
    return Money(line.amount, line.currency) if line.currency else line.amount


def _later_address(screen: Any, request: HttpRequest, asked: Asked, name: str) -> str:
    """Where what was entered since is listed; "" for what is known now."""
    if asked.known_at is None:
        return ""
    return f"{screen.page('later', name)}?{_query(request)}"


def _statement_address(asked: Asked) -> str:
    """The statement that the customer gets of the same days, as known now."""
    if asked.customer_id is None or asked.since is None:
        return ""
    days = {"how": "moved", "start": asked.since.isoformat(), "on": asked.on.isoformat()}
    query = urlencode({**days, "language": language_of(asked.company), "print": "yes"})
    return f"{reverse('admin:billing_customer_statement', args=[asked.customer_id])}?{query}"


def _papers(report: Report, asked: Asked) -> list[tuple[str, str]]:
    """Aged receivables by due date, as known now, as a paper in each language."""
    plain = asked.known_at is None and asked.by == BY_DUE_DATE
    return aged_papers(asked.company, asked.on) if report.name == AGED and plain else []


def record_address(kind: str, key: int) -> str:
    return reverse(f"admin:billing_{kind.replace('_', '')}_change", args=[key])


# --- files ---------------------------------------------------------------------------------------


def _files(request: HttpRequest) -> dict[str, str]:
    """The address of each format."""
    query = {name: value for name, value in request.GET.items() if name != "as"}
    return {each: f"?{urlencode({**query, 'as': each})}" for each in ("csv", "xlsx", "pdf")}


def _file(report: Report, asked: Asked, what: str = "") -> str:
    known = "" if asked.known_at is None else f"known-{asked.known_at:%Y-%m-%d-%H%M}"
    return "-".join(each for each in (report.name, what, asked.on.isoformat(), known) if each)


def _file_answer(
    request: HttpRequest,
    report: Report,
    asked: Asked,
    headings: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    what: str = "",
) -> HttpResponse:
    kind, tally = request.GET["as"], Tally()
    held = io.BytesIO()
    if kind == "csv":
        held.writelines(csv_chunks(headings, rows, tally=tally))
    elif kind == "xlsx":
        write_xlsx(held, report.title, headings, rows, tally)
    else:
        raise Http404
    note(request, report.name, kind, tally)
    answer = HttpResponse(held.getvalue())
    return attached(
        answer, f"{_file(report, asked, what)}.{kind}", "text/csv" if kind == "csv" else XLSX
    )
