"""Bank deposits made, changed and deleted over there: what stands here afterwards."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from apps.backoffice.money.deposit_words import lies_in
from apps.billing.actions import (
    cancel_payment,
    make_deposit,
    pay_refund,
    post_elsewhere,
    proposed_deposits,
    set_closing_date,
)
from apps.billing.changes import made_by
from apps.billing.models import Deposit, DepositLine, Frozen, Payment
from apps.sync.models import Reason, RemoteRecord, State
from tests.factories import make_method, make_payment
from tests.sync.stage import CLEARING, FEES, SUSPENSE, Stage

pytestmark = pytest.mark.django_db
Arrival = RemoteRecord.Arrival


@pytest.fixture
def stage() -> Stage:
    return Stage()


def _two_payments(stage: Stage) -> tuple[RemoteRecord, RemoteRecord]:
    """Card payments of 100.00 and 50.00, recorded over there and taken over."""
    first, second = stage.put(stage.pays("100")), stage.put(stage.pays("50"))
    stage.apply()
    return first, second


def _lines(deposit: Deposit) -> list[tuple[object, Decimal]]:
    return [(each.payment or each.refund or each.role, each.amount) for each in deposit.lines.all()]


def test_a_deposit_of_payments_and_a_fee_made_there_is_one_here(stage: Stage) -> None:
    first, second = _two_payments(stage)
    row = stage.put(
        stage.deposit(
            (f"payment:{first.remote_id}", "100"),
            (f"payment:{second.remote_id}", "50"),
            (FEES, "-4"),
        )
    )

    assert stage.apply().applied == 1

    deposit = Deposit.objects.get()
    assert _lines(deposit) == [
        (stage.paid(first), Decimal(100)),
        (stage.paid(second), Decimal(50)),
        ("bank_charge", Decimal(-4)),
    ]
    # 100 + 50 - 4 is the line of the bank.
    assert (deposit.total, deposit.bank_account, deposit.date) == (
        Decimal(146),
        stage.bank,
        date(2026, 3, 18),
    )
    assert deposit.made_in == stage.connection.origin
    record = stage.record(deposit)
    assert (record.state, record.wanted, record.sent) == (
        State.IN_THE_BOOKS,
        deposit.revision,
        deposit.revision,
    )
    row.refresh_from_db()
    assert (row.sync_record, row.arrival) == (record, Arrival.APPLIED)


def test_a_refund_paid_out_of_the_same_account_goes_off_the_deposit(stage: Stage) -> None:
    first, second = _two_payments(stage)
    refund = pay_refund(
        stage.paid(second),
        amount=Decimal(20),
        on=date(2026, 3, 17),
        method=stage.cards,
        reason="Sent back",
    )
    stage.put(
        stage.deposit(
            (f"payment:{first.remote_id}", "100"),
            (f"payment:{second.remote_id}", "50"),
            (CLEARING, "-20"),
            (FEES, "-4"),
        )
    )

    stage.apply()

    deposit = Deposit.objects.get()
    assert deposit.total == Decimal(126)
    assert DepositLine.objects.get(deposit=deposit, refund=refund).amount == Decimal(-20)


@pytest.mark.parametrize("moved_on", [date(2026, 3, 17), date(2026, 3, 18)])
def test_a_refund_is_known_by_the_account_of_its_own_day(stage: Stage, moved_on: date) -> None:
    """Refunded on 17 March by a method that posted elsewhere until then, or does from then on."""
    first, second = _two_payments(stage)
    wires = make_method(stage.company, name="Wires")
    place = post_elsewhere(wires, posts_to="clearing", since=moved_on, reason="A new bank")
    at_first, from_then = (
        (SUSPENSE, CLEARING) if moved_on == date(2026, 3, 17) else (CLEARING, SUSPENSE)
    )
    stage.map("method_account", at_first, payment_method=wires)
    stage.map("place_account", from_then, method_place=place)
    refund = pay_refund(
        stage.paid(second),
        amount=Decimal(20),
        on=date(2026, 3, 17),
        method=wires,
        reason="Sent back",
    )
    stage.put(stage.deposit((f"payment:{first.remote_id}", "100"), (CLEARING, "-20")))

    stage.apply()

    assert DepositLine.objects.get(refund=refund).amount == Decimal(-20)
    # On the other account it is nothing of ours.
    row = stage.put(stage.deposit((f"payment:{second.remote_id}", "50"), (SUSPENSE, "-20")))
    stage.apply()
    row.refresh_from_db()
    assert row.arrival == Arrival.ONLY_THEIRS


def test_payments_and_their_deposit_may_arrive_together(stage: Stage) -> None:
    stage.put(stage.deposit(("payment:701", "100")))
    stage.put(stage.pays("100"), "701")

    assert stage.apply().applied == 2
    assert Deposit.objects.get().total == Decimal(100)


@pytest.mark.parametrize(
    ("extra", "why"),
    [
        (("payment:998", "30"), "It holds a payment that is only in QuickBooks."),
        (("SalesReceipt:12", "30"), "It holds a SalesReceipt that is only in QuickBooks."),
        ((SUSPENSE, "30"), "It holds 30.00 GBP on “Suspense”"),
    ],
)
def test_a_deposit_that_holds_something_else_is_only_theirs_with_the_reason(
    stage: Stage, extra: tuple[str, str], why: str
) -> None:
    first, _ = _two_payments(stage)
    row = stage.put(stage.deposit((f"payment:{first.remote_id}", "100"), extra))

    assert stage.apply().only_theirs == 1

    row.refresh_from_db()
    assert why in row.sentence
    assert not Deposit.objects.exists()


def test_a_deposit_to_a_bank_account_that_nothing_is_mapped_to_is_only_theirs(stage: Stage) -> None:
    first, _ = _two_payments(stage)
    row = stage.put(stage.deposit((f"payment:{first.remote_id}", "100"), account_id=SUSPENSE))

    stage.apply()

    row.refresh_from_db()
    assert "went to “Suspense” in QuickBooks, which no bank account of yours" in row.sentence


def test_a_deposit_becomes_ours_once_all_its_payments_are(stage: Stage) -> None:
    first, _ = _two_payments(stage)
    row = stage.put(stage.deposit((f"payment:{first.remote_id}", "100"), ("payment:702", "30")))
    stage.apply()
    row.refresh_from_db()
    assert row.arrival == Arrival.ONLY_THEIRS

    stage.put(stage.pays("30"), "702")
    stage.apply()
    stage.apply()

    assert Deposit.objects.get().total == Decimal(130)


def test_a_deposit_deleted_there_is_undone_here_and_its_payments_are_free(stage: Stage) -> None:
    first, _ = _two_payments(stage)
    theirs = stage.deposit((f"payment:{first.remote_id}", "100"))
    row = stage.put(theirs)
    stage.apply()

    stage.put(theirs, row.remote_id, gone=True)
    stage.apply()

    deposit = Deposit.objects.get()
    assert deposit.status == Deposit.Status.UNDONE
    assert not DepositLine.objects.filter(standing=True).exists()
    assert stage.record(deposit).state == State.GONE


def test_a_deposit_and_its_payment_deleted_there_are_both_taken_back_in_one_run(
    stage: Stage,
) -> None:
    first, _ = _two_payments(stage)
    theirs = stage.deposit((f"payment:{first.remote_id}", "100"))
    row = stage.put(theirs)
    stage.apply()

    stage.put(stage.pays("100"), first.remote_id, gone=True)
    stage.put(theirs, row.remote_id, gone=True)
    assert stage.apply().needs_person == 0

    assert stage.paid(first).status == Payment.Status.CANCELLED


def test_a_payment_taken_out_of_a_deposit_there_is_taken_out_here(stage: Stage) -> None:
    first, second = _two_payments(stage)
    both = (f"payment:{first.remote_id}", "100"), (f"payment:{second.remote_id}", "50")
    row = stage.put(stage.deposit(*both))
    stage.apply()

    stage.put(stage.deposit(both[0]), row.remote_id)
    stage.apply()

    undone, anew = Deposit.objects.order_by("pk")
    assert (undone.status, anew.status) == (Deposit.Status.UNDONE, Deposit.Status.MADE)
    assert _lines(anew) == [(stage.paid(first), Decimal(100))]
    row.refresh_from_db()
    assert row.sync_record == stage.record(anew)
    assert "undone and made anew here" in row.sentence
    assert stage.record(undone).state == State.LEFT_OUT


def test_another_memo_of_a_deposit_is_no_other_deposit(stage: Stage) -> None:
    first, _ = _two_payments(stage)
    theirs = stage.deposit((f"payment:{first.remote_id}", "100"))
    row = stage.put(theirs)
    stage.apply()

    stage.put(replace(theirs, memo="Batch 7"), row.remote_id)

    assert stage.apply().echo == 1
    assert Deposit.objects.count() == 1


def test_a_deposit_of_a_closed_month_waits_until_the_date_moves_back(stage: Stage) -> None:
    first, _ = _two_payments(stage)
    set_closing_date(stage.company, date(2026, 3, 31), reason="March is done")
    row = stage.put(stage.deposit((f"payment:{first.remote_id}", "100")))
    stage.apply()
    row.refresh_from_db()
    assert (row.arrival, row.waits_for) == (Arrival.WAITS, "closing_date")

    set_closing_date(stage.company, date(2026, 2, 28), reason="A late deposit")
    stage.apply()

    assert Deposit.objects.get().date == date(2026, 3, 18)


def test_a_deposit_of_a_closed_month_deleted_there_stands_here_and_waits(stage: Stage) -> None:
    first, _ = _two_payments(stage)
    theirs = stage.deposit((f"payment:{first.remote_id}", "100"))
    row = stage.put(theirs)
    stage.apply()
    set_closing_date(stage.company, date(2026, 3, 31), reason="March is done")

    stage.put(theirs, row.remote_id, gone=True)
    assert stage.apply().waits == 1

    assert Deposit.objects.get().is_made


def test_what_is_dated_before_the_cut_off_is_only_listed(stage: Stage) -> None:
    first, _ = _two_payments(stage)
    stage.connection.starts_on = date(2026, 3, 20)
    stage.connection.save()
    row = stage.put(stage.deposit((f"payment:{first.remote_id}", "100")))
    stage.apply()
    row.refresh_from_db()
    assert "before the cut-off" in row.sentence


def _ours(stage: Stage) -> tuple[Deposit, Payment, str]:
    payment = make_payment(customer=stage.customer, method=stage.cards)
    payment_id = stage.tie(payment)
    deposit = make_deposit(stage.bank, date=date(2026, 3, 18), payments=[payment])
    return deposit, payment, payment_id


def test_the_deposit_that_we_made_is_recognised_over_there(stage: Stage) -> None:
    deposit, _, payment_id = _ours(stage)
    row = stage.put(stage.deposit((f"payment:{payment_id}", "100")))

    stage.apply()

    row.refresh_from_db()
    assert row.sync_record == stage.record(deposit)
    assert Deposit.objects.count() == 1
    assert stage.record(deposit).state == State.IN_THE_BOOKS


def test_one_payment_in_two_different_deposits_is_put_before_a_person(stage: Stage) -> None:
    other = make_payment(customer=stage.customer, method=stage.cards, amount=30)
    other_id = stage.tie(other)
    _, _, payment_id = _ours(stage)
    row = stage.put(stage.deposit((f"payment:{payment_id}", "100"), (f"payment:{other_id}", "30")))

    assert stage.apply().needs_person == 1

    row.refresh_from_db()
    assert "Payments in it lie in the bank deposit of 100.00 GBP" in row.sentence
    assert "Undo that bank deposit here" in row.remedy


def test_a_deposit_of_ours_deleted_there_is_asked(stage: Stage) -> None:
    deposit, _, payment_id = _ours(stage)
    theirs = stage.deposit((f"payment:{payment_id}", "100"), marker=deposit.public_id.hex)
    remote_id = stage.tie(deposit, theirs)

    stage.put(theirs, remote_id, gone=True)
    assert stage.apply().needs_person == 1

    deposit.refresh_from_db()
    assert deposit.is_made
    record = stage.record(deposit)
    assert (record.state, record.reason) == (State.NEEDS_PERSON, Reason.GONE)
    assert "was made here and deleted in QuickBooks" in record.sentence


def test_a_deposit_of_ours_with_another_total_there_is_asked_with_both(stage: Stage) -> None:
    deposit, _, payment_id = _ours(stage)
    theirs = stage.deposit((f"payment:{payment_id}", "100"), marker=deposit.public_id.hex)
    remote_id = stage.tie(deposit, theirs)

    changed = stage.deposit(
        (f"payment:{payment_id}", "100"), (FEES, "-3"), marker=deposit.public_id.hex
    )
    stage.put(changed, remote_id)
    assert stage.apply().needs_person == 1

    sentence = stage.record(deposit).sentence
    assert "its total is 100.00 GBP here and 97.00 GBP in QuickBooks" in sentence


def test_a_deposit_taken_over_is_no_change_of_ours(stage: Stage) -> None:
    first, _ = _two_payments(stage)
    stage.put(stage.deposit((f"payment:{first.remote_id}", "100")))
    with made_by(None):
        stage.apply()
    before = list(RemoteRecord.objects.values_list("pk", "arrival", "read_at"))

    assert stage.apply().looked_at == 0

    assert list(RemoteRecord.objects.values_list("pk", "arrival", "read_at")) == before


def test_a_payment_deleted_there_that_lies_in_a_deposit_of_ours_says_what_to_do_first(
    stage: Stage,
) -> None:
    first, _ = _two_payments(stage)
    make_deposit(stage.bank, date=date(2026, 3, 18), payments=[stage.paid(first)])

    stage.put(stage.pays("100"), first.remote_id, gone=True)
    assert stage.apply().needs_person == 1

    first.refresh_from_db()
    assert "lies here in the bank deposit of 100.00 GBP" in first.sentence
    assert first.remedy.startswith("Undo the bank deposit of 100.00 GBP of 18 March 2026 here")
    assert stage.paid(first).is_received


# --- With a line that is only theirs ------------------------------------------------------------


def _mixed(stage: Stage) -> tuple[RemoteRecord, RemoteRecord]:
    """A payment of ours beside an amount on an account that is none of ours, in one deposit."""
    paid = stage.put(stage.pays("100"))
    stage.apply()
    row = stage.put(
        stage.deposit((f"payment:{paid.remote_id}", "100"), ("no-account-of-ours", "5"))
    )
    stage.apply()
    return paid, row


def test_a_payment_in_a_deposit_that_is_only_theirs_is_at_the_bank_and_locked(
    stage: Stage,
) -> None:
    paid, row = _mixed(stage)
    payment = stage.paid(paid)
    row.refresh_from_db()
    assert row.arrival == Arrival.ONLY_THEIRS
    assert "Payments of yours lie in it" in row.sentence
    assert "In the bank deposit of 18 March 2026" in lies_in(payment)
    assert proposed_deposits(stage.company) == []
    with pytest.raises(ValidationError, match="which is only there"):
        make_deposit(stage.bank, date=date(2026, 3, 20), payments=[payment])
    with pytest.raises(ValidationError, match="Take it out of that one first"):
        cancel_payment(payment, reason="Typed twice")
    payment.method = make_method(stage.company, name="Another")
    with pytest.raises(Frozen, match="take it out there first"):
        payment.save()


@pytest.mark.parametrize("how", ["deleted", "taken out"])
def test_a_payment_is_free_again_once_that_deposit_holds_it_no_more(stage: Stage, how: str) -> None:
    paid, row = _mixed(stage)
    there = stage.deposit(("no-account-of-ours", "5"))
    stage.put(there, row.remote_id, gone=how == "deleted")
    stage.apply()
    assert [each.payments for each in proposed_deposits(stage.company)] == [(stage.paid(paid),)]
