"""Exports of a company that may be scheduled: files for other systems, the plain-text ledger, aged
receivables. (Lists are known to the screens, which register their maker themselves.)"""

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from shutil import copyfileobj
from typing import IO, Any, Final

from apps.billing.models import Company, Customer
from apps.connections.models import Connection
from apps.connectors.layouts import Formulas, Layout
from apps.exchange.exports.cells import Money
from apps.exchange.exports.codes import Codes, MappedCodes, TypedCodes
from apps.exchange.exports.files import Export, Outlook, zipped
from apps.exchange.exports.laying import Laying
from apps.exchange.exports.layouts import layouts
from apps.exchange.exports.needs import ALL_OF_IT, NEEDS
from apps.exchange.exports.plain_text.ledger import PROGRAMS, plain_text
from apps.exchange.exports.records import Choice
from apps.exchange.exports.sources import Terms
from apps.exchange.exports.writing import (
    EUROPEAN,
    CannotBeWritten,
    Row,
    Tally,
    csv_chunks,
    write_xlsx,
)
from apps.exchange.models import ScheduledExport, ScheduleRun
from apps.exchange.printing.open_items import Bucket, aged, balance, by_currency, open_items
from apps.exchange.printing.paper import CannotPrint
from apps.exchange.printing.statements import by_customer, print_ageing
from apps.exchange.printing.words import language_of
from apps.exchange.schedules.makers import CannotBeMade, Made
from apps.exchange.schedules.periods import day_before, days_of


def labels(*words: str) -> tuple[str, ...]:
    """Headings of a table."""
    return words


XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class OtherSystem:
    """A file that another product takes in. `choice`: `layout` (its code), `period`, and what the page
    Export for another system asks: `open_only`, `with_void`, `dates`, `formulas`, `connection` (a key),
    `account`, `tax_codes` (key of a rate, or "" for none, → code)."""

    formats: Mapping[str, str] = {"csv": "CSV"}
    tells_days = False

    def words(self, schedule: ScheduledExport) -> str:
        layout = self._layout(schedule)
        return f"{layout.product}: {layout.words}"

    def needs(self, schedule: ScheduledExport) -> frozenset[str]:
        return frozenset(NEEDS[self._layout(schedule).holds])

    def make(self, run: ScheduleRun, into: IO[bytes]) -> Made:
        export, day = self._export(run), day_before(run)
        name = f"{export.layout.code}-{day}"
        if not export.is_limited:
            tally, found = Tally(), Outlook()
            for chunk in export.chunks(tally, found):
                into.write(chunk)
            return _made(f"{name}.csv", "text/csv", found)
        with tempfile.TemporaryDirectory() as folder:
            paths, found = export.write(Path(folder), name)
            if len(paths) > 1:
                zipped(paths, into)
                return _made(f"{name}.zip", "application/zip", found)
            for path in paths:
                with path.open("rb") as file:
                    copyfileobj(file, into)
        return _made(f"{name}.csv", "text/csv", found)

    def _export(self, run: ScheduleRun) -> Export:
        schedule, choice = run.schedule, run.schedule.choice
        layout = self._layout(schedule)
        since, until = days_of(choice.get("period", "all"), day_before(run))
        dated = layout.dated(month_first=choice.get("dates") == "month")
        codes = _codes(schedule.company, choice)
        terms = Terms(layout=dated, codes=codes, home=schedule.company.home_currency)
        chosen = Choice(
            company=schedule.company,
            since=since,
            until=until,
            open_only=bool(choice.get("open_only")),
            with_void=bool(choice.get("with_void")),
        )
        formulas = Formulas(choice.get("formulas") or layout.formulas)
        return Export(Laying(terms, formulas), chosen)

    @staticmethod
    def _layout(schedule: ScheduledExport) -> Layout:
        found = layouts().get(schedule.choice["layout"])
        if found is None:
            raise CannotBeMade(
                f"There is no layout “{schedule.choice['layout']}” any more. Schedule another file."
            )
        return found


