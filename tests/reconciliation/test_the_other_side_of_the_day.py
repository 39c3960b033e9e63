"""As of a day: what is dated, applied or un-applied on one side of it here and on the other there."""

import dataclasses
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.billing.actions import allocate, reverse
from apps.billing.models import Allocation, Invoice, Payment
from apps.connectors.port import RemoteObject
from apps.connectors.snapshots import AllocationSnapshot, PaymentSnapshot
from apps.reconciliation.figures import Comparison
from apps.reconciliation.laid_aside import LaidAside
from apps.reconciliation.models import Cause, Difference, Question, Why
from apps.reconciliation.questions.answering import answer
from apps.reconciliation.review.causes import causes_of
from apps.reconciliation.theirs import Theirs
from apps.staff.models import User
from tests.factories import make_customer, make_invoice, make_payment
from tests.reconciliation.sides import BANK, RECEIVABLE, SALES, Sides

pytestmark = pytest.mark.django_db
MARCH = date(2026, 3, 31)


class AsOf(Sides):
    """Both sides as of the end of March; `post` what their trial balance of that day says."""

    def __init__(self) -> None:
        super().__init__()
        self.theirs = Theirs(aside=LaidAside(MARCH))

    def compare(self) -> Comparison:
        self.theirs.turn_back()
        return super().compare()


@pytest.fixture
def sides() -> AsOf:
    return AsOf()


@pytest.fixture
def invoice(sides: AsOf) -> Invoice:
    """Over 100.00, of 2 March."""
    return make_invoice(company=sides.company)


def on_account(sides: AsOf, invoice: Invoice) -> Payment:
    """60.00 of 16 March."""
    return make_payment(customer=invoice.customer, amount=60, method=sides.bank)


def counted_from(remote: RemoteObject, day: date) -> dict[str, Any]:
    """What a payment settles, as a ledger tells it that dates it so."""
    held = remote.snapshot
    assert isinstance(held, PaymentSnapshot)
    moved = (dataclasses.replace(each, applied_on=day) for each in held.allocations)
    return {"allocations": tuple(moved)}


def both(found: Comparison, name: str) -> tuple[Decimal, Decimal]:
    return found.sums[name].ours, found.sums[name].theirs


def test_money_on_account_that_was_applied_later_is_on_account_on_both_sides(
    sides: AsOf, invoice: Invoice
) -> None:
    payment = on_account(sides, invoice)
    allocate(payment, invoice, amount=Decimal(60), on=date(2026, 4, 7))
    sides.document(invoice)
    sides.payment(payment)  # applied on 7 April there, too

    found = sides.compare()

    assert found.tied_out, found.refusals
    assert found.set_off_elsewhen == []
    assert both(found, "invoices: paid") == (0, 0)
    assert both(found, "invoices: balance due") == (100, 100)
    assert both(found, "payments: on account") == (60, 60)


def test_what_a_ledger_applies_from_the_day_of_the_payment_is_listed_and_agrees(
    sides: AsOf, invoice: Invoice
) -> None:
    payment = on_account(sides, invoice)
    allocate(payment, invoice, amount=Decimal(60), on=date(2026, 4, 7))
    sides.document(invoice)
    remote = sides.payment(payment)
    sides.change(remote, snapshot=counted_from(remote, payment.date))

    found = sides.compare()

    assert found.tied_out, found.refusals
    assert both(found, "invoices: balance due") == (100, 40)
    listed = {each.figure: (each.here, each.there, each.amount) for each in found.set_off_elsewhen}
    target = sides.tie(invoice)
    assert listed == {
        "paid": ("0.00 GBP", "60.00 GBP", 60),
        "balance due": ("100.00 GBP", "40.00 GBP", -60),
        "on account": ("60.00 GBP", "0.00 GBP", -60),
        f"part set against {target}": ("0.00 GBP", "60.00 GBP", 60),
    }
    assert str(found.set_off_elsewhen[0]) == (
        f"Invoice {invoice.number}: paid was 0.00 GBP here and 60.00 GBP in QuickBooks, "
        "and is equal now."
    )


