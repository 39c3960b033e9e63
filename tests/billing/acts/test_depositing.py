"""Bank deposits: what lies in one, what is locked by it, and which are proposed."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction

from apps.billing import actions
from apps.billing.actions import DepositAmount
from apps.billing.changes import made_by
from apps.billing.models import (
    BankAccount,
    Change,
    Company,
    Customer,
    Deposit,
    DepositLine,
    Frozen,
    Payment,
    PaymentMethod,
    Refund,
    SetBasedWriteRefused,
    TaxRate,
)
from apps.sync.tasks import make_bank_deposits
from tests.factories import make_company, make_customer, make_method, make_payment, make_tax_rate

pytestmark = pytest.mark.django_db

MARCH_16, MARCH_17, MARCH_20 = date(2026, 3, 16), date(2026, 3, 17), date(2026, 3, 20)
APRIL_1 = date(2026, 4, 1)
FEE = DepositAmount(role="bank_charge", amount=Decimal(-4), description="Card fees")


class Till:
    """A company with a bank account, a card method in clearing, and one customer."""

    def __init__(self) -> None:
        self.company: Company = make_company()
        self.customer: Customer = make_customer(self.company)
        self.account: BankAccount = BankAccount.objects.create(
            company=self.company, name="Current account", currency="GBP"
        )
        self.card: PaymentMethod = make_method(self.company, bank_account=self.account)

    def pay(self, amount: int | str = 100, **fields: Any) -> Payment:
        fields = {"customer": self.customer, "method": self.card, **fields}
        return make_payment(amount=amount, **fields)

    def refund(self, payment: Payment, amount: int = 20, **fields: Any) -> Refund:
        fields = {"on": MARCH_16, "method": self.card, "reason": "Paid twice", **fields}
        return actions.pay_refund(payment, amount=Decimal(amount), **fields)

    def deposit(self, *payments: Payment, **fields: Any) -> Deposit:
        return actions.make_deposit(self.account, payments=payments, **{"date": MARCH_20, **fields})


@pytest.fixture
def till() -> Till:
    return Till()


def test_a_deposit_is_one_line_of_the_bank(till: Till) -> None:
    first, second = till.pay(100), till.pay(50)
    refund = till.refund(second, 20, fee=Decimal("0.50"))
    with made_by(origin="connection:12"):
        made = till.deposit(
            second, first, refunds=[refund], amounts=[FEE], reference=" po_1 ", memo="Week 12"
        )
    assert (made.total, made.currency, made.reference) == (Decimal("125.50"), "GBP", "po_1")
    assert (made.made_in, made.revision, made.is_made) == ("connection:12", 1, True)
    lines = [(each.payment or each.refund or each.role, each.amount) for each in made.lines.all()]
    assert lines == [
        (first, 100),
        (second, 50),
        (refund, Decimal("-20.50")),
        ("bank_charge", -4),
    ]
    assert Change.objects.filter(kind="deposit").count() == 1


def test_history_keeps_the_lines_as_they_were(till: Till) -> None:
    payment = till.pay()
    made = till.deposit(payment, amounts=[FEE])
    actions.undo_deposit(made, reason="Wrong payout", on=MARCH_20)
    undone, first = made.history.order_by("-history_id")
    assert [each["amount"] for each in first.lines_then] == ["100", "-4"]
    assert [each["standing"] for each in first.lines_then] == [True, True]
    assert [each["standing"] for each in undone.lines_then] == [False, False]
    assert first.lines_then[0]["payment"] == payment.pk
    assert (undone.status, undone.history_change_reason) == ("undone", "Wrong payout")


def test_more_may_go_out_than_came_in(till: Till) -> None:
    refund = till.refund(till.pay(), 20)
    assert till.deposit(refunds=[refund]).total == -20


def test_a_payment_lies_in_one_deposit_until_that_is_undone(till: Till) -> None:
    payment = till.pay()
    made = till.deposit(payment)
    with pytest.raises(ValidationError, match=r"in the bank deposit of 100\.00 GBP of 20 Mar 2026"):
        till.deposit(payment)
    with pytest.raises(ValidationError, match="cannot be cancelled before"):
        actions.undo_deposit(made, reason="Wrong payout", on=MARCH_16)
    actions.undo_deposit(made, reason="Wrong payout", on=APRIL_1)
    assert (made.status, made.undone_on, made.undo_reason) == ("undone", APRIL_1, "Wrong payout")
    with pytest.raises(ValidationError, match="undone already"):
        actions.undo_deposit(made, reason="Again", on=APRIL_1)
    assert till.deposit(payment).is_made


def test_the_database_itself_refuses_a_second_standing_deposit(till: Till) -> None:
    payment, other = till.pay(), till.pay()
    till.deposit(payment)
    second = till.deposit(other)
    rows: models.QuerySet[DepositLine] = models.QuerySet(DepositLine)
    twice = DepositLine(deposit=second, payment=payment, amount=Decimal(100))
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.bulk_create([twice])


def test_what_lies_in_a_deposit_is_locked_by_it(till: Till) -> None:
    payment = till.pay()
    refund = till.refund(payment)
    made = till.deposit(payment, refunds=[refund])
    out = r"out of the bank deposit of 80\.00 GBP of 20 Mar 2026 first"
    with pytest.raises(ValidationError, match=out):
        actions.cancel_payment(payment, reason="Typed twice", on=MARCH_20)
    with pytest.raises(ValidationError, match=out):
        actions.cancel_refund(refund, reason="Not sent", on=MARCH_20)
    payment.refresh_from_db()
    payment.method = make_method(till.company)
    with pytest.raises(Frozen, match=out):
        payment.save()
    payment.refresh_from_db()
    payment.memo = "Checked"
    payment.save()
    actions.undo_deposit(made, reason="Wrong payout", on=MARCH_20)
    payment.method = make_method(till.company)
    payment.save()
    actions.cancel_refund(refund, reason="Not sent", on=MARCH_20)
    actions.cancel_payment(payment, reason="Typed twice", on=MARCH_20)
    assert not payment.is_received


def test_deposited_money_that_comes_back_is_a_line_of_its_own(till: Till) -> None:
    payment = till.pay()
    made = till.deposit(payment)
    refund = actions.return_payment(payment, on=APRIL_1, reason="No funds", fee=Decimal(15))
    made.refresh_from_db()
    assert (made.total, made.is_made) == (100, True)
    assert till.deposit(refunds=[refund], date=APRIL_1).total == -115


def test_only_fitting_money_is_deposited(till: Till) -> None:
    euros = make_method(till.company, currency="EUR")
    at_the_bank = make_method(till.company, posts_to="bank")
    elsewhere = Till()
    cancelled = till.pay()
    actions.cancel_payment(cancelled, reason="Typed twice", on=MARCH_16)
    dollars = BankAccount.objects.create(company=till.company, name="USD", currency="USD")
    for payment, sentence in [
        (till.pay(method=at_the_bank), "is on the bank already"),
        (till.pay(method=None), "Say first by which method"),
        (elsewhere.pay(), "belongs to another company"),
        (cancelled, "is cancelled"),
        (till.pay(date=APRIL_1), "cannot reach the bank before"),
    ]:
        with pytest.raises(ValidationError, match=sentence):
            till.deposit(payment)
    with pytest.raises(ValidationError, match="is in GBP, “USD” in USD"):
        actions.make_deposit(dollars, date=MARCH_20, payments=[till.pay()])
    with pytest.raises(ValidationError, match="Choose the payments"):
        till.deposit()
    till.account.active = False
    till.account.save()
    with pytest.raises(ValidationError, match="not used any more"):
        till.deposit(till.pay())
    assert euros.currency == "EUR"
    assert not Deposit.objects.exists()


def test_a_ledger_knows_where_money_without_a_method_lies(till: Till) -> None:
    payment = till.pay(method=None)
    with made_by(origin="connection:12"):
        assert till.deposit(payment).total == 100


@pytest.mark.parametrize(
    ("amount", "role", "sentence"),
    [
        ("0", "bank_charge", "more or less than nil"),
        ("NaN", "bank_charge", "more or less than nil"),
        ("-0.001", "bank_charge", "more decimals than GBP"),
        ("-1", "bad_debt", "On the line of the bank stand"),
        ("-1", "retainer", "On the line of the bank stand"),
    ],
)
def test_what_may_stand_on_the_line_beside_the_money(
    till: Till, amount: str, role: str, sentence: str
) -> None:
    with pytest.raises(ValidationError, match=sentence):
        till.deposit(till.pay(), amounts=[DepositAmount(role=role, amount=Decimal(amount))])
    assert not Deposit.objects.exists()


def test_a_deposit_of_a_closed_month_is_neither_made_nor_undone(till: Till) -> None:
    payment = till.pay()
    made = till.deposit(payment)
    actions.set_closing_date(till.company, date(2026, 3, 31), reason="March filed")
    with pytest.raises(ValidationError, match="in a closed month"):
        actions.undo_deposit(made, reason="Wrong payout", on=APRIL_1)
    with pytest.raises(ValidationError, match="closed up to 31 March 2026"):
        till.deposit(till.pay(date=APRIL_1), date=date(2026, 3, 31))


def test_nothing_of_a_deposit_is_written_in_a_shell(till: Till) -> None:
    made = till.deposit(till.pay())
    line = made.lines.get()
    made.total = Decimal(1)
    with pytest.raises(Frozen, match="Undo it and make another"):
        made.save()
    with pytest.raises(Frozen, match="never deleted"):
        Deposit.objects.all().delete()
    with pytest.raises(Frozen, match="Undo it and make another"):
        line.save()
    with pytest.raises(Frozen, match="kept"):
        line.delete()
    with pytest.raises(SetBasedWriteRefused):
        DepositLine.objects.update(standing=False)
    with pytest.raises(SetBasedWriteRefused):
        made.lines.update(amount=1)
    copy = Deposit(
        company=till.company, bank_account=till.account, date=MARCH_20, currency="GBP", total=1
    )
    with pytest.raises(Frozen, match="“Make bank deposit”"):
        copy.save()


# --- Proposed ---------------------------------------------------------------------------------


def test_what_lies_in_clearing_is_proposed_by_method_day_and_payout(till: Till) -> None:
    cheques = make_method(till.company, name="Cheque")
    first, second = till.pay(100), till.pay(50)
    refund = till.refund(second, 20)
    next_day = till.pay(30, date=MARCH_17)
    payout = [
        till.pay(70, payout_reference="po_7"),
        till.pay(10, payout_reference="po_7", date=MARCH_17),
    ]
    returned = till.refund(payout[0], 5, reference="po_7")
    cheque = till.pay(40, method=cheques)
    till.pay(1, method=make_method(till.company, posts_to="bank"))
    till.deposit(till.pay(999))
    found = [
        (each.method, each.date, each.payout_reference, each.total, {*each.payments, *each.refunds})
        for each in actions.proposed_deposits(till.company, MARCH_20)
    ]
    assert sorted(found, key=lambda each: each[3]) == [
        (till.card, MARCH_17, "", 30, {next_day}),
        (cheques, MARCH_16, "", 40, {cheque}),
        (till.card, MARCH_17, "po_7", 75, {*payout, returned}),
        (till.card, MARCH_16, "", 130, {first, second, refund}),
    ]
    accounts = {each.method: each.bank_account for each in actions.proposed_deposits(till.company)}
    assert accounts == {till.card: till.account, cheques: None}
    assert len(actions.proposed_deposits(till.company, date(2026, 3, 15))) == 0


def test_methods_that_do_it_by_themselves_make_their_deposits_of_past_days(till: Till) -> None:
    today = till.company.today()
    till.card.deposits_itself = True
    till.card.save()
    by_hand = make_method(till.company, bank_account=till.account)
    nowhere = make_method(till.company, deposits_itself=True)
    past, other = till.pay(100, payout_reference="po_1"), till.pay(50)
    till.pay(7, date=today)
    till.pay(8, method=by_hand)
    till.pay(9, method=nowhere)
    made = actions.make_due_deposits(till.company)
    assert sorted((each.total, each.reference, each.date) for each in made) == [
        (50, "", MARCH_16),
        (100, "po_1", MARCH_16),
    ]
    members = DepositLine.objects.filter(standing=True).values_list("payment", flat=True)
    assert {*members} == {past.pk, other.pk}
    assert actions.make_due_deposits(till.company) == []


def test_what_a_person_must_look_at_is_not_made_by_itself(till: Till) -> None:
    till.card.deposits_itself = True
    till.card.save()
    payment = till.pay(100)
    till.refund(payment, 20, on=MARCH_17)  # a day of its own, below nil
    till.deposit(payment)
    actions.set_closing_date(till.company, MARCH_16, reason="Mid-month close")
    late = till.pay(30, date=MARCH_17, payout_reference="po_2")
    [made] = actions.make_due_deposits(till.company)
    assert [line.payment for line in made.lines.all()] == [late]
    [left] = actions.proposed_deposits(till.company)
    assert left.total == -20


def test_the_daily_task_makes_what_is_due_in_every_company() -> None:
    tills = Till(), Till()
    for each in tills:
        each.card.deposits_itself = True
        each.card.save()
        each.pay(100)
    assert make_bank_deposits() == "2 bank deposits made"
    assert {each.company for each in Deposit.objects.all()} == {each.company for each in tills}
    assert make_bank_deposits() == "0 bank deposits made"


class TestFeesWithTax:
    def fee(self, rate: TaxRate | None, amount: str = "-12", **more: Any) -> DepositAmount:
        told = {"role": "bank_charge", "description": "Card fees", **more}
        return DepositAmount(amount=Decimal(amount), tax_rate=rate, **told)

    def test_the_fee_and_its_tax_stand_apart_and_both_go_off_the_line_of_the_bank(
        self, till: Till
    ) -> None:
        rate = make_tax_rate(till.company, 20, code="VAT20")
        deposit = till.deposit(till.pay(600), amounts=[self.fee(rate)])
        # Bank Dr 588, fees Dr 10, tax on fees Dr 2, clearing Cr 600.
        assert deposit.total == 588
        lines = deposit.lines.values_list("role", "amount", "description", "tax_rate")
        assert list(lines) == [
            ("", 600, "", None),
            ("bank_charge", -10, "Card fees", rate.pk),
            ("input_tax", -2, "VAT20 on Card fees", rate.pk),
        ]
        rate.refresh_from_db()
        assert rate.used

    @pytest.mark.parametrize(
        ("amount", "net", "tax"),
        [("-0.01", "-0.01", "0"), ("-0.03", "-0.03", "0"), ("-9.99", "-8.33", "-1.66"),
         ("1.20", "1.00", "0.20"), ("-77.77", "-64.81", "-12.96")],
    )  # fmt: skip
    def test_net_and_tax_are_the_fee_to_the_cent(
        self, till: Till, amount: str, net: str, tax: str
    ) -> None:
        fee = self.fee(make_tax_rate(till.company, 20), amount)
        deposit = till.deposit(till.pay(600), amounts=[fee])
        assert deposit.total == 600 + Decimal(amount)
        found = {each.role: each.amount for each in deposit.lines.exclude(role="")}
        assert found == {
            "bank_charge": Decimal(net),
            **({"input_tax": Decimal(tax)} if Decimal(tax) else {}),
        }

    def test_a_rate_that_does_not_fit_is_refused(self, till: Till) -> None:
        zero = make_tax_rate(till.company, 0, treatment="zero")
        old = make_tax_rate(till.company, 17, valid_to=date(2026, 3, 1))
        to_come = make_tax_rate(till.company, 22, valid_from=date(2027, 1, 1))
        others = make_tax_rate(make_company(), 20)
        payment = till.pay(600)
        for rate, sentence in (
            (zero, "asks no tax"),
            (old, "held until 1 March 2026"),
            (to_come, "holds from 1 January 2027"),
            (others, "another company"),
        ):
            with pytest.raises(ValidationError, match=sentence):
                till.deposit(payment, amounts=[self.fee(rate)])
        small = self.fee(make_tax_rate(till.company, 20), role="small_difference")
        with pytest.raises(ValidationError, match="Only a fee of the bank"):
            till.deposit(payment, amounts=[small])
        with pytest.raises(ValidationError, match="stand payments, refunds, fees"):
            till.deposit(payment, amounts=[self.fee(None, role="input_tax")])
