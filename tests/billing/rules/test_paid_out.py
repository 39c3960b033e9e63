"""No more is paid out than came in, in whatever order a customer's money, credits, losses, rebates
and retainers follow each other."""

import random
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from apps.billing import actions
from apps.billing.acts.bulk import DraftDocument, DraftLine, create_documents
from apps.billing.acts.merging import merge_customers
from apps.billing.changes import made_by
from apps.billing.models import Adjustment, Allocation, Company, CreditNote, Invoice, Payment
from apps.billing.rules.value import may_be_paid_out
from apps.staff.access import add_member, set_up_roles
from apps.staff.acts import RoleName
from apps.staff.models import User
from tests.billing.bookkeeper import RECEIVABLE, balances, receivable_by_open_amounts
from tests.factories import (
    make_company,
    make_credit_note,
    make_customer,
    make_exchange_rate,
    make_invoice,
    make_method,
    make_payment,
    make_tax_rate,
)

pytestmark = pytest.mark.django_db

PASSWORD = "a-long-enough-password-1"


def march(day: int) -> date:
    return date(2026, 3, day)


# --- A rebate without an invoice --------------------------------------------------------------


@pytest.fixture
def company() -> Company:
    return make_company()


@pytest.fixture
def fay() -> User:
    set_up_roles()
    return add_member("fay@example.com", RoleName.ACCOUNTANT, PASSWORD, name="Fay")


@pytest.fixture
def gus() -> User:
    set_up_roles()
    return add_member("gus@example.com", RoleName.ACCOUNTANT, PASSWORD, name="Gus")


class TestRebates:
    def test_need_a_reason(self) -> None:
        note = make_credit_note(issued=False, reason=" ")
        with pytest.raises(ValidationError, match="a credit note without an invoice needs one"):
            actions.issue(note)

    def test_need_a_second_person_whatever_they_come_to(self, fay: User, gus: User) -> None:
        note = make_credit_note(issued=False, lines=[("A penny", 1, "0.01")])
        with made_by(fay.pk):
            with pytest.raises(actions.NeedsApproval, match="a second person") as refusal:
                actions.issue(note)
            asked = actions.ask(refusal.value)
        note.refresh_from_db()
        assert note.is_draft
        with pytest.raises(ValidationError, match="You asked for this yourself"):
            actions.approve(asked, fay)
        actions.approve(asked, gus)
        note.refresh_from_db()
        assert note.is_issued

    def test_a_mirror_of_an_invoice_needs_no_second_person(self, fay: User) -> None:
        invoice = make_invoice()
        with made_by(fay.pk):
            assert make_credit_note(invoice=invoice).is_issued

    def test_are_not_brought_in_past_the_second_person(self, company: Company, fay: User) -> None:
        draft = DraftDocument(
            model=CreditNote,
            customer=make_customer(company),
            issue_date=march(9),
            number="OLD-1",
            lines=[DraftLine(quantity=Decimal(1), unit_price=Decimal(5), description="Bonus")],
        )
        with made_by(fay.pk), pytest.raises(ValidationError, match="needs a second person"):
            create_documents([draft])
        assert create_documents([draft])[0].is_issued  # a task that nobody stands behind

    def test_are_paid_out_of_what_the_customer_paid_and_no_more(self, company: Company) -> None:
        """100.00 were paid, 60.00 of them go out for a credited part: 40.00 are left for both."""
        customer, method = make_customer(company), make_method(company)
        rebate = make_credit_note(customer=customer)
        assert may_be_paid_out(rebate) == 0
        invoice = make_invoice(customer=customer)
        make_payment(invoice=invoice)
        note = actions.credit_invoice(
            invoice,
            reason="Sent back",
            on=march(9),
            lines=[actions.Part(line=invoice.lines.get(), net=Decimal(60))],
        )
        actions.issue(note)
        refund(note, 60, method)

        with pytest.raises(ValidationError, match=r"Only 40\.00 GBP .* can be paid out"):
            refund(rebate, "40.01", method)
        refund(rebate, 40, method)


def refund(source: CreditNote | Payment, amount: int | str, method: Any) -> None:
    actions.pay_refund(
        source, amount=Decimal(amount), on=march(20), method=method, reason="Asked for it"
    )


# --- What is taken back with a credit note ----------------------------------------------------


def test_a_draft_made_before_the_loss_takes_it_back_when_it_is_issued_after(
    company: Company,
) -> None:
    """100.00 + 20.00: written off 30.00 on 12 March while the draft of 9 March lies ready."""
    rate = make_tax_rate(company, 20)
    invoice = make_invoice(company=company, lines=[("Oil", 1, 100, rate)])
    note = actions.credit_invoice(invoice, reason="Sent back", on=march(9))
    make_payment(invoice=invoice, amount=90, date=march(10))
    actions.write_off(invoice, amount=Decimal(30), on=march(12), reason="Gone")

    actions.issue(note)

    note.refresh_from_db()
    assert (note.total, note.open_credit) == (120, 90)
    taken = Adjustment.objects.get(reverses__isnull=False)
    assert (taken.amount, taken.role, taken.side, taken.date) == (
        30,
        "bad_debt",
        "debit",
        march(12),
    )
    assert balances(company) == {RECEIVABLE: Decimal(-90), "clearing": Decimal(90)}