def test_money_set_against_an_invoice_of_later_is_on_account_whatever_its_day_there(
    sides: AsOf, invoice: Invoice
) -> None:
    payment = on_account(sides, invoice)
    april = make_invoice(customer=invoice.customer, issue_date=date(2026, 4, 1))
    allocate(payment, april, amount=Decimal(60), on=april.issue_date)
    stands = sides.document(invoice), sides.document(april)
    assert [each.dated for each in stands] == [date(2026, 3, 2), date(2026, 4, 1)]
    sides.post(RECEIVABLE, Decimal(-100))  # of April
    sides.post(SALES, Decimal(100))
    remote = sides.payment(payment)
    sides.change(remote, snapshot=counted_from(remote, payment.date))

    found = sides.compare()

    assert found.tied_out, found.refusals
    assert both(found, "payments: on account") == (60, 60)
    assert found.set_off_elsewhen == []


def test_another_amount_applied_there_differs_whatever_its_day(
    sides: AsOf, invoice: Invoice
) -> None:
    payment = on_account(sides, invoice)
    allocate(payment, invoice, amount=Decimal(60), on=date(2026, 4, 7))
    sides.document(invoice)
    remote = sides.payment(payment)
    part: AllocationSnapshot
    (part,) = counted_from(remote, payment.date)["allocations"]
    fifty = dataclasses.replace(part, amount=Decimal(50))
    sides.change(remote, snapshot={"allocations": (fifty,)}, balance=Decimal(10))

    found = sides.compare()

    assert {each.figure: each.amount for each in found.differences} == {
        "paid": 50,
        "on account": -50,
        f"part set against {sides.tie(invoice)}": 50,
        # Their invoice says that 60.00 of it are set off, of which nothing tells 10.00.
        "settled otherwise": 10,
    }
    assert [each.figure for each in found.set_off_elsewhen] == ["balance due"]


def test_what_was_un_applied_later_is_on_no_day_there(sides: AsOf, invoice: Invoice) -> None:
    payment = make_payment(invoice=invoice, amount=60, method=sides.bank)
    reverse(Allocation.objects.get(), on=date(2026, 5, 4), reason="Of another invoice")
    sides.document(invoice)
    sides.payment(payment)

    found = sides.compare()

    assert found.tied_out, found.refusals
    assert both(found, "invoices: paid") == (60, 0)
    assert both(found, "payments: on account") == (0, 60)
    assert {each.figure: each.amount for each in found.set_off_elsewhen} == {
        "paid": -60,
        "balance due": 60,
        "on account": 60,
        f"part set against {sides.tie(invoice)}": -60,
    }


def test_what_is_dated_later_there_differs_by_its_date(sides: AsOf, invoice: Invoice) -> None:
    remote = sides.document(invoice)
    del sides.theirs.documents[remote.kind, remote.remote_id]
    sides.change(remote, snapshot={"issue_date": date(2026, 4, 1)}, dated=date(2026, 4, 1))
    sides.balances = {}  # of the end of March

    found = sides.compare()

    dated, *accounts = found.differences
    assert (dated.why, dated.here, dated.there) == (Why.DATE, "2 March 2026", "1 April 2026")
    assert {(each.why, each.amount) for each in accounts} == {
        (Why.BALANCE, -100),
        (Why.BALANCE, 100),
    }
    assert found.only_here == []


def test_what_is_dated_later_here_differs_by_its_date_and_is_not_only_theirs(
    sides: AsOf,
) -> None:
    invoice = make_invoice(company=sides.company, issue_date=date(2026, 4, 1))
    remote = sides.document(invoice)
    sides.change(remote, snapshot={"issue_date": MARCH}, dated=MARCH)
    payment = make_payment(invoice=make_invoice(company=sides.company), method=sides.bank)
    sides.document(payment.allocations.get().invoice)
    sides.payment(payment)

    found = sides.compare()

    dated = [each for each in found.differences if each.why is Why.DATE]
    assert [(each.here, each.there) for each in dated] == [("1 April 2026", "31 March 2026")]
    assert found.only_there == []
    lines = {line.account_id: line.difference for line in found.accounts}
    assert lines == {"receivable": 100, SALES: -100, BANK: 0}
    assert RECEIVABLE in sides.balances


