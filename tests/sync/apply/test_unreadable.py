"""One object of theirs that cannot be read is told and stops nothing else: neither what arrives, nor
the cursor, nor what is sent; and no comparison takes it for nil."""

import dataclasses
import json
from typing import Any

import pytest

from apps.billing.models import Invoice
from apps.connections.transport import HttpLine
from apps.reconciliation.compare import compare
from apps.sync.models import Cursor, RemoteRecord
from tests.books import Books
from tests.factories import make_invoice
from tests.sync.theirs import change_there, pay_there, row_of, their_id

pytestmark = pytest.mark.slow

SPOILED: list[tuple[str, dict[str, Any]]] = [
    ("Invoice", {"TxnDate": "0000-00-00"}),
    ("Invoice", {"TotalAmt": None}),
    ("Invoice", {"Line": "none"}),
    ("CreditMemo", {"TotalAmt": "n/a"}),
    ("Payment", {"TotalAmt": None}),
    ("Payment", {"TotalAmt": 1e300}),
    ("Payment", {"Line": [{"Amount": 5, "LinkedTxn": [{"TxnType": "Invoice"}]}]}),
    ("JournalEntry", {"TxnDate": None}),
    ("Purchase", {"TotalAmt": "NaN"}),
    ("Deposit", {"TotalAmt": None}),
    ("SalesReceipt", {"TxnDate": "yesterday"}),
    ("RefundReceipt", {"TotalAmt": []}),
    ("Customer", {"DisplayName": 12}),
    ("Item", {"Name": None}),
]


