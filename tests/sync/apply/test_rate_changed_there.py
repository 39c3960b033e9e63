"""A tax rate over there that gets another percentage while a code with it is in use."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.billing.actions import credit_invoice, issue, void
from apps.billing.models import Invoice, TaxRate
from apps.connections.models import Connection
from apps.mappings.choices import set_mapping
from apps.mappings.codes import read_codes
from apps.mappings.fingerprint import fingerprint
from apps.reconciliation.compare import compare
from apps.sync.models import Reason, State
from apps.sync.tasks import read_companies
from tests.books import Books
from tests.factories import make_invoice, make_item, make_tax_rate
from tests.sandbox_server import SandboxServer

pytestmark = pytest.mark.django_db

TAX = "HM Revenue & Customs (HMRC) Payable"


class Taxed:
    """British books, live, with an invoice of 100.00 and 20.00 in them."""

    def __init__(self, ledger: SandboxServer) -> None:
        self.books = Books(ledger, profile="uk")
        self.standard: TaxRate = make_tax_rate(self.books.company, "20", code="S20")
        self.reduced: TaxRate = make_tax_rate(
            self.books.company, "5", code="R5", treatment="reduced"
        )
        self.books.go_live()
        self.sent = self.invoice(self.standard)
        self.books.run()

    def invoice(self, rate: TaxRate, **fields: Any) -> Invoice:
        lines = [(make_item(self.books.company), 1, "100", rate)]
        return make_invoice(company=self.books.company, lines=lines, **fields)

    def change(self, percent: str, since: str = "2026-01-02") -> None:
        """From 2 January on, so that every invoice of these tests is under the new one there."""
        [part] = self.books.code("20.0% S").code_parts
        self.books.server.act(
            self.books.realm,
            "change_tax_rate",
            **{"id": part.remote_id, "percent": percent, "from": since},
        )

    def state(self, subject: object) -> tuple[str, str, str]:
        record = self.books.record(subject)
        return record.state, record.reason, record.sentence


@pytest.fixture
def taxed(ledger: SandboxServer) -> Taxed:
    return Taxed(ledger)


@pytest.mark.slow
def test_what_bears_the_rate_is_held_in_words_and_everything_else_goes_on(taxed: Taxed) -> None:
    books = taxed.books
    before = fingerprint(books.connection)
    taxed.change("22")

    assert read_companies().startswith("1 read")

    # No mapping is called otherwise: the test invoice still says how things are called there.
    books.connection.refresh_from_db()
    assert books.connection.stage == Connection.Stage.LIVE
    assert books.connection.settings_fingerprint == fingerprint(books.connection) == before
    assert [str(part.percent) for part in books.code("20.0% S").code_parts] == ["22"]

    held, other = taxed.invoice(taxed.standard), taxed.invoice(taxed.reduced)
    note = credit_invoice(taxed.sent, reason="Sent back", on=date(2026, 3, 9))
    issue(note)
    books.run()

    state, reason, sentence = taxed.state(held)
    assert (state, reason) == (State.NEEDS_PERSON, Reason.MAPPING_MISSING)
    words = "ax rate S20 is 20 % and QuickBooks's tax code 20.0% S is 22 %"
    assert words in sentence
    assert not sentence.endswith("..")
    # A credit note mirrors its invoice's 20 %, which their code would no longer be.
    assert taxed.state(note)[:2] == (state, reason)
    assert words in taxed.state(note)[2]
    assert taxed.state(other)[0] == State.IN_THE_BOOKS
    # What went before stays as it went, and nothing of it is sent again.
    assert taxed.state(taxed.sent)[0] == State.IN_THE_BOOKS
    there = books.their_invoice(taxed.sent.number or "")
    assert (there["TotalAmt"], there["TxnTaxDetail"]["TotalTax"]) == (120, 20)
    assert books.balance(TAX) == -25
    assert books.run().calls == 1


@pytest.mark.slow
def test_a_document_is_compared_with_the_percentage_of_its_day(taxed: Taxed) -> None:
    """20 % until 4 March, 22 % from the 5th: what is of 2 March goes at 20 %, its credit note of
    9 March too, and what is dated 9 March goes at 22 % alone."""
    books, march_9 = taxed.books, date(2026, 3, 9)
    taxed.change("22", since="2026-03-05")
    read_codes(books.connection)
    raised = make_tax_rate(books.company, "22", code="S22")
    set_mapping(books.connection, "tax", code=books.code("20.0% S"), tax_rate=raised)

    before, late = taxed.invoice(taxed.standard), taxed.invoice(taxed.standard, issue_date=march_9)
    after, early = taxed.invoice(raised, issue_date=march_9), taxed.invoice(raised)
    note = credit_invoice(taxed.sent, reason="Sent back", on=march_9)
    issue(note)
    books.run()

    for each in (before, note, after):
        assert taxed.state(each)[0] == State.IN_THE_BOOKS, taxed.state(each)
    assert "ax rate S20 is 20 % and QuickBooks's tax code 20.0% S is 22 %" in taxed.state(late)[2]
    assert "ax rate S22 is 22 % and QuickBooks's tax code 20.0% S is 20 %" in taxed.state(early)[2]
    # 20 sent and taken back, 20 of before, 22 of after.
    assert books.balance(TAX) == -42


@pytest.mark.slow
def test_put_back_over_there_it_goes_by_itself(taxed: Taxed) -> None:
    books = taxed.books
    taxed.change("22")
    read_codes(books.connection)
    held = taxed.invoice(taxed.standard)
    books.run()
    assert taxed.state(held)[0] == State.NEEDS_PERSON

    taxed.change("20")
    read_codes(books.connection)
    books.run()

    assert taxed.state(held)[0] == State.IN_THE_BOOKS
    assert books.balance(TAX) == -40


@pytest.mark.slow
def test_before_their_rates_are_read_again_our_amount_stands_on_what_is_sent(
    taxed: Taxed,
) -> None:
    books = taxed.books
    taxed.change("22")
    invoice = taxed.invoice(taxed.standard)

    books.run()

    assert taxed.state(invoice)[0] == State.IN_THE_BOOKS
    there = books.their_invoice(invoice.number or "")
    assert (there["TotalAmt"], there["TxnTaxDetail"]["TotalTax"]) == (120, 20)
    assert books.balance(TAX) == -40


@pytest.mark.slow
def test_an_invoice_of_before_is_made_void_there_and_both_sides_still_agree(
    taxed: Taxed,
) -> None:
    books = taxed.books
    stays = taxed.invoice(taxed.standard)
    books.run()
    taxed.change("22")
    read_codes(books.connection)
    found = compare(books.connection)
    assert found.tied_out, (found.differences, found.only_here)
    [tax] = [line for line in found.accounts if line.role == "tax"]
    assert (tax.ours, tax.theirs) == (-40, -40)

    void(taxed.sent, reason="Wrong customer")
    books.run()

    assert taxed.state(taxed.sent)[0] == State.IN_THE_BOOKS
    assert books.their_invoice(taxed.sent.number or "")["TotalAmt"] == 0
    assert books.their_invoice(stays.number or "")["TotalAmt"] == Decimal(120)
    assert books.balance(TAX) == -20
    found = compare(books.connection)
    assert found.tied_out, (found.differences, found.only_here)
