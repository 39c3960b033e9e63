"""Export: any list as a file, as it is shown: its filters, search, order and columns.

Stands on the conventions of django-import-export (its address, `has_export_permission`,
`get_export_queryset`, format classes); what it would hold in memory is streamed instead.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from decimal import Decimal
from html import unescape
from itertools import chain, islice
from tempfile import TemporaryFile
from typing import Any, Final
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import flatten_fieldsets, label_for_field, lookup_field
from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.db import models
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.safestring import SafeString
from import_export.admin import ExportMixin
from import_export.formats.base_formats import CSV, XLSX, Format

from apps.backoffice.frame.downloads import attached, logged, note
from apps.backoffice.frame.formatting import NOTHING, Shown
from apps.backoffice.frame.permissions import SEE_COMPANIES, may
from apps.backoffice.frame.sight import companies_for
from apps.exchange.exports.cells import Cell, Money
from apps.exchange.exports.writing import (
    EUROPEAN,
    PLAIN,
    CannotBeWritten,
    CsvStyle,
    Row,
    Tally,
    csv_chunks,
    write_xlsx,
)
from apps.staff.acts import ActName

CHUNK: Final = 1000  # records read at a time, with what hangs on them
LOOKED_AT: Final = 1000  # rows that say whether a list has amounts
REPEATED: Final = 10  # companies that are offered on the page
OURS: Final = ("_format", "_columns")  # in the address, beside the filters of the list
BREAKS = re.compile(r"<br\s*/?>|</(?:p|div|li)>")


class CsvFile(CSV):
    """As spreadsheets read it where a comma parts cells and a point decimals."""

    style: CsvStyle = PLAIN

    def get_title(self) -> str:
        return "CSV"


class EuropeanCsvFile(CsvFile):
    style = EUROPEAN

    def get_title(self) -> str:
        return "CSV for a European Excel: semicolons, decimal commas"


class ExcelFile(XLSX):
    def get_title(self) -> str:
        return "Excel"


FORMATS: dict[str, type[Format]] = {
    "xlsx": ExcelFile,
    "csv": CsvFile,
    "csv-european": EuropeanCsvFile,
}


class ExportForm(forms.Form):
    """Which format, and which columns: those of the list unless others are ticked."""

    def __init__(self, columns: dict[str, str], chosen: list[str], *args: Any) -> None:
        super().__init__(*args)
        self.fields["_format"] = forms.ChoiceField(
            label="Format",
            choices=[(name, kind().get_title()) for name, kind in FORMATS.items()],
            initial="xlsx",
            widget=forms.RadioSelect,
        )
        self.fields["_columns"] = forms.MultipleChoiceField(
            label="Columns",
            choices=list(columns.items()),
            initial=chosen,
            widget=forms.CheckboxSelectMultiple,
            error_messages={"required": "Tick at least one column."},
        )


class ExportsAsShown(ExportMixin):
    """A list with the button Export, for whoever may view it."""

    import_export_change_list_template = None

    def has_export_permission(self, request: HttpRequest) -> bool:
        """What may be read on the screen may be taken as a file."""
        return bool(super().has_export_permission(request)) and bool(
            self.has_view_permission(request)
        )

    def get_export_formats(self) -> list[type[Format]]:
        return list(FORMATS.values())

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        extra = dict(extra_context or {})
        if self.has_export_permission(request):
            asked = request.GET.urlencode()
            extra["export_url"] = self.page("export") + (f"?{asked}" if asked else "")
        return super().changelist_view(request, extra)

    def export_action(self, request: HttpRequest) -> HttpResponseBase:
        """The page that asks for format and columns, and the file once they are chosen."""
        if not self.has_export_permission(request):
            raise PermissionDenied
        filters = request.GET.copy()
        given = {name: filters.pop(name) for name in OURS if name in filters}
        request.GET = filters  # type: ignore[assignment] # what is left is the list's own
        back = self.page("changelist") + (f"?{filters.urlencode()}" if filters else "")
        try:
            rows: models.QuerySet[Any] = self.get_export_queryset(request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(self.page("changelist"))
        columns, chosen = self._columns(request)
        data = {"_format": given.get("_format", [""])[0], "_columns": given.get("_columns", chosen)}
        form = ExportForm(columns, chosen, data if given else None)
        if given and form.is_valid():
            try:
                return self._file(
                    request,
                    rows,
                    {name: columns[name] for name in form.cleaned_data["_columns"]},
                    form.cleaned_data["_format"],
                )
            except CannotBeWritten as refusal:
                messages.error(request, str(refusal))
        return self._export_page(request, form, rows, back)

    def _export_page(
        self, request: HttpRequest, form: ExportForm, rows: models.QuerySet[Any], back: str
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": f"Export {self.words[:1].lower()}{self.words[1:]}",
            "trail": [*self.trail("Export")],
            "opts": self.opts,
            "back": back,
            "repeat": repeat_links(request, self.opts.label_lower),
            "form": form,
            "count": rows.count(),
            "filters": [(name, each) for name, many in request.GET.lists() for each in many],
            "narrowed": any(name not in ("o", "p") for name in request.GET),
        }
        return TemplateResponse(request, "backoffice/frame/export.html", context)

    # --- columns ------------------------------------------------------------------------------

    def _columns(self, request: HttpRequest) -> tuple[dict[str, str], list[str]]:
        """Name → heading of every column that may be chosen, and those that the list shows.

        Beside those of the list they are the plain fields of the record's page: what hangs on
        other rows would be asked row by row.
        """
        shown = [str(name) for name in self.get_list_display(request)]
        fieldsets = self.fieldsets or []
        columns = {name: self._heading(name) for name in shown}
        for name in flatten_fieldsets(fieldsets):
            if self._is_plain(name) and self._heading(name) not in columns.values():
                columns[name] = self._heading(name)
        return columns, shown

    def _is_plain(self, name: str) -> bool:
        try:
            field = self.opts.get_field(name)
        except FieldDoesNotExist:
            return False
        secret = isinstance(field, models.JSONField | models.BinaryField) or name == "password"
        return isinstance(field, models.Field) and not field.is_relation and not secret

    def _heading(self, name: str) -> str:
        text = str(label_for_field(name, self.model, self))
        return text[:1].upper() + text[1:]

    # --- the file -----------------------------------------------------------------------------

    def _file(
        self, request: HttpRequest, rows: models.QuerySet[Any], columns: dict[str, str], name: str
    ) -> HttpResponseBase:
        kind = FORMATS[name]()
        headings, cells = self._table(rows, columns)
        tally = Tally()
        what = self.opts.label_lower
        response: FileResponse | StreamingHttpResponse
        if isinstance(kind, CsvFile):
            chunks = csv_chunks(headings, cells, kind.style, tally)
            response = StreamingHttpResponse(logged(chunks, request, what, "csv", tally))
        else:
            file = TemporaryFile()  # noqa: SIM115 - closed with the response
            write_xlsx(file, self.words, headings, cells, tally)
            file.seek(0)
            note(request, what, "xlsx", tally)
            response = FileResponse(file)
        day = timezone.localdate().isoformat()
        name = f"{self.words.lower().replace(' ', '-')}-{day}.{kind.get_extension()}"
        return attached(response, name, kind.get_content_type())

    def export_as_asked(
        self, request: HttpRequest, columns: list[str], of: models.Q
    ) -> tuple[list[str], Iterator[Row]]:
        """Headings and rows of the list that `request` asks for, narrowed to the records `of`; of the
        columns named, or of those shown. Raises PermissionDenied, IncorrectLookupParameters, and
        LookupError with the name of a column that is none."""
        if not self.has_export_permission(request):
            raise PermissionDenied
        rows: models.QuerySet[Any] = self.get_export_queryset(request).filter(of)
        offered, shown = self._columns(request)
        return self._table(rows, {name: offered[name] for name in columns or shown})

    def _table(
        self, rows: models.QuerySet[Any], columns: dict[str, str]
    ) -> tuple[list[str], Iterator[Row]]:
        return with_currency(list(columns.values()), self._rows(rows, list(columns)))

    def _rows(self, rows: models.QuerySet[Any], columns: list[str]) -> Iterator[list[Cell]]:
        for record in rows.iterator(chunk_size=CHUNK):
            yield [self._cell(name, record) for name in columns]

    def _cell(self, name: str, record: Any) -> Cell:
        field, _, value = lookup_field(name, record, self)
        if field is None:
            return plain(value)
        if field.is_relation:
            return plain(getattr(record, field.name))
        return plain(getattr(record, f"get_{name}_display")() if field.choices else value)


def repeat_links(request: HttpRequest, list_of: str) -> list[tuple[str, str]]:
    """(company, address) of the pages that make this list an export which comes by itself."""
    if not may(request, SEE_COMPANIES) or not may(request, ActName.SCHEDULE):
        return []
    asked = urlencode({"kind": "list", "source": f"{list_of}?{request.GET.urlencode()}"})
    return [
        (str(each), f"{reverse('admin:billing_company_schedule', args=[each.pk])}?{asked}")
        for each in companies_for(request).order_by("legal_name")[:REPEATED]
    ]


def plain(value: Any) -> Cell:
    """What a list shows, as a file holds it: the figure behind it, or its text without marks."""
    if isinstance(value, Shown):
        return value.value
    if isinstance(value, SafeString):
        text = unescape(strip_tags(BREAKS.sub("\n", value))).strip()
        return None if text == NOTHING else text
    if value is None or value == NOTHING:
        return None
    if type(value) in _KNOWN:
        known: Cell = value
        return known
    return str(value)


_KNOWN = frozenset({str, int, bool, Decimal, date, datetime, time})


def with_currency(
    headings: list[str], rows: Iterable[list[Cell]]
) -> tuple[list[str], Iterator[Row]]:
    """Where a list shows amounts beside their currency, the file has it in a column of its own."""
    coming = iter(rows)
    first = list(islice(coming, LOOKED_AT))
    amounts = any(isinstance(cell, Money) for row in first for cell in row)
    every: Iterator[list[Cell]] = chain(first, coming)
    if not amounts or "currency" in {each.lower() for each in headings}:
        return headings, every
    return [*headings, "Currency"], ([*row, _currency(row)] for row in every)


def _currency(row: list[Cell]) -> str:
    return ", ".join(dict.fromkeys(each.currency for each in row if isinstance(each, Money)))
