"""Receiving money at the customer, and taking a typing error back."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.billing.actions import cancel_payment, receive_payment, set_closing_date
from apps.billing.acts.bulk import Part, Receipt, receive_many
from apps.billing.changes import made_by
from apps.billing.models import Customer, Frozen, Invoice, Payment
from apps.core.money import rounded
from tests.factories import (
    make_company,
    make_credit_note,
    make_customer,
    make_invoice,
    make_method,
    make_payment,
)

pytestmark = pytest.mark.django_db

MARCH_16 = date(2026, 3, 16)


def receive(customer: Customer, amount: str, **fields: Any) -> Payment:
    return receive_payment(
        customer=customer, amount=Decimal(amount), date=fields.pop("date", MARCH_16), **fields
    )


def test_a_payment_in_part_leaves_the_rest_of_the_invoice_due() -> None:
    invoice = make_invoice()
    payment = receive(invoice.customer, "60", apply=[(invoice, Decimal(60))])
    invoice.refresh_from_db()
    assert (invoice.paid, invoice.balance_due, invoice.is_open) == (60, 40, True)
    assert (payment.applied, payment.on_account) == (60, 0)


def test_oldest_first_follows_the_due_dates_and_leaves_the_rest_on_account() -> None:
    customer = make_customer()
    late = make_invoice(customer=customer, due_date=date(2026, 6, 1))
    soon = make_invoice(customer=customer, due_date=date(2026, 4, 1))
    last = make_invoice(customer=customer, due_date=date(2026, 7, 1))
    payment = receive(customer, "150", oldest_first=True)
    due = [Invoice.objects.get(pk=each.pk).balance_due for each in (soon, late, last)]
    assert due == [0, 50, 100]
    assert payment.on_account == 0
    assert receive(customer, "170", oldest_first=True).on_account == 20


def test_ticked_invoices_come_before_the_oldest() -> None:
    customer = make_customer()
    oldest = make_invoice(customer=customer, issue_date=date(2026, 1, 2))
    ticked = make_invoice(customer=customer)
    receive(customer, "110", apply=[(ticked, Decimal(100))], oldest_first=True)
    oldest.refresh_from_db()
    ticked.refresh_from_db()
    assert (ticked.balance_due, oldest.balance_due) == (0, 90)


def test_money_that_came_before_the_invoice_is_set_off_on_the_invoices_date() -> None:
    invoice = make_invoice(issue_date=date(2026, 3, 20))
    payment = receive(invoice.customer, "100", apply=[(invoice, Decimal(100))])
    assert payment.allocations.get().date == date(2026, 3, 20)


def test_nothing_is_received_when_one_part_is_refused() -> None:
    customer = make_customer()
    first, second = make_invoice(customer=customer), make_invoice(customer=customer)
    with pytest.raises(ValidationError, match=r"is due, not 101\.00"):
        receive(customer, "300", apply=[(first, Decimal(100)), (second, Decimal(101))])
    assert not Payment.objects.exists()
    assert Invoice.objects.get(pk=first.pk).paid == 0


def test_more_is_not_applied_than_was_received() -> None:
    invoice = make_invoice()
    with pytest.raises(ValidationError, match=r"is left, not 60\.00"):
        receive(invoice.customer, "50", apply=[(invoice, Decimal(60))])


@pytest.mark.parametrize("amount", ["0", "-1", "1.001", "1000000000000000"])
def test_an_amount_that_cannot_have_arrived_is_refused(amount: str) -> None:
    with pytest.raises(ValidationError, match=r"amount|decimals"):
        receive(make_customer(), amount)


def test_a_currency_without_decimals_takes_none() -> None:
    customer = make_customer(make_company(home_currency="JPY"))
    with pytest.raises(ValidationError, match="more decimals than JPY"):
        receive(customer, "100.5")
    assert receive(customer, "100").amount == 100


def test_the_method_is_of_the_same_company_and_currency() -> None:
    customer = make_customer()
    with pytest.raises(ValidationError, match="belongs to another company"):
        receive(customer, "1", method=make_method(make_company()))
    with pytest.raises(ValidationError, match="takes EUR"):
        receive(customer, "1", method=make_method(customer.company, currency="EUR"))


def test_nothing_is_received_into_a_closed_month() -> None:
    customer = make_customer()
    set_closing_date(customer.company, MARCH_16, reason="Mid-month close")
    with pytest.raises(ValidationError, match="closed up to 16 March 2026"):
        receive(customer, "1")
    assert receive(customer, "1", date=date(2026, 3, 17)).pk


def test_a_payment_remembers_the_side_that_made_it() -> None:
    customer = make_customer()
    assert receive(customer, "1").made_in == ""
    with made_by(origin="connection:12"):
        assert receive(customer, "1").made_in == "connection:12"


def test_cancelling_reopens_the_invoices() -> None:
    customer = make_customer()
    first, second = make_invoice(customer=customer), make_invoice(customer=customer)
    payment = receive(customer, "150", oldest_first=True)
    cancel_payment(payment, reason="Typed twice", on=date(2026, 3, 31))
    assert (payment.status, payment.cancelled_on) == ("cancelled", date(2026, 3, 31))
    assert (payment.applied, payment.cancel_reason) == (0, "Typed twice")
    for invoice in Invoice.objects.filter(pk__in=[first.pk, second.pk]):
        assert (invoice.paid, invoice.is_open) == (0, True)
    assert {each.reversed_on for each in payment.allocations.all()} == {date(2026, 3, 31)}
    with pytest.raises(ValidationError, match="cancelled already"):
        cancel_payment(payment, reason="Typed twice")


def test_a_payment_of_a_closed_month_is_not_cancelled() -> None:
    payment = receive(make_customer(), "1")
    set_closing_date(payment.company, date(2026, 3, 31), reason="March filed")
    with pytest.raises(ValidationError, match="in a closed month"):
        cancel_payment(payment, reason="Typed twice", on=date(2026, 4, 1))


def test_a_payment_is_not_cancelled_before_it_was_applied() -> None:
    invoice = make_invoice(issue_date=date(2026, 3, 20))
    payment = receive(invoice.customer, "100", apply=[(invoice, Decimal(100))])
    with pytest.raises(ValidationError, match="last applied on 20 March 2026"):
        cancel_payment(payment, reason="Typed twice", on=date(2026, 3, 19))


@pytest.mark.parametrize(
    ("field", "value"),
    [("amount", Decimal(7)), ("date", date(2026, 3, 1)), ("status", "cancelled")],
)
def test_what_was_received_does_not_change_in_a_shell(field: str, value: object) -> None:
    payment = receive(make_customer(), "100")
    setattr(payment, field, value)
    with pytest.raises(Frozen, match="is received"):
        payment.save()


def test_a_memo_changes_and_a_method_only_in_an_open_month() -> None:
    payment = receive(make_customer(), "100")
    payment.memo = "Paid by the parent company"
    payment.save()
    set_closing_date(payment.company, date(2026, 3, 31), reason="March filed")
    payment.method = make_method(payment.company)
    with pytest.raises(ValidationError, match="in a closed month, so it cannot change"):
        payment.save()


def test_a_payment_is_neither_saved_by_hand_nor_deleted() -> None:
    payment = make_payment()
    with pytest.raises(Frozen, match="never deleted"):
        Payment.objects.all().delete()
    copy = Payment(
        company=payment.company,
        customer=payment.customer,
        date=MARCH_16,
        currency="GBP",
        amount=Decimal(1),
    )
    with pytest.raises(Frozen, match="“Receive payment”"):
        copy.save()


def test_a_merged_customers_invoice_can_still_be_paid_and_credited() -> None:
    first, second = (make_invoice(customer=make_customer()) for _ in range(2))
    for each in (first, second):
        each.customer.merged_into = make_customer(each.company)
        each.customer.active = False
        each.customer.save()
    make_payment(invoice=first)
    assert Invoice.objects.get(pk=first.pk).balance_due == 0
    assert make_credit_note(invoice=second).total == 100


def test_ticked_credits_are_used_up_before_the_new_money() -> None:
    first = make_invoice(lines=[("Advice", 1, 100)])
    customer = first.customer
    second = make_invoice(customer=customer, lines=[("Advice", 1, 50)])
    note = make_credit_note(invoice=make_invoice(customer=customer, lines=[("Advice", 1, 30)]))
    earlier = make_payment(customer=customer, amount="20")
    money = receive(
        customer,
        "75",
        apply=[(first, Decimal(100)), (second, Decimal(25))],
        credits=[note, earlier],
    )
    for each in (first, second, note, earlier):
        each.refresh_from_db()
    assert (first.credited, first.paid, first.balance_due) == (30, 70, 0)
    assert (second.paid, second.balance_due) == (25, 25)
    assert (note.open_credit, earlier.on_account, money.on_account) == (0, 0, 0)


def test_oldest_first_spends_the_credits_and_leaves_the_rest_of_the_money() -> None:
    invoice = make_invoice(lines=[("Advice", 1, 100)])
    note = make_credit_note(
        invoice=make_invoice(customer=invoice.customer, lines=[("Advice", 1, 30)])
    )
    money = receive(invoice.customer, "90", oldest_first=True, credits=[note])
    invoice.refresh_from_db()
    note.refresh_from_db()
    # The credited invoice is still open by its own 30: it is due as well.
    assert (invoice.balance_due, note.open_credit, money.on_account) == (0, 0, 0)


def test_credits_and_money_together_too_little_receives_nothing_at_all() -> None:
    invoice = make_invoice(lines=[("Advice", 1, 100)])
    note = make_credit_note(
        invoice=make_invoice(customer=invoice.customer, lines=[("Advice", 1, 30)])
    )
    with pytest.raises(ValidationError, match=r"Only 60\.00 GBP"):
        receive(invoice.customer, "60", apply=[(invoice, Decimal(100))], credits=[note])
    note.refresh_from_db()
    assert note.open_credit == 30
    assert not Payment.objects.exists()


def test_a_credit_of_another_customer_is_refused() -> None:
    invoice = make_invoice(lines=[("Advice", 1, 100)])
    other = make_customer(invoice.company, name="Somebody else")
    note = make_credit_note(invoice=make_invoice(customer=other, lines=[("Advice", 1, 30)]))
    with pytest.raises(ValidationError, match="another customer"):
        receive(invoice.customer, "70", apply=[(invoice, Decimal(100))], credits=[note])


@pytest.mark.parametrize("number", [24, 25, 30])
def test_many_payments_of_one_foreign_invoice_leave_no_penny_at_home(number: int) -> None:
    """100.00 EUR at 0.87 is 87.00 GBP; each 3.33 of it is worth 2.90 or 2.89, and all of it 87.00."""
    customer = make_customer(currency="EUR")
    invoice = make_invoice(
        customer=customer, exchange_rate=Decimal("0.87"), exchange_rate_source="typed"
    )
    parts = [Decimal("3.33")] * (number - 1)
    parts.append(100 - sum(parts))
    receipts = [
        Receipt(
            customer_id=customer.pk,
            amount=part,
            date=MARCH_16,
            exchange_rate=Decimal("0.9"),
            exchange_rate_source="typed",
            parts=[Part(amount=part, invoice_id=invoice.pk)],
        )
        for part in parts
    ]

    received = receive_many(customer.company_id, receipts)

    invoice.refresh_from_db()
    assert invoice.balance_due == 0
    taken = [allocation for each in received for allocation in each.allocations]
    assert sum(each.home_amount for each in taken) == invoice.home_total == 87
    gained = sum(each.exchange_difference for each in taken)
    assert gained == sum(rounded(part * Decimal("0.9"), "GBP") for part in parts) - 87
