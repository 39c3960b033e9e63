"""Adjustments, refunds, bank deposits and what is set against what, as they would be sent."""

import dataclasses
from datetime import date
from decimal import Decimal

import pytest

from apps.billing.actions import (
    cancel_adjustment,
    cancel_payment,
    deduct,
    hold_as_retainer,
    make_deposit,
    pay_refund,
    undo_deposit,
    write_off,
)
from apps.billing.acts.depositing import DepositAmount
from apps.billing.models import Allocation, BankAccount, Deposit, Invoice, Payment, PaymentMethod
from apps.connectors.snapshots import DepositLineSnapshot, Kind
from apps.sync.models import State, SyncRecord
from apps.sync.waiting.release import release_the_waiting
from apps.sync.want.wishes import in_scope, sweep, want_masters
from tests.factories import (
    make_company,
    make_customer,
    make_exchange_rate,
    make_invoice,
    make_method,
    make_paid_credit_note,
    make_payment,
)
from tests.sync.desk import Desk, PlainLedger

pytestmark = pytest.mark.django_db

MARCH_20 = date(2026, 3, 20)


@pytest.fixture
def desk() -> Desk:
    return Desk(make_company(), starts_on=date(2026, 1, 1))


@pytest.fixture
def card(desk: Desk) -> PaymentMethod:
    """Card payments wait in a clearing account until they are banked."""
    method = make_method(desk.company, name="Card")
    desk.map("method_account", "Clearing", payment_method=method)
    return method


@pytest.fixture
def invoice(desk: Desk) -> Invoice:
    """100.00, and it stands there with its customer."""
    made = make_invoice(company=desk.company)
    desk.there(made.customer, "C1")
    desk.there(made, "I1")
    return made


def test_a_deduction_is_an_amount_off_the_receivable_and_its_allocation_a_record_of_its_own(
    desk: Desk, invoice: Invoice
) -> None:
    desk.map("bank_charge", "Charges")
    charge = deduct(
        invoice, role="bank_charge", amount=Decimal(3), on=MARCH_20, reason="Kept by the bank"
    )

    sent = desk.snapshot(charge)
    assert (sent.customer_id, sent.dated, sent.currency) == ("C1", MARCH_20, "GBP")
    assert (sent.amount, sent.debits, sent.cancelled) == (3, False, False)
    assert (sent.account_id, sent.receivable_id) == ("Charges", "Debtors")
    assert sent.memo == "Bank charges and fees: Kept by the bank"

    allocation = charge.allocations.get()
    assert list(desk.obstacles(allocation)) == [f"record:adjustment:{charge.pk}"]
    desk.there(charge, "J1")
    applied = desk.snapshot(allocation)
    assert (applied.source, applied.source_id) == (Kind.ADJUSTMENT, "J1")
    assert (applied.target_kind, applied.target_id) == (Kind.INVOICE, "I1")
    assert (applied.amount, applied.applied_on, applied.customer_id) == (3, MARCH_20, "C1")


def test_a_payment_says_its_method_as_it_is_mapped(desk: Desk, card: PaymentMethod) -> None:
    """Until it is mapped it says none: where the money lies is enough."""
    customer = make_customer(desk.company)
    desk.there(customer, "C1")
    payment = make_payment(customer=customer, method=card)
    assert (desk.snapshot(payment).account_id, desk.snapshot(payment).method_id) == ("Clearing", "")
    desk.code("Plastic", "payment_method", [])
    desk.map("method", "Plastic", payment_method=card)
    assert desk.snapshot(payment).method_id == "Plastic"


def test_amounts_leave_in_the_decimals_of_their_currency_and_not_of_our_columns(
    desk: Desk, card: PaymentMethod, invoice: Invoice
) -> None:
    desk.map("bad_debt", "Charges")
    desk.there(invoice.lines.get().item, "A1")
    payment = make_payment(invoice=invoice, amount="67.89", method=card)
    loss = write_off(invoice, amount=Decimal(30), on=MARCH_20, reason="Gone")
    refund = pay_refund(
        make_paid_credit_note(desk.company, customer=invoice.customer),
        amount=Decimal(20),
        on=MARCH_20,
        method=card,
        reason="Sent back",
    )
    invoice.refresh_from_db()
    sent = [desk.snapshot(each) for each in (invoice, payment, loss, refund)]
    written = [str(getattr(each, "total", None) or each.amount) for each in sent]
    assert written == ["100.00", "67.89", "30.00", "20.00"]
    assert [str(each.net) for each in sent[0].lines] == ["100.00"]
    assert [str(each.amount) for each in sent[1].allocations] == ["67.89"]


