"""Small files that a spreadsheet opens as text and figures, never as a formula."""

import io
from collections.abc import Iterable, Sequence

from django.http import HttpResponse
from django.utils import timezone

from apps.exchange.exports.cells import Cell
from apps.exchange.exports.writing import Tally, csv_chunks, write_xlsx

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def csv_response(name: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> HttpResponse:
    """A download named with today's date, UTF-8 with the mark that Excel needs to see it."""
    day = timezone.localdate().isoformat()
    response = HttpResponse(csv_chunks(head, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="tieout-{name}-{day}.csv"'
    return response


def xlsx_response(name: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> HttpResponse:
    """The same as an Excel workbook."""
    held, day = io.BytesIO(), timezone.localdate().isoformat()
    write_xlsx(held, name.capitalize(), head, rows, Tally())
    response = HttpResponse(held.getvalue(), content_type=XLSX)
    response["Content-Disposition"] = f'attachment; filename="tieout-{name}-{day}.xlsx"'
    return response
