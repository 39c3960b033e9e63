"""The worked tables of docs/decisions/0001, sections 3, 4, 7 and 8, on our own figures."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.billing import actions
from apps.billing.actions import Deducted, DepositAmount
from apps.billing.models import BankAccount, Company, Customer, Invoice, Payment, PaymentMethod
from tests.billing.bookkeeper import balances, receivable_by_open_amounts
from tests.factories import make_company, make_credit_note, make_customer, make_invoice, make_method

pytestmark = pytest.mark.django_db

MARCH_16, MARCH_20, APRIL_1 = date(2026, 3, 16), date(2026, 3, 20), date(2026, 4, 1)


class Shop:
    """A company with one customer, money at the bank and money in clearing."""

    def __init__(self) -> None:
        self.company: Company = make_company()
        self.customer: Customer = make_customer(self.company)
        self.bank: PaymentMethod = make_method(self.company, posts_to="bank")
        self.card: PaymentMethod = make_method(self.company, posts_to="clearing")
        self.account = BankAccount.objects.create(
            company=self.company, name="Current account", currency="GBP"
        )

    def invoice(self, amount: Decimal | int | str = 100) -> Invoice:
        return make_invoice(customer=self.customer, lines=[("Advice", 1, amount)])

    def receive(self, amount: Decimal | int | str, **fields: Any) -> Payment:
        fields = {"method": self.bank, "date": MARCH_16, **fields}
        return actions.receive_payment(customer=self.customer, amount=Decimal(amount), **fields)

    def money(self) -> dict[str, Decimal]:
        """Every account but the sales themselves; the receivable is proved on the way."""
        found = balances(self.company)
        assert found.get("receivable", 0) == receivable_by_open_amounts(self.company)
        found.pop("income", None)
        return found


@pytest.fixture
def shop() -> Shop:
    return Shop()


def figures(invoice: Invoice) -> tuple[Decimal, Decimal, Decimal, Decimal]:
    """Paid, credited, written off, due."""
    invoice.refresh_from_db()
    return invoice.paid, invoice.credited, invoice.written_off, invoice.balance_due


# --- Section 3: receipts ----------------------------------------------------------------------


def test_60_of_100(shop: Shop) -> None:
    invoice = shop.invoice()
    shop.receive(60, apply=[(invoice, Decimal(60))])
    assert figures(invoice) == (60, 0, 0, 40)
    assert shop.money() == {"bank": 60, "receivable": 40}


def test_150_over_100_and_50(shop: Shop) -> None:
    first, second = shop.invoice(100), shop.invoice(50)
    payment = shop.receive(150, method=shop.card, oldest_first=True)
    assert (figures(first), figures(second)) == ((100, 0, 0, 0), (50, 0, 0, 0))
    assert payment.on_account == 0
    assert shop.money() == {"clearing": 150}


def test_130_on_100_and_30_of_it_later_on_another(shop: Shop) -> None:
    invoice = shop.invoice()
    payment = shop.receive(130, oldest_first=True)
    assert (figures(invoice), payment.on_account) == ((100, 0, 0, 0), 30)
    assert shop.money() == {"bank": 130, "receivable": -30}
    later = shop.invoice(30)
    actions.allocate(payment, later, Decimal(30), on=MARCH_20)
    assert (figures(later), payment.on_account) == ((30, 0, 0, 0), 0)
    assert shop.money() == {"bank": 130}


def test_a_retainer_of_500_and_200_of_it_used(shop: Shop) -> None:
    payment = shop.receive(500, rest_is="prepayment")
    actions.hold_as_retainer(payment, amount=Decimal(500), on=MARCH_16)
    payment.refresh_from_db()
    assert (payment.applied, payment.on_account) == (500, 0)
    assert actions.retainer_of(shop.customer, "GBP") == 500
    assert shop.money() == {"bank": 500, "retainer": -500}
    invoice = shop.invoice(200)
    actions.use_retainer(invoice, amount=Decimal(200), on=MARCH_20)
    assert figures(invoice) == (200, 0, 0, 0)  # paid before, not written off
    assert actions.retainer_of(shop.customer, "GBP") == 300
    assert shop.money() == {"bank": 500, "retainer": -300}


def test_a_cancelled_receipt_of_60(shop: Shop) -> None:
    invoice = shop.invoice()
    payment = shop.receive(60, apply=[(invoice, Decimal(60))])
    actions.cancel_payment(payment, reason="Typed twice", on=MARCH_16)
    assert figures(invoice) == (0, 0, 0, 100)
    assert shop.money() == {"receivable": 100}


# --- Section 4: deductions --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "kept", "cash"),
    [
        ("bank_charge", 3, 97),
        ("early_discount", 2, 98),
        ("tax_withheld", 10, 90),
        ("small_difference", "0.01", "99.99"),
        ("bad_debt", 60, 40),
    ],
)
def test_cash_and_a_deduction_settle_100(
    shop: Shop, role: str, kept: int | str, cash: int | str
) -> None:
    invoice = shop.invoice()
    deducted = Deducted(invoice=invoice, role=role, amount=Decimal(kept), reason="As advised")
    shop.receive(cash, apply=[(invoice, Decimal(cash))], deductions=[deducted])
    assert figures(invoice) == (Decimal(cash), 0, Decimal(kept), 0)
    assert shop.money() == {"bank": Decimal(cash), role: Decimal(kept)}


def test_a_bad_debt_of_all_of_100(shop: Shop) -> None:
    invoice = shop.invoice()
    actions.write_off(invoice, amount=Decimal(100), on=MARCH_20, reason="Insolvent")
    assert figures(invoice) == (0, 0, 100, 0)
    assert not invoice.is_open
    assert shop.money() == {"bad_debt": 100}


# --- Section 7: money going out ---------------------------------------------------------------


def test_a_refund_of_a_credit_of_60(shop: Shop) -> None:
    invoice = shop.invoice(100)
    shop.receive(100, apply=[(invoice, Decimal(100))])
    note = make_credit_note(invoice=invoice, lines=[("Sent back", 1, 60)])
    actions.pay_refund(note, amount=Decimal(60), on=MARCH_20, method=shop.bank, reason="Sent back")
    note.refresh_from_db()
    assert (note.applied, note.open_credit) == (60, 0)
    assert shop.money() == {"bank": 40}


def test_the_whole_life_issued_paid_credited_refunded_leaves_nothing(shop: Shop) -> None:
    invoice = shop.invoice(120)
    shop.receive(120, apply=[(invoice, Decimal(120))])
    note = make_credit_note(invoice=invoice)
    assert note.open_credit == 120
    actions.pay_refund(note, amount=Decimal(120), on=MARCH_20, method=shop.bank, reason="Sent back")
    assert figures(invoice) == (120, 0, 0, 0)
    assert balances(shop.company) == {}


def test_money_on_account_is_refunded(shop: Shop) -> None:
    invoice = shop.invoice()
    payment = shop.receive(130, oldest_first=True)
    actions.pay_refund(
        payment, amount=Decimal(30), on=MARCH_20, method=shop.bank, reason="Paid too much"
    )
    assert (payment.applied, payment.on_account) == (130, 0)
    assert figures(invoice) == (100, 0, 0, 0)
    assert shop.money() == {"bank": 100}


def test_a_payment_of_100_that_came_back_with_a_fee_of_15(shop: Shop) -> None:
    invoice = shop.invoice()
    payment = shop.receive(100, apply=[(invoice, Decimal(100))])
    refund = actions.return_payment(payment, on=MARCH_20, reason="No funds", fee=Decimal(15))
    assert (refund.amount, refund.bank_amount, refund.why) == (100, 115, "returned")
    assert figures(invoice) == (0, 0, 0, 100)
    payment.refresh_from_db()
    assert (payment.status, payment.on_account) == ("received", 0)
    assert shop.money() == {"bank": -15, "bank_charge": 15, "receivable": 100}


def test_a_surplus_of_2_pennies_is_taken(shop: Shop) -> None:
    invoice = shop.invoice()
    payment = shop.receive("100.02", apply=[(invoice, Decimal(100))])
    actions.take_surplus(payment, amount=Decimal("0.02"), on=MARCH_20, reason="Pennies")
    payment.refresh_from_db()
    assert (payment.on_account, figures(invoice)) == (0, (100, 0, 0, 0))
    assert shop.money() == {"bank": Decimal("100.02"), "small_difference": Decimal("-0.02")}


def test_money_for_a_bad_debt_of_a_closed_month_comes_after_all(shop: Shop) -> None:
    invoice = shop.invoice()
    debt = actions.write_off(invoice, amount=Decimal(100), on=MARCH_16, reason="Insolvent")
    actions.set_closing_date(shop.company, MARCH_20, reason="Month filed")
    with pytest.raises(ValidationError, match="in a closed month"):
        actions.cancel_adjustment(debt, reason="It paid", on=APRIL_1)
    payment = shop.receive(40, date=APRIL_1)
    with pytest.raises(ValidationError, match="A surplus is"):
        actions.take_surplus(
            payment, amount=Decimal(40), on=APRIL_1, reason="Dividend", role="retainer"
        )
    actions.take_surplus(
        payment, amount=Decimal(40), on=APRIL_1, reason="Dividend", role="bad_debt"
    )
    assert figures(invoice) == (0, 0, 100, 0)
    assert shop.money() == {"bank": 40, "bad_debt": 60}


# --- Section 8: the bank deposit --------------------------------------------------------------


def test_card_payments_of_100_and_50_less_a_refund_of_20_and_a_fee_of_4(shop: Shop) -> None:
    first, second = shop.invoice(100), shop.invoice(50)
    payments = [
        shop.receive(100, method=shop.card, apply=[(first, Decimal(100))]),
        shop.receive(50, method=shop.card, apply=[(second, Decimal(50))]),
    ]
    note = make_credit_note(customer=shop.customer, lines=[("Sent back", 1, 20)])
    refund = actions.pay_refund(
        note, amount=Decimal(20), on=MARCH_16, method=shop.card, reason="Sent back"
    )
    assert shop.money() == {"clearing": 130}
    deposit = actions.make_deposit(
        shop.account,
        date=MARCH_20,
        payments=payments,
        refunds=[refund],
        amounts=[DepositAmount(role="bank_charge", amount=Decimal(-4), description="Card fees")],
        reference="po_1",
    )
    assert deposit.total == 126
    assert [line.amount for line in deposit.lines.all()] == [100, 50, -20, -4]
    assert shop.money() == {"bank": 126, "bank_charge": 4}
    actions.undo_deposit(deposit, reason="Wrong payout", on=MARCH_20)
    assert shop.money() == {"clearing": 130}
