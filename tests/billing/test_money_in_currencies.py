"""Money in another currency than the home one. Home is GBP, the customer pays in EUR; amounts in
home currency are worked by hand beside each case."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from apps.billing import actions
from apps.billing.actions import Deducted
from apps.billing.models import (
    Allocation,
    BankAccount,
    Company,
    CreditNote,
    Customer,
    Invoice,
    Payment,
    Refund,
)
from apps.billing.sums.home_values import home_left
from tests.billing.bookkeeper import balances, receivable_by_open_amounts
from tests.factories import (
    make_company,
    make_credit_note,
    make_customer,
    make_exchange_rate,
    make_invoice,
    make_method,
)

pytestmark = pytest.mark.django_db

MARCH_16, MARCH_20 = date(2026, 3, 16), date(2026, 3, 20)
APRIL_1 = date(2026, 4, 1)


def D(figure: str) -> Decimal:
    return Decimal(figure)


class Abroad:
    """A company in GBP and its customer in EUR."""

    def __init__(self) -> None:
        self.company: Company = make_company()
        self.customer: Customer = make_customer(self.company, currency="EUR")
        self.euros = make_method(self.company, currency="EUR", posts_to="bank")
        self.pounds = make_method(self.company, posts_to="bank")

    def invoice(self, amount: int | str = 100, rate: str = "0.9") -> Invoice:
        return make_invoice(
            customer=self.customer, lines=[("Advice", 1, amount)], exchange_rate=D(rate)
        )

    def paid_invoice(self, amount: int | str, rate: str) -> Invoice:
        invoice = self.invoice(amount, rate)
        self.receive(amount, rate, apply=[(invoice, Decimal(amount))])
        return invoice

    def receive(self, amount: int | str, rate: str | None = None, **fields: Any) -> Payment:
        fields = {"date": MARCH_16, "method": self.euros, **fields}
        return actions.receive_payment(
            customer=self.customer,
            amount=Decimal(amount),
            exchange_rate=None if rate is None else D(rate),
            **fields,
        )

    def books(self) -> dict[str, Decimal]:
        found = balances(self.company)
        assert found.get("receivable", 0) == receivable_by_open_amounts(self.company)
        return found


@pytest.fixture
def abroad() -> Abroad:
    return Abroad()


def parts(of: Any) -> list[tuple[Decimal, Decimal]]:
    """What each standing part takes off in home currency, and the difference it realises."""
    rows = of.allocations.filter(reversed_on=None).order_by("pk")
    return [(each.home_amount, each.exchange_difference) for each in rows]


def test_an_invoice_paid_in_two_parts_at_two_rates(abroad: Abroad) -> None:
    # 100.00 at 0.90 is 90.00. 60.00 at 0.92 is 55.20, less 54.00: a gain of 1.20. The other 40.00
    # takes the 36.00 that are left and is worth 35.20 at 0.88: a loss of 0.80.
    invoice = abroad.invoice(100, "0.9")
    abroad.receive(60, "0.92", apply=[(invoice, Decimal(60))])
    assert home_left(invoice) == 36
    abroad.receive(40, "0.88", apply=[(invoice, Decimal(40))])
    assert parts(invoice) == [(D("54.00"), D("1.20")), (D("36.00"), D("-0.80"))]
    invoice.refresh_from_db()
    assert (invoice.paid, invoice.balance_due, home_left(invoice)) == (100, 0, 0)
    assert abroad.books() == {
        "bank": D("90.40"),
        "income": D("-90.00"),
        "exchange gain": D("-0.40"),
    }


def test_the_last_part_takes_what_is_left_so_that_no_penny_stays(abroad: Abroad) -> None:
    # 100.00 at 0.905 is 90.50. 33.33 leaves 66.67 open, 60.34, so it takes 30.16; the second leaves
    # 33.34 open, 30.17, takes 30.17 and is worth 30.16 by itself; the last takes all that is left.
    invoice = abroad.invoice(100, "0.905")
    for amount in ("33.33", "33.33", "33.34"):
        abroad.receive(amount, "0.905", apply=[(invoice, D(amount))])
    assert parts(invoice) == [
        (D("30.16"), D("0")),
        (D("30.17"), D("-0.01")),
        (D("30.17"), D("0")),
    ]
    assert home_left(invoice) == 0
    assert "receivable" not in abroad.books()


def test_after_a_reversal_the_parts_add_up_again(abroad: Abroad) -> None:
    invoice = abroad.invoice(100, "0.905")
    for amount in ("33.33", "33.33", "33.34"):
        abroad.receive(amount, "0.905", apply=[(invoice, D(amount))])
    first = invoice.allocations.order_by("pk").first()
    assert first is not None
    actions.reverse(first, on=MARCH_20, reason="Wrong invoice")
    assert home_left(invoice) == D("30.16")
    last = invoice.allocations.order_by("pk").last()
    assert last is not None
    actions.reverse(last, on=MARCH_20, reason="Wrong invoice")
    assert home_left(invoice) == D("60.33")
    abroad.receive("66.67", "0.91", date=MARCH_20, apply=[(invoice, D("66.67"))])
    # 66.67 at 0.91 is 60.67; 60.33 were left.
    assert parts(invoice)[1:] == [(D("60.33"), D("0.34"))]
    assert home_left(invoice) == 0
    abroad.books()


def test_one_payment_over_two_invoices_of_different_rates(abroad: Abroad) -> None:
    # 100.00 at 0.92 is 92.00, 46.00 for each: a gain of 1.00 on 45.00 and a loss of 1.00 on 47.00.
    first, second = abroad.invoice(50, "0.9"), abroad.invoice(50, "0.94")
    abroad.receive(100, "0.92", apply=[(first, Decimal(50)), (second, Decimal(50))])
    assert parts(first) + parts(second) == [(45, 1), (47, -1)]
    assert abroad.books() == {"bank": 92, "income": -92}


def test_a_credit_note_at_its_invoices_rate_realises_nothing(abroad: Abroad) -> None:
    invoice = abroad.invoice(100, "0.9137")
    note = make_credit_note(invoice=invoice)
    assert note.exchange_rate == D("0.9137")
    abroad.receive(40, "0.95", apply=[(invoice, Decimal(40))])
    actions.allocate(note, invoice, Decimal(60), on=MARCH_20)
    # 91.37 for all; 40.00 takes 36.55 and is worth 38.00; 60.00 takes the other 54.82.
    assert parts(invoice) == [(D("36.55"), D("1.45")), (D("54.82"), D("0"))]
    assert home_left(note) == D("36.55")
    abroad.books()


def test_a_deduction_has_the_invoices_rate(abroad: Abroad) -> None:
    # 3.00 at 0.90 is 2.70; the 97.00 that came take the 87.30 left and are worth 89.24 at 0.92.
    invoice = abroad.invoice(100, "0.9")
    kept = Deducted(invoice=invoice, role="bank_charge", amount=Decimal(3), reason="Kept")
    abroad.receive(97, "0.92", apply=[(invoice, Decimal(97))], deductions=[kept])
    assert parts(invoice) == [(D("2.70"), 0), (D("87.30"), D("1.94"))]
    assert abroad.books() == {
        "bank": D("89.24"),
        "bank_charge": D("2.70"),
        "income": -90,
        "exchange gain": D("-1.94"),
    }


def test_a_retainer_is_used_at_what_it_is_held_at(abroad: Abroad) -> None:
    # Held: 300.00 at 0.90 and 100.00 at 0.94, 364.00 for 400.00: 0.91 each. 150.00 of it is
    # 136.50 against an invoice at 0.95 (142.50): a loss of 6.00. The other 250.00 is 227.50.
    for amount, rate in ((300, "0.9"), (100, "0.94")):
        payment = abroad.receive(amount, rate)
        actions.hold_as_retainer(payment, amount=Decimal(amount), on=MARCH_16)
    first, second = abroad.invoice(150, "0.95"), abroad.invoice(250, "0.91")
    used = actions.use_retainer(first, amount=Decimal(150), on=MARCH_20)
    assert (used.exchange_rate, used.exchange_rate_source) == (D("0.91"), "Retainer")
    assert parts(first) == [(D("142.50"), D("-6.00"))]
    assert abroad.books()["retainer"] == D("-227.50")
    actions.use_retainer(second, amount=Decimal(250), on=MARCH_20)
    assert actions.retainer_of(abroad.customer, "EUR") == 0
    assert abroad.books() == {"bank": 364, "income": -370, "exchange gain": 6}


# --- At the bank ------------------------------------------------------------------------------


def test_money_that_reached_the_bank_in_home_currency_says_its_rate(abroad: Abroad) -> None:
    invoice = abroad.invoice(100, "0.9")
    payment = abroad.receive(
        100, method=abroad.pounds, bank_amount=D("91.55"), apply=[(invoice, Decimal(100))]
    )
    assert (payment.currency, payment.amount) == ("EUR", 100)
    assert (payment.bank_currency, payment.bank_amount) == ("GBP", D("91.55"))
    assert (payment.exchange_rate, payment.exchange_rate_date) == (D("0.9155"), MARCH_16)
    assert payment.exchange_rate_source == "Bank"
    assert parts(invoice) == [(90, D("1.55"))]


def test_what_the_bank_took_is_what_it_is_worth_to_the_penny(abroad: Abroad) -> None:
    # 91.55 ÷ 3 does not end; the money is worth what the bank says all the same.
    invoice = abroad.invoice(3, "30")
    abroad.receive(3, bank_currency="GBP", method=None, bank_amount=D("91.55"), oldest_first=True)
    assert parts(invoice) == [(90, D("1.55"))]


def test_a_rate_is_given_or_the_newest_of_the_list_up_to_the_day(abroad: Abroad) -> None:
    with pytest.raises(ValidationError, match=r"no exchange rate of EUR on or before 16 March"):
        abroad.receive(100)
    make_exchange_rate(abroad.company, "EUR", "0.88", date(2026, 3, 10))
    make_exchange_rate(abroad.company, "EUR", "0.99", date(2026, 3, 17))
    listed = abroad.receive(100)
    assert (listed.exchange_rate, listed.exchange_rate_date) == (D("0.88"), date(2026, 3, 10))
    assert (listed.exchange_rate_source, listed.bank_amount) == ("ECB", 100)
    own = abroad.receive(100, "0.91", exchange_rate_source="Treasury")
    assert (own.exchange_rate, own.exchange_rate_source) == (D("0.91"), "Treasury")
    at_home = abroad.receive(100, method=abroad.pounds)
    assert (at_home.bank_currency, at_home.bank_amount) == ("GBP", 88)


def test_home_money_is_at_the_bank_as_it_is() -> None:
    payment = actions.receive_payment(customer=make_customer(), amount=D("12.34"), date=MARCH_16)
    assert (payment.bank_currency, payment.bank_amount) == ("GBP", D("12.34"))
    assert (payment.exchange_rate, payment.exchange_rate_date) == (1, None)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"rate": "0.9", "bank_currency": "USD"}, "reached the bank in USD, but it pays EUR"),
        ({"rate": "0.9", "bank_amount": D("99")}, r"comes to 100\.00 EUR at the bank, not 99\.00"),
        ({"bank_currency": "GBP", "bank_amount": D("0")}, "more than nil"),
        ({"bank_currency": "GBP", "bank_amount": D("1.001")}, "more decimals than GBP"),
        (
            {"rate": "0.92", "bank_currency": "GBP", "bank_amount": D("91")},
            r"comes to 92\.00 GBP at the bank, not 91\.00",
        ),
        ({"rate": "-0.9"}, "more than nil"),
        ({"rate": "NaN"}, "more than nil"),
        ({"rate": "0.12345678901"}, "at most 7 decimals"),
    ],
)
def test_money_that_contradicts_itself_is_refused(
    abroad: Abroad, fields: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ValidationError, match=sentence):
        abroad.receive(100, **{"method": None, **fields})
    assert not Payment.objects.exists()


def test_a_third_currency_is_refused_with_the_way_out(abroad: Abroad) -> None:
    dollars = make_method(abroad.company, currency="USD")
    with pytest.raises(
        ValidationError, match=r"takes USD; this is in EUR\. Use a method in EUR or"
    ):
        abroad.receive(100, "0.9", method=dollars)
    with pytest.raises(ValidationError, match="takes GBP, not EUR"):
        abroad.receive(100, "0.9", method=abroad.pounds, bank_currency="EUR")
    with pytest.raises(ValidationError, match="to itself is 1"):
        actions.receive_payment(
            customer=make_customer(), amount=D("1"), date=MARCH_16, exchange_rate=D("1.1")
        )


# --- Going out --------------------------------------------------------------------------------


def test_a_refund_at_another_rate_realises_the_difference(abroad: Abroad) -> None:
    # The note is 90.00; paying it out at 0.95 costs 95.00: a loss of 5.00.
    # The 90.00 came in before, at the invoice's own rate.
    note = make_credit_note(invoice=abroad.paid_invoice(100, "0.9"))
    make_exchange_rate(abroad.company, "EUR", "0.95", MARCH_20)
    refund = actions.pay_refund(
        note, amount=Decimal(100), on=MARCH_20, method=abroad.euros, reason="Sent back"
    )
    assert (refund.exchange_rate, refund.exchange_rate_source) == (D("0.95"), "ECB")
    assert parts(note) == [(95, -5)]
    assert abroad.books() == {"bank": -5, "exchange gain": 5}


def test_a_refund_may_be_given_its_rate_and_needs_one(abroad: Abroad) -> None:
    note = make_credit_note(invoice=abroad.paid_invoice(100, "0.9"))
    fields: dict[str, Any] = {"on": MARCH_20, "method": abroad.euros, "reason": "Sent back"}
    with pytest.raises(ValidationError, match="no exchange rate of EUR"):
        actions.pay_refund(note, amount=Decimal(40), **fields)
    refund = actions.pay_refund(note, amount=Decimal(40), exchange_rate=D("0.9"), **fields)
    assert (refund.exchange_rate, parts(note)) == (D("0.9"), [(36, 0)])


def test_money_that_comes_back_goes_at_the_rate_it_came(abroad: Abroad) -> None:
    invoice = abroad.invoice(100, "0.9")
    payment = abroad.receive(100, "0.92", apply=[(invoice, Decimal(100))])
    refund = actions.return_payment(payment, on=MARCH_20, reason="No funds", fee=Decimal(10))
    assert (refund.exchange_rate, parts(payment)) == (D("0.92"), [(92, 0)])
    assert home_left(invoice) == 90
    # The gain of 2.00 is gone with the payment; the fee of 10.00 is 9.20.
    assert abroad.books() == {
        "bank": D("-9.20"),
        "bank_charge": D("9.20"),
        "receivable": 90,
        "income": -90,
    }


def test_a_deposit_is_in_the_currency_of_the_bank_account(abroad: Abroad) -> None:
    clearing = make_method(abroad.company)
    in_pounds = abroad.receive(100, method=clearing, bank_amount=D("91.55"))
    in_euros = abroad.receive(50, "0.9", method=make_method(abroad.company, currency="EUR"))
    pounds = BankAccount.objects.create(company=abroad.company, name="GBP", currency="GBP")
    euros = BankAccount.objects.create(company=abroad.company, name="EUR", currency="EUR")
    with pytest.raises(ValidationError, match="is in GBP, “EUR” in EUR"):
        actions.make_deposit(euros, date=MARCH_20, payments=[in_pounds])
    assert actions.make_deposit(pounds, date=MARCH_20, payments=[in_pounds]).total == D("91.55")
    with pytest.raises(ValidationError, match="no exchange rate of EUR"):
        actions.make_deposit(euros, date=MARCH_20, payments=[in_euros])
    make_exchange_rate(abroad.company, "EUR", "0.93")
    made = actions.make_deposit(euros, date=MARCH_20, payments=[in_euros])
    assert (made.total, made.currency, made.exchange_rate) == (50, "EUR", D("0.93"))


class Pennies(TestCase):
    """Whatever is paid, deducted, refunded and taken back at whatever rates, the receivable that a
    bookkeeper posts is what our open amounts are worth, and what is settled leaves no penny."""

    @settings(max_examples=10, deadline=None)
    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["pay", "deduct", "credit", "refund", "return", "undo"]),
                st.integers(1, 9000),
                st.integers(5000, 15000),
            ),
            min_size=3,
            max_size=10,
        )
    )
    def test_the_receivable_is_what_is_open(self, steps: list[tuple[str, int, int]]) -> None:
        abroad = Abroad()
        invoice = abroad.invoice("77.77", "0.8713")
        for step, cents, points in steps:
            amount, rate = Decimal(cents) / 100, Decimal(points) / 10000
            try:
                _do(step, abroad, invoice, amount, rate)
            except ValidationError:
                continue
            abroad.books()
        for each in [*Invoice.objects.all(), *Payment.objects.all(), *CreditNote.objects.all()]:
            left = getattr(each, "balance_due", None)
            left = getattr(each, "on_account", getattr(each, "open_credit", left))
            assert left is not None
            assert (home_left(each) == 0) if left == 0 else (home_left(each) >= 0)


def _do(step: str, abroad: Abroad, invoice: Invoice, amount: Decimal, rate: Decimal) -> None:
    invoice.refresh_from_db()
    if step == "pay":
        abroad.receive(str(amount), str(rate), oldest_first=True)
    elif step == "deduct":
        actions.deduct(
            invoice, role="tax_withheld", amount=amount, on=MARCH_16, reason="Certificate"
        )
    elif step == "credit":
        note = make_credit_note(
            customer=abroad.customer,
            invoice=invoice,
            lines=[("Sent back", 1, amount)],
            exchange_rate=invoice.exchange_rate,
        )
        actions.allocate(note, invoice, min(amount, invoice.balance_due), on=MARCH_16)
    elif step == "refund":
        payment = Payment.objects.filter(on_account__gt=0).first()
        if payment is not None:
            actions.pay_refund(
                payment,
                amount=min(amount, payment.on_account),
                on=MARCH_20,
                method=abroad.euros,
                reason="Too much",
                exchange_rate=rate,
            )
    elif step == "return":
        back = Payment.objects.order_by("pk").first()
        if back is not None:
            actions.return_payment(back, on=MARCH_20, reason="No funds")
    else:
        standing = Allocation.objects.filter(reversed_on=None)
        last = standing.order_by("-pk").first()
        if last is not None and last.refund is not None:
            actions.cancel_refund(last.refund, reason="Wrong", on=APRIL_1)
        elif last is not None and last.adjustment is not None:
            actions.cancel_adjustment(last.adjustment, reason="Wrong", on=APRIL_1)
        elif last is not None:
            actions.reverse(last, on=APRIL_1, reason="Wrong")


def test_a_refund_that_is_cancelled_leaves_the_books_as_they_were(abroad: Abroad) -> None:
    payment = abroad.receive(100, "0.92")
    before = abroad.books()
    refund = actions.pay_refund(
        payment,
        amount=Decimal(40),
        on=MARCH_20,
        method=abroad.euros,
        reason="Too much",
        exchange_rate=D("0.97"),
    )
    assert abroad.books() != before
    actions.cancel_refund(refund, reason="Not sent", on=MARCH_20)
    assert abroad.books() == before
    assert Refund.objects.get().status == "cancelled"


def test_what_stays_open_is_worth_its_amount_at_the_rate() -> None:
    """3,187.78 EUR at 0.8639 is 2,753.92 GBP. Once 2,358.96 EUR are paid, 828.82 EUR stay, worth
    716.02 GBP, so the payment takes 2,037.90 off; at the rate by itself it would be 2,037.91."""
    abroad = Abroad()
    invoice = abroad.invoice("3187.78", "0.8639")
    abroad.receive("2358.96", "0.8689", apply=[(invoice, D("2358.96"))])
    [part] = Allocation.objects.all()
    # 2,358.96 × 0.8689 = 2,049.70: a gain of 11.80.
    assert (part.home_amount, part.exchange_difference) == (D("2037.90"), D("11.80"))
    assert home_left(invoice) == D("716.02")
