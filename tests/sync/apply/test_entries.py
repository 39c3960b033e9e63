"""Adjustments and refunds of ours, as their books change them; money set against them there."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from apps.billing.actions import cancel_adjustment, cancel_refund, deduct, pay_refund
from apps.billing.models import Adjustment, Payment, Refund
from apps.connectors.snapshots import AdjustmentSnapshot, Kind, RefundSnapshot
from apps.sync.models import Reason, RemoteRecord, State
from tests.factories import make_invoice, make_payment
from tests.sync.stage import CLEARING, FEES, Stage

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 17)


@pytest.fixture
def stage() -> Stage:
    return Stage()


def _deduction(stage: Stage) -> tuple[Adjustment, AdjustmentSnapshot, str]:
    """3.00 of an invoice that the bank kept, in both books."""
    invoice = make_invoice(customer=stage.customer)
    stage.tie(invoice)
    deduct(invoice, role="bank_charge", amount=Decimal(3), on=DAY, reason="Transfer fee")
    adjustment = Adjustment.objects.get()
    theirs = AdjustmentSnapshot(
        marker=adjustment.public_id.hex,
        customer_id=stage.customer_id,
        dated=DAY,
        currency="GBP",
        amount=Decimal(3),
        debits=False,
        account_id=FEES,
    )
    return adjustment, theirs, stage.tie(adjustment, theirs)


def _refund(stage: Stage) -> tuple[Refund, RefundSnapshot, str]:
    """20.00 of money on account, paid out, in both books."""
    payment = make_payment(customer=stage.customer, method=stage.cards)
    stage.tie(payment)
    refund = pay_refund(
        payment, amount=Decimal(20), on=DAY, method=stage.cards, reason="Paid twice"
    )
    theirs = RefundSnapshot(
        marker=refund.public_id.hex,
        customer_id=stage.customer_id,
        paid_on=DAY,
        currency="GBP",
        amount=Decimal(20),
        account_id=CLEARING,
    )
    return refund, theirs, stage.tie(refund, theirs)


def test_a_deduction_of_ours_deleted_there_is_put_before_a_person(stage: Stage) -> None:
    adjustment, theirs, remote_id = _deduction(stage)

    stage.put(theirs, remote_id, gone=True)
    assert stage.apply().needs_person == 1

    adjustment.refresh_from_db()
    assert adjustment.is_made
    record = stage.record(adjustment)
    assert (record.state, record.reason) == (State.NEEDS_PERSON, Reason.GONE)
    assert "was deleted in QuickBooks, and stands here" in record.sentence
    assert record.remedy.startswith("Cancel it here too, or decide to send it to QuickBooks again")


def test_a_deduction_cancelled_here_and_deleted_there_has_ended_on_both_sides(
    stage: Stage,
) -> None:
    adjustment, theirs, remote_id = _deduction(stage)
    cancel_adjustment(adjustment, reason="Typed twice", on=DAY)

    stage.put(theirs, remote_id, gone=True)
    assert stage.apply().needs_person == 0

    assert stage.record(adjustment).state == State.GONE


def test_another_amount_of_a_refund_there_is_asked_with_both(stage: Stage) -> None:
    refund, theirs, remote_id = _refund(stage)

    stage.put(replace(theirs, amount=Decimal(25)), remote_id)
    assert stage.apply().needs_person == 1

    sentence = stage.record(refund).sentence
    assert "its amount is 20.00 GBP here and 25.00 GBP in QuickBooks" in sentence


def test_another_account_of_a_deduction_there_stays_there_and_is_told(stage: Stage) -> None:
    adjustment, theirs, remote_id = _deduction(stage)

    row = stage.put(replace(theirs, account_id="61"), remote_id)
    stage.apply()

    row.refresh_from_db()
    assert row.sentence == (
        "Changed in QuickBooks and left as it is there: the account was changed."
    )
    assert stage.record(adjustment).state == State.IN_THE_BOOKS


def test_a_refund_cancelled_there_is_asked_and_cancelled_here_agrees(stage: Stage) -> None:
    refund, theirs, remote_id = _refund(stage)
    stage.put(replace(theirs, cancelled=True), remote_id)
    assert stage.apply().needs_person == 1

    cancel_refund(refund, reason="Not paid after all", on=DAY)
    stage.put(replace(theirs, cancelled=True, memo="Voided"), remote_id)
    stage.apply()

    assert stage.record(refund).state == State.IN_THE_BOOKS


def test_a_journal_of_theirs_on_the_receivable_is_listed_and_never_taken(stage: Stage) -> None:
    theirs = AdjustmentSnapshot(
        marker="",
        customer_id=stage.customer_id,
        dated=DAY,
        currency="GBP",
        amount=Decimal(7),
        debits=True,
        account_id=FEES,
    )
    row = stage.put(theirs)

    assert stage.apply().only_theirs == 1

    row.refresh_from_db()
    assert row.sentence == "It was made in QuickBooks and is only there."
    assert not Adjustment.objects.exists()


@pytest.mark.parametrize("word", [Kind.REFUND.value, "Purchase"])
def test_money_there_set_against_a_refund_that_is_paid_out_already_is_refused_in_words(
    stage: Stage, word: str
) -> None:
    """It is found to be our refund whether their payment names it by our word or by theirs."""
    _, _, refund_id = _refund(stage)

    row = stage.put(stage.pays("80", (word, refund_id, "20")))
    stage.apply()

    row.refresh_from_db()
    assert row.arrival == RemoteRecord.Arrival.NEEDS_PERSON
    assert row.sentence.startswith("Tieout cannot take it over:")
    assert Payment.objects.count() == 1


def test_a_journal_of_theirs_that_money_settles_is_named_by_their_word(stage: Stage) -> None:
    row = stage.put(stage.pays("80", (Kind.ADJUSTMENT, "77", "80")))
    RemoteRecord.objects.create(
        connection=stage.connection,
        kind="JournalEntry",
        remote_id="77",
        number="J-12",
        packed_raw=b"",
        arrival=RemoteRecord.Arrival.ONLY_THEIRS,
        read_at=row.read_at,
    )

    stage.apply()

    allocation = stage.paid(row).allocations.get()
    assert allocation.outside_label == "journal entry J-12 in QuickBooks"
    assert (allocation.outside_id, allocation.amount) == ("77", 80)
