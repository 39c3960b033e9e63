"""A refund typed there and one of ours that may be the same money: asked, never paid out twice."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.billing.actions import pay_refund
from apps.billing.models import Refund
from apps.reconciliation.compare import compare
from apps.sync.decide.acts import decide_candidate
from apps.sync.models import Candidate, Reason, State
from tests.books import Books
from tests.factories import make_credit_note, make_customer, make_invoice, make_payment
from tests.sync.theirs import row_of, their_id

pytestmark = pytest.mark.slow

PURCHASE = "Purchase"
DAY = date(2026, 3, 18)


@pytest.fixture
def note(books: Books) -> Any:
    """A credit note over 100.00 that is in their books."""
    paid = make_invoice(company=books.company)
    make_payment(invoice=paid, amount=150, method=books.method)  # what may be paid out
    note = make_credit_note(customer=paid.customer)
    books.run()
    return note


def refund(books: Books, note: Any, amount: str = "100", **fields: Any) -> Refund:
    assert books.method is not None
    note.refresh_from_db()
    return pay_refund(
        note, amount=Decimal(amount), on=DAY, method=books.method, reason="Sent back", **fields
    )


def typed_there(books: Books, customer: Any, amount: str = "100", on: str = "2026-03-20") -> str:
    """Somebody over there pays the customer by an expense on the receivable; its id."""
    who = {"value": their_id(books, customer)}
    account = {"value": books.code("Undeposited Funds").remote_id}
    detail = {
        "AccountRef": {"value": books.code("Accounts Receivable (A/R)").remote_id},
        "CustomerRef": who,
    }
    line = {
        "Amount": float(amount),
        "DetailType": "AccountBasedExpenseLineDetail",
        "AccountBasedExpenseLineDetail": detail,
    }
    body = {
        "PaymentType": "Cash",
        "AccountRef": account,
        "EntityRef": {**who, "type": "Customer"},
        "TxnDate": on,
        "Line": [line],
    }
    made = books.server.act(books.realm, "create", kind=PURCHASE, body=body)
    return str(made["Id"])


@pytest.mark.parametrize("first", ["theirs", "ours"])
@pytest.mark.parametrize("decision", ["link", "keep_both"])
def test_a_refund_typed_there_as_well_waits_for_a_decision(
    books: Books, note: Any, first: str, decision: str
) -> None:
    if first == "theirs":
        remote_id = typed_there(books, note.customer)
        books.run()
        assert row_of(books, PURCHASE, remote_id).arrival == "only_theirs"
        ours = refund(books, note)
    else:
        ours = refund(books, note)
        remote_id = typed_there(books, note.customer)
    books.run()

    row = row_of(books, PURCHASE, remote_id)
    assert (row.arrival, row.waits_for) == ("waits", "decision")
    assert books.record(ours).reason == Reason.MAYBE_THE_SAME
    assert "refund over there" in books.record(ours).sentence
    assert len(books.theirs(PURCHASE)) == 1

    decide_candidate(
        Candidate.objects.get(),
        Candidate.Decision(decision),
        user_id=books.fay.pk,
        reason="Two of them" if decision == "keep_both" else "",
    )
    books.run()
    books.run()

    if decision == "keep_both":
        assert len(books.theirs(PURCHASE)) == 2
        assert books.record(ours).state == State.IN_THE_BOOKS
        return
    assert len(books.theirs(PURCHASE)) == 1
    assert row_of(books, PURCHASE, remote_id).sync_record == books.record(ours)
    # Both days differ: a person says which.
    assert books.record(ours).reason == Reason.CHANGED_ON_BOTH_SIDES


def test_a_linked_refund_pays_out_its_credit_note_there_and_both_sides_agree(
    books: Books, note: Any
) -> None:
    before = books.balance("Undeposited Funds")
    remote_id = typed_there(books, note.customer, on=DAY.isoformat())
    ours = refund(books, note)
    books.run()
    decide_candidate(Candidate.objects.get(), Candidate.Decision.LINK, user_id=books.fay.pk)

    books.run()
    books.run()

    assert books.record(ours).state == State.IN_THE_BOOKS
    assert books.record(ours.allocations.get()).state == State.IN_THE_BOOKS
    assert books.balance("Undeposited Funds") == before - 100
    (credit,) = [each for each in books.theirs("CreditMemo") if each["Id"] == their_id(books, note)]
    assert credit["Balance"] == 0
    assert row_of(books, PURCHASE, remote_id).arrival in ("applied", "echo")
    found = compare(books.connection)
    assert found.tied_out, found.refusals


@pytest.mark.parametrize("unlike", ["customer", "amount", "date", "expense"])
def test_what_is_another_refund_or_any_expense_is_not_asked(
    books: Books, note: Any, unlike: str
) -> None:
    other = make_credit_note(customer=make_customer(books.company))
    books.run()
    match unlike:
        case "customer":
            typed_there(books, other.customer)
        case "amount":
            typed_there(books, note.customer, "99")
        case "date":
            typed_there(books, note.customer, on="2026-03-26")
        case "expense":
            _expense_there(books)
    ours = refund(books, note)

    books.run()

    assert not Candidate.objects.exists()
    assert books.record(ours).state == State.IN_THE_BOOKS


def test_a_fee_on_their_line_is_the_same_money(books: Books, note: Any) -> None:
    books.map_role("bank_charge", "Bank Charges")
    typed_there(books, note.customer, "102")
    refund(books, note, fee=2)

    books.run()

    assert Candidate.objects.count() == 1


def _expense_there(books: Books) -> None:
    vendor = books.server.act(books.realm, "create_vendor", name="Post Office")
    body = {
        "PaymentType": "Cash",
        "AccountRef": {"value": books.code("Undeposited Funds").remote_id},
        "EntityRef": {"value": vendor["Id"], "type": "Vendor"},
        "TxnDate": DAY.isoformat(),
        "Line": [
            {
                "Amount": 100.0,
                "DetailType": "AccountBasedExpenseLineDetail",
                "AccountBasedExpenseLineDetail": {
                    "AccountRef": {"value": books.code("Bank Charges").remote_id}
                },
            }
        ],
    }
    books.server.act(books.realm, "create", kind=PURCHASE, body=body)
