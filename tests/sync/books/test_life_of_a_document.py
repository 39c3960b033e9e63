"""The life of documents and money sent from here, and what a bookkeeper finds over there."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.billing.actions import (
    allocate,
    cancel_payment,
    change_open_fields,
    credit_invoice,
    issue,
    receive_payment,
    reverse,
    void,
)
from apps.billing.models import Customer, Invoice, Payment
from apps.sync.models import RemoteRecord, State, SyncRecord, Tie
from tests.books import Books
from tests.factories import make_customer, make_invoice, make_item
from tests.independent import client_of, connected_app
from tests.sandbox_server import SandboxServer

AR = "Accounts Receivable (A/R)"
FUNDS = "Undeposited Funds"
SALES = "Sales of Product Income"
TEST_INVOICE = Decimal(100)  # went over when the connection was tried


def receive(books: Books, customer: Customer, amount: str, *to: tuple[Invoice, str]) -> Payment:
    return receive_payment(
        customer=customer,
        amount=Decimal(amount),
        date=date(2026, 3, 16),
        method=books.method,
        apply=[(invoice, Decimal(part)) for invoice, part in to],
    )


def due(books: Books, invoice: Invoice) -> Decimal:
    return Decimal(str(books.their_invoice(invoice.number)["Balance"]))


def all_in_the_books(books: Books) -> bool:
    return not (
        SyncRecord.objects.filter(connection=books.connection)
        .exclude(state=State.IN_THE_BOOKS)
        .exists()
    )


def test_one_payment_over_two_invoices_with_a_rest_on_account(books: Books) -> None:
    customer = make_customer(books.company)
    first, second = (make_invoice(customer=customer) for _ in range(2))
    receive(books, customer, "180", (first, "100"), (second, "60"))

    books.run()

    # Dr Undeposited Funds 180.00, Cr receivable 180.00: of the 300.00 invoiced 120.00 are left,
    # and 40.00 of 160.00 applied are still open on the second invoice.
    assert books.balance(FUNDS) == Decimal(180)
    assert books.balance(AR) == TEST_INVOICE + Decimal(200) - Decimal(180)
    assert due(books, first) == 0
    assert due(books, second) == Decimal(40)
    payment = books.theirs("Payment")[0]
    assert Decimal(str(payment["UnappliedAmt"])) == Decimal(20)
    assert all_in_the_books(books)


def test_money_on_account_applied_later_goes_over_inside_its_payment(books: Books) -> None:
    customer = make_customer(books.company)
    invoice = make_invoice(customer=customer)
    payment = receive(books, customer, "70")
    books.run()
    assert due(books, invoice) == Decimal(100)

    allocate(payment, invoice, Decimal(70), on=date(2026, 3, 20))
    books.run()

    assert due(books, invoice) == Decimal(30)
    assert len(books.theirs("Payment")) == 1
    assert all_in_the_books(books)


def test_an_allocation_reversed_here_is_unapplied_there(books: Books) -> None:
    customer = make_customer(books.company)
    invoice = make_invoice(customer=customer)
    payment = receive(books, customer, "100", (invoice, "100"))
    books.run()
    assert due(books, invoice) == 0

    reverse(payment.allocations.get(), on=date(2026, 3, 20), reason="Meant for another invoice")
    books.run()

    assert due(books, invoice) == Decimal(100)
    assert Decimal(str(books.theirs("Payment")[0]["UnappliedAmt"])) == Decimal(100)
    assert all_in_the_books(books)


@pytest.mark.slow
def test_a_payment_cancelled_here_is_void_there_and_the_invoice_open_again(books: Books) -> None:
    customer = make_customer(books.company)
    invoice = make_invoice(customer=customer)
    payment = receive(books, customer, "100", (invoice, "100"))
    books.run()

    cancel_payment(payment, reason="Typed twice")
    books.run()

    assert due(books, invoice) == Decimal(100)
    assert books.balance(FUNDS) == 0
    assert all_in_the_books(books)


def test_a_credit_note_applied_leaves_nothing_in_any_account(books: Books) -> None:
    invoice = make_invoice(company=books.company)
    note = credit_invoice(invoice, reason="Sent back", on=date(2026, 3, 9))
    issue(note)
    allocate(note, invoice, Decimal(100), on=date(2026, 3, 9))

    books.run()

    # Invoice: Dr receivable 100 / Cr sales 100. Credit note: Dr sales 100 / Cr receivable 100.
    # Applied by a payment of nil, which books nothing.
    assert books.balance(AR) == TEST_INVOICE
    assert books.balance(SALES) == -TEST_INVOICE
    assert due(books, invoice) == 0
    [memo] = books.theirs("CreditMemo")
    assert Decimal(str(memo["Balance"])) == 0
    [link] = books.theirs("Payment")
    assert Decimal(str(link["TotalAmt"])) == 0
    assert all_in_the_books(books)


@pytest.mark.slow
def test_a_credit_unapplied_here_is_open_again_there(books: Books) -> None:
    invoice = make_invoice(company=books.company)
    note = credit_invoice(invoice, reason="Sent back", on=date(2026, 3, 9))
    issue(note)
    allocation = allocate(note, invoice, Decimal(100), on=date(2026, 3, 9))
    books.run()

    reverse(allocation, on=date(2026, 3, 20), reason="Refunded instead")
    books.run()

    assert due(books, invoice) == Decimal(100)
    [memo] = books.theirs("CreditMemo")
    assert Decimal(str(memo["Balance"])) == Decimal(100)
    assert all_in_the_books(books)


@pytest.mark.slow
def test_a_void_credit_note_has_lines_of_nil_under_its_number(books: Books) -> None:
    invoice = make_invoice(company=books.company)
    note = credit_invoice(invoice, reason="Sent back", on=date(2026, 3, 9))
    issue(note)
    books.run()

    void(note, reason="The goods were kept")
    books.run()

    [memo] = books.theirs("CreditMemo")
    assert memo["DocNumber"] == note.number
    assert Decimal(str(memo["TotalAmt"])) == 0
    assert "Voided" in memo["PrivateNote"]
    assert books.balance(SALES) == -TEST_INVOICE - Decimal(100)


@pytest.mark.slow
def test_a_document_recoded_there_survives_ten_sends_from_here(books: Books) -> None:
    invoice = make_invoice(company=books.company, lines=[(make_item(books.company), 2, "50")])
    other = make_invoice(company=books.company)
    books.run()
    before = _frozen(invoice)
    theirs = books.their_invoice(invoice.number)
    item = next(
        line["SalesItemLineDetail"]["ItemRef"]["value"]
        for line in books.their_invoice(other.number)["Line"]
        if "SalesItemLineDetail" in line and line["DetailType"] == "SalesItemLineDetail"
    )
    books.server.act(books.realm, "create_class", name="North")
    north = books.theirs("Class")[0]["Id"]
    act: dict[str, Any] = {"kind": "Invoice", "id": theirs["Id"]}
    books.server.act(books.realm, "change_line", **act, line=1, item=item, **{"class": north})
    books.server.act(
        books.realm, "set_private_note", **act, note=f"{theirs['PrivateNote']} Checked by Ines."
    )

    for time in range(1, 11):
        change_open_fields(invoice, message=f"Thank you, {time}")
        books.run()
        now = books.their_invoice(invoice.number)
        assert now["CustomerMemo"]["value"] == f"Thank you, {time}"
        detail = now["Line"][0]["SalesItemLineDetail"]
        assert detail["ItemRef"]["value"] == item
        assert detail["ClassRef"]["value"] == north
        assert now["PrivateNote"].endswith("Checked by Ines.")
        invoice.refresh_from_db()
    assert _frozen(invoice) == before
    assert books.record(invoice).state == State.IN_THE_BOOKS


@pytest.mark.slow
def test_a_payment_made_by_an_independent_client_pays_here_and_its_void_reopens(
    books: Books, ledger: SandboxServer
) -> None:
    from quickbooks.objects.base import LinkedTxn, Ref
    from quickbooks.objects.payment import Payment as TheirPayment
    from quickbooks.objects.payment import PaymentLine

    invoice = make_invoice(company=books.company)
    books.run()
    theirs = books.their_invoice(invoice.number)
    client = client_of(ledger, connected_app(ledger, books.realm), books.realm)
    link = LinkedTxn()
    link.TxnId, link.TxnType = theirs["Id"], "Invoice"
    line = PaymentLine()
    line.Amount, line.LinkedTxn = 60, [link]
    paid = TheirPayment()
    paid.TotalAmt, paid.Line = 60, [line]
    paid.CustomerRef = Ref()
    paid.CustomerRef.value = theirs["CustomerRef"]["value"]
    paid.save(qb=client)

    books.run()
    invoice.refresh_from_db()
    assert invoice.balance_due == Decimal(40)
    assert Payment.objects.get().made_in == books.connection.origin

    TheirPayment.get(paid.Id, qb=client).void(qb=client)
    books.run()
    invoice.refresh_from_db()
    assert invoice.balance_due == Decimal(100)
    assert not Payment.objects.get().is_received


def test_money_they_recorded_and_we_apply_is_applied_there(books: Books) -> None:
    invoice = make_invoice(company=books.company)
    books.run()
    theirs = books.their_invoice(invoice.number)
    books.server.act(
        books.realm, "record_payment", customer=theirs["CustomerRef"]["value"], amount=100
    )
    books.run()
    payment = Payment.objects.get()

    allocate(payment, invoice, Decimal(100), on=payment.date)
    books.run()

    assert due(books, invoice) == 0
    assert len(books.theirs("Payment")) == 1
    assert all_in_the_books(books)


@pytest.mark.slow
def test_two_allocations_to_one_invoice_are_one_line_there_and_both_in_the_books(
    books: Books,
) -> None:
    customer = make_customer(books.company)
    invoice = make_invoice(customer=customer)
    payment = receive(books, customer, "100", (invoice, "60"))
    books.run()

    allocate(payment, invoice, Decimal(40), on=date(2026, 3, 20))
    books.run()

    assert due(books, invoice) == 0
    [line] = books.theirs("Payment")[0]["Line"]
    assert Decimal(str(line["Amount"])) == Decimal(100)
    assert all_in_the_books(books)
    assert [(tie.part, tie.share) for tie in Tie.objects.all()] == [("carried", Decimal(40))]
    rows = RemoteRecord.objects.count()
    books.run()
    assert RemoteRecord.objects.count() == rows


@pytest.mark.slow
def test_money_moved_here_to_another_invoice_is_moved_there(books: Books) -> None:
    customer = make_customer(books.company)
    first, second = (make_invoice(customer=customer) for _ in range(2))
    payment = receive(books, customer, "100", (first, "100"))
    books.run()

    reverse(payment.allocations.get(), on=date(2026, 3, 20), reason="Meant for the other one")
    allocate(payment, second, Decimal(100), on=date(2026, 3, 20))
    books.run()

    assert due(books, first) == Decimal(100)
    assert due(books, second) == 0
    assert all_in_the_books(books)


def _frozen(invoice: Invoice) -> tuple[Any, ...]:
    lines = invoice.lines.values_list("item_id", "description", "quantity", "unit_price", "net")
    return (invoice.number, invoice.total, invoice.issue_date, list(lines))
