"""What waits for a bank deposit, found in a bounded time: the same as what is proposed one by one."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from apps.billing import actions
from apps.billing.acts import to_bank
from apps.billing.acts.depositing import bank_currency, note_outside_deposit
from apps.billing.acts.moving import post_elsewhere
from apps.billing.models import BankAccount, Company, Payment
from apps.core.together import Together
from tests.factories import make_company, make_customer, make_method, make_payment

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 2)


def found(company: Company) -> tuple[to_bank.Proposed, list[to_bank.Clearing]]:
    asked, groups = Together(), Together()
    to_bank.ask_methods(asked, Company.objects.filter(pk=company.pk))
    asked.ask()
    methods = to_bank.clearing(asked, {company.pk: company.today()})
    to_bank.ask_proposed(groups, methods)
    groups.ask()
    return to_bank.proposed(groups, methods), methods


def same_as_one_by_one(company: Company) -> int:
    """Asserts that groups, sums and members are those of `proposed_deposits`; how many there are."""
    told, methods = found(company)
    assert not told.more
    sums = to_bank.sums_of(told.groups, methods)
    by_method = {each.method: each for each in methods}
    quick = sorted(
        (
            each.method,
            each.payout,
            each.bank_currency,
            sums[each].last,
            sums[each].total,
            sums[each].count,
            sorted(
                (row.public_id.hex)
                for rows in to_bank.members_of(by_method[each.method], each).values()
                for row in rows
            ),
        )
        for each in told.groups
    )
    slow = sorted(
        (
            each.method.pk,
            each.payout_reference,
            each.currency,
            each.date,
            each.total,
            len(each.payments) + len(each.refunds),
            sorted(row.public_id.hex for row in (*each.payments, *each.refunds)),
        )
        for each in actions.proposed_deposits(company)
    )
    assert quick == slow
    for currency in ("GBP", "USD"):
        rows = [
            row
            for each in actions.proposed_deposits(company)
            for row in (*each.payments, *each.refunds)
            if bank_currency(row) == currency
        ]
        offered = to_bank.waiting(methods, currency, 50)
        assert {row.public_id for row in offered} == {row.public_id for row in rows}
    return len(quick)


def test_it_is_what_is_proposed_one_by_one_through_all_that_happens_to_money() -> None:
    company = make_company()
    customer = make_customer(company)
    bank = BankAccount.objects.create(company=company, name="Current", currency="GBP")
    card, cheque = make_method(company, bank_account=bank), make_method(company, name="Cheque")
    straight = make_method(company, name="Transfer", posts_to="bank")
    abroad = make_customer(company, currency="USD")

    def pay(amount: int, **fields: Any) -> Payment:
        fields = {"customer": customer, "method": card, "date": DAY, **fields}
        return make_payment(amount=amount, **fields)

    assert same_as_one_by_one(company) == 0
    first, second = pay(100), pay(50, date=DAY + timedelta(days=1))
    payout = [pay(70, payout_reference="po"), pay(9, payout_reference="po", date=date(2026, 3, 9))]
    pay(3, method=straight)
    moved = pay(40, method=cheque)
    pay(30, customer=abroad, bank_amount=Decimal(24), exchange_rate=Decimal("0.8"))
    for paid, amount, named in ((first, 5, "po"), (first, 6, "no payout"), (second, 7, "")):
        actions.pay_refund(
            paid, amount=Decimal(amount), on=date(2026, 3, 5), method=card, reason="-", reference=named
        )  # fmt: skip
    assert (
        same_as_one_by_one(company) == 6
    )  # two of days, their refunds, one payout, cheque, of a customer abroad
    post_elsewhere(cheque, posts_to="bank", since=date(2026, 4, 1), reason="A new terminal")
    pay(11, method=cheque, date=date(2026, 4, 2))
    assert same_as_one_by_one(company) == 6
    post_elsewhere(cheque, posts_to="clearing", since=date(2026, 5, 1), reason="And back")
    pay(12, method=cheque, date=date(2026, 5, 2))
    assert same_as_one_by_one(company) == 7
    deposit = actions.make_deposit(bank, date=date(2026, 5, 3), payments=[first, moved, *payout])
    assert same_as_one_by_one(company) == 4
    second.refresh_from_db()
    stale = Payment.objects.get(pk=second.pk)
    note_outside_deposit([second], key="theirs:1", label="Deposit 7")
    assert Payment.objects.get(pk=second.pk).banked
    stale.memo = "Typed before it was known"
    stale.save()
    assert Payment.objects.get(pk=second.pk).banked  # a stale copy does not take it back
    assert same_as_one_by_one(company) == 3
    actions.undo_deposit(deposit, reason="Another payout")
    note_outside_deposit([], key="theirs:1", label="Deposit 7")
    assert same_as_one_by_one(company) == 7
    actions.cancel_payment(moved, reason="Typed twice")
    assert same_as_one_by_one(company) == 6


def test_of_very_many_it_is_said_that_there_are_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(to_bank, "MOST", 3)
    company = make_company()
    customer, card = make_customer(company), make_method(company)
    for place in range(4):
        make_payment(customer=customer, amount=10, method=card, date=DAY + timedelta(days=place))
        assert found(company)[0].more is (place == 3)
    assert [each.pk for each in to_bank.waiting(found(company)[1], "GBP", 2)] == [
        each.pk for each in Payment.objects.order_by("date")[:2]
    ]