def test_a_loss_of_a_closed_month_is_taken_back_in_the_open_one(company: Company) -> None:
    invoice = make_invoice(company=company)
    actions.write_off(invoice, amount=Decimal(100), on=march(20), reason="Gone")
    actions.set_closing_date(company, march(31), reason="March is filed")

    note = actions.credit_invoice(invoice, reason="Sent back", on=date(2026, 4, 7))
    actions.issue(note)

    taken = Adjustment.objects.get(reverses__isnull=False)
    assert taken.date == date(2026, 4, 7)
    note.refresh_from_db()
    assert note.open_credit == 0
    assert balances(company) == {}


def test_losses_in_another_currency_leave_no_penny_at_home(company: Company) -> None:
    """100.00 USD at 0.87653 are 87.65 GBP: 33.33 paid, 66.67 lost, all credited in three parts."""
    make_exchange_rate(company, "USD", "0.87653")
    customer = make_customer(company, currency="USD")
    invoice = make_invoice(customer=customer)
    make_payment(invoice=invoice, amount="33.33", exchange_rate=Decimal("0.9"))
    actions.write_off(invoice, amount=Decimal("66.67"), on=march(20), reason="Gone")
    for net in ("33.34", "33.33", "33.33"):
        part = actions.Part(line=invoice.lines.get(), net=Decimal(net))
        note = actions.credit_invoice(invoice, reason="Sent back", on=march(21), lines=[part])
        actions.issue(note)

    open_credit = sum(each.open_credit for each in CreditNote.objects.all())
    assert open_credit == Decimal("33.33")
    left = balances(company)
    assert left.get("bad_debt", Decimal(0)) == 0
    assert left[RECEIVABLE] == receivable_by_open_amounts(company)


# --- Any order --------------------------------------------------------------------------------


