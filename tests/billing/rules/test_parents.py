"""A parent pays what its sub-customers owe; credits and everything else stay with their customer."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.billing.actions import (
    Deducted,
    allocate,
    cancel_payment,
    credit_invoice,
    hold_as_retainer,
    issue,
    pay_refund,
    receive_payment,
    return_payment,
    reverse,
)
from apps.billing.models import AccountRole, Customer, Invoice, Payment
from apps.billing.sums.as_of import as_of
from tests.factories import (
    make_company,
    make_credit_note,
    make_customer,
    make_invoice,
    make_method,
    make_payment,
)

pytestmark = pytest.mark.django_db

MARCH_16, MARCH_20 = date(2026, 3, 16), date(2026, 3, 20)


@pytest.fixture
def group() -> Customer:
    return make_customer(name="Ashdown Group")


@pytest.fixture
def branch(group: Customer) -> Customer:
    return make_customer(group.company, name="Ashdown Leeds", parent=group)


def receive(customer: Customer, amount: str, **fields: Any) -> Payment:
    return receive_payment(customer=customer, amount=Decimal(amount), date=MARCH_16, **fields)


def due(*invoices: Invoice) -> list[Decimal]:
    return [Invoice.objects.get(pk=each.pk).balance_due for each in invoices]


# --- Money --------------------------------------------------------------------------------------


def test_a_parents_payment_settles_its_own_and_its_sub_customers_invoices(
    group: Customer, branch: Customer
) -> None:
    shop = make_customer(group.company, parent=branch)
    own, theirs, below = (make_invoice(customer=each) for each in (group, branch, shop))

    payment = receive(
        group,
        "220",
        apply=[(own, Decimal(100)), (theirs, Decimal(80)), (below, Decimal(30))],
    )

    assert due(own, theirs, below) == [0, 20, 70]
    assert (payment.customer, payment.applied, payment.on_account) == (group, 210, 10)


def test_oldest_first_goes_through_the_whole_family(group: Customer, branch: Customer) -> None:
    late = make_invoice(customer=group, due_date=date(2026, 6, 1))
    soon = make_invoice(customer=branch, due_date=date(2026, 4, 1))
    receive(group, "150", oldest_first=True)
    assert due(soon, late) == [0, 50]


def test_money_on_account_of_a_parent_is_applied_later(group: Customer, branch: Customer) -> None:
    invoice, payment = make_invoice(customer=branch), make_payment(customer=group)
    part = allocate(payment, invoice, Decimal(60), on=MARCH_20)
    assert due(invoice) == [40]
    reverse(part, on=MARCH_20, reason="To the wrong one")
    assert due(invoice) == [100]


@pytest.mark.parametrize("payer", ["sub-customer", "sibling", "stranger"])
def test_nobody_else_pays_for_a_customer(group: Customer, branch: Customer, payer: str) -> None:
    other: dict[str, dict[str, Any]] = {"sibling": {"parent": group}, "stranger": {}}
    who = branch if payer == "sub-customer" else make_customer(group.company, **other[payer])
    invoice = make_invoice(customer=group if payer == "sub-customer" else branch)
    with pytest.raises(ValidationError, match="another customer"):
        receive(who, "100", apply=[(invoice, Decimal(100))])
    assert due(invoice) == [100]


@pytest.mark.parametrize("source", ["credit note", "retainer"])
def test_credits_of_a_parent_stay_with_it(group: Customer, branch: Customer, source: str) -> None:
    invoice = make_invoice(customer=branch)
    credit: Any = make_credit_note(invoice=make_invoice(customer=group))
    if source == "retainer":
        held = make_payment(customer=group)
        credit = hold_as_retainer(held, amount=Decimal(100), on=held.date)
    with pytest.raises(ValidationError):
        allocate(credit, invoice, Decimal(50), on=MARCH_20)


def test_a_credit_ticked_with_the_money_pays_only_its_own_customer(
    group: Customer, branch: Customer
) -> None:
    own, theirs = make_invoice(customer=group), make_invoice(customer=branch)
    note = make_credit_note(customer=group, lines=[("Rebate", 1, 30)], reason="Loyalty")
    payment = receive(
        group, "170", apply=[(theirs, Decimal(100)), (own, Decimal(100))], credits=[note]
    )
    assert due(own, theirs) == [0, 0]
    assert (payment.applied, {each.invoice for each in note.allocations.all()}) == (170, {own})


def test_what_the_parent_keeps_comes_off_the_sub_customers_invoice(
    group: Customer, branch: Customer
) -> None:
    invoice = make_invoice(customer=branch)
    kept = Deducted(
        invoice=invoice, role=AccountRole.BANK_CHARGE, amount=Decimal(3), reason="By the bank"
    )
    payment = receive(group, "97", apply=[(invoice, Decimal(97))], deductions=[kept])
    invoice.refresh_from_db()
    assert (invoice.paid, invoice.written_off, invoice.balance_due) == (97, 3, 0)
    assert invoice.allocations.get(adjustment__isnull=False).adjustment.customer == branch
    return_payment(payment, on=MARCH_20, method=make_method(group.company), reason="Bounced")
    assert due(invoice) == [97]


@pytest.mark.parametrize("how", ["cancelled", "un-applied"])
def test_money_that_paid_for_a_refund_of_the_sub_customer_is_not_taken_back(
    group: Customer, branch: Customer, how: str
) -> None:
    """Its payment was received for the sale: the refund of that would go out for nothing."""
    invoice = make_invoice(customer=branch)
    payment = receive(group, "100", apply=[(invoice, Decimal(100))])
    note = credit_invoice(invoice, reason="Sent back", on=MARCH_16)
    issue(note)
    note.refresh_from_db()
    pay_refund(
        note,
        amount=Decimal(100),
        on=MARCH_20,
        method=make_method(group.company),
        reason="Sent back",
    )
    part = payment.allocations.get()
    acts = {
        "cancelled": lambda: cancel_payment(payment, reason="Typed twice"),
        "un-applied": lambda: reverse(part, on=MARCH_20, reason="To the wrong one"),
    }
    with pytest.raises(ValidationError, match="refunded by a credit note"):
        acts[how]()


def test_balances_follow_what_the_money_settled_as_in_the_ledgers(
    group: Customer, branch: Customer
) -> None:
    invoice = make_invoice(customer=branch)
    receive(group, "130", apply=[(invoice, Decimal(80))])
    currency = group.currency
    for only in (None, group, branch):
        found = as_of(group.company, MARCH_20, only).balances
        expected = {(group.pk, currency): -50, (branch.pk, currency): 20}
        if only is not None:
            expected = {(only.pk, currency): expected[only.pk, currency]}
        assert found == expected, only


# --- Who may be a parent ------------------------------------------------------------------------


def refusal(customer: Customer) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as refused:
        customer.full_clean()
    return refused.value.message_dict


def test_a_customer_is_not_its_own_ancestor(group: Customer, branch: Customer) -> None:
    for parent in (group, branch):
        group.parent = parent
        assert "sub-customers" in refusal(group)["parent"][0]


def test_a_parent_is_of_the_same_company_and_currency(group: Customer) -> None:
    child = make_customer(group.company)
    child.parent = make_customer(make_company(legal_name="Somebody else"))
    assert refusal(child)["parent"] == ["This customer belongs to another company."]
    child.parent = make_customer(group.company, currency="EUR")
    assert "one payment cannot settle both" in refusal(child)["parent"][0]
    make_customer(group.company, parent=group)
    group.currency = "EUR"
    assert "sub-customers" in refusal(group)["currency"][0]


def test_five_levels_and_no_more(group: Customer) -> None:
    lowest = group
    for _ in range(4):
        lowest = make_customer(group.company, parent=lowest)
        lowest.full_clean()
    sixth = make_customer(group.company)
    sixth.parent = lowest
    assert "At most 5" in refusal(sixth)["parent"][0]
    above = make_customer(group.company)
    group.parent = above
    assert "At most 5" in refusal(group)["parent"][0]
