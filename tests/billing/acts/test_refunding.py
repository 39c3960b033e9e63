"""Money that goes out: refunds, returned payments, chargebacks, and taking a refund back."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db.models import Q

from apps.billing import actions
from apps.billing.changes import made_by
from apps.billing.models import Change, CreditNote, Invoice, Payment, Refund
from tests.factories import (
    make_company,
    make_credit_note,
    make_customer,
    make_invoice,
    make_method,
    make_paid_credit_note,
    make_payment,
)

pytestmark = pytest.mark.django_db

MARCH_9, MARCH_16 = date(2026, 3, 9), date(2026, 3, 16)
MARCH_20, APRIL_1 = date(2026, 3, 20), date(2026, 4, 1)


def pay_back(source: CreditNote | Payment, amount: int | str = 100, **fields: Any) -> Refund:
    fields = {
        "on": MARCH_20,
        "method": fields.get("method") or make_method(source.company),
        "reason": "Sent back",
        **fields,
    }
    return actions.pay_refund(source, amount=Decimal(amount), **fields)


def test_a_refund_of_a_part_leaves_the_rest_open() -> None:
    note = make_paid_credit_note()
    refund = pay_back(note, 60, reference="CHQ 12", fee=Decimal("1.50"))
    assert (note.applied, note.open_credit) == (60, 40)
    assert (refund.amount, refund.fee, refund.bank_amount) == (
        60,
        Decimal("1.50"),
        Decimal("61.50"),
    )
    assert (refund.why, refund.reference, refund.customer) == ("refund", "CHQ 12", note.customer)
    allocation = refund.allocations.get()
    assert (allocation.source, allocation.target, allocation.date) == (note, refund, MARCH_20)
    made = Change.objects.filter(subject_id__in=[refund.pk, allocation.pk])
    made = made.filter(kind__in=["refund", "allocation"]).filter(
        Q(kind="refund") | Q(subject_id=allocation.pk)
    )
    assert sorted(made.values_list("kind", flat=True)) == ["allocation", "refund"]


def test_a_refund_remembers_the_side_that_made_it() -> None:
    with made_by(origin="connection:12"):
        assert pay_back(make_paid_credit_note()).made_in == "connection:12"


@pytest.mark.parametrize(
    ("amount", "sentence"),
    [
        ("100.01", r"Only 100\.00 GBP of CN-2026-00001 is left, not 100\.01"),
        ("0", "more than nil"),
        ("-1", "more than nil"),
        ("1.001", "more decimals than GBP"),
    ],
)
def test_no_more_goes_out_than_is_open(amount: str, sentence: str) -> None:
    note = make_paid_credit_note()
    with pytest.raises(ValidationError, match=sentence):
        pay_back(note, amount)
    assert not Refund.objects.exists()


def test_a_refund_needs_a_live_source_an_open_date_a_reason_and_a_fitting_method() -> None:
    note = make_paid_credit_note()
    with pytest.raises(ValidationError, match="cannot be refunded before"):
        pay_back(note, on=date(2026, 3, 8))
    with pytest.raises(ValidationError, match="Give a reason"):
        pay_back(note, reason="")
    with pytest.raises(ValidationError, match="belongs to another company"):
        pay_back(note, method=make_method(make_company()))
    with pytest.raises(ValidationError, match=r"takes USD; this is in GBP"):
        pay_back(note, method=make_method(note.company, currency="USD"))
    with pytest.raises(ValidationError, match="A fee cannot be below nil"):
        pay_back(note, fee=Decimal(-1))
    with pytest.raises(ValidationError, match="The fee has more decimals"):
        pay_back(note, fee=Decimal("0.001"))
    with pytest.raises(ValidationError, match="is draft"):
        pay_back(make_credit_note(issued=False))
    cancelled = make_payment()
    actions.cancel_payment(cancelled, reason="Typed twice", on=MARCH_16)
    with pytest.raises(ValidationError, match="is cancelled"):
        pay_back(cancelled)
    assert not Refund.objects.exists()


def test_a_refunded_credit_note_is_not_voided_and_a_refunded_payment_not_cancelled() -> None:
    note, payment = make_paid_credit_note(), make_payment()
    pay_back(note, 1)
    refund = pay_back(payment, 1)
    with pytest.raises(ValidationError, match="applied to invoices or refunded"):
        actions.void(note, reason="Twice", on=MARCH_20)
    with pytest.raises(ValidationError, match=r"1\.00 GBP of it went into “Refund 1\.00 GBP"):
        actions.cancel_payment(payment, reason="Typed twice", on=MARCH_20)
    actions.cancel_refund(refund, reason="Not sent", on=MARCH_20)
    actions.cancel_payment(payment, reason="Typed twice", on=MARCH_20)
    assert not payment.is_received


def test_cancelling_a_refund_opens_the_credit_again() -> None:
    note = make_paid_credit_note()
    refund = pay_back(note)
    with pytest.raises(ValidationError, match=r"belongs to “Refund 100\.00 GBP of 20 Mar 2026”"):
        actions.reverse(refund.allocations.get(), on=MARCH_20, reason="Wrong")
    with pytest.raises(ValidationError, match="cannot be cancelled before"):
        actions.cancel_refund(refund, reason="Not sent", on=MARCH_16)
    actions.cancel_refund(refund, reason="Not sent", on=APRIL_1)
    note.refresh_from_db()
    assert (note.applied, note.open_credit) == (0, 100)
    assert (refund.status, refund.cancelled_on) == ("cancelled", APRIL_1)
    assert refund.allocations.get().reversed_on == APRIL_1
    with pytest.raises(ValidationError, match="cancelled already"):
        actions.cancel_refund(refund, reason="Again", on=APRIL_1)
    assert pay_back(note, on=APRIL_1).is_made


def test_a_refund_of_a_closed_month_is_not_cancelled() -> None:
    refund = pay_back(make_paid_credit_note())
    actions.set_closing_date(refund.company, date(2026, 3, 31), reason="March filed")
    with pytest.raises(ValidationError, match="in a closed month"):
        actions.cancel_refund(refund, reason="Not sent", on=APRIL_1)


# --- Returned payments ------------------------------------------------------------------------


def test_a_returned_payment_opens_what_it_paid_on_the_banks_date() -> None:
    customer = make_customer()
    first, second = make_invoice(customer=customer), make_invoice(customer=customer)
    payment = make_payment(customer=customer, amount=150, method=make_method(customer.company))
    actions.allocate(payment, first, Decimal(100), on=MARCH_16)
    actions.allocate(payment, second, Decimal(40), on=MARCH_16)
    refund = actions.return_payment(payment, on=APRIL_1, reason="No funds", fee=Decimal(15))
    assert (refund.amount, refund.fee, refund.why) == (150, 15, "returned")
    assert (refund.method, refund.date) == (payment.method, APRIL_1)
    for invoice in Invoice.objects.filter(customer=customer):
        assert (invoice.paid, invoice.balance_due) == (0, 100)
    ended = payment.allocations.filter(invoice__isnull=False)
    assert {each.reversed_on for each in ended} == {APRIL_1}
    assert (payment.status, payment.on_account) == ("received", 0)
    with pytest.raises(ValidationError, match="refunded already, all of it"):
        actions.return_payment(payment, on=APRIL_1, reason="Again")


def test_money_that_was_paid_again_settles_the_invoice_that_came_open() -> None:
    invoice = make_invoice()
    payment = make_payment(invoice=invoice, method=make_method(invoice.company))
    actions.return_payment(payment, on=MARCH_20, reason="No funds")
    invoice.refresh_from_db()
    make_payment(invoice=invoice, date=APRIL_1)
    invoice.refresh_from_db()
    assert (invoice.paid, invoice.balance_due) == (100, 0)


def test_after_a_refund_of_a_part_only_the_rest_comes_back() -> None:
    payment = make_payment(
        amount=100, method=make_method(company := make_company()), customer=make_customer(company)
    )
    pay_back(payment, 30)
    refund = actions.return_payment(payment, on=APRIL_1, reason="Disputed", chargeback=True)
    assert (refund.amount, refund.why) == (70, "chargeback")
    payment.refresh_from_db()
    assert (payment.applied, payment.on_account) == (100, 0)


def test_a_payment_does_not_come_back_before_it_came_or_when_it_is_cancelled() -> None:
    payment = make_payment()
    with pytest.raises(ValidationError, match="cannot come back before"):
        actions.return_payment(payment, on=MARCH_9, reason="No funds")
    with pytest.raises(ValidationError, match="Say by which method it went back"):
        actions.return_payment(payment, on=MARCH_20, reason="No funds")
    assert actions.return_payment(
        payment, on=MARCH_20, reason="No funds", method=make_method(payment.company)
    ).is_made
    cancelled = make_payment()
    actions.cancel_payment(cancelled, reason="Typed twice", on=MARCH_16)
    with pytest.raises(ValidationError, match="is cancelled"):
        actions.return_payment(cancelled, on=MARCH_20, reason="No funds")


def test_what_was_applied_later_than_the_bank_says_ends_on_its_own_day() -> None:
    invoice = make_invoice(issue_date=APRIL_1)
    payment = make_payment(customer=invoice.customer, method=make_method(invoice.company))
    actions.allocate(payment, invoice, Decimal(100), on=APRIL_1)
    actions.return_payment(payment, on=MARCH_20, reason="No funds")
    assert payment.allocations.get(invoice=invoice).reversed_on == APRIL_1


def test_cancelling_a_return_puts_the_money_on_account() -> None:
    invoice = make_invoice()
    payment = make_payment(invoice=invoice, method=make_method(invoice.company))
    refund = actions.return_payment(payment, on=MARCH_20, reason="No funds", fee=Decimal(15))
    actions.cancel_refund(refund, reason="It was another", on=MARCH_20)
    payment.refresh_from_db()
    assert (payment.applied, payment.on_account) == (0, 100)
    actions.allocate(payment, invoice, Decimal(100), on=MARCH_20)
    assert invoice.balance_due == 0
