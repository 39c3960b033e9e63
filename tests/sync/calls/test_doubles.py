"""Two of theirs with one mark of ours: named side by side, and one taken back on a person's word."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.billing.actions import allocate, deduct, pay_refund, receive_payment
from apps.sync.decide.acts import decide_candidate
from apps.sync.models import Candidate, Reason, RemoteRecord, State
from tests.books import Books
from tests.factories import make_credit_note, make_invoice

pytestmark = pytest.mark.slow

MARCH_9, MARCH_20 = date(2026, 3, 9), date(2026, 3, 20)
COPIED = ("CustomerRef", "CurrencyRef", "TotalAmt", "TxnDate", "DepositToAccountRef", "PrivateNote",
          "PaymentType", "AccountRef", "EntityRef", "Line")  # fmt: skip


def payment(books: Books) -> Any:
    invoice = make_invoice(company=books.company)
    return receive_payment(
        customer=invoice.customer, amount=Decimal(12), date=MARCH_9, method=books.method
    )


def use_of_a_credit(books: Books) -> Any:
    invoice = make_invoice(company=books.company)
    note = make_credit_note(customer=invoice.customer)
    return allocate(note, invoice, Decimal(20), on=MARCH_20)


def journal(books: Books) -> Any:
    invoice = make_invoice(company=books.company)
    return deduct(
        invoice, role="bank_charge", amount=Decimal(3), on=MARCH_20, reason="Kept by the bank"
    )


def refund(books: Books) -> Any:
    paid = payment(books)
    assert books.method is not None
    return pay_refund(
        paid, amount=Decimal(7), on=MARCH_20, method=books.method, reason="Paid too much"
    )


KINDS: dict[str, tuple[Callable[[Books], Any], str]] = {
    "payment": (payment, "Payment"),
    "use of a credit": (use_of_a_credit, "Payment"),
    "journal": (journal, "JournalEntry"),
    "refund": (refund, "Purchase"),
}


def doubled(books: Books, kind: str) -> tuple[Any, str, dict[str, Decimal]]:
    """Our record, the id of the second one that bears its mark, and the books without that."""
    make, entity = KINDS[kind]
    books.map_role("bank_charge", "Bank Charges")
    ours = make(books)
    books.run()
    books.run()
    right = books.trial_balance()
    tied = RemoteRecord.objects.get(sync_record=books.record(ours), part="")
    first = next(each for each in books.theirs(entity) if each["Id"] == tied.remote_id)
    body = {name: first[name] for name in COPIED if name in first}
    made = books.server.connect(books.realm).post(entity.lower(), body)[entity]
    assert books.trial_balance() != right or kind == "use of a credit"
    return ours, made["Id"], right


@pytest.mark.parametrize("kind", KINDS)
def test_a_double_is_named_beside_the_first_and_taken_back_on_a_persons_word(
    books: Books, kind: str
) -> None:
    ours, second, right = doubled(books, kind)

    books.run()

    held = books.record(ours)
    assert (held.state, held.reason) == (State.NEEDS_PERSON, Reason.DOUBLE)
    candidate = Candidate.objects.get(sync_record=held)
    first = RemoteRecord.objects.get(sync_record=held, part="")
    assert candidate.remote_record.remote_id == second
    assert f"id {first.remote_id}" in candidate.evidence
    assert f"id {second}" in candidate.evidence
    for decision, reason in (
        (Candidate.Decision.TAKE_BACK, " "),
        (Candidate.Decision.LINK, "The same"),
    ):
        with pytest.raises(ValidationError):
            decide_candidate(candidate, decision, user_id=books.fay.pk, reason=reason)
        candidate.refresh_from_db()

    decide_candidate(
        candidate, Candidate.Decision.TAKE_BACK, user_id=books.fay.pk, reason="One bank line"
    )
    books.run()
    books.run()

    candidate.refresh_from_db()
    assert candidate.taken_back_at is not None
    assert (books.record(ours).state, books.record(ours).sentence) == (State.IN_THE_BOOKS, "")
    assert books.trial_balance() == right
    assert RemoteRecord.objects.get(sync_record=held, part="").void is False


def test_a_copy_that_was_made_there_on_purpose_stays_and_is_theirs(books: Books) -> None:
    ours, second, _ = doubled(books, "payment")
    with_it = books.trial_balance()
    books.run()
    candidate = Candidate.objects.get(sync_record=books.record(ours))

    decide_candidate(
        candidate, Candidate.Decision.KEEP_BOTH, user_id=books.fay.pk, reason="Paid twice"
    )
    books.run()
    books.run()

    assert books.record(ours).state == State.IN_THE_BOOKS
    assert books.trial_balance() == with_it
    row = RemoteRecord.objects.get(remote_id=second, part="", kind="Payment")
    assert row.arrival != RemoteRecord.Arrival.NEEDS_PERSON
    assert row.sync_record_id != books.record(ours).pk


@pytest.mark.parametrize("fault", ["lose_after_commit", "lose_before_commit"])
def test_a_lost_answer_takes_nothing_back_twice(books: Books, fault: str) -> None:
    ours, _, right = doubled(books, "refund")
    books.run()
    candidate = Candidate.objects.get(sync_record=books.record(ours))
    decide_candidate(
        candidate, Candidate.Decision.TAKE_BACK, user_id=books.fay.pk, reason="One bank line"
    )
    books.server.arm(books.realm, fault, match={"endpoint": "batch"})
    books.run()
    candidate.refresh_from_db()
    assert candidate.taken_back_at is None
    books.run()
    books.run()

    candidate.refresh_from_db()
    assert candidate.taken_back_at is not None
    assert books.record(ours).state == State.IN_THE_BOOKS
    assert books.trial_balance() == right


def test_what_they_do_not_let_be_taken_back_is_asked_again_with_their_words(books: Books) -> None:
    ours, _, _ = doubled(books, "payment")
    books.run()
    candidate = Candidate.objects.get(sync_record=books.record(ours))
    decide_candidate(
        candidate, Candidate.Decision.TAKE_BACK, user_id=books.fay.pk, reason="One bank line"
    )
    books.server.arm(books.realm, "item_fault", code="6540", index=0, match={"endpoint": "batch"})

    books.run()

    candidate.refresh_from_db()
    held = books.record(ours)
    assert candidate.decision == ""
    assert "did not let it be taken back" in held.sentence
    assert (held.state, held.reason) == (State.NEEDS_PERSON, Reason.DOUBLE)


def test_a_double_that_somebody_deleted_there_is_asked_about_no_more(books: Books) -> None:
    ours, second, right = doubled(books, "payment")
    books.run()
    assert books.record(ours).reason == Reason.DOUBLE
    books.server.act(books.realm, "delete_payment", id=second)

    books.run()
    books.run()

    assert books.record(ours).state == State.IN_THE_BOOKS
    assert not Candidate.objects.filter(decision="").exists()
    assert books.trial_balance() == right
