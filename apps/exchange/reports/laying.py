"""Lays lines in a table, and lists what is behind a figure of it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from apps.core.money import ZERO
from apps.core.numbers import whole
from apps.exchange.exports.cells import Cell, Money
from apps.exchange.reports.shape import (
    Asked,
    Column,
    Figure,
    Group,
    Line,
    Record,
    Report,
    Row,
    Table,
)


@dataclass(slots=True)
class _Sum:
    amount: Decimal = ZERO
    lines: int = 0

    def add(self, line: Line) -> None:
        self.amount += line.amount
        self.lines += 1


Sums = dict[tuple[str, str], _Sum]  # by column and currency


def lay(report: Report, asked: Asked) -> Table:
    """The table; in memory lie its rows, not the records behind them."""
    found: dict[Group, Sums] = {}
    records: dict[Group, Record] = {}
    totals: Sums = {}
    for line in report.lines(asked):
        if report.of_records and line.group not in records:
            records[line.group] = line.record
        place = line.column, line.currency
        for sums in (found.setdefault(line.group, {}), totals):
            sums.setdefault(place, _Sum()).add(line)
    labels = report.labels(asked, found.keys())
    table = Table(report, asked)
    for group in sorted(found, key=lambda each: _order(labels[each])):
        figures = _figures(report.columns, found[group], _currency(found[group]))
        if any(each is not None and each.amount for each in figures):
            table.rows.append(Row(group, tuple(labels[group]), figures, records.get(group)))
    if report.running:
        table.rows = list(_running(table.rows))
    table.totals = list(_totals(report, totals))
    if report.check is not None:
        table.checks = report.check(asked, table)
    return table


def _running(rows: Sequence[Row]) -> Iterator[Row]:
    """Currency by currency, and day by day as they come, with the balance after each row."""
    balance, before = ZERO, ""
    for row in sorted(rows, key=lambda each: str(each.heads[-1])):
        last = row.figures[-1]
        assert last is not None  # it adds the others
        currency = str(row.heads[-1])
        balance = last.amount + (balance if currency == before else ZERO)
        before = currency
        after = Figure(Money(balance, currency), 0)
        yield replace(row, figures=(*row.figures[:-1], after))


def _order(heads: Sequence[Cell]) -> list[list[tuple[int, str]]]:
    return [_naturally("" if each is None else str(each)) for each in heads]


def _naturally(name: str) -> list[tuple[int, str]]:
    """The order of names as people read them: “Customer 2” before “Customer 10”."""
    parts = re.split(r"(\d+)", name.casefold())
    numbers = ((whole(part), part) for part in parts)
    return [(-1 if number is None else number, part) for number, part in numbers]


def _currency(sums: Mapping[tuple[str, str], _Sum]) -> str:
    """A row is in one currency; beside it may stand a number."""
    return next((currency for _, currency in sums if currency), "")


def _figures(
    columns: Sequence[Column], sums: Mapping[tuple[str, str], _Sum], currency: str
) -> tuple[Figure | None, ...]:
    return tuple(_figure(column, sums, currency) for column in columns)


def _figure(column: Column, sums: Mapping[tuple[str, str], _Sum], currency: str) -> Figure | None:
    unit = "" if column.is_number else currency
    parts = [sums[name, unit] for name in column.names if (name, unit) in sums]
    if not parts and not column.adds:
        return None
    amount = sum((each.amount for each in parts), ZERO)
    lines = sum(each.lines for each in parts)
    return Figure(amount if column.is_number else Money(amount, currency), lines)


def _totals(report: Report, sums: Sums) -> Iterator[Row]:
    """A row for each currency; what is counted in pieces of different things has no total."""
    heads = len(report.heads)
    for currency in sorted({each for _, each in sums if each}):
        columns = [
            None if each.is_number else _figure(each, sums, currency) for each in report.columns
        ]
        words = [f"Total {currency}", *[""] * (heads - 1)]
        yield Row((), tuple(words), tuple(columns))


def behind(
    report: Report, asked: Asked, column: str, group: Group | None, currency: str = ""
) -> Iterator[Line]:
    """The lines of one figure; `group` None: of the total in `currency`.

    Raises LookupError for a column that the report does not have.
    """
    names = report.column(column).names
    unit = "" if report.column(column).is_number else currency
    for line in report.lines(asked):
        in_row = line.currency == unit if group is None else line.group == group
        if in_row and line.column in names:
            yield line
