"""Deductions, write-offs, retainers and surpluses: what is refused, and what taking back does."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from apps.billing import actions
from apps.billing.actions import Deducted
from apps.billing.changes import made_by
from apps.billing.models import Adjustment, Allocation, Change, Invoice, Payment
from tests.factories import make_company, make_customer, make_invoice, make_payment

pytestmark = pytest.mark.django_db

MARCH_16, MARCH_20, APRIL_1 = date(2026, 3, 16), date(2026, 3, 20), date(2026, 4, 1)
CHARGE = "bank_charge"


def deduct(invoice: Invoice, amount: str = "3", role: str = CHARGE) -> Adjustment:
    return actions.deduct(
        invoice, role=role, amount=Decimal(amount), on=MARCH_20, reason="Kept by the bank"
    )


def held(amount: int = 500) -> Payment:
    payment = make_payment(amount=amount)
    actions.hold_as_retainer(payment, amount=Decimal(amount), on=MARCH_16)
    return payment


def test_a_deduction_is_one_record_and_one_allocation_dated_alike() -> None:
    invoice = make_invoice()
    made = deduct(invoice)
    allocation = made.allocations.get()
    assert (made.role, made.side, made.customer) == (CHARGE, "credit", invoice.customer)
    assert (made.date, allocation.date, allocation.amount) == (MARCH_20, MARCH_20, 3)
    assert (allocation.source, allocation.target) == (made, invoice)
    assert (invoice.written_off, invoice.paid, invoice.balance_due) == (3, 0, 97)
    kinds = Change.objects.filter(kind__in=["adjustment", "allocation"])
    assert sorted(kinds.values_list("kind", flat=True)) == ["adjustment", "allocation"]


def test_a_deduction_remembers_the_side_that_made_it_and_why() -> None:
    with made_by(origin="connection:12"):
        made = deduct(make_invoice())
    assert (made.made_in, made.reason) == ("connection:12", "Kept by the bank")
    assert made.history.get().history_change_reason == "connection:12 Kept by the bank"


@pytest.mark.parametrize(
    ("amount", "sentence"),
    [
        ("100.01", "of INV-2026-00001 is due, not 100.01"),
        ("0", "more than nil"),
        ("-1", "more than nil"),
        ("0.001", "more decimals than GBP"),
    ],
)
def test_no_more_is_taken_off_than_is_due(amount: str, sentence: str) -> None:
    invoice = make_invoice()
    with pytest.raises(ValidationError, match=sentence):
        deduct(invoice, amount)
    with pytest.raises(ValidationError, match=sentence):
        actions.write_off(invoice, amount=Decimal(amount), on=MARCH_20, reason="Insolvent")
    assert not Adjustment.objects.exists()
    assert not Allocation.objects.exists()


@pytest.mark.parametrize("role", ["bad_debt", "retainer", "income", ""])
def test_a_bad_debt_and_a_retainer_are_no_deductions(role: str) -> None:
    with pytest.raises(ValidationError, match="A deduction is"):
        deduct(make_invoice(), role=role)


def test_nothing_is_taken_off_before_the_invoice_or_off_a_draft_or_without_a_reason() -> None:
    invoice = make_invoice(issue_date=APRIL_1)
    with pytest.raises(ValidationError, match="nothing can be applied before"):
        deduct(invoice)
    with pytest.raises(ValidationError, match="is draft"):
        deduct(make_invoice(issued=False))
    with pytest.raises(ValidationError, match="Give a reason"):
        actions.write_off(invoice, amount=Decimal(1), on=APRIL_1, reason=" ")
    assert not Adjustment.objects.exists()


def test_an_invoice_with_a_deduction_is_not_voided() -> None:
    invoice = make_invoice()
    made = deduct(invoice)
    with pytest.raises(ValidationError, match="deductions are applied"):
        actions.void(invoice, reason="Twice", on=MARCH_20)
    actions.cancel_adjustment(made, reason="Typed wrong", on=MARCH_20)
    actions.void(invoice, reason="Twice", on=MARCH_20)
    assert invoice.status == "void"


def test_cancelling_a_deduction_makes_the_invoice_due_again() -> None:
    invoice = make_invoice()
    made = deduct(invoice)
    with pytest.raises(ValidationError, match="cannot be cancelled before"):
        actions.cancel_adjustment(made, reason="Typed wrong", on=MARCH_16)
    actions.cancel_adjustment(made, reason="Typed wrong", on=APRIL_1)
    invoice.refresh_from_db()
    assert (invoice.written_off, invoice.balance_due) == (0, 100)
    assert (made.status, made.cancelled_on, made.cancel_reason) == (
        "cancelled",
        APRIL_1,
        "Typed wrong",
    )
    assert made.allocations.get().reversed_on == APRIL_1
    with pytest.raises(ValidationError, match="cancelled already"):
        actions.cancel_adjustment(made, reason="Again", on=APRIL_1)


def test_an_adjustment_of_a_closed_month_is_not_cancelled() -> None:
    made = deduct(make_invoice())
    actions.set_closing_date(made.company, date(2026, 3, 31), reason="March filed")
    with pytest.raises(ValidationError, match="in a closed month"):
        actions.cancel_adjustment(made, reason="Typed wrong", on=APRIL_1)


def test_its_allocation_ends_with_it_alone() -> None:
    made = deduct(make_invoice())
    with pytest.raises(ValidationError, match=r"belongs to “Bank charges and fees 3\.00 GBP”"):
        actions.reverse(made.allocations.get(), on=APRIL_1, reason="Wrong")
    with pytest.raises(ValidationError, match=r"Only 0\.00 GBP of Bank charges"):
        actions.allocate(made, make_invoice(customer=made.customer), Decimal(1), on=APRIL_1)


def test_an_adjustment_settles_no_refund_and_no_document_of_theirs() -> None:
    made = deduct(make_invoice())
    money = make_payment(customer=made.customer)
    with pytest.raises(ValidationError, match="cannot be set against"):
        actions.allocate(money, made, Decimal(1), on=MARCH_20)


# --- Receiving with deductions ----------------------------------------------------------------


def test_nothing_at_all_is_received_when_one_deduction_is_refused() -> None:
    invoice = make_invoice()
    too_much = Deducted(invoice=invoice, role=CHARGE, amount=Decimal(4), reason="Kept")
    with pytest.raises(ValidationError, match=r"Only 96\.00 GBP of INV-2026-00001 is due"):
        actions.receive_payment(
            customer=invoice.customer,
            amount=Decimal(97),
            date=MARCH_20,
            apply=[(invoice, Decimal(97))],
            deductions=[too_much],
        )
    assert not Payment.objects.exists()
    assert not Adjustment.objects.exists()
    assert Invoice.objects.get(pk=invoice.pk).balance_due == 100


def test_a_deduction_off_somebody_elses_invoice_is_refused() -> None:
    invoice = make_invoice()
    other = make_customer(invoice.company)
    kept = Deducted(invoice=invoice, role=CHARGE, amount=Decimal(3), reason="Kept")
    with pytest.raises(ValidationError, match="is of another customer"):
        actions.receive_payment(
            customer=other, amount=Decimal(97), date=MARCH_20, deductions=[kept]
        )
    retainer = Deducted(invoice=invoice, role="retainer", amount=Decimal(3), reason="x")
    with pytest.raises(ValidationError, match="“Use retainer”"):
        actions.receive_payment(
            customer=invoice.customer, amount=Decimal(97), date=MARCH_20, deductions=[retainer]
        )


def test_oldest_first_knows_what_was_deducted() -> None:
    invoice = make_invoice()
    kept = Deducted(invoice=invoice, role="early_discount", amount=Decimal(2), reason="2 %")
    payment = actions.receive_payment(
        customer=invoice.customer,
        amount=Decimal(98),
        date=MARCH_20,
        oldest_first=True,
        deductions=[kept],
    )
    invoice.refresh_from_db()
    assert (invoice.paid, invoice.written_off, payment.on_account) == (98, 2, 0)


# --- Retainers and surpluses ------------------------------------------------------------------


def test_no_more_is_held_than_is_on_account() -> None:
    payment = make_payment(invoice=make_invoice(), amount=130)
    with pytest.raises(ValidationError, match=r"Only 30\.00 GBP"):
        actions.hold_as_retainer(payment, amount=Decimal(31), on=MARCH_16)
    with pytest.raises(ValidationError, match=r"Only 30\.00 GBP"):
        actions.take_surplus(payment, amount=Decimal(31), on=MARCH_16, reason="Pennies")
    assert not Adjustment.objects.exists()


def test_no_more_of_a_retainer_is_used_than_it_holds_on_that_day() -> None:
    payment = held(500)
    invoice = make_invoice(customer=payment.customer, lines=[("Advice", 1, 600)])
    with pytest.raises(ValidationError, match=r"held 500\.00 GBP on 20 March 2026, not 500\.01"):
        actions.use_retainer(invoice, amount=Decimal("500.01"), on=MARCH_20)
    with pytest.raises(ValidationError, match=r"held 0\.00 GBP on 15 March 2026"):
        actions.use_retainer(invoice, amount=Decimal(1), on=date(2026, 3, 15))
    actions.use_retainer(invoice, amount=Decimal(500), on=MARCH_20)
    assert actions.retainer_of(payment.customer, "GBP") == 0
    with pytest.raises(ValidationError, match=r"held 0\.00 GBP"):
        actions.use_retainer(invoice, amount=Decimal(1), on=APRIL_1)


def test_a_retainer_that_is_used_was_paid_and_is_not_written_off() -> None:
    payment = held(500)
    invoice = make_invoice(customer=payment.customer, lines=[("Advice", 1, 600)])
    actions.use_retainer(invoice, amount=Decimal(200), on=MARCH_20)
    actions.write_off(invoice, amount=Decimal(50), on=MARCH_20, reason="Not worth it")
    invoice.refresh_from_db()
    assert (invoice.paid, invoice.credited, invoice.written_off) == (200, 0, 50)
    assert invoice.balance_due == 350


def test_a_retainer_is_the_customers_own() -> None:
    payment = held()
    other = make_invoice(customer=make_customer(payment.company))
    with pytest.raises(ValidationError, match=r"held 0\.00 GBP"):
        actions.use_retainer(other, amount=Decimal(1), on=MARCH_20)
    assert actions.retainer_of(payment.customer, "EUR") == 0


def test_a_retainer_that_was_used_is_given_back_only_after_its_use_is() -> None:
    payment = held(500)
    invoice = make_invoice(customer=payment.customer, lines=[("Advice", 1, 200)])
    used = actions.use_retainer(invoice, amount=Decimal(200), on=MARCH_20)
    hold = Adjustment.objects.get(side="debit")
    with pytest.raises(ValidationError, match=r"200\.00 GBP of this retainer is used already"):
        actions.cancel_adjustment(hold, reason="Wrong", on=MARCH_20)
    payment.refresh_from_db()
    assert payment.on_account == 0
    actions.cancel_adjustment(used, reason="Wrong", on=MARCH_20)
    assert actions.retainer_of(payment.customer, "GBP") == 500
    actions.cancel_adjustment(hold, reason="Wrong", on=MARCH_20)
    payment.refresh_from_db()
    assert (payment.on_account, actions.retainer_of(payment.customer, "GBP")) == (500, 0)


def test_money_that_is_held_as_a_retainer_is_not_cancelled_or_returned() -> None:
    payment = held()
    for act in (actions.cancel_payment, actions.return_payment):
        with pytest.raises(ValidationError, match=r"Retainers and prepayments 500\.00 GBP"):
            act(payment, reason="Typed twice", on=MARCH_20)


def test_a_retainer_of_a_company_in_yen_has_no_decimals() -> None:
    payment = make_payment(customer=make_customer(make_company(home_currency="JPY")), amount=500)
    with pytest.raises(ValidationError, match="more decimals than JPY"):
        actions.hold_as_retainer(payment, amount=Decimal("0.5"), on=MARCH_16)