def test_what_a_deduction_lacks_is_named_before_any_call(desk: Desk) -> None:
    customer = make_customer(desk.company, currency="USD")
    make_exchange_rate(desk.company, "USD", "0.8")
    invoice = make_invoice(customer=customer)
    lost = write_off(invoice, amount=Decimal(5), on=MARCH_20, reason="Never came")
    assert desk.obstacles(lost) == {
        f"record:customer:{customer.pk}": "its customer is not in Plain yet",
        "mapping:bad_debt": "no Plain account is chosen for “Bad debts”",
        "account:receivable:USD": "Plain has no receivable account in USD yet",
    }


@pytest.mark.parametrize(
    ("per_currency", "receivable"), [(True, "Debtors EUR"), (False, "Debtors")]
)
def test_a_receivable_is_that_of_its_currency_or_the_one_for_all(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, per_currency: bool, receivable: str
) -> None:
    has = dataclasses.replace(PlainLedger.capabilities, receivable_per_currency=per_currency)
    monkeypatch.setattr(PlainLedger, "capabilities", has)
    make_exchange_rate(desk.company, "EUR", "0.85")
    invoice = make_invoice(customer=make_customer(desk.company, currency="EUR"))
    desk.there(invoice.customer, "C2")
    desk.map("bank_charge", "Charges")
    charge = deduct(invoice, role="bank_charge", amount=Decimal(3), on=MARCH_20, reason="Kept")
    sent = desk.snapshot(charge)
    assert (sent.receivable_id, sent.currency, sent.exchange_rate) == (
        receivable,
        "EUR",
        Decimal("0.85"),
    )


def test_money_held_as_a_retainer_is_taken_up_inside_the_payment(
    desk: Desk, card: PaymentMethod
) -> None:
    desk.map("retainer", "Retainers")
    payment = make_payment(company=desk.company, amount=500, method=card)
    desk.there(payment.customer, "C1")
    retainer = hold_as_retainer(payment, amount=Decimal(500), on=MARCH_20)
    assert desk.snapshot(retainer).debits

    assert list(desk.obstacles(payment)) == [f"record:adjustment:{retainer.pk}"]
    desk.there(retainer, "J7")
    made = desk.assembled(payment)
    (part,) = made.snapshot.allocations
    assert (part.target_kind, part.target_id, part.amount) == (Kind.ADJUSTMENT, "J7", 500)
    assert made.carried == [(payment.allocations.get().pk, 1, Kind.ADJUSTMENT, "J7")]


def test_a_refund_of_a_credit_note_names_bank_line_fee_and_receivable(
    desk: Desk, card: PaymentMethod
) -> None:
    note = make_paid_credit_note(desk.company)
    desk.there(note.customer, "C1")
    desk.there(note, "N1")
    refund = pay_refund(
        note,
        amount=Decimal(100),
        on=MARCH_20,
        method=card,
        reason="Sent back",
        fee=Decimal("1.50"),
    )
    assert list(desk.obstacles(refund)) == ["mapping:bank_charge"]
    desk.map("bank_charge", "Charges")
    sent = desk.snapshot(refund)
    assert (sent.amount, sent.fee, sent.fee_account_id) == (100, Decimal("1.50"), "Charges")
    assert (sent.account_id, sent.receivable_id) == ("Clearing", "Debtors")
    desk.there(refund, "P1")
    applied = desk.snapshot(refund.allocations.get())
    assert (applied.source, applied.source_id) == (Kind.CREDIT_NOTE, "N1")
    assert (applied.target_kind, applied.target_id, applied.amount) == (Kind.REFUND, "P1", 100)


def banked(desk: Desk, card: PaymentMethod) -> tuple[Deposit, Payment]:
    account = BankAccount.objects.create(company=desk.company, name="Barclays", currency="GBP")
    payment = make_payment(company=desk.company, amount=100, method=card)
    refund = pay_refund(
        make_paid_credit_note(desk.company),
        amount=Decimal(20),
        on=MARCH_20,
        method=card,
        reason="Sent back",
    )
    deposit = make_deposit(
        account,
        date=MARCH_20,
        payments=[payment],
        refunds=[refund],
        amounts=[DepositAmount(role="bank_charge", amount=Decimal("-2.50"), description="Fee")],
        reference="po_77",
    )
    return deposit, payment


