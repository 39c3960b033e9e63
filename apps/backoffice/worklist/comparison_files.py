"""What a comparison found, taken along as CSV or Excel."""

from collections.abc import Callable, Iterator, Sequence
from tempfile import TemporaryFile
from typing import Final

from django.http import FileResponse, Http404, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.text import slugify

from apps.backoffice.frame.downloads import attached, logged, note
from apps.backoffice.frame.exporting import FORMATS, CsvFile
from apps.backoffice.worklist.comparison_customers import customers, of_customers
from apps.backoffice.worklist.comparison_tables import (
    differences,
    figures,
    of_differences,
    of_figures,
)
from apps.exchange.exports.writing import Row, Tally, csv_chunks, write_xlsx
from apps.reconciliation.models import KeptComparison

Headings = Callable[[], Sequence[str]]
Rows = Callable[[KeptComparison], Iterator[Row]]
# What can be taken along, by its name in the address: in words, headings, rows.
TABLES: Final[dict[str, tuple[str, Headings, Rows]]] = {
    "differences": ("What differs", of_differences, differences),
    "figures": ("Figures of both sides", of_figures, figures),
    "customers": ("Each customer", of_customers, customers),
}


def table_file(
    request: HttpRequest, kept: KeptComparison, table: str, form: str
) -> HttpResponseBase:
    """Raises Http404 for a table or a form that is none, `CannotBeWritten` beyond what Excel holds."""
    if table not in TABLES or form not in FORMATS:
        raise Http404
    words, headings_of, rows = TABLES[table]
    headings = headings_of()
    kind, tally, what = FORMATS[form](), Tally(), f"comparison.{table}"
    answer: FileResponse | StreamingHttpResponse
    if isinstance(kind, CsvFile):
        chunks = csv_chunks(headings, rows(kept), kind.style, tally)
        answer = StreamingHttpResponse(logged(chunks, request, what, "csv", tally))
    else:
        file = TemporaryFile()  # noqa: SIM115 - closed with the response
        write_xlsx(file, words, headings, rows(kept), tally)
        file.seek(0)
        note(request, what, "xlsx", tally)
        answer = FileResponse(file)
    name = f"comparison-{slugify(kept.connection.name)}-{kept.on}-{table}.{kind.get_extension()}"
    return attached(answer, name, kind.get_content_type())