def test_what_is_dated_later_on_both_sides_is_not_looked_at(sides: AsOf, invoice: Invoice) -> None:
    payment = make_payment(invoice=invoice, date=date(2026, 4, 2), method=sides.bank)
    sides.document(invoice)
    stood = dict(sides.balances)
    sides.payment(payment)
    april = make_invoice(company=sides.company, issue_date=date(2026, 4, 1))
    remote = sides.document(april)
    sides.change(remote, amount=Decimal(1), snapshot={"total": Decimal(1)})
    sides.type_invoice_there("T-9", Decimal(75))  # of 1 April
    sides.balances = stood

    found = sides.compare()

    assert found.tied_out, found.refusals
    assert (found.documents, found.payments, found.only_there) == (1, 0, [])
    assert both(found, "invoices: balance due") == (100, 100)


def test_of_a_day_no_difference_is_opened_and_what_is_asked_is_of_that_day_alone(
    sides: AsOf, invoice: Invoice
) -> None:
    """Its cause is gone by now: somebody closes it with a word, and that day agrees."""
    remote = sides.document(invoice)
    sides.type_like(remote, "T-1", dated=date(2026, 3, 5))
    sides.change(remote, balance=Decimal(90))

    found = sides.compare()

    assert {each.figure for each in found.differences} == {"balance due", "settled otherwise"}
    assert not Difference.objects.exists()
    [asked] = found.questions
    assert (asked.cause, asked.as_of, asked.standing) == (Cause.SALE_TWICE, MARCH, False)
    # The review is of now.
    assert "question" not in {each.kind for each in causes_of(sides.company)}

    fay = User.objects.create(email="fay@example.com", name="Fay")
    answer(asked, Question.Answer.SETTLED, user_id=fay.pk, reason="Voided there in April")
    again = sides.compare()
    assert (again.questions, again.answered) == ([], [asked])
    assert again.answered[0].answered_by == fay


def test_what_a_day_asks_no_longer_is_closed_by_comparing_it_again(
    sides: AsOf, invoice: Invoice
) -> None:
    remote = sides.document(invoice)
    typed = sides.type_like(remote, "T-1", dated=date(2026, 3, 5))
    [asked] = sides.compare().questions
    fay = User.objects.create(email="fay@example.com", name="Fay")

    assert typed.amount is not None
    sides.post(RECEIVABLE, -typed.amount)
    sides.post(SALES, typed.amount)
    sides.change(typed, void=True, snapshot={"void": True})

    assert sides.compare().questions == []
    asked.refresh_from_db()
    assert (asked.as_of, asked.answer) == (None, "")
    with pytest.raises(ValidationError, match="did not find it any more"):
        answer(asked, Question.Answer.SETTLED, user_id=fay.pk, reason="Gone")


def test_what_stands_now_too_is_asked_and_answered_as_of_now(sides: AsOf, invoice: Invoice) -> None:
    remote = sides.document(invoice)
    sides.type_like(remote, "T-1", dated=date(2026, 3, 5))
    [asked] = sides.compare().questions
    Question.objects.filter(pk=asked.pk).update(standing=True, as_of=None)

    [again] = sides.compare().questions

    assert (again.pk, again.as_of) == (asked.pk, None)
    fay = User.objects.create(email="fay@example.com", name="Fay")
    with pytest.raises(ValidationError, match="It still stands"):
        answer(again, Question.Answer.SETTLED, user_id=fay.pk, reason="Voided")


def test_a_customer_s_money_of_later_asks_nothing(sides: AsOf) -> None:
    customer = make_customer(sides.company)
    sides.tie(customer)
    late = make_payment(customer=customer, date=date(2026, 4, 9), method=sides.bank)
    remote = sides.payment(late)
    sides.change(remote, snapshot={"account_id": SALES})
    sides.balances = {}

    found = sides.compare()

    assert found.tied_out, found.refusals
