"""The difference of two readings of one report: exactly the entries that were made in between."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from apps.billing.standing.entered import Entered, entered_since
from apps.core.money import ZERO
from apps.exchange.exports.cells import Cell, Money
from apps.exchange.reports.shape import Asked, Group, Line, Record, Report
from apps.staff.models import User

_Place = tuple[str, int, str, Group, str]  # kind, key, column, group, currency

# What a column is called that only the basis of a report has.
BASIS: Final = {
    "invoiced": "Invoices",
    "credited": "Credit notes",
    "received": "Receipts",
    "refunded": "Refunds and returns",
    "written_off": "Written off",
    "deducted": "Deductions",
    "exchange": "Exchange",
    "passed_on": "Paid for another customer",
    "other_books": "Only in the other books",
    "applied": "Applied (moves no balance)",
}
HEADINGS: Final = (
    *("Record", "Date", "Field", "Currency", "Difference", "What was done", "When", "By", "Why"),
)


@dataclass(frozen=True, slots=True)
class Later:
    """What one record changed in one figure since: `line.amount` is the difference."""

    line: Line
    field: str
    entered: Entered | None
    by: str

    def cells(self) -> list[Cell]:
        line, done = self.line, self.entered
        amount: Cell = Money(line.amount, line.currency) if line.currency else line.amount
        return [
            line.what,
            line.dated,
            self.field,
            line.currency,
            amount,
            done.what if done else "",
            done.at if done else None,
            self.by,
            done.reason if done else "",
        ]


def later_entries(report: Report, asked: Asked, known_at: datetime) -> list[Later]:
    """What differs between the report as known at `known_at` and as it is asked for, by record.

    Of a report that is compared by entries, what only moved from one column to another with none of
    them (a due date) follows them.
    """
    then = replace(asked, known_at=known_at)
    if report.basis is None:
        lines = list(_differing(report.lines(then), report.lines(asked)))
    else:
        lines = list(_differing(report.basis(then), report.basis(asked)))
        told = {record for line in lines for record in (line.record, *line.touches)}
        moved = _differing(report.lines(then), report.lines(asked))
        lines += [line for line in moved if line.record not in told]
    done = _entered(asked, lines, known_at)
    people = _names({each.by for each in done.values() if each.by is not None})
    headings = BASIS | {each.name: each.heading for each in report.columns if not each.adds}
    found = [
        Later(
            line,
            headings[line.column],
            entered := done.get(line.record),
            people.get(entered.by, "") if entered and entered.by else "",
        )
        for line in lines
    ]
    return sorted(found, key=lambda each: (each.entered is None, each.entered and each.entered.at,
                                           each.line.kind, each.line.key))  # fmt: skip


def _differing(then: Iterator[Line], now: Iterator[Line]) -> Iterator[Line]:
    """Both are read side by side, and what is the same on both sides is dropped at once."""
    pending: dict[_Place, tuple[Line, Decimal]] = {}
    old, new = next(then, None), next(now, None)
    while old is not None or new is not None:
        if new is not None:
            _put(pending, new, 1)
        if old is not None:
            _put(pending, old, -1)
        old, new = next(then, None), next(now, None)
    for line, amount in pending.values():
        yield replace(line, amount=amount)


def _put(pending: dict[_Place, tuple[Line, Decimal]], line: Line, sign: int) -> None:
    place = line.kind, line.key, line.column, line.group, line.currency
    _, before = pending.pop(place, (line, ZERO))
    amount = before + sign * line.amount
    if amount:
        pending[place] = line, amount


def _entered(asked: Asked, lines: list[Line], since: datetime) -> dict[Record, Entered]:
    keys: dict[str, set[int]] = {}
    for line in lines:
        keys.setdefault(line.kind, set()).add(line.key)
    return {
        (kind, key): entered
        for kind, several in keys.items()
        for key, entered in entered_since(asked.company, kind, several, since).items()
    }


def _names(keys: set[int]) -> dict[int, str]:
    people = User.objects.filter(pk__in=keys)
    return {each.pk: each.name or each.email for each in people}
