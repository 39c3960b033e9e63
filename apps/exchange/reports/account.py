"""The account of one customer: what moved it, day by day, with the balance after each entry."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from apps.billing.standing.entries import Entry, beside, entries
from apps.exchange.exports.cells import Cell
from apps.exchange.reports.shape import Asked, Column, Group, Line, Report
from apps.exchange.reports.words import called

OPENING: Final = "Balance brought forward"


def _account(asked: Asked) -> Iterator[Line]:
    since = asked.since or asked.on
    for each in _entries(asked, None, since - timedelta(days=1)):
        yield _line(each, ("", OPENING, each.currency), "brought_forward")
    for each in _entries(asked, since, asked.on):
        what = called(each.kind, each.number, each.key)
        group = (each.dated.isoformat(), what, each.currency, each.kind, str(each.key))
        yield _line(each, group, "debit" if each.amount > 0 else "credit")


def _entries(asked: Asked, since: date | None, on: date) -> Iterator[Entry]:
    """What moved the account in its own currency."""
    reading = asked.reading.as_of(on)
    for each in entries(reading, since, customer_id=asked.customer_id):
        if each.amount:
            yield each
    for each in beside(reading, since):
        if each.customer_id == asked.customer_id:
            yield each


def _line(each: Entry, group: tuple[str, ...], column: str) -> Line:
    return Line(
        kind=each.kind,
        key=each.key,
        group=group,
        column=column,
        dated=each.dated,
        what=called(each.kind, each.number, each.key),
        currency=each.currency,
        amount=each.amount,
        customer_id=each.customer_id,
    )


def _labels(asked: Asked, groups: Collection[Group]) -> Mapping[Group, Sequence[Cell]]:
    return {
        each: [date.fromisoformat(each[0]) if each[0] else None, each[1], each[2]]
        for each in groups
    }


CUSTOMER_ACCOUNT: Final = Report(
    name="customer-account",
    title="Customer account",
    meaning="Every entry of a period on the account of one customer, with the balance after it.",
    heads=("Date", "Entry", "Currency"),
    columns=(
        Column("brought_forward", "Brought forward"),
        Column("debit", "Debit"),
        Column("credit", "Credit"),
        Column("balance", "Balance", adds=("brought_forward", "debit", "credit")),
    ),
    lines=_account,
    labels=_labels,
    has_period=True,
    needs_customer=True,
    of_records=True,
    running=True,
)
