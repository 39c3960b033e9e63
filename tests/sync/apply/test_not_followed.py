"""What became of a record over there and cannot be followed here now: said, and followed once free."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from apps.billing.actions import make_deposit, pay_refund, set_closing_date, undo_deposit
from apps.billing.models import Payment
from apps.connectors.snapshots import RefundSnapshot
from apps.sync.decide.acts import recreate, retry
from apps.sync.models import Reason, State
from apps.sync.waiting.release import release_the_waiting
from tests.factories import make_payment
from tests.sync.stage import Stage

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.mark.parametrize("became", ["deleted", "changed"])
def test_a_payment_taken_back_there_that_lies_in_a_deposit_here_is_said_and_followed_once_free(
    stage: Stage, became: str
) -> None:
    """Its books do not hold it any more, so it is not in the books."""
    theirs = stage.pays("100")
    row = stage.put(theirs)
    stage.apply()
    payment = stage.paid(row)
    deposit = make_deposit(stage.bank, date=date(2026, 3, 18), payments=[payment])

    if became == "deleted":
        stage.put(theirs, row.remote_id, gone=True)
    else:
        stage.put(replace(theirs, amount=Decimal(90)), row.remote_id)
    stage.apply()

    record = stage.record(payment)
    assert record.state == State.NEEDS_PERSON
    assert record.reason == (Reason.GONE if became == "deleted" else Reason.AMOUNTS_DIFFER)
    assert "the bank deposit of 100.00 GBP" in record.sentence
    assert record.remedy.startswith("Undo the bank deposit of 100.00 GBP of 18 March 2026 here")
    row.refresh_from_db()
    assert row.arrival == "needs_person"
    with pytest.raises(ValidationError):
        recreate(record, user_id=1, reason="It cannot be sent as a new one: they made it")
    assert retry([record]) == (1, [])
    stage.apply()
    assert stage.record(payment).state == State.NEEDS_PERSON, "the way is not free yet"

    undo_deposit(deposit, reason="They took the payment back")
    release_the_waiting(stage.connection)
    stage.apply()

    payment.refresh_from_db()
    assert not payment.is_received
    received = [each.amount for each in Payment.objects.filter(status="received")]
    assert received == ([] if became == "deleted" else [90])
    assert stage.record(payment).state in (State.GONE, State.LEFT_OUT)


@pytest.mark.parametrize("became", ["deleted", "changed", "as it was again"])
def test_what_became_of_a_payment_in_a_closed_month_is_said_until_it_can_be_followed(
    stage: Stage, became: str
) -> None:
    theirs = stage.pays("100")
    row = stage.put(theirs)
    stage.apply()
    payment = stage.paid(row)
    set_closing_date(stage.company, date(2026, 3, 31), reason="March filed")
    if became == "deleted":
        stage.put(theirs, row.remote_id, gone=True)
    else:
        stage.put(replace(theirs, amount=Decimal(90)), row.remote_id)
    stage.apply()

    record = stage.record(payment)
    assert record.state == State.NEEDS_PERSON
    assert "closed up to 31 March 2026" in record.sentence
    assert record.sentence.startswith("The payment of 100.00 GBP by")

    if became == "as it was again":
        stage.put(theirs, row.remote_id)
    else:
        set_closing_date(stage.company, None, reason="They corrected March")
    stage.apply()
    ended = {
        "deleted": State.GONE,
        "changed": State.LEFT_OUT,
        "as it was again": State.IN_THE_BOOKS,
    }
    assert stage.record(payment).state == ended[became]


def test_a_bank_deposit_taken_back_there_in_a_closed_month_is_said(stage: Stage) -> None:
    row = stage.put(stage.pays("100"))
    stage.apply()
    payment = stage.paid(row)
    banked = stage.deposit((f"payment:{row.remote_id}", "100"))
    there = stage.put(banked)
    stage.apply()
    there.refresh_from_db()
    assert there.sync_record is not None
    set_closing_date(stage.company, date(2026, 3, 31), reason="March filed")

    stage.put(banked, there.remote_id, gone=True)
    stage.apply()
    there.sync_record.refresh_from_db()
    assert there.sync_record.state == State.NEEDS_PERSON
    assert "was taken back in QuickBooks" in there.sync_record.sentence

    set_closing_date(stage.company, None, reason="They corrected March")
    stage.apply()
    there.sync_record.refresh_from_db()
    assert there.sync_record.state == State.GONE
    assert payment.deposit_lines.filter(standing=True).count() == 0


def test_a_refund_deleted_there_that_lies_in_a_deposit_here_names_the_deposit(stage: Stage) -> None:
    payment = make_payment(customer=stage.customer, method=stage.cards)
    stage.tie(payment)
    refund = pay_refund(
        payment, amount=Decimal(20), on=date(2026, 3, 17), method=stage.cards, reason="Paid twice"
    )
    theirs = RefundSnapshot(
        marker=refund.public_id.hex,
        customer_id=stage.customer_id,
        paid_on=date(2026, 3, 17),
        currency="GBP",
        amount=Decimal(20),
    )
    remote_id = stage.tie(refund, theirs)
    make_deposit(stage.bank, date=date(2026, 3, 18), payments=[payment], refunds=[refund])

    stage.put(theirs, remote_id, gone=True)
    stage.apply()

    assert "undo that, then cancel it here too" in stage.record(refund).remedy