def _made(name: str, content_type: str, found: Outlook) -> Made:
    """With what stayed out: nobody looks at the page that would say so before."""
    sentence = found.what_is_left_out
    if sentence:
        sentence += " The page “Export for another system” names them all."
    return Made(
        name=name, content_type=content_type, is_empty=not found.documents, sentence=sentence
    )


def _codes(company: Company, choice: dict[str, Any]) -> Codes:
    if choice.get("connection"):
        found = Connection.objects.filter(company=company, pk=choice["connection"]).first()
        if found is None:
            raise CannotBeMade(
                "The connection whose accounts and tax codes it is written by is gone. Schedule it "
                "again by another."
            )
        return MappedCodes(found)
    codes = {int(key) if key else None: code for key, code in choice.get("tax_codes", {}).items()}
    return TypedCodes(sales_account=choice.get("account") or "", tax_codes=codes)


class PlainTextLedger:
    """The receivables as of the day before, for a program of plain-text accounting."""

    formats: Mapping[str, str] = {"journal": "hledger", "beancount": "beancount"}
    tells_days = False

    def words(self, schedule: ScheduledExport) -> str:
        return "Receivables as a plain-text ledger"

    def needs(self, schedule: ScheduledExport) -> frozenset[str]:
        return frozenset(ALL_OF_IT)

    def make(self, run: ScheduleRun, into: IO[bytes]) -> Made:
        program, day = run.schedule.format, day_before(run)
        assert program in PROGRAMS  # the formats above
        for line in plain_text(run.schedule.company, day, program):
            into.write(line)
        return Made(name=f"receivables-{day}.{program}", content_type="text/plain")


class AgedReceivables:
    """What each customer owed at the end of the day before, by age."""

    formats: Mapping[str, str] = {
        "pdf": "PDF",
        "xlsx": "Excel",
        "csv": "CSV",
        "csv-european": "CSV for a European Excel",
    }
    tells_days = False

    def words(self, schedule: ScheduledExport) -> str:
        return "Aged receivables"

    def needs(self, schedule: ScheduledExport) -> frozenset[str]:
        return frozenset({"billing.view_invoice", "billing.view_customer"})

    def make(self, run: ScheduleRun, into: IO[bytes]) -> Made:
        company, day, kind = run.schedule.company, day_before(run), run.schedule.format
        name = f"aged-receivables-{day}"
        if kind == "pdf":
            try:
                into.write(
                    print_ageing(company, day, run.schedule.language or language_of(company))
                )
            except CannotPrint as refusal:
                raise CannotBeMade(str(refusal)) from refusal
            return Made(name=f"{name}.pdf", content_type="application/pdf")
        if kind == "csv-european":
            for chunk in csv_chunks(AGED_HEADINGS, _aged_rows(run), EUROPEAN):
                into.write(chunk)
            return Made(name=f"{name}.csv", content_type="text/csv")
        return write_table(kind, name, "Aged receivables", AGED_HEADINGS, _aged_rows(run), into)


AGED_HEADINGS: Final = labels(
    "Customer", "Currency", "Not due", "1-30 days", "31-60 days", "61-90 days", "Over 90 days",
    "Unapplied", "Balance",
)  # fmt: skip


def _aged_rows(run: ScheduleRun) -> Iterator[Row]:
    company = run.schedule.company
    names = dict(Customer.objects.filter(company=company).values_list("pk", "name"))
    for currency, items in by_currency(open_items(company, day_before(run))).items():
        for key, own in by_customer(items, names):
            ages = aged(own)
            yield [
                names[key],
                currency,
                *(Money(ages[bucket], currency) for bucket in Bucket),
                Money(balance(own), currency),
            ]


def write_table(
    kind: str,
    name: str,
    title: str,
    headings: tuple[str, ...],
    rows: Iterator[Row],
    into: IO[bytes],
) -> Made:
    """Rows as Excel ("xlsx") or else as CSV."""
    if kind == "xlsx":
        try:
            write_xlsx(into, title, headings, rows, Tally())
        except CannotBeWritten as refusal:
            raise CannotBeMade(str(refusal)) from refusal
        return Made(name=f"{name}.xlsx", content_type=XLSX)
    for chunk in csv_chunks(headings, rows):
        into.write(chunk)
    return Made(name=f"{name}.csv", content_type="text/csv")