def test_a_bank_deposit_holds_payments_by_id_refunds_and_fees_by_account(
    desk: Desk, card: PaymentMethod
) -> None:
    deposit, payment = banked(desk, card)
    refund = deposit.lines.exclude(refund=None).get().refund
    assert desk.obstacles(deposit) == {
        f"mapping:bank_account:{deposit.bank_account_id}": (
            "no Plain account is chosen for bank account Barclays"
        ),
        f"record:payment:{payment.pk}": "its payment is not in Plain yet",
        f"record:refund:{refund.pk}": "its refund is not in Plain yet",
        "mapping:bank_charge": "no Plain account is chosen for “Bank charges and fees”",
    }
    desk.map("bank_account", "Barclays", bank_account=deposit.bank_account)
    desk.map("bank_charge", "Charges")
    desk.there(payment, "M1")
    desk.there(refund, "P1")
    sent = desk.snapshot(deposit)
    # 100.00 − 20.00 − 2.50 reach the bank.
    assert (sent.account_id, sent.total, sent.memo) == ("Barclays", Decimal("77.50"), "po_77")
    assert [(each.payment_id, each.account_id, each.amount) for each in sent.lines] == [
        ("M1", "", 100),
        ("", "Clearing", -20),
        ("", "Charges", Decimal("-2.50")),
    ]
    assert isinstance(sent.lines[0], DepositLineSnapshot)


def test_a_payment_is_not_cancelled_there_before_its_bank_deposit_is_undone(
    desk: Desk, card: PaymentMethod
) -> None:
    deposit, payment = banked(desk, card)
    desk.there(payment.customer, "C1")
    desk.there(payment, "M1")
    standing = desk.there(deposit, "D1")
    undo_deposit(deposit, reason="Wrong payout")
    cancel_payment(payment, reason="Typed twice")
    sweep(desk.connection)
    wait = f"ended:deposit:{deposit.pk}"
    assert desk.obstacles(payment) == {wait: "its bank deposit is still in Plain"}

    record = SyncRecord.objects.get(payment=payment)
    record.waits_for, record.due_at = wait, None
    record.save()
    release_the_waiting(desk.connection)
    assert SyncRecord.objects.get(payment=payment).due_at is None

    deposit.refresh_from_db()
    standing.refresh_from_db()
    standing.sent, standing.state, standing.due_at = standing.wanted, State.IN_THE_BOOKS, None
    standing.save()
    release_the_waiting(desk.connection)
    assert SyncRecord.objects.get(payment=payment).due_at is not None
    assert desk.snapshot(payment).cancelled


def test_a_cancelled_deduction_waits_until_it_is_taken_off_its_invoice_there(
    desk: Desk, invoice: Invoice
) -> None:
    desk.map("bank_charge", "Charges")
    charge = deduct(invoice, role="bank_charge", amount=Decimal(3), on=MARCH_20, reason="Kept")
    allocation = charge.allocations.get()
    desk.there(charge, "J1")
    applied = desk.there(allocation, "P9")
    cancel_adjustment(charge, reason="It was paid after all")
    sweep(desk.connection)
    assert list(desk.obstacles(charge)) == [f"ended:allocation:{allocation.pk}"]
    assert desk.snapshot(allocation).cancelled

    applied.refresh_from_db()
    applied.sent, applied.state, applied.due_at = applied.wanted, State.IN_THE_BOOKS, None
    applied.save()
    assert desk.snapshot(charge).cancelled


def test_entries_belong_there_from_the_cut_off_on_and_never_for_the_first_time_once_cancelled(
    desk: Desk, card: PaymentMethod, invoice: Invoice
) -> None:
    early = deduct(
        invoice, role="bank_charge", amount=Decimal(1), on=date(2026, 3, 5), reason="Early"
    )
    kept = deduct(invoice, role="bank_charge", amount=Decimal(2), on=MARCH_20, reason="Kept")
    gone = deduct(invoice, role="bank_charge", amount=Decimal(4), on=MARCH_20, reason="Gone")
    cancel_adjustment(gone, reason="Typed twice")
    deposit, _ = banked(desk, card)
    undone, _ = banked_again(desk, card, deposit.bank_account)
    undo_deposit(undone, reason="Wrong payout")
    desk.connection.starts_on = date(2026, 3, 10)

    assert list(in_scope(desk.connection, Kind.ADJUSTMENT)) == [kept]
    assert list(in_scope(desk.connection, Kind.DEPOSIT)) == [deposit]
    assert [each.amount for each in in_scope(desk.connection, Kind.REFUND)] == [20]
    allocations = in_scope(desk.connection, Kind.ALLOCATION)
    assert set(allocations.exclude(adjustment=None)) == set(
        Allocation.objects.filter(adjustment=kept)
    )
    assert early.is_made

    sweep(desk.connection)
    want_masters(desk.connection)
    wished = SyncRecord.objects.filter(connection=desk.connection, kind=Kind.CUSTOMER)
    refund_customer = deposit.lines.exclude(refund=None).get().refund.customer_id
    assert refund_customer in wished.values_list("customer_id", flat=True)


def banked_again(desk: Desk, card: PaymentMethod, account: BankAccount) -> tuple[Deposit, Payment]:
    payment = make_payment(company=desk.company, amount=10, method=card)
    return make_deposit(account, date=MARCH_20, payments=[payment]), payment
