"""Whatever was done: as known now less as known then is exactly what was entered in between."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from apps.exchange.reports.catalogue import REPORTS
from apps.exchange.reports.later import later_entries
from apps.exchange.reports.laying import lay
from apps.exchange.reports.shape import Asked, Report, Table
from tests.billing.standing.walk import DAYS, Walked, drawn, walk
from tests.kept_rows import kept

Totals = dict[tuple[str, str], Decimal]  # by column and currency
FIRST = date(2026, 3, 20)


@pytest.fixture
def walked(db: None) -> Walked:
    return kept(make_walk)


def make_walk() -> Walked:
    return walk(drawn(12, 25), 12)


@pytest.mark.parametrize("name", list(REPORTS))
@pytest.mark.variants
def test_now_less_then_is_what_was_entered_since(walked: Walked, name: str) -> None:
    report, then = REPORTS[name], walked.photographs[0].at
    for day in DAYS[1:3]:
        since = FIRST if report.has_period else None
        asked = Asked(
            company=walked.company, on=day, since=since, customer_id=own_customer(report, walked)
        )
        later = later_entries(report, asked, then)
        found: Totals = {}
        for each in later:
            assert each.entered is not None, each
            assert each.entered.at > then
            if each.line.column != "applied":
                place = each.line.currency
                found["", place] = found.get(("", place), Decimal(0)) + each.line.amount
        now, before = lay(report, asked), lay(report, replace(asked, known_at=then))
        assert told(found) == told(less(whole(now, report), whole(before, report)))
        assert later_entries(report, replace(asked, known_at=then), then) == []


def own_customer(report: Report, walked: Walked) -> int | None:
    customers = walked.company.customers.order_by("pk")
    return customers[0].pk if report.needs_customer else None


def whole(table: Table, report: Report) -> Totals:
    """The sum of all columns of its own, by currency; pieces by themselves."""
    found: Totals = {}
    for row in table.rows:
        for column, figure in zip(report.columns, row.figures, strict=True):
            if figure is not None and not column.adds:
                currency = getattr(figure.value, "currency", "")
                found["", currency] = found.get(("", currency), Decimal(0)) + figure.amount
    return found


def less(now: Totals, before: Totals) -> Totals:
    return {
        place: now.get(place, Decimal(0)) - before.get(place, Decimal(0))
        for place in {*now, *before}
    }


def told(found: Totals) -> Totals:
    return {place: amount for place, amount in found.items() if amount}
