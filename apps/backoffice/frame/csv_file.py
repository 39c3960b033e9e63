"""Small CSV files that a spreadsheet opens as text and figures, never as a formula."""

from collections.abc import Iterable, Sequence

from django.http import HttpResponse
from django.utils import timezone

from apps.exchange.exports.cells import Cell
from apps.exchange.exports.writing import csv_chunks


def csv_response(name: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> HttpResponse:
    """A download named with today's date, UTF-8 with the mark that Excel needs to see it."""
    day = timezone.localdate().isoformat()
    response = HttpResponse(csv_chunks(head, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="tieout-{name}-{day}.csv"'
    return response
