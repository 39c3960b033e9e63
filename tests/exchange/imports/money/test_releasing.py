"""Money on hold becomes payments, refunds and bank deposits of billing: each once, or none."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command

from apps.billing.actions import cancel_payment
from apps.billing.changes import made_by
from apps.billing.models import (
    AccountRole,
    ActLimit,
    BankAccount,
    Batch,
    Company,
    Deposit,
    Payment,
    PaymentMethod,
    Refund,
)
from apps.exchange.imports.money import releasing
from apps.exchange.imports.money.holding import Movement, held_money, hold, key_of, known, waiting
from apps.exchange.imports.money.plans import (
    DepositPlan,
    FeeLine,
    Part,
    PaymentPlan,
    Plan,
    RefundPlan,
    plan_of,
)
from apps.exchange.imports.money.releasing import (
    leave_refused_out,
    release_money,
    take_back_money,
)
from apps.exchange.models import BroughtMoney
from apps.staff.access import give_role
from apps.staff.acts import ActName, RoleName
from apps.staff.models import User
from tests.billing.bookkeeper import BANK, CLEARING, RECEIVABLE, balances
from tests.factories import make_company, make_customer, make_invoice, make_method

pytestmark = pytest.mark.django_db

DAY = date(2026, 3, 16)


@pytest.fixture
def company() -> Company:
    return make_company()


@pytest.fixture
def batch(company: Company) -> Batch:
    return Batch.objects.create(company=company, name="march.csv")


@pytest.fixture
def card(company: Company) -> PaymentMethod:
    return make_method(company, name="Card", posts_to=PaymentMethod.PostsTo.CLEARING)


def put(batch: Batch, *plans: Plan) -> None:
    """Each on a row of its own from 2, its key that row."""
    movements = [
        Movement(row=row, key=key_of(row), called=f"movement {row}", plan=plan)
        for row, plan in enumerate(plans, start=2)
    ]
    assert hold(batch, movements) == len(plans)


def paid(customer_key: int, amount: str, *parts: tuple[int, str], **fields: object) -> PaymentPlan:
    told = tuple(Part(invoice=key, amount=Decimal(part)) for key, part in parts)
    plan = PaymentPlan(
        customer=customer_key, amount=Decimal(amount), currency="GBP", on=DAY, parts=told
    )
    return replace(plan, **fields)  # type: ignore[arg-type] # named by each test


def test_a_payment_over_two_invoices_leaves_the_rest_on_account(batch: Batch) -> None:
    """By hand: 150.00 came; 80.00 and 60.00 settle invoices, 10.00 stay on account.

    Invoices:  Dr receivable 140.00   Cr income 140.00
    Payment:   Dr bank       150.00   Cr receivable 150.00
    Receivable is then 10.00 in credit: what the customer has on account."""
    customer = make_customer(batch.company)
    bank = make_method(batch.company, posts_to=PaymentMethod.PostsTo.BANK)
    one = make_invoice(customer=customer, lines=[("Lantern", 1, 80)])
    two = make_invoice(customer=customer, lines=[("Lamp", 1, 60)])
    put(batch, paid(customer.pk, "150.00", (one.pk, "80.00"), (two.pk, "60.00"), method=bank.pk))

    released = release_money(batch)

    assert (released.done, released.refused) == (1, {})
    payment = Payment.objects.get()
    assert (payment.amount, payment.applied, payment.on_account) == (150, 140, 10)
    for invoice in (one, two):
        invoice.refresh_from_db()
        assert invoice.balance_due == 0
    books = balances(batch.company)
    assert books == {BANK: 150, RECEIVABLE: -10, "income": -140}
    assert batch.released_at is not None


def test_refunds_and_a_bank_deposit_come_after_what_they_are_made_of(
    batch: Batch, card: PaymentMethod
) -> None:
    """By hand: 100.00 came by card, 30.00 went back, the processor kept 2.50: 67.50 at the bank."""
    customer = make_customer(batch.company)
    account = BankAccount.objects.create(company=batch.company, name="Current", currency="GBP")
    money, back = key_of(4), key_of(3)
    deposit = DepositPlan(
        bank_account=account.pk,
        on=DAY,
        currency="GBP",
        total=Decimal("67.50"),
        reference="po_1",
        member_keys=(money, back),
        fees=(FeeLine(role=AccountRole.BANK_CHARGE, amount=Decimal("-2.50"), description="Fees"),),
    )
    refund = RefundPlan(
        customer=customer.pk,
        amount=Decimal(30),
        currency="GBP",
        on=DAY,
        method=None,
        payment_key=money,
    )
    put(batch, deposit, refund, paid(customer.pk, "100.00", method=card.pk))
    assert [plan_of(each) for each in waiting(batch)][:2] == [deposit, refund]

    assert release_money(batch).done == 3

    assert balances(batch.company) == {
        BANK: Decimal("67.50"),
        "bank_charge": Decimal("2.50"),
        RECEIVABLE: -70,
    }
    assert CLEARING not in balances(batch.company)
    assert Deposit.objects.get().total == Decimal("67.50")
    assert Refund.objects.get().reason == "Refund in march.csv"


def test_what_is_refused_stays_on_hold_with_its_sentence(batch: Batch, card: PaymentMethod) -> None:
    customer = make_customer(batch.company)
    invoice = make_invoice(customer=customer, lines=[("Lantern", 1, 80)])
    account = BankAccount.objects.create(company=batch.company, name="Current", currency="GBP")
    late = paid(customer.pk, "90.00", (invoice.pk, "90.00"), method=card.pk)
    deposit = DepositPlan(
        bank_account=account.pk, on=DAY, currency="GBP", total=Decimal(91), member_keys=(key_of(3),)
    )
    without = replace(deposit, member_keys=(key_of(2),), total=Decimal(90))
    put(batch, late, paid(customer.pk, "90.00", method=card.pk), deposit, without)

    released = release_money(batch)

    assert released.done == 1
    over, unequal, waits = released.refused.values()
    assert "Only 80.00 GBP" in over or "80.00" in over
    assert unequal == (
        "What it is made of comes to 90.00 GBP, and the line of the bank is 91.00 GBP."
    )
    assert waits.startswith("The payment that it is made of, movement 2 (row 2), is still on hold")
    assert Deposit.objects.count() == 0
    assert {each.row for each in waiting(batch)} == {2, 4, 5}
    assert batch.released_at is None
    assert batch.release_begun_at is not None
    with pytest.raises(ValidationError, match="cannot be taken back"):
        take_back_money(batch)
    assert release_money(batch).done == 0, "asked again it is refused again"
    assert leave_refused_out(batch) == 3
    batch.refresh_from_db()
    assert batch.released_at is not None
    assert Payment.objects.count() == 1


def test_broken_off_it_goes_on_with_what_is_left(batch: Batch) -> None:
    customer = make_customer(batch.company)
    put(batch, *(paid(customer.pk, f"{amount}.00") for amount in (1, 2, 3, 4)))
    left = iter([True, False])

    first = release_money(batch, lambda: next(left))

    assert (first.done, first.broken_off) == (2, True)
    assert release_money(batch).done == 2
    assert [each.amount for each in Payment.objects.order_by("pk")] == [1, 2, 3, 4]


def test_what_came_of_it_stands_with_the_payment_or_neither_does(
    batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(batch, paid(make_customer(batch.company).pk, "5.00"))

    def break_down(self: BroughtMoney, **options: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as broken:
        broken.setattr(BroughtMoney, "save", break_down)
        with pytest.raises(RuntimeError):
            release_money(batch)
    assert Payment.objects.count() == 0
    assert release_money(batch).done == 1
    assert Payment.objects.count() == 1


def test_a_movement_is_brought_once_and_again_when_it_was_taken_back(batch: Batch) -> None:
    plan = paid(make_customer(batch.company).pk, "5.00")
    put(batch, plan)
    other = Batch.objects.create(company=batch.company, name="march again.csv")
    same = Movement(row=9, key=key_of(2), called="the same", plan=plan)

    assert hold(other, [same, same]) == 0
    assert known(batch.company, [key_of(2), key_of(3)]).keys() == {key_of(2)}
    assert held_money(batch) == {BroughtMoney.Act.RECEIVE: 1}

    assert take_back_money(batch) == 1

    assert known(batch.company, [key_of(2)]) == {}
    with pytest.raises(ValidationError, match="was taken back"):
        release_money(batch)
    assert hold(other, [same, same]) == 1
    assert release_money(other).done == 1
    payment = Payment.objects.get()
    cancel_payment(payment, reason="Typed twice")
    assert known(batch.company, [key_of(2)])[key_of(2)].payment == payment


def test_rights_and_limits_are_those_of_the_acts(
    batch: Batch, card: PaymentMethod, django_user_model: type[User]
) -> None:
    customer = make_customer(batch.company)
    payment = paid(customer.pk, "50.00", method=card.pk)
    refund = RefundPlan(
        customer=customer.pk,
        amount=Decimal(40),
        currency="GBP",
        on=DAY,
        method=None,
        payment_key=key_of(2),
    )
    put(batch, payment, refund)
    clerk = django_user_model.objects.create_user("clerk@example.com")
    accountant = django_user_model.objects.create_user("accountant@example.com")
    call_command("roles")
    give_role(clerk, RoleName.CLERK)
    give_role(accountant, RoleName.ACCOUNTANT)
    ActLimit.objects.create(
        company=batch.company, role=RoleName.ACCOUNTANT, act=ActName.PAY_REFUND, amount=25
    )

    with made_by(clerk.pk):
        refused = release_money(batch)
    assert refused.done == 0
    assert all("You may not" in each for each in refused.refused.values())
    with made_by(accountant.pk):
        limited = release_money(batch)
    assert limited.done == 1
    assert limited.refused == {
        "Row 3, movement 3": "40.00 is above your limit of 25.00 GBP to refund customers: somebody "
        "with a higher one releases it."
    }
    assert releasing.waiting(batch).get().sentence
