"""The rows of a file as a stream."""

from collections.abc import Iterator
from pathlib import Path

from apps.exchange.tables.csv_rows import csv_rows
from apps.exchange.tables.files import format_of
from apps.exchange.tables.port import LIMITS, Dialect, FileFormat, FileRefused, Limits, Row
from apps.exchange.tables.workbook import workbook_rows


def rows(path: Path, dialect: Dialect, *, limits: Limits = LIMITS) -> Iterator[Row]:
    """Every row of the file but that of the headings, in order, numbered as a spreadsheet shows them.

    Memory is flat: one block of a CSV file, one batch of rows of a workbook (which its own process
    holds as a whole). Raises `FileRefused`, at the place where reading stops.
    """
    found = format_of(path, limits)
    if found is not dialect.format:
        raise FileRefused(
            "The file is not what was looked at: it was replaced by another. Look at it again."
        )
    if found is FileFormat.XLSX:
        return workbook_rows(path, dialect, limits)
    return csv_rows(path, dialect, limits)
