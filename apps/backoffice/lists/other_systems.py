"""The page Export for another system: which file, of which records, what will come of it, and it."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse

from apps.backoffice.frame import permissions
from apps.backoffice.frame.acts import PageAct, Screen
from apps.backoffice.frame.downloads import attached, logged, note
from apps.backoffice.lists.other_systems_form import KEPT, LayoutForm, PlainTextForm
from apps.billing.models import Company
from apps.connectors.layouts import Formulas, Layout
from apps.exchange.exports.codes import Codes, MappedCodes, TypedCodes
from apps.exchange.exports.files import Export, Outlook, zipped
from apps.exchange.exports.laying import Laying
from apps.exchange.exports.layouts import layouts
from apps.exchange.exports.needs import ALL_OF_IT, NEEDS
from apps.exchange.exports.plain_text.ledger import plain_text
from apps.exchange.exports.records import Choice
from apps.exchange.exports.sources import Terms
from apps.exchange.exports.writing import CannotBeWritten, Tally, csv_chunks
from apps.staff.acts import ActName

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LOOKED_AT: Final = 20_000  # records: a look takes seconds, the file as long as it needs
PLAIN_TEXT: Final = {
    "journal": "hledger: receivables as a journal",
    "beancount": "beancount: receivables as a file",
}


@dataclass(frozen=True)
class Offer:
    """A file that may be chosen on the page."""

    code: str
    words: str


def export_page(screen: Screen, request: HttpRequest, company: Company) -> HttpResponse:
    """GET alone: it changes nothing, and the address is the choice, to be kept as a bookmark."""
    code = request.GET.get("file", "")
    if code in PLAIN_TEXT:
        return _plain_text(screen, request, company, code)  # type: ignore[return-value] # or a stream
    layout = layouts().get(code)
    if layout is None:
        return _page(screen, request, company, {"products": _offers(request)})
    if not _sees(request, layout):
        raise PermissionDenied
    form = LayoutForm(layout, company, request)
    context: dict[str, Any] = {"layout": layout, "form": form, "code": code}
    context["repeat"] = _repeat(request, company, f"layout:{code}")
    if form.is_bound and form.is_valid():
        export = _export(layout, company, form.cleaned_data)
        request.session[KEPT] = {**request.session.get(KEPT, {}), form.kept_as: form.typed()}
        act = request.GET.get("act")
        if act == "reasons":
            return _reasons(request, export)  # type: ignore[return-value] # a stream
        outlook = None
        if act == "download":
            sent = _file(request, export)
            if isinstance(sent, HttpResponseBase):
                return sent  # type: ignore[return-value] # or a stream
            outlook = sent
            messages.error(
                request, "There is nothing to export: every record is left out, or none was chosen."
            )
        if act == "workbook" and export.has_workbook:
            try:
                return _workbook(request, export)  # type: ignore[return-value] # a file
            except CannotBeWritten as refusal:
                messages.error(request, str(refusal))
        context["outlook"] = outlook or export.outlook(LOOKED_AT)
        if export.has_workbook:
            context["workbook"] = _with(request, "workbook")
        context |= {"download": _with(request, "download"), "reasons": _with(request, "reasons")}
    return _page(screen, request, company, context)


def _page(
    screen: Screen, request: HttpRequest, company: Company, context: dict[str, Any]
) -> HttpResponse:
    words = "Export for another system"
    return TemplateResponse(
        request,
        "backoffice/lists/other_systems.html",
        {
            **screen.admin_site.each_context(request),
            "title": f"{words}: {company}",
            "trail": screen.trail(words, record=company),
            "opts": screen.opts,
            "original": company,
            "back": screen.page("change", company.pk),
            **context,
        },
    )


def _sees(request: HttpRequest, layout: Layout) -> bool:
    return all(permissions.may(request, each) for each in NEEDS[layout.holds])


def _offers(request: HttpRequest) -> dict[str, list[Offer]]:
    """Product → its files, of what this person may look at."""
    found: dict[str, list[Offer]] = {}
    for layout in layouts().values():
        if _sees(request, layout):
            found.setdefault(layout.product, []).append(Offer(layout.code, layout.words))
    if all(permissions.may(request, each) for each in ALL_OF_IT):
        plain = [Offer(code, words) for code, words in PLAIN_TEXT.items()]
        found["Plain-text accounting"] = plain
    return found


def _repeat(request: HttpRequest, company: Company, kind: str) -> str:
    """The page that makes this file come by itself, as it is asked for now; "" for whoever may not."""
    if not permissions.may(request, ActName.SCHEDULE):
        return ""
    asked = urlencode({"kind": kind, "source": request.GET.urlencode()})
    return f"{reverse('admin:billing_company_schedule', args=[company.pk])}?{asked}"


def _with(request: HttpRequest, act: str) -> str:
    query = request.GET.copy()
    query["act"] = act
    return f"?{query.urlencode()}"


def _export(layout: Layout, company: Company, answers: dict[str, Any]) -> Export:
    dated = layout.dated(month_first=answers.get("dates") == "month")
    terms = Terms(layout=dated, codes=_codes(answers), home=company.home_currency)
    choice = Choice(
        company=company,
        since=answers.get("since"),
        until=answers.get("until"),
        open_only=bool(answers.get("open_only")),
        with_void=bool(answers.get("with_void")),
    )
    formulas = Formulas(answers.get("formulas") or layout.formulas)
    return Export(Laying(terms, formulas), choice)


def _codes(answers: dict[str, Any]) -> Codes:
    if answers.get("connection") is not None:
        return MappedCodes(answers["connection"])
    return TypedCodes(
        sales_account=answers.get("account") or "", tax_codes=answers.get("tax_codes") or {}
    )


# --- Files ----------------------------------------------------------------------------------------


def _name(export: Export) -> str:
    """With the company's day: that of the server may be another."""
    return f"{export.layout.code}-{export.choice.company.today().isoformat()}"


