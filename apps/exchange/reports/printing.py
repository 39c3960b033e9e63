"""A report on paper."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from apps.exchange.exports.cells import Cell, Money, moment_here
from apps.exchange.printing.figures import Writer
from apps.exchange.printing.paper import fact, paper, plain, typeset, writer_for
from apps.exchange.printing.script import Said, said
from apps.exchange.reports.shape import Asked, Table
from apps.exchange.reports.words import names_of

ENGLISH = "en"


def print_table(table: Table) -> bytes:
    """The PDF of a table. Raises `CannotPrint`."""
    write = writer_for(table.asked.company, ENGLISH)
    title = f"{table.report.title}, {write.day(table.asked.on)}"
    data = paper(table.asked.company, ENGLISH, title=title) | {
        "kind": table.report.title,
        "facts": [
            fact(label, said(value)) for label, value in facts(table.asked, table.report.choices)
        ],
        "headings": table.headings,
        "heads": len(table.report.heads),
        "rows": [
            {"cells": [_cell(cell, write) for cell in cells], "is_total": place >= len(table.rows)}
            for place, cells in enumerate(table.cells())
        ],
        "notes": [plain(check.sentence) for check in table.checks],
    }
    return typeset("report", data, dated=datetime.combine(table.asked.on, time(), tzinfo=UTC))


def facts(asked: Asked, choices: Sequence[tuple[str, str]] = ()) -> list[tuple[str, str]]:
    """What the report was asked for, as labelled values."""
    write = writer_for(asked.company, ENGLISH)
    found = []
    if asked.customer_id is not None:
        found.append(("Customer", names_of([asked.customer_id])[asked.customer_id]))
    if asked.since is not None:
        found.append(("From", write.day(asked.since)))
    found.append(("Up to and including" if asked.since else "At the end of", write.day(asked.on)))
    found.append(("As known on", known_on(asked, write)))
    said_by = dict(choices).get(asked.by)
    return [*found, ("By", said_by)] if said_by else found


def known_on(asked: Asked, write: Writer) -> str:
    if asked.known_at is None:
        return "Now"
    at = asked.known_at.astimezone(ZoneInfo(asked.company.time_zone))
    return f"{write.day(at.date())}, {at:%H:%M}"


def _cell(cell: Cell, write: Writer) -> Said:
    match cell:
        case Money():
            return plain(write.amount(cell.amount, cell.currency))
        case Decimal():
            return plain(write.quantity(cell))
        case datetime():
            here = moment_here(cell)
            return plain(f"{write.short_day(here.date())} {here:%H:%M}")
        case date():
            return plain(write.short_day(cell))
        case None:
            return plain("")
    return said(str(cell))
