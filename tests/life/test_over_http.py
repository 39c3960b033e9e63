"""Orders of the bookkeeper's table, carried over HTTP after each act: the ledger's own trial
balance is what the table says, and both sides agree."""

from decimal import Decimal

import pytest

from tests.life.allowed_orders import ALLOWED
from tests.life.ledger_there import There
from tests.life.table import Amounts, Order, orders
from tests.life.test_orders import named, together
from tests.sandbox_server import SandboxServer
from tests.sync.conftest import ledger as ledger  # the fixture

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

CHOSEN = (
    "paid in full, and banked",
    "paid before it is issued, and applied later",
    "paid too much, and the rest refunded",
    "credited in two parts that leave nothing",
    "the same, with the refund out of the bank",
    "a credit note applied in part, the rest paid out",
    "a refund that was not made",
    "returned on a line of its own, with its fee",
    "written off, and paid after all",
    "the bank kept three on the way",
    "a penny too much",
    "a retainer, used in part",
    "paid by a typing error, cancelled, and void",
    "applied to the wrong invoice, and moved",
    "a card payout, net of a refund and its fee",
    "everything at once, back out of the bank",
)


@pytest.mark.parametrize("order", [one for one in orders(ALLOWED) if one.name in CHOSEN], ids=named)
def test_their_trial_balance_is_what_the_table_says(ledger: SandboxServer, order: Order) -> None:
    there = There.live(ledger)
    desk = there.desk
    standing: Amounts = {}
    for step in order.steps:
        desk.do(step.act)
        there.run()
        standing = together(standing, step.posts)
        assert there.not_there() == [], f"after “{step.act}”"
        assert there.books() == standing, f"after “{step.act}”"
        if step.due is not None and desk.invoice.status == "issued":
            desk.invoice.refresh_from_db()
            balance = there.their_invoice(desk.invoice.number)["Balance"]
            assert Decimal(str(balance)) == step.due
    assert there.books() == order.left
    before = there.server.state(there.realm)["objects"]
    there.run()
    assert there.server.state(there.realm)["objects"] == before


def test_a_bank_deposit_below_nil_is_held_with_a_sentence(ledger: SandboxServer) -> None:
    """QuickBooks takes none: the refund and its fee wait in clearing for a deposit with more."""
    there = There.live(ledger)
    desk = there.desk
    for act in ("issue", "pay 120", "bank everything", "return payment, fee 15", "bank everything"):
        desk.do(act)
        there.run()
    ((kind, state, sentence),) = there.not_there()
    assert (kind, state) == ("deposit", "needs_person")
    assert "no bank deposit below nil" in sentence
    standing = {"receivable": 120, "income": -100, "tax": -20, "bank": 120, "bank charge": 15}
    assert there.books() == {**standing, "clearing": -135}
