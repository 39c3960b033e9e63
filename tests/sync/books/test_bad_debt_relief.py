"""What their books hold of bad debts written off with their tax, and what the comparison says."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.billing.actions import (
    credit_invoice,
    issue,
    recover,
    void,
    write_off_with_relief,
)
from apps.billing.models import TaxRate
from apps.mappings.models import Mapping
from apps.reconciliation.compare import compare
from apps.reconciliation.figures import Comparison
from apps.sync.decide.acts import retry
from apps.sync.models import State
from tests.books import Books
from tests.factories import (
    make_company,
    make_invoice,
    make_item,
    make_payment,
    make_tax_rate,
)
from tests.sandbox_server import SandboxServer

pytestmark = pytest.mark.django_db(transaction=True)

MARCH_16, OCTOBER_5 = date(2026, 3, 16), date(2026, 10, 5)
RECEIVABLE, SALES, LOSS = "Accounts Receivable (A/R)", "Sales of Product Income", "Bad Debts"
VAT, CLEARING = "HM Revenue & Customs (HMRC) Payable", "Undeposited Funds"


@dataclass
class World:
    books: Books
    standard: TaxRate

    def moved(self, before: dict[str, Decimal]) -> dict[str, Decimal]:
        """What their trial balance says since, after two runs and an agreeing comparison."""
        self.books.run()
        self.books.run()
        found = self.compared()
        assert found.tied_out, (found.differences, found.only_here, found.only_there)
        after = self.books.trial_balance()
        names = before.keys() | after.keys()
        moved = {name: after.get(name, Decimal(0)) - before.get(name, Decimal(0)) for name in names}
        return {name: amount for name, amount in moved.items() if amount}

    def compared(self) -> Comparison:
        found: Comparison = compare(self.books.connection)
        return found

    def vat_return(self, first: str, last: str) -> dict[str, Decimal]:
        """Box → amount, of their summary of these days."""
        caller = self.books.server.connect(self.books.realm)
        [agency] = caller.query("SELECT * FROM TaxAgency")["TaxAgency"]
        report = caller.get(
            "reports/TaxSummary", agency_id=agency["Id"], start_date=first, end_date=last
        )
        return {row["group"]: _amount(row) for row in report["Rows"]["Row"]}


def _amount(row: dict[str, Any]) -> Decimal:
    cells = row.get("ColData") or row["Summary"]["ColData"]
    return Decimal(cells[1]["value"] or 0)


@pytest.fixture
def world(ledger: SandboxServer) -> World:
    company = make_company(country="GB")
    books = Books(ledger, company=company, profile="uk")
    standard = make_tax_rate(company, 20)
    company.bad_debt_item = make_item(company, code="BAD-DEBT", name="Bad debts")
    company.save()
    books.go_live()
    books.map_role("bad_debt", LOSS)
    return World(books, standard)


@pytest.mark.slow
def test_the_loss_its_tax_and_what_is_recovered_stand_there_to_the_penny(world: World) -> None:
    books = world.books
    before = books.trial_balance()
    invoice = make_invoice(
        company=books.company, lines=[(make_item(books.company), 1, 1000, world.standard)]
    )
    make_payment(invoice=invoice, amount=300, method=books.method)
    invoice.refresh_from_db()
    note = write_off_with_relief(
        invoice, amount=Decimal(900), on=OCTOBER_5, reason="Insolvent since May"
    )
    # Invoice Dr A/R 1200 Cr sales 1000, VAT 200; paid 300; bad debts Dr 750, VAT Dr 150, A/R Cr 900.
    assert world.moved(before) == {CLEARING: 300, SALES: -1000, VAT: -50, LOSS: 750}
    found = world.compared()
    assert found.sums["invoices: written off"].theirs == 900
    assert found.sums["invoices: credited"].theirs == 0

    payment = make_payment(customer=note.customer, amount=90, date=OCTOBER_5, method=books.method)
    recover(payment, note=note, amount=Decimal(90), on=OCTOBER_5, reason="The liquidator paid")
    assert world.moved(before) == {CLEARING: 390, SALES: -1000, VAT: -65, LOSS: 675}
    # Box 1 is the tax of sales, box 6 their worth: March, then what October takes back.
    assert world.vat_return("2026-03-01", "2026-03-31")["Box 1"] == 200
    assert world.vat_return("2026-10-01", "2026-10-31")["Box 1"] == -135


@pytest.mark.slow
def test_several_rates_within_prices_undone_and_taken_back_by_a_credit_agree(world: World) -> None:
    books = world.books
    reduced = make_tax_rate(books.company, 5, treatment="reduced")
    books.map_proposed()
    before = books.trial_balance()
    invoice = make_invoice(
        company=books.company,
        lines=[
            (make_item(books.company), 1, "100.01", world.standard),
            (make_item(books.company), 3, "33.33", reduced),
        ],
        tax_mode="inclusive",
    )
    # 100.01 = 83.34 + 16.67, 99.99 = 95.23 + 4.76.
    assert (invoice.net, invoice.tax) == (Decimal("178.57"), Decimal("21.43"))
    make_payment(invoice=invoice, amount="100.01", method=books.method)
    invoice.refresh_from_db()
    note = write_off_with_relief(
        invoice, amount=Decimal("99.99"), on=OCTOBER_5, reason="Insolvent since May"
    )
    # By what each rate came to: 50.00 = 41.67 + 8.33 (16.67 × 50.00 ÷ 100.01), 49.99 = 47.61 + 2.38.
    sale = {CLEARING: Decimal("100.01"), SALES: Decimal("-178.57")}
    relieved = {**sale, VAT: Decimal("-10.72"), LOSS: Decimal("89.28")}
    assert world.moved(before) == relieved

    void(note, reason="It was paid after all", on=OCTOBER_5)
    open_again = {**sale, VAT: Decimal("-21.43"), RECEIVABLE: Decimal("99.99")}
    assert world.moved(before) == open_again

    invoice.refresh_from_db()
    write_off_with_relief(
        invoice, amount=Decimal("99.99"), on=OCTOBER_5, reason="Insolvent since May"
    )
    assert world.moved(before) == relieved
    back = credit_invoice(invoice, reason="Never delivered", on=OCTOBER_5)
    issue(back)
    # The sale is gone whole, and the loss with it: what was paid is all that they are owed.
    assert world.moved(before) == {CLEARING: Decimal("100.01"), RECEIVABLE: Decimal("-100.01")}


@pytest.mark.slow
def test_without_an_account_of_bad_debts_it_waits_and_never_lowers_the_sales(
    world: World,
) -> None:
    books = world.books
    Mapping.objects.filter(connection=books.connection, subject="bad_debt").delete()
    before = books.trial_balance()
    invoice = make_invoice(
        company=books.company, lines=[(make_item(books.company), 1, 100, world.standard)]
    )
    note = write_off_with_relief(invoice, amount=Decimal(120), on=OCTOBER_5, reason="Insolvent")
    books.run()
    record = books.record(note)
    assert record.state == State.NEEDS_PERSON
    assert "no QuickBooks account is chosen" in record.sentence
    assert record.waits_for == "mapping:bad_debt"

    # Should their service take no item on an expense, staff read it in its words.
    books.server.set_up(books.realm, expense_items="refuse")
    books.map_role("bad_debt", LOSS)
    books.run()
    item = books.record(books.company.bad_debt_item)
    assert item.state == State.NEEDS_PERSON
    assert "you must choose an income account" in item.sentence

    books.server.set_up(books.realm, expense_items="accept")
    retry([item])
    books.run()
    assert world.moved(before) == {SALES: -100, LOSS: 100}