def _file(request: HttpRequest, export: Export) -> HttpResponseBase | Outlook:
    """The file, or a ZIP of several; an outlook where nothing would be in it."""
    name, tally = _name(export), Tally()
    if not export.is_limited:
        if not export.holds_anything():
            return Outlook()
        chunks = logged(export.chunks(tally), request, export.layout.code, "csv", tally)
        return attached(StreamingHttpResponse(chunks), f"{name}.csv", "text/csv")
    into = TemporaryFile()  # noqa: SIM115 - closed with the response
    with tempfile.TemporaryDirectory() as folder:
        paths, outlook = export.write(Path(folder), name)
        if not paths:
            return outlook
        if len(paths) == 1:
            into.write(paths[0].read_bytes())
        else:
            zipped(paths, into)
    into.seek(0)
    note(request, export.layout.code, "csv", Tally(rows=outlook.rows, done=True))
    if len(paths) == 1:
        return attached(FileResponse(into), f"{name}.csv", "text/csv")
    return attached(FileResponse(into), f"{name}.zip", "application/zip")


def _workbook(request: HttpRequest, export: Export) -> FileResponse:
    """Raises `CannotBeWritten`."""
    into, tally = TemporaryFile(), Tally()  # noqa: SIM115 - closed with the response
    export.workbook(into, tally)
    into.seek(0)
    note(request, export.layout.code, "xlsx", tally)
    return attached(FileResponse(into), f"{_name(export)}.xlsx", XLSX)


def _reasons(request: HttpRequest, export: Export) -> StreamingHttpResponse:
    """Everything that is left out or told, as a list to work through."""
    tally = Tally()
    rows = (
        (each.what, "left out" if each.left_out else "told", each.sentence)
        for each in export.objections()
    )
    chunks = csv_chunks(("Record", "What happens", "Why"), rows, tally=tally)
    stream = logged(chunks, request, f"{export.layout.code} reasons", "csv", tally)
    return attached(StreamingHttpResponse(stream), f"{_name(export)}-reasons.csv", "text/csv")


def _plain_text(
    screen: Screen, request: HttpRequest, company: Company, program: str
) -> HttpResponseBase:
    if not all(permissions.may(request, each) for each in ALL_OF_IT):
        raise PermissionDenied
    form = PlainTextForm(company, request)
    if form.is_bound and form.is_valid():
        day, tally = form.cleaned_data["until"], Tally()
        lines = _counted(plain_text(company, day, program), tally)
        stream = logged(lines, request, "receivables", program, tally)
        name = f"receivables-{day.isoformat()}.{program}"
        return attached(StreamingHttpResponse(stream), name, "text/plain")
    context: dict[str, Any] = {"plain_text": PLAIN_TEXT[program], "form": form, "code": program}
    context["repeat"] = _repeat(request, company, "plain-text")
    return _page(screen, request, company, context)


def _counted(lines: Any, tally: Tally) -> Any:
    for line in lines:
        tally.rows += 1
        yield line
    tally.done = True


EXPORT_FOR_ANOTHER = PageAct(
    name="export-for-another",
    words="Export for another system",
    permission=permissions.SEE_COMPANIES,
    page=export_page,
)
