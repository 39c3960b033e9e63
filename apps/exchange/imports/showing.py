"""What a person sees of an import before anything is written: its first documents, sums by month, and
the file of what was refused."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import models

from apps.core.money import rounded
from apps.exchange.imports.at_hand import subject_of, table_of
from apps.exchange.imports.bringers import bringer_of
from apps.exchange.imports.port import NO_PREVIEW, Preview
from apps.exchange.imports.shapes import SHAPES
from apps.exchange.imports.tally import Outcome, Tally
from apps.exchange.models import FileImport, RefusedRow
from apps.exchange.tables.port import Cell, FileRefused

SHOWN = 100  # rows of a preview, and refused rows on the page


@dataclass(frozen=True, slots=True)
class Month:
    """Sums of one currency in one month; `first` is None where no day could be read."""

    currency: str
    first: date | None
    closed: bool
    amounts: dict[str, Decimal]  # by outcome


def first_rows(file_import: FileImport) -> Preview:
    """As they are read; none before that is settled, or where the file cannot be."""
    if not file_import.styles:
        return NO_PREVIEW
    try:
        return bringer_of(file_import).first_rows(SHOWN)
    except (FileRefused, OSError):
        return NO_PREVIEW


def units_of(file_import: FileImport) -> str:
    """How staff call what its rows become; rows, while nobody has said what that is."""
    of = subject_of(file_import)
    return SHAPES[of].units if of is not None else "rows"


def unit_of(file_import: FileImport) -> str:
    """The same of one."""
    of = subject_of(file_import)
    return SHAPES[of].unit if of is not None else "row"


def amounts_are(file_import: FileImport) -> str:
    """What the sums of `months` are of, in a sentence."""
    of = subject_of(file_import)
    return SHAPES[of].amounts_are if of is not None else ""


def months(file_import: FileImport) -> list[Month]:
    """By currency and month, the earliest first."""
    tally = Tally.from_json(file_import.counts if file_import.written_at else file_import.tally)
    sums: dict[tuple[str, str], dict[str, Decimal]] = {}
    for currency, days in tally.amounts.items():
        for day, amounts in days.items():
            of_month = sums.setdefault((currency, day[:7]), {})
            for outcome, amount in amounts.items():
                of_month[outcome] = of_month.get(outcome, Decimal(0)) + amount
    closing = file_import.company.closing_date
    found = []
    for (currency, month), amounts in sorted(sums.items()):
        first = date.fromisoformat(f"{month}-01") if month else None
        closed = bool(first and closing and first <= closing)
        found.append(
            Month(
                currency,
                first,
                closed,
                {each: rounded(amount, currency) for each, amount in amounts.items()},
            )
        )
    return found


def in_all(found: list[Month]) -> list[Month]:
    """The sums of each currency over all its months."""
    sums: dict[str, dict[str, Decimal]] = {}
    for each in found:
        of_currency = sums.setdefault(each.currency, {})
        for outcome, amount in each.amounts.items():
            of_currency[outcome] = of_currency.get(outcome, Decimal(0)) + amount
    return [Month(currency, None, False, amounts) for currency, amounts in sums.items()]


def figures(file_import: FileImport) -> list[tuple[str, int, int]]:
    """(outcome in words, what rows became, rows), as far as it has come."""
    writing = file_import.stage in (FileImport.Stage.WRITING, FileImport.Stage.WRITTEN)
    tally = Tally.from_json(file_import.counts if writing else file_import.tally)
    return [
        (words, tally.documents[outcome], tally.rows[outcome])
        for outcome, words in OUTCOMES.items()
        if outcome in ALWAYS_TOLD or tally.rows[outcome]
    ]


OUTCOMES = {
    Outcome.NEW: "New",
    Outcome.CHANGED: "Changed",
    Outcome.UNCHANGED: "Here already, unchanged",
    Outcome.ASKED: "To be answered",
    Outcome.LEFT_OUT: "Left out",
    Outcome.REFUSED: "Refused",
}
ALWAYS_TOLD = (Outcome.NEW, Outcome.UNCHANGED, Outcome.REFUSED)


def refused_table(file_import: FileImport) -> tuple[list[str], Iterator[list[Cell]]]:
    """The refused rows as they stand in the file, under its own headings, with the reason in a
    column more: to be mended and brought again. Raises FileRefused where the file cannot be read."""
    refused = dict(_refused(file_import).values_list("row", "sentence"))
    table = table_of(file_import, refused, "Why it was refused")
    return [str(each) for each in next(table)], table


def _refused(file_import: FileImport) -> "models.QuerySet[RefusedRow]":
    return file_import.refused_rows.filter(tolerated=False, asked=False)
