"""A comparison reads the books over HTTP, afresh, and sees what was done there a moment ago."""

from decimal import Decimal
from typing import Any

import pytest

from apps.billing.models import Invoice
from apps.reconciliation.compare import compare
from apps.reconciliation.keeping import ask, carry_out, newest
from apps.sync.models import Run
from tests.books import Books
from tests.factories import make_credit_note, make_invoice, make_payment
from tests.kept_books import live_books
from tests.sandbox_server import SandboxServer
from tests.sync.conftest import ledger as ledger  # the fixture

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def books(ledger: SandboxServer, transactional_db: None) -> Books:
    """Live books with three invoices, one of them paid, and a credit note."""
    books = live_books(ledger)
    first = Invoice.objects.get()
    make_payment(invoice=make_invoice(customer=first.customer), method=books.method)
    make_credit_note(invoice=make_invoice(company=books.company))
    books.run()
    return books


@pytest.mark.slow
def test_both_sides_agree_after_a_run_and_the_proof_is_noted(books: Books) -> None:
    found = compare(books.connection)

    assert found.tied_out, [*found.differences, *found.only_here, *found.doubles]
    assert (found.documents, found.payments) == (4, 1)
    assert {line.name: line.difference for line in found.accounts} == {
        "Accounts Receivable (A/R)": 0,
        "Sales of Product Income": 0,
        "Undeposited Funds": 0,
    }
    run = Run.objects.get(connection=books.connection, duty="proof")
    assert run.outcome == Run.Outcome.DONE
    assert run.calls == found.calls > 0
    assert "Both sides agree" in run.sentence


@pytest.mark.slow
def test_a_comparison_writes_nothing_over_there(books: Books) -> None:
    """Reading goes through batches of queries too, so calls and items tell nothing: whatever is
    written has another version, also where nothing in it changes."""
    before, stood = books.server.state(books.realm), _as_it_stands(books)

    compare(books.connection)

    after = books.server.state(books.realm)
    assert _as_it_stands(books) == stood
    assert (after["objects"], after["deleted"]) == (before["objects"], before["deleted"])
    called = {
        name for name, number in after["calls"].items() if number != before["calls"].get(name)
    }
    assert called <= {"query", "batch", "reports"}


def _as_it_stands(books: Books) -> dict[str, Any]:
    kinds = books.server.state(books.realm)["objects"]
    return {kind: books.theirs(kind) for kind in kinds}


@pytest.mark.slow
def test_an_amount_changed_by_hand_over_there_is_found_in_document_and_account(
    books: Books,
) -> None:
    invoice = next(each for each in books.theirs("Invoice") if each["Balance"] == 100)
    books.server.act(books.realm, "change_line", id=invoice["Id"], line=1, quantity=10, price=9)

    found = compare(books.connection)

    assert not found.tied_out
    said = "\n".join(found.differences)
    assert f"{invoice['DocNumber']}: total is 100.00 GBP here and 90.00 GBP in QuickBooks" in said
    assert "Account Accounts Receivable (A/R): " in said
    assert "10.00 GBP apart" in said


@pytest.mark.slow
def test_a_line_recoded_by_hand_over_there_is_told_and_explained(books: Books) -> None:
    account = books.code("Consulting Income").remote_id
    item = books.server.act(
        books.realm,
        "create_item",
        name="Advice",
        body={"Type": "Service", "IncomeAccountRef": {"value": account}},
    )
    invoice = books.theirs("Invoice")[0]
    books.server.act(books.realm, "change_line", id=invoice["Id"], line=1, item=item["Id"])

    found = compare(books.connection)

    assert found.tied_out, found.differences
    assert len(found.recoded) == 1
    consulting = next(line for line in found.accounts if line.name == "Consulting Income")
    assert (consulting.ours, consulting.explained, consulting.theirs) == (0, -100, -100)


@pytest.mark.slow
def test_a_payment_recorded_over_there_and_not_yet_brought_back_is_only_there(
    books: Books,
) -> None:
    invoice = next(each for each in books.theirs("Invoice") if each["Balance"] == 100)
    books.server.act(books.realm, "record_payment", invoices={invoice["Id"]: "40"}, amount="40")

    found = compare(books.connection)

    assert [sentence.split(",")[-1].strip() for sentence in found.only_there] == ["40.00 GBP"]
    assert any("balance due is 100.00 GBP here and 60.00" in each for each in found.differences)
    assert all(line.difference == Decimal(0) for line in found.accounts)


@pytest.mark.slow
def test_one_that_is_asked_for_is_kept_with_the_figures_of_both_sides(books: Books) -> None:
    asked = ask(books.connection, None)

    kept = carry_out(asked.pk)

    assert kept is not None
    kept.refresh_from_db()
    assert (kept.agrees, kept.open_count) == (True, 0), kept.found
    assert kept.found["documents"] == 4
    assert not any(Decimal(each["difference"]) for each in kept.found["accounts"])
    assert newest(books.connection) == kept
