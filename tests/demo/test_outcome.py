"""The report says what was found, in the shape that scripts rely on."""

import io
from decimal import Decimal
from types import SimpleNamespace

from django.utils import timezone
from rich.console import Console

from apps.demo.outcome import Outcome, calls_of, print_outcome
from apps.exchange.documents import Refusal
from apps.reconciliation.figures import AccountLine, Comparison
from apps.sync.models import Call, Run
from tests.books import Books
from tests.factories import make_invoice
from tests.sync.conftest import books, ledger  # noqa: F401 # fixtures

CALLS = {
    "masters": 4,
    "documents": 31,
    "payments": 2,
    "reads": 3,
    "retries": 0,
    "proof": 20,
    "notes": 0,
}


def outcome(**found: object) -> Outcome:
    comparison = Comparison(
        system="QuickBooks",
        books="Books",
        currency="GBP",
        at=timezone.now(),
        documents=900,
        payments=12,
        **found,
    )
    comparison.add("invoices: total", Decimal("10.00"), Decimal("10.00"))
    comparison.accounts = [
        AccountLine(
            account_id="1",
            name="Sales",
            role="income",
            ours=Decimal(-10),
            explained=Decimal(0),
            theirs=Decimal("-10.01"),
        )
    ]
    refused = [Refusal(row=2, document="A1", sentence="a bad-debt adjustment")]
    return Outcome(SimpleNamespace(system="quickbooks"), comparison, CALLS, refused, 12.34)


def test_the_json_has_the_keys_that_were_promised() -> None:
    assert outcome().as_json() == {
        "tied_out": True,
        "refused": [{"row": 2, "document": "A1", "sentence": "a bad-debt adjustment"}],
        "systems": {
            "quickbooks": {
                "documents": 900,
                "payments": 12,
                "calls": CALLS,
                "calls_per_1000_documents": 34.4,
                "doubles": 0,
                "differences": 0,
                "questions": 0,
                "seconds": 12.3,
            }
        },
    }


def test_what_is_missing_over_there_counts_as_a_difference() -> None:
    found = outcome(only_here=["Invoice 7 was never sent."], differences=["x"], doubles=["y"])
    report = found.as_json()

    assert report["tied_out"] is False
    assert report["systems"]["quickbooks"]["differences"] == 2
    assert report["systems"]["quickbooks"]["doubles"] == 1


def test_a_person_reads_what_differs() -> None:
    text = io.StringIO()

    print_outcome(
        outcome(differences=["Account Sales: 0.01 apart."]), Console(file=text, width=100)
    )

    assert "DIFFERS" in text.getvalue()
    assert "Account Sales: 0.01 apart." in text.getvalue()
    assert "Both sides do not agree" in text.getvalue()


def test_what_the_test_invoice_took_is_proof(books: Books) -> None:  # noqa: F811 # the fixture
    make_invoice(company=books.company)
    books.run(get=False)

    calls = calls_of(books.connection)

    assert calls["documents"] == 1  # the run's own; that of the test invoice is not among them
    trial = Call.objects.filter(connection=books.connection, run__duty="trial").count()
    assert calls["proof"] == trial > 0
    Run.objects.filter(connection=books.connection, duty="sync").rewrite(duty="first")
    assert calls_of(books.connection)["documents"] == 0  # nor are those of the first of a kind