class Walk:
    """Two invoices of one customer, and whatever staff may do about them."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.company = make_company()
        self.customer = make_customer(self.company)
        self.method = make_method(self.company)
        self.invoices = [make_invoice(customer=self.customer) for _ in range(2)]
        self.day = march(16)
        self.bounced = False

    def any_of(self, rows: Any) -> Any:
        found = list(rows)
        if not found:
            raise ValidationError("Nothing there.")
        return self.chance.choice(found)

    def amount(self, most: Decimal) -> Decimal:
        return max(min(most, Decimal(self.chance.choice([20, 50, 100]))), Decimal("0.01"))

    def net(self) -> Decimal:
        """Money in less money out."""
        received = Payment.objects.filter(company=self.company, status="received")
        out = self.company.refunds.filter(status="made")
        return sum((each.amount for each in received), Decimal(0)) - sum(
            (each.amount for each in out), Decimal(0)
        )

    def step(self) -> None:
        self.day += timedelta(days=1)
        act = self.chance.choice(ACTS)
        before = self.net()
        try:
            with transaction.atomic():
                act(self)
        except ValidationError:
            return
        if act is not Walk.bounce:
            assert self.net() >= min(before, Decimal(0)), act.__name__
            if not self.bounced:
                assert self.net() >= 0, act.__name__

    # --- acts
    def receive(self) -> None:
        make_payment(customer=self.customer, amount=50, date=self.day)

    def pay(self) -> None:
        invoice = self.any_of(Invoice.objects.filter(company=self.company, balance_due__gt=0))
        make_payment(invoice=invoice, amount=self.amount(invoice.balance_due), date=self.day)

    def apply(self) -> None:
        source = self.any_of(
            [
                *Payment.objects.filter(company=self.company, on_account__gt=0),
                *CreditNote.objects.filter(company=self.company, open_credit__gt=0),
            ]
        )
        left = source.on_account if isinstance(source, Payment) else source.open_credit
        invoice = self.any_of(Invoice.objects.filter(company=self.company, balance_due__gt=0))
        amount = self.amount(min(left, invoice.balance_due))
        actions.allocate(source, invoice, amount, on=self.day)

    def un_apply(self) -> None:
        one = self.any_of(Allocation.objects.filter(company=self.company, reversed_on=None))
        actions.reverse(one, on=self.day, reason="Another one")

    def credit(self) -> None:
        invoice = self.any_of(self.invoices)
        lines = None
        if self.chance.random() < 0.7:
            part = Decimal(self.chance.choice([20, 50]))
            lines = [actions.Part(line=invoice.lines.get(), net=part)]
        note = actions.credit_invoice(invoice, reason="Sent back", on=self.day, lines=lines)
        actions.issue(note)

    def rebate(self) -> None:
        make_credit_note(
            customer=self.customer, lines=[("Bonus", 1, 30)], issue_date=self.day, company=None
        )

    def lose(self) -> None:
        invoice = self.any_of(Invoice.objects.filter(company=self.company, balance_due__gt=0))
        amount = self.amount(invoice.balance_due)
        if self.chance.random() < 0.5:
            actions.write_off(invoice, amount=amount, on=self.day, reason="Gone")
        else:
            actions.deduct(
                invoice, role="early_discount", amount=amount, on=self.day, reason="Agreed"
            )

    def hold(self) -> None:
        payment = self.any_of(Payment.objects.filter(company=self.company, on_account__gt=0))
        actions.hold_as_retainer(payment, amount=payment.on_account, on=self.day)

    def use(self) -> None:
        invoice = self.any_of(Invoice.objects.filter(company=self.company, balance_due__gt=0))
        actions.use_retainer(invoice, amount=self.amount(invoice.balance_due), on=self.day)

    def end(self) -> None:
        made = self.any_of(Adjustment.objects.filter(company=self.company, status="made"))
        actions.cancel_adjustment(made, reason="Not so", on=self.day)

    def pay_out(self) -> None:
        source = self.any_of(
            [
                *Payment.objects.filter(company=self.company, on_account__gt=0),
                *CreditNote.objects.filter(company=self.company, open_credit__gt=0),
            ]
        )
        left = source.on_account if isinstance(source, Payment) else source.open_credit
        actions.pay_refund(
            source, amount=self.amount(left), on=self.day, method=self.method, reason="Asked"
        )

    def cancel_payment(self) -> None:
        payment = self.any_of(Payment.objects.filter(company=self.company))
        actions.cancel_payment(payment, reason="Typed twice", on=self.day)

    def cancel_refund(self) -> None:
        made = self.any_of(self.company.refunds.filter(status="made"))
        actions.cancel_refund(made, reason="Never left", on=self.day)

    def void(self) -> None:
        note = self.any_of(CreditNote.objects.filter(company=self.company, status="issued"))
        actions.void(note, reason="Never sent back", on=self.day)

    def bounce(self) -> None:
        payment = self.any_of(Payment.objects.filter(company=self.company, status="received"))
        actions.return_payment(payment, on=self.day, reason="No funds", method=self.method)
        self.bounced = True


ACTS: list[Callable[[Walk], None]] = [
    *(Walk.receive, Walk.pay, Walk.pay, Walk.apply, Walk.apply, Walk.un_apply, Walk.un_apply),
    *(Walk.credit, Walk.credit, Walk.rebate, Walk.lose, Walk.hold, Walk.use, Walk.end),
    *(Walk.pay_out, Walk.pay_out, Walk.pay_out, Walk.cancel_payment, Walk.cancel_refund),
    *(Walk.void, Walk.bounce),
]


@pytest.mark.parametrize("lost", ["written off", "deducted"])
def test_what_was_lost_was_not_received_and_pays_out_no_rebate(lost: str) -> None:
    company = make_company()
    invoice = make_invoice(company=company)
    if lost == "written off":
        actions.write_off(invoice, amount=Decimal(100), on=march(10), reason="Gone")
    else:
        actions.deduct(
            invoice, role="bank_charge", amount=Decimal(100), on=march(10), reason="Kept"
        )
    rebate = make_credit_note(customer=invoice.customer)

    assert may_be_paid_out(rebate) == 0
    with pytest.raises(ValidationError, match="no more was received"):
        actions.pay_refund(
            rebate, amount=Decimal(1), on=march(20), method=make_method(company), reason="Rebate"
        )


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.variants
def test_money_out_never_exceeds_money_in(seed: int) -> None:
    walk = Walk(seed)
    for _ in range(40):
        walk.step()
    left = balances(walk.company)
    assert left.get(RECEIVABLE, Decimal(0)) == receivable_by_open_amounts(walk.company)
    for invoice in Invoice.objects.filter(company=walk.company):
        assert 0 <= invoice.balance_due <= invoice.total
    for note in CreditNote.objects.filter(company=walk.company, status="issued"):
        assert 0 <= note.open_credit <= note.total


# --- Customers that were merged ---------------------------------------------------------------


def test_what_came_of_one_of_two_merged_customers_is_received_for_the_other(
    company: Company,
) -> None:
    """100.00 came for a sale to the one; its credit settled a sale to the other, which is credited
    and paid out. Then neither the money nor the credit is taken off what it was received for."""
    gone, stays = make_customer(company), make_customer(company)
    first, second = (make_invoice(customer=each, issue_date=march(2)) for each in (gone, stays))
    payment = make_payment(invoice=first, amount=100, date=march(3))
    used = make_credit_note(invoice=first, issue_date=march(4))
    merge_customers(gone, stays, reason="One firm")
    moved = actions.allocate(used, second, Decimal(100), on=march(5))
    note = make_credit_note(invoice=second, issue_date=march(6))
    assert may_be_paid_out(note) == 100
    method = make_method(company)
    actions.pay_refund(note, amount=Decimal(100), on=march(7), method=method, reason="Sent back")
    for allocation in (moved, payment.allocations.get()):
        with pytest.raises(ValidationError, match="was refunded by a credit note since"):
            actions.reverse(allocation, on=march(8), reason="Freed")
    assert may_be_paid_out(used) == 0