class Wire:
    """Their answers on their way to us, in which some objects are spoiled."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.spoiled: dict[tuple[str, str], dict[str, Any]] = {}
        exchange = HttpLine.exchange

        def watched(line: HttpLine, request: Any, **options: Any) -> Any:
            reply = exchange(line, request, **options)
            if not self.spoiled or not reply.body:
                return reply
            body = json.dumps(self._spoil(json.loads(reply.body)))
            return dataclasses.replace(reply, body=body.encode())

        monkeypatch.setattr(HttpLine, "exchange", watched)

    def _spoil(self, found: Any, kind: str = "") -> Any:
        if isinstance(found, list):
            return [self._spoil(each, kind) for each in found]
        if not isinstance(found, dict):
            return found
        over = self.spoiled.get((kind, str(found.get("Id"))), {})
        return {name: self._spoil(each, name) for name, each in found.items()} | over


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    return Wire(monkeypatch)


def theirs_of(books: Books, kind: str, customer: str) -> str:
    """An object of a kind that a person makes over there; its id."""
    sale = {
        "CustomerRef": {"value": customer},
        "Line": [
            {
                "DetailType": "SalesItemLineDetail",
                "Amount": 30,
                "SalesItemLineDetail": {"ItemRef": {"value": "1"}},
            }
        ],
    }
    bank = {"value": books.code("Checking").remote_id}
    spent = {"value": books.code("Bank Charges").remote_id}
    entry = "JournalEntryLineDetail"
    bodies: dict[str, dict[str, Any]] = {
        "Customer": {"DisplayName": "Walk-in Wendy"},
        "Item": {
            "Name": "Lamp",
            "Type": "Service",
            "IncomeAccountRef": {"value": books.code("Sales of Product Income").remote_id},
        },
        "Invoice": sale,
        "CreditMemo": sale,
        "SalesReceipt": sale,
        "RefundReceipt": {**sale, "DepositToAccountRef": bank},
        "Payment": {"CustomerRef": {"value": customer}, "TotalAmt": 30},
        "JournalEntry": {
            "Line": [
                {
                    "DetailType": entry,
                    "Amount": 30,
                    entry: {"PostingType": side, "AccountRef": account},
                }
                for side, account in (("Debit", bank), ("Credit", spent))
            ]
        },
        "Purchase": {
            "PaymentType": "Cash",
            "AccountRef": bank,
            "Line": [
                {
                    "DetailType": "AccountBasedExpenseLineDetail",
                    "Amount": 30,
                    "AccountBasedExpenseLineDetail": {"AccountRef": spent},
                }
            ],
        },
        "Deposit": {
            "DepositToAccountRef": bank,
            "Line": [
                {
                    "DetailType": "DepositLineDetail",
                    "Amount": 30,
                    "DepositLineDetail": {"AccountRef": spent},
                }
            ],
        },
    }
    return str(books.server.act(books.realm, "create", kind=kind, body=bodies[kind])["Id"])


@pytest.mark.parametrize(("kind", "over"), SPOILED)
def test_one_unreadable_object_stops_nothing_else(
    books: Books, wire: Wire, kind: str, over: dict[str, Any]
) -> None:
    paid = make_invoice(company=books.company)
    books.run()
    bad = theirs_of(books, kind, their_id(books, paid.customer))
    wire.spoiled[kind, bad] = over
    pay_there(books, paid)
    due = make_invoice(company=books.company)
    before = Cursor.objects.get().read_until

    run = books.run()

    row, paid, field = row_of(books, kind, bad), _again(paid), next(iter(over))
    assert run.outcome == "done"
    assert (row.arrival, row.amount, row.sync_record) == ("needs_person", None, None)
    assert row.sentence.startswith("It arrived, and could not be read: ")
    assert field in row.sentence
    assert "QuickBooks" in row.remedy
    assert paid.balance_due == 0
    assert books.record(due).state == "in_the_books"
    assert Cursor.objects.get().read_until > before
    if kind == "Customer":
        return  # a comparison reads no names
    found = compare(books.connection)
    assert [each for each in found.differences if f"(id {bad})" in each and field in each]
    assert not found.tied_out


def test_what_can_be_read_again_is_applied(books: Books, wire: Wire) -> None:
    invoice = make_invoice(company=books.company)
    books.run()
    payment = pay_there(books, invoice)
    wire.spoiled["Payment", payment] = {"TotalAmt": None}
    books.run()
    assert _again(invoice).balance_due == invoice.total
    wire.spoiled.clear()
    change_there(books, "Payment", payment, PrivateNote="Put right")

    books.run()

    row = row_of(books, "Payment", payment)
    assert (row.arrival, row.unreadable, row.amount) == ("applied", "", invoice.total)
    assert _again(invoice).balance_due == 0


def test_what_is_ours_is_not_written_over_while_it_cannot_be_read(books: Books, wire: Wire) -> None:
    invoice = make_invoice(company=books.company)
    books.run()
    there = their_id(books, invoice)
    change_there(books, "Invoice", there, PrivateNote="A note of theirs")
    wire.spoiled["Invoice", there] = {"TotalAmt": None}
    books.run()
    assert row_of(books, "Invoice", there).sync_record == books.record(invoice)

    invoice = _again(invoice)
    invoice.message = "Thank you again"
    invoice.save()
    books.run()

    record = books.record(invoice)
    assert (record.state, record.reason) == ("needs_person", "unreadable")
    assert "TotalAmt is null" in record.sentence
    assert books.their_invoice(invoice.number).get("CustomerMemo", {}).get("value") != (
        "Thank you again"
    )

    wire.spoiled.clear()
    change_there(books, "Invoice", there, PrivateNote="Put right")
    books.run()
    books.run()

    assert books.record(invoice).state == "in_the_books"
    assert books.their_invoice(invoice.number)["CustomerMemo"]["value"] == "Thank you again"


def test_an_answer_of_theirs_that_cannot_be_read_confirms_nothing(books: Books, wire: Wire) -> None:
    class Next(dict[tuple[str, str], dict[str, Any]]):
        """Spoils every invoice."""

        def get(self, key: Any, default: Any = None) -> Any:
            return {"TotalAmt": None} if key[0] == "Invoice" and key[1] != "None" else {}

    invoice = make_invoice(company=books.company)
    wire.spoiled = Next({("", ""): {}})

    books.run()

    record = books.record(invoice)
    assert (record.state, record.reason) == ("needs_person", "unreadable")
    assert len(books.theirs("Invoice")) == 2  # the test invoice, and this one once
    wire.spoiled = {}
    change_there(
        books, "Invoice", their_id(books, invoice), PrivateNote=f"Tieout {invoice.public_id}"
    )
    books.run()
    books.run()
    assert books.record(invoice).state == "in_the_books"
    assert len(books.theirs("Invoice")) == 2


def test_an_object_without_an_id_is_counted_and_logged(
    books: Books, wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    invoice = make_invoice(company=books.company)
    books.run()
    customer = str(books.server.act(books.realm, "create_customer", name="No Number")["Id"])
    wire.spoiled["Customer", customer] = {"Id": None}
    pay_there(books, invoice)

    run = books.run()

    assert run.outcome == "done"
    assert _again(invoice).balance_due == 0
    assert not RemoteRecord.objects.filter(name="No Number").exists()
    assert "1 objects without an id" in caplog.text


def _again(invoice: Invoice) -> Invoice:
    return Invoice.objects.get(pk=invoice.pk)
