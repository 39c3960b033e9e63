"""Credits that people use, take off or bring over there, over real HTTP."""

from typing import Any

from apps.billing.models import Allocation, Payment
from apps.sync.models import State
from tests.books import Books
from tests.factories import make_credit_note, make_item
from tests.sync.theirs import all_rows, row_of, their_id

PAYMENT = "Payment"


def test_a_credit_memo_of_ours_used_there_is_applied_here(books: Books, invoice: Any) -> None:
    note = make_credit_note(invoice=invoice)
    books.run()

    books.server.act(
        books.realm,
        "create",
        kind=PAYMENT,
        body={
            "CustomerRef": {"value": their_id(books, invoice.customer)},
            "TotalAmt": 0,
            "TxnDate": "2026-04-02",
            "Line": _lines({their_id(books, invoice): 100})
            + _lines({their_id(books, note): 100}, kind="CreditMemo"),
        },
    )
    books.run()

    invoice.refresh_from_db()
    allocation = Allocation.objects.get(credit_note=note)
    assert (invoice.credited, invoice.paid, invoice.balance_due) == (100, 0, 0)
    assert books.record(allocation).state == State.IN_THE_BOOKS
    assert not Payment.objects.exists()


def test_a_credit_used_inside_a_payment_is_credit_here_and_the_rest_is_money(
    books: Books, invoice: Any
) -> None:
    note = make_credit_note(invoice=invoice, lines=[(make_item(books.company), 3, 10)])
    books.run()

    made = books.server.act(
        books.realm,
        "create",
        kind=PAYMENT,
        body={
            "CustomerRef": {"value": their_id(books, invoice.customer)},
            "TotalAmt": 70,
            "TxnDate": "2026-04-02",
            "Line": _lines({their_id(books, invoice): 100})
            + _lines({their_id(books, note): 30}, kind="CreditMemo"),
        },
    )
    books.run()

    invoice.refresh_from_db()
    assert (invoice.paid, invoice.credited, invoice.balance_due) == (70, 30, 0)
    before = all_rows(books)
    books.run()
    assert all_rows(books) == before

    books.server.act(books.realm, "void_payment", id=made["Id"])
    books.run()

    invoice.refresh_from_db()
    note.refresh_from_db()
    assert (invoice.paid, invoice.credited, note.open_credit) == (0, 0, 30)


def test_a_credit_that_is_only_theirs_on_our_invoice_is_the_source_of_an_allocation(
    books: Books, invoice: Any
) -> None:
    customer = their_id(books, invoice.customer)
    memo = books.server.act(
        books.realm, "create_invoice", kind="CreditMemo", customer=customer, amount=30, number="C-9"
    )
    made = books.server.act(
        books.realm,
        "create",
        kind=PAYMENT,
        body={
            "CustomerRef": {"value": customer},
            "TotalAmt": 0,
            "Line": _lines({their_id(books, invoice): 30})
            + _lines({memo["Id"]: 30}, kind="CreditMemo"),
        },
    )

    books.run()

    row = row_of(books, PAYMENT, made["Id"])
    assert row.arrival == "applied"
    invoice.refresh_from_db()
    assert (invoice.credited, invoice.balance_due) == (30, 70)
    assert str(invoice.allocations.get().source) == "credit memo C-9 in QuickBooks"


def test_a_credit_unapplied_there_is_open_again_here(books: Books, invoice: Any) -> None:
    note = make_credit_note(invoice=invoice)
    books.run()
    made = books.server.act(
        books.realm,
        "create",
        kind=PAYMENT,
        body={
            "CustomerRef": {"value": their_id(books, invoice.customer)},
            "TotalAmt": 0,
            "Line": _lines({their_id(books, invoice): 100})
            + _lines({their_id(books, note): 100}, kind="CreditMemo"),
        },
    )
    books.run()

    books.server.act(books.realm, "delete_payment", id=made["Id"])
    books.run()

    invoice.refresh_from_db()
    assert (invoice.credited, invoice.balance_due) == (0, 100)
    assert books.record(Allocation.objects.get(credit_note=note)).state == State.GONE


def _lines(amounts: dict[str, int], kind: str = "Invoice") -> list[dict[str, Any]]:
    return [
        {"Amount": amount, "LinkedTxn": [{"TxnId": remote_id, "TxnType": kind}]}
        for remote_id, amount in amounts.items()
    ]


def _apply_here(note: Any, invoice: Any) -> None:
    from apps.billing.actions import allocate

    allocate(note, invoice, note.total, on=note.issue_date)
    invoice.refresh_from_db()
