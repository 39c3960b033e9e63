"""Tax where a line bears its percentage: nobody is asked for a code, and both totals agree."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from apps.connectors.snapshots import InvoiceSnapshot
from apps.mappings.missing import missing
from apps.mappings.proposals import propose
from apps.reconciliation.compare import compare
from apps.sync.models import State
from apps.sync.there.ties import agreed_on
from apps.sync.trial.running import Names, compared
from tests.factories import (
    make_credit_note,
    make_customer,
    make_invoice,
    make_item,
    make_payment,
    make_tax_rate,
)
from tests.worked.service import Service
from tests.worked.works import Works

pytestmark = pytest.mark.django_db

Taxed = list[tuple[str, str | None, str]]  # net, percentage and tax of each line


@pytest.fixture
def works(monkeypatch: pytest.MonkeyPatch) -> Iterator[Works]:
    with Service() as service:
        yield Works(service, monkeypatch)


def taxed(there: dict[str, Any]) -> Taxed:
    return [(each["net"], each["tax_percent"], each["tax"]) for each in there["lines"]]


@pytest.mark.parametrize("kind", ["invoice", "credit note"])
def test_a_taxed_document_goes_with_its_percentages_and_waits_for_no_code(
    works: Works, kind: str
) -> None:
    """100.00 at 20 %, 40.00 at 5 % and 9.975 %, 10.00 at nil, 1.00 without a rate: 20.00 and
    2.00 + 3.99 of tax, 176.99 in all."""
    company = works.company
    standard, nil = make_tax_rate(company), make_tax_rate(company, 0, treatment="zero")
    two = make_tax_rate(company, 5, "9.975")
    made = make_invoice if kind == "invoice" else make_credit_note
    document = made(
        customer=make_customer(company),
        lines=[
            (make_item(company), 1, 100, standard),
            (make_item(company), 1, 40, two),
            (make_item(company), 1, 10, nil),
            (make_item(company), 1, 1),
        ],
    )
    works.run()

    record = works.record(document)
    assert record.state == State.IN_THE_BOOKS, record.sentence
    (there,) = works.theirs("invoice" if kind == "invoice" else "credit")
    assert taxed(there) == [
        ("100.00", "20", "20.00"),
        ("40.00", "14.975", "5.99"),
        ("10.00", "0", "0.00"),
        ("1.00", None, "0.00"),
    ]
    assert (there["net"], there["tax"], there["total"]) == ("151.00", "25.99", "176.99")
    assert (document.net, document.tax, document.total) == (
        151, Decimal("25.99"), Decimal("176.99")
    )  # fmt: skip


def test_a_discount_booked_apart_lowers_tax_as_its_percentage_says(works: Works) -> None:
    """100.00 less 10.00 at 20 %: each line bears what 20 % make of it, 18.00 in all."""
    company = works.company
    company.discount_item = make_item(company, code="DISC")
    company.save()
    line = (make_item(company), 1, 100, make_tax_rate(company), {"discount_percent": Decimal(10)})
    invoice = make_invoice(customer=make_customer(company), lines=[line])
    works.run()

    assert works.record(invoice).state == State.IN_THE_BOOKS
    (there,) = works.theirs("invoice")
    assert taxed(there) == [("100.00", "20", "20.00"), ("-10.00", "20", "-2.00")]
    assert (there["tax"], there["total"]) == ("18.00", "108.00")


def test_the_test_invoice_is_compared_by_percentage(works: Works) -> None:
    lines = [(make_item(works.company), 1, 100, make_tax_rate(works.company))]
    invoice = make_invoice(customer=make_customer(works.company), lines=lines)
    works.run()

    there = agreed_on(works.record(invoice))
    assert isinstance(there, InvoiceSnapshot)
    shown = compared(there, there, Names.of(works.connection, there))
    told = {each.field: (each.ours, each.theirs) for each in shown}
    assert told["Line 1: tax code"] == ("20 %", "20 %")
    assert told["Tax: 20 %"] == ("20.00", "20.00")


def test_a_ledger_without_codes_asks_nobody_for_one(works: Works) -> None:
    rate = make_tax_rate(works.company)
    invoice = make_invoice(
        company=works.company, issued=False, lines=[(make_item(works.company), 1, 100, rate)]
    )
    assert missing(works.connection) == []
    assert missing(works.connection, [invoice]) == []
    assert propose(works.connection) == []


def test_what_a_taxed_invoice_is_paid_with_is_what_they_are_owed(works: Works) -> None:
    """120.00 on both sides: a payment of the whole leaves nothing open there."""
    company = works.company
    lines = [(make_item(company), 1, 100, make_tax_rate(company))]
    invoice = make_invoice(customer=make_customer(company), lines=lines)
    make_payment(invoice=invoice, method=works.method)
    works.run()
    works.run()

    (there,) = works.theirs("invoice")
    assert (there["total"], there["open"]) == ("120.00", "0.00")
    found = compare(works.connection)
    assert found.refusals == []
    figures = {name: (each.ours, each.theirs) for name, each in found.sums.items()}
    assert figures["invoices: tax"] == (20, 20)
    assert figures["invoices: total"] == (120, 120)
    calls = works.asked("POST /invoices")
    works.run()
    assert works.asked("POST /invoices") == calls == 1
