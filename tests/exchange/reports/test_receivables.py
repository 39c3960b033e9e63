"""The reports on the receivable, of the spring that was worked out by hand."""

from dataclasses import replace
from datetime import date
from io import BytesIO

import pytest
from pypdf import PdfReader

from apps.billing.models import Company
from apps.exchange.reports.catalogue import REPORTS
from apps.exchange.reports.later import later_entries
from apps.exchange.reports.laying import behind, lay
from apps.exchange.reports.printing import print_table
from apps.exchange.reports.shape import Asked, Table
from tests.billing.standing.test_by_hand import APRIL, MARCH, SIGNED, make_spring
from tests.kept_rows import kept

FIRST = date(2026, 3, 1)


@pytest.fixture
def company(db: None) -> Company:
    return kept(make_spring)


def figures(table: Table) -> dict[str, list[str]]:
    """By the first head and the currency: each figure, "" where there is none."""
    return {
        " ".join(str(each) for each in row.heads if each): [
            "" if each is None else f"{each.amount:.2f}" for each in row.figures
        ]
        for row in [*table.rows, *table.totals]
    }


def test_aged_receivables_by_days_overdue_come_to_the_account(company: Company) -> None:
    """On 30 April A (due 2 March) is 59 days late, C (28 March) 33, B (3 March) 58; 450 of money is
    unapplied."""
    table = lay(REPORTS["aged-receivables"], Asked(company=company, on=APRIL))

    assert figures(table) == {
        "Bell & Daughters GBP": ["", "", "1140.00", "", "", "-450.00", "690.00"],
        "Hofladen EUR": ["", "", "600.00", "", "", "", "600.00"],
        "Total EUR": ["", "", "600.00", "", "", "", "600.00"],
        "Total GBP": ["", "", "1140.00", "", "", "-450.00", "690.00"],
    }
    assert [(each.sentence, each.agrees) for each in table.checks] == [
        ("The receivable account in EUR is 600.00. It agrees with this report.", True),
        ("The receivable account in GBP is 690.00. It agrees with this report.", True),
    ]


def test_the_roll_forward_of_march_is_the_one_by_hand(company: Company) -> None:
    """Opening, invoices, credit notes, receipts, refunds, written off, deductions, exchange, closing."""
    asked = Asked(company=company, since=FIRST, on=MARCH)
    table = lay(REPORTS["receivable-roll-forward"], asked)

    assert figures(table)["GBP GBP"] == [
        *("", "1290.00", "-120.00", "-500.00", "", "-30.00", "", "", "640.00")
    ]
    assert figures(table)["EUR EUR"] == ["", "1000.00", "", "-400.00", "", "", "", "", "600.00"]
    assert figures(table)["EUR GBP"] == ["", "850.00", "", "-348.00", "", "", "", "8.00", "510.00"]
    assert figures(table)["Total GBP"][-1] == "1150.00"
    april = replace(asked, since=date(2026, 4, 1), on=APRIL)
    opened = figures(lay(REPORTS["receivable-roll-forward"], april))
    assert opened["Total GBP"][0] == "1150.00"
    assert opened["GBP GBP"] == ["640.00", "", "", "", "50.00", "", "", "", "690.00"]


def test_a_figure_is_the_sum_of_the_records_behind_it(company: Company) -> None:
    report, asked = REPORTS["receivable-roll-forward"], Asked(
        company=company, since=FIRST, on=MARCH
    )  # fmt: skip
    lines = list(behind(report, asked, "invoiced", ("GBP", "GBP")))
    total = list(behind(report, asked, "closing", None, "GBP"))

    assert [(each.kind, each.amount) for each in lines] == [("invoice", 1200), ("invoice", 90)]
    assert sum(each.amount for each in total) == 1150
    with pytest.raises(LookupError):
        list(behind(report, asked, "no such", None, "GBP"))


def test_what_march_did_not_know_when_it_was_signed_is_exactly_what_was_entered_since(
    company: Company,
) -> None:
    """C of 90.00 and the bad debt of 30.00 of A; each with its record, amount and moment."""
    report, asked = REPORTS["receivable-roll-forward"], Asked(
        company=company, since=FIRST, on=MARCH
    )  # fmt: skip
    found = later_entries(report, asked, SIGNED)

    assert [
        (each.line.kind, each.field, each.line.amount, each.entered and each.entered.at.day)
        for each in found
    ] == [("invoice", "Invoices", 90, 7), ("adjustment", "Written off", -30, 8)]
    now, then = (lay(report, replace(asked, known_at=at)) for at in (None, SIGNED))
    closing = [table.totals[-1].figures[-1] for table in (now, then)]
    assert all(closing)
    assert sum(each.line.amount for each in found) == closing[0].amount - closing[1].amount  # type: ignore[union-attr] # asserted
    assert later_entries(report, replace(asked, known_at=SIGNED), SIGNED) == []


def test_what_aged_receivables_did_not_know_is_told_with_what_was_applied(company: Company) -> None:
    found = later_entries(REPORTS["aged-receivables"], Asked(company=company, on=MARCH), SIGNED)

    assert [(each.field, each.line.amount) for each in found] == [
        ("Invoices", 90),
        ("Written off", -30),
        ("Applied (moves no balance)", 30),
    ]
    assert [each.entered and each.entered.what for each in found] == [
        "Entered",
        "Entered",
        "Applied",
    ]


def test_unapplied_cash_by_age(company: Company) -> None:
    """The payment of 20 March is 41 days old on 30 April."""
    table = lay(REPORTS["unapplied"], Asked(company=company, on=APRIL))

    assert figures(table)["Bell & Daughters GBP"] == ["", "-450.00", "", "", "-450.00"]


def test_a_report_on_paper_says_its_days_and_figures(company: Company) -> None:
    asked = Asked(company=company, since=FIRST, on=MARCH, known_at=SIGNED)
    pdf = print_table(lay(REPORTS["receivable-roll-forward"], asked))
    text = " ".join(PdfReader(BytesIO(pdf)).pages[0].extract_text().split())

    assert "As known on 2 April 2026, 10:00" in text
    assert "GBP GBP 1,200.00 −120.00 −500.00 580.00" in text
