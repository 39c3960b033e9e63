"""Every order of acts that the rules allow leaves what a bookkeeper's own table says; every order
that they forbid is refused with a sentence, and leaves what was there."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from apps.billing.models import Payment
from tests.life.allowed_orders import ALLOWED
from tests.life.desk import Desk
from tests.life.forbidden_orders import FORBIDDEN
from tests.life.ledger import books
from tests.life.table import Amounts, Order, orders

pytestmark = pytest.mark.django_db


def named(order: Order) -> str:
    return order.name


@pytest.mark.variants(keep=9)
@pytest.mark.parametrize("order", orders(ALLOWED), ids=named)
def test_an_order_that_is_allowed_leaves_what_the_table_says(order: Order) -> None:
    desk = Desk.opened()
    standing: Amounts = {}
    for step in order.steps:
        desk.do(step.act)
        standing = together(standing, step.posts)
        assert books(desk.company) == standing, f"after “{step.act}”"
        if step.due is not None:
            assert desk.due() == step.due, f"after “{step.act}”"
        _customer_owes(desk, standing)
    assert standing == order.left, "the table itself does not add up"


@pytest.mark.variants(keep=10)
@pytest.mark.parametrize("order", orders(FORBIDDEN), ids=named)
def test_an_order_that_is_forbidden_is_refused_with_a_sentence(order: Order) -> None:
    desk = Desk.opened()
    standing: Amounts = {}
    *before, last = order.steps
    for step in before:
        desk.do(step.act)
        standing = together(standing, step.posts)
        assert books(desk.company) == standing, f"after “{step.act}”"
    was = desk.due()
    with pytest.raises(ValidationError) as told:
        desk.do(last.act)
    sentence = " ".join(told.value.messages)
    assert last.refused
    for words in last.refused:
        assert words in sentence
    assert books(desk.company) == standing
    assert desk.due() == was


def together(standing: Amounts, more: Amounts) -> Amounts:
    sums = dict(standing)
    for account, amount in more.items():
        sums[account] = sums.get(account, Decimal(0)) + amount
    return {account: amount for account, amount in sums.items() if amount}


def _customer_owes(desk: Desk, standing: Amounts) -> None:
    """The receivable is what is due on invoices less what is open of credits and on account."""
    company = desk.company
    due = sum((each.balance_due for each in company.invoices.filter(status="issued")), Decimal(0))
    credit = sum(
        (each.open_credit for each in company.creditnotes.filter(status="issued")), Decimal(0)
    )
    money = sum(
        (each.on_account for each in company.payments.filter(status=Payment.Status.RECEIVED)),
        Decimal(0),
    )
    assert standing.get("receivable", Decimal(0)) == due - credit - money
