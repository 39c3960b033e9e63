"""Money in another currency than the company's: rates, home amounts, gain and loss.

Home is USD. Figures are worked by hand, and each is asked of the ledger's trial balance.
"""

import dataclasses
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from apps.connectors.port import RemoteObject
from apps.connectors.snapshots import Kind
from tests.contract.money import Money
from tests.contract.stage import Stage
from tests.contract.test_what_arrives import compared

AT_90, AT_92 = Decimal("0.90"), Decimal("0.92")


@pytest.fixture
def stage(open_stage: Callable[..., Stage]) -> Stage:
    return open_stage("multicurrency")


@pytest.fixture
def customer(stage: Stage) -> str:
    """One in euros, which opens their receivable in euros."""
    return stage.send(stage.customer(currency="EUR")).remote_id


@pytest.fixture
def money(stage: Stage, customer: str) -> Money:
    return Money(stage, "EUR")


@pytest.fixture
def euro_bank(stage: Stage, customer: str) -> str:
    body = {
        "Name": "Euro bank",
        "AccountType": "Bank",
        "AccountSubType": "Checking",
        "CurrencyRef": {"value": "EUR"},
    }
    return str(stage.courier.caller.post("account", body)["Account"]["Id"])


def invoice_of(stage: Stage, customer: str, amount: str) -> tuple[Any, RemoteObject]:
    item = stage.send(stage.item(f"ITEM-{next(stage.refs)}")).remote_id
    ours = stage.invoice(
        f"INV-{next(stage.refs)}",
        customer,
        stage.lines(item, amount),
        currency="EUR",
        exchange_rate=AT_90,
    )
    there = stage.send(ours)
    return there.snapshot, there


def exchange(money: Money) -> str:
    found = [
        each for each in money.stage.connector.codes(money.stage.courier) if "Exchange" in each.name
    ]
    return found[0].remote_id


@pytest.mark.parametrize("where", ["home", "euros"])
def test_what_is_paid_at_another_rate_gains_the_difference(
    stage: Stage, money: Money, customer: str, euro_bank: str, where: str
) -> None:
    """EUR 100 invoiced at 0.90 and paid at 0.92, into either bank account: 2.00 gained."""
    bank = euro_bank if where == "euros" else Money(stage, "USD").bank
    sold, invoice = invoice_of(stage, customer, "100.00")
    ours = money.payment(
        customer, "100.00", (Kind.INVOICE, invoice, "100.00"), exchange_rate=AT_92, account_id=bank
    )
    there = stage.send(ours)
    assert compared(stage.connector, ours, there.snapshot) == []
    assert (there.currency, stage.again(invoice).balance) == ("EUR", 0)
    books = money.books()
    assert books == {
        bank: Decimal("92.00"),
        sold.lines[0].account_id: Decimal("-90.00"),
        exchange(money): Decimal("-2.00"),
    }
    # What both say by themselves leaves the difference on the receivable: the ledger moves it.
    said = money.effects(sold, ours)
    assert said.pop(money.receivable) == books.pop(exchange(money))
    assert said == books


def test_a_payment_that_is_changed_keeps_its_rate(
    stage: Stage, money: Money, customer: str
) -> None:
    _, invoice = invoice_of(stage, customer, "100.00")
    ours = money.payment(customer, "100.00", exchange_rate=AT_92)
    there = stage.send(ours)
    applied = money.payment(customer, "100.00", (Kind.INVOICE, invoice, "40.00")).allocations
    for changed in (
        dataclasses.replace(ours, allocations=applied),
        dataclasses.replace(ours, allocations=applied, reference="TRX-9"),
        dataclasses.replace(ours, allocations=applied, exchange_rate=Decimal("0.93")),
    ):
        there = stage.send(changed, there)
        assert compared(stage.connector, changed, there.snapshot) == []
    assert stage.again(invoice).balance == Decimal(60)


def test_a_deduction_is_worth_what_its_invoice_is(
    stage: Stage, money: Money, customer: str
) -> None:
    """EUR 3 of 100 at 0.90: 2.70 at home, and nothing gained."""
    sold, invoice = invoice_of(stage, customer, "100.00")
    ours = money.adjustment(customer, "3.00", exchange_rate=AT_90)
    journal = stage.send(ours)
    use = money.use(
        customer,
        (Kind.ADJUSTMENT, journal),
        (Kind.INVOICE, invoice),
        "3.00",
        exchange_rate=AT_90,
    )
    applied = stage.send(use)
    assert compared(stage.connector, ours, journal.snapshot) == []
    assert compared(stage.connector, use, applied.snapshot) == []
    assert stage.again(invoice).balance == Decimal(97)
    assert money.books() == money.effects(sold, ours, use)
    assert money.books() == {
        money.receivable: Decimal("87.30"),
        money.expense: Decimal("2.70"),
        sold.lines[0].account_id: Decimal("-90.00"),
    }
    stage.send(dataclasses.replace(use, cancelled=True), applied)
    gone = stage.send(dataclasses.replace(ours, cancelled=True), stage.again(journal))
    assert (gone.void, gone.amount) == (True, 0)
    assert money.books() == money.effects(sold)


def test_a_refund_and_a_deposit_leave_at_their_own_rate(
    stage: Stage, money: Money, customer: str, euro_bank: str
) -> None:
    """EUR 150 received at 0.90, 60 paid back, a deposit of 150 less a fee of 4: all of it at 0.90."""
    paid = money.payment(customer, "150.00", exchange_rate=AT_90)
    payment = stage.send(paid)
    refund = money.refund(
        customer, "60.00", fee=Decimal("1.00"), exchange_rate=AT_90, account_id=euro_bank
    )
    out = stage.send(refund)
    deposit = money.deposit(
        [payment], (money.expense, "-4.00", "Fees"), exchange_rate=AT_90, account_id=euro_bank
    )
    there = stage.send(deposit)
    assert compared(stage.connector, refund, out.snapshot) == []
    assert compared(stage.connector, deposit, there.snapshot) == []
    assert money.books() == money.effects(paid, refund, deposit)
    assert money.books() == {
        money.receivable: Decimal("-81.00"),  # 135.00 received less 54.00 refunded
        euro_bank: Decimal("76.50"),  # 85.00 at 0.90
        money.expense: Decimal("4.50"),  # 5.00 at 0.90
    }


def test_what_is_foreign_is_refused_in_words_where_the_company_has_one_currency(
    stage: Stage, money: Money, open_stage: Callable[..., Stage]
) -> None:
    payment = money.payment("1", "5.00")
    for ours in (money.adjustment("1", "5.00"), money.refund("1", "5.00"), payment):
        assert stage.connector.objections(ours) == ()
        (said, *_) = open_stage().connector.objections(ours)
        assert "EUR" in said
