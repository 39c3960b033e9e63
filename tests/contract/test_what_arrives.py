"""What a record becomes over there, asked of the books and not of our request."""

import dataclasses
from decimal import Decimal

from apps.connectors.port import Connector, Role
from apps.connectors.snapshots import Kind, Snapshot, differences
from tests.contract.money import Money
from tests.contract.stage import Stage


def compared(connector: Connector, ours: Snapshot, theirs: Snapshot | None) -> list[str]:
    """Paths of the fields in which both sides differ, apart from those that are theirs to keep."""
    assert theirs is not None
    found = differences(connector.project(ours), connector.project(theirs))
    return [f"{each.path}: {each.ours} / {each.theirs}" for each in found if each.whose != "kept"]


def test_two_items_of_one_name_are_told_apart_by_their_code(stage: Stage) -> None:
    first, second = stage.item("A-1", "Lamp"), stage.item("A-2", "Lamp")
    outcomes = stage.outcomes([stage.push_of(first), stage.push_of(second)])
    assert [each.error for each in outcomes] == [None, None]


def test_an_invoice_arrives_equal_to_the_penny(stage: Stage) -> None:
    customer, item = stage.masters()
    ours = stage.invoice("INV-1", customer, stage.lines(item, "100.00", "33.33", "-12.50"))
    there = stage.send(ours)
    assert compared(stage.connector, ours, there.snapshot) == []
    assert there.amount == there.balance == Decimal("120.83")
    assert (there.number, there.marker) == ("INV-1", ours.marker)
    assert compared(stage.connector, ours, stage.again(there).snapshot) == []


def test_a_line_discount_changes_no_amount(stage: Stage) -> None:
    customer, item = stage.masters()
    line = dataclasses.replace(
        stage.lines(item, "10.00")[0],
        net=Decimal("9.99"),
        quantity=Decimal(3),
        unit_price=Decimal("4.15"),
    )
    ours = stage.invoice("INV-D", customer, (line,))
    there = stage.send(ours)
    assert compared(stage.connector, ours, there.snapshot) == []
    assert there.amount == Decimal("9.99")


def test_an_invoice_debits_the_receivable_and_credits_the_income(stage: Stage) -> None:
    customer, item = stage.masters()
    ours = stage.invoice("INV-E", customer, stage.lines(item, "250.00"))
    there = stage.send(ours)
    assert there.snapshot is not None
    expected = {
        posting.account_id: posting.debit - posting.credit
        for posting in stage.connector.effect(there.snapshot)
    }
    assert expected["receivable"] == stage.balance(stage.account(Role.RECEIVABLE)) == 250
    assert expected[stage.account(Role.INCOME)] == stage.balance(stage.account(Role.INCOME)) == -250


def test_a_credit_note_arrives_equal_to_the_penny(stage: Stage) -> None:
    customer, item = stage.masters()
    ours = stage.credit_note("CN-1", customer, stage.lines(item, "40.10"))
    there = stage.send(ours)
    assert compared(stage.connector, ours, there.snapshot) == []
    assert there.of_kind is Kind.CREDIT_NOTE
    assert stage.balance(stage.account(Role.RECEIVABLE)) == Decimal("-40.10")


def test_a_payment_settles_invoices_and_leaves_the_rest_on_account(stage: Stage) -> None:
    customer, item = stage.masters()
    one = stage.send(stage.invoice("INV-1", customer, stage.lines(item, "100.00")))
    two = stage.send(stage.invoice("INV-2", customer, stage.lines(item, "50.00")))
    ours = stage.payment(customer, "130.00", {one.remote_id: "100.00", two.remote_id: "20.00"})
    outcome = stage.outcome(ours)
    assert outcome.error is None
    payment, *parts = outcome.remote
    assert compared(stage.connector, ours, payment.snapshot) == []
    assert payment.balance == Decimal("10.00")
    assert {(part.of_kind, part.links[0].remote_id, part.amount) for part in parts} == {
        (Kind.ALLOCATION, one.remote_id, Decimal(100)),
        (Kind.ALLOCATION, two.remote_id, Decimal(20)),
    }
    assert stage.again(one).balance == 0
    assert stage.again(two).balance == Decimal("30.00")
    assert stage.balance(stage.account(Role.BANK)) == Decimal("130.00")


def test_the_use_of_a_credit_note_is_no_money(stage: Stage) -> None:
    customer, item = stage.masters()
    invoice = stage.send(stage.invoice("INV-1", customer, stage.lines(item, "100.00")))
    credit = stage.send(stage.credit_note("CN-1", customer, stage.lines(item, "60.00")))
    ours = stage.use_of_credit(customer, credit.remote_id, invoice.remote_id, "60.00")
    there = stage.send(ours)
    assert there.of_kind is Kind.ALLOCATION
    assert there.marker == ours.marker
    assert compared(stage.connector, ours, there.snapshot) == []
    assert stage.again(invoice).balance == Decimal("40.00")
    assert stage.again(credit).balance == 0
    assert stage.balance(stage.account(Role.RECEIVABLE)) == Decimal("40.00")


def test_what_is_kept_of_an_object_gives_the_same_object_again(stage: Stage) -> None:
    customer, item = stage.masters()
    invoice = stage.send(stage.invoice("INV-1", customer, stage.lines(item, "100.00")))
    credit = stage.send(stage.credit_note("CN-1", customer, stage.lines(item, "60.00")))
    stage.send(stage.use_of_credit(customer, credit.remote_id, invoice.remote_id, "60.00"))
    stage.send(stage.payment(customer, "40.00", {invoice.remote_id: "40.00"}))
    money = Money(stage)
    expense = stage.send(money.refund(customer, "20.00", fee=Decimal(1)))
    debit = stage.send(money.adjustment(customer, "5.00", debits=True))
    parts = ((Kind.REFUND, expense, "20.00"), (Kind.ADJUSTMENT, debit, "5.00"))
    payment = stage.send(money.payment(customer, "30.00", *parts))
    stage.send(money.deposit([payment], (money.expense, "-2.00", "Fee")))
    other = stage.send(stage.invoice("INV-2", customer, stage.lines(item, "3.00")))
    credit = stage.send(money.adjustment(customer, "3.00"))
    stage.send(money.use(customer, (Kind.ADJUSTMENT, credit), (Kind.INVOICE, other), "3.00"))
    kinds = stage.connector.capabilities.kinds
    listed = list(stage.connector.everything(kinds, stage.courier))
    assert {each.of_kind for each in listed} == set(kinds)
    for each in listed:
        assert stage.connector.parse(each.kind, each.raw) == each
