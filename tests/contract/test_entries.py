"""Adjustments, refunds and bank deposits: what the books hold when they are sent and taken back.

Figures are worked by hand, and each is asked of the ledger's trial balance.
"""

import dataclasses
from decimal import Decimal
from typing import Any

import pytest

from apps.connectors.errors import RecordRefused, RemoteIsNewer
from apps.connectors.port import RemoteObject
from apps.connectors.snapshots import AllocationSnapshot, DepositSnapshot, Kind
from tests.contract.money import Money
from tests.contract.stage import Stage
from tests.contract.test_what_arrives import compared


@pytest.fixture
def money(stage: Stage) -> Money:
    return Money(stage)


def invoice_of(
    stage: Stage, customer: str, item: str, amount: str, **more: Any
) -> tuple[Any, RemoteObject]:
    ours = stage.invoice(f"INV-{next(stage.refs)}", customer, stage.lines(item, amount), **more)
    there = stage.send(ours)
    return there.snapshot, there


def test_a_bank_charge_settles_what_the_money_left_open(stage: Stage, money: Money) -> None:
    """100 invoiced, 97 received, 3 kept by the bank."""
    customer, item = stage.masters()
    sold, invoice = invoice_of(stage, customer, item, "100.00")
    charge = money.adjustment(customer, "3.00")
    journal = stage.send(charge)
    paid = money.payment(customer, "97.00", (Kind.INVOICE, invoice, "97.00"))
    stage.send(paid)
    use = money.use(customer, (Kind.ADJUSTMENT, journal), (Kind.INVOICE, invoice), "3.00")
    there = stage.send(use)

    assert compared(stage.connector, charge, journal.snapshot) == []
    assert (journal.of_kind, journal.marker, journal.customer_id) == (
        Kind.ADJUSTMENT,
        charge.marker,
        customer,
    )
    assert compared(stage.connector, use, there.snapshot) == []
    assert isinstance(there.snapshot, AllocationSnapshot)
    assert (there.snapshot.source, there.snapshot.source_id) == (
        Kind.ADJUSTMENT,
        journal.remote_id,
    )
    assert stage.again(invoice).balance == 0
    assert money.books() == money.effects(sold, charge, paid, use)
    assert money.books() == {
        money.clearing: Decimal("97.00"),
        money.expense: Decimal("3.00"),
        sold.lines[0].account_id: Decimal("-100.00"),
    }


def test_a_bad_debt_is_written_off_without_money(stage: Stage, money: Money) -> None:
    customer, item = stage.masters()
    sold, invoice = invoice_of(stage, customer, item, "100.00")
    lost = money.adjustment(customer, "100.00", account_id=money.account("Bad Debts").remote_id)
    journal = stage.send(lost)
    stage.send(money.use(customer, (Kind.ADJUSTMENT, journal), (Kind.INVOICE, invoice), "100.00"))
    assert stage.again(invoice).balance == 0
    assert money.books() == money.effects(sold, lost)
    assert money.books() == {
        money.account("Bad Debts").remote_id: Decimal(100),
        sold.lines[0].account_id: Decimal(-100),
    }


def test_a_refund_of_a_credit_does_not_reverse_the_sale_twice(stage: Stage, money: Money) -> None:
    """Credit of 60, paid out: income −60, bank −60, nothing on the receivable."""
    customer, item = stage.masters()
    note = stage.credit_note("CN-1", customer, stage.lines(item, "60.00"))
    credit = stage.send(note)
    refund = money.refund(customer, "60.00")
    paid_out = stage.send(refund)
    use = money.use(customer, (Kind.CREDIT_NOTE, credit), (Kind.REFUND, paid_out), "60.00")
    there = stage.send(use)
    assert compared(stage.connector, refund, paid_out.snapshot) == []
    assert compared(stage.connector, use, there.snapshot) == []
    assert there.of_kind is Kind.ALLOCATION
    assert {(each.kind, each.remote_id) for each in there.links} == {
        (credit.kind, credit.remote_id),
        (paid_out.kind, paid_out.remote_id),
    }
    assert stage.again(credit).balance == 0
    income = credit.snapshot.lines[0].account_id
    assert money.books() == money.effects(credit.snapshot, refund, use)
    assert money.books() == {money.bank: Decimal(-60), income: Decimal(60)}


@pytest.mark.parametrize("tax", ["0", "2.50"])
def test_a_returned_payment_reopens_its_invoice_and_books_the_fee(
    stage: Stage, money: Money, tax: str
) -> None:
    """100 came back and the bank took 15, with its tax: one line of 115 on the bank."""
    customer, item = stage.masters()
    sold, invoice = invoice_of(stage, customer, item, "100.00")
    paid = money.payment(customer, "100.00", (Kind.INVOICE, invoice, "100.00"))
    payment = stage.send(paid)
    returned = money.refund(
        customer,
        "100.00",
        fee=Decimal("15.00") - Decimal(tax),
        fee_tax=Decimal(tax),
        fee_tax_account_id=money.clearing if Decimal(tax) else "",
    )
    out = stage.send(returned)
    set_against = money.payment(customer, "100.00", (Kind.REFUND, out, "100.00")).allocations
    moved = dataclasses.replace(paid, allocations=set_against)
    outcome = stage.outcomes([stage.push_of(moved, payment, agreed=paid)])[0]
    assert outcome.error is None
    assert compared(stage.connector, moved, outcome.remote[0].snapshot) == []
    assert [(each.of_kind, each.links[0].kind, each.amount) for each in outcome.remote[1:]] == [
        (Kind.ALLOCATION, out.kind, Decimal(100))
    ]
    assert compared(stage.connector, returned, out.snapshot) == []
    assert out.amount == Decimal("115.00")
    assert stage.again(invoice).balance == Decimal(100)
    assert money.books() == money.effects(sold, paid, returned)
    assert money.books() == {
        money.receivable: Decimal(100),
        money.clearing: 100 + Decimal(tax),
        money.bank: Decimal(-115),
        money.expense: 15 - Decimal(tax),
        sold.lines[0].account_id: Decimal(-100),
    }


def test_a_deposit_is_one_line_of_the_bank(stage: Stage, money: Money) -> None:
    """100 + 50 came in, 20 was refunded and 4 is the fee: 126 reach the bank."""
    customer, item = stage.masters()
    sold, invoice = invoice_of(stage, customer, item, "150.00")
    first = money.payment(customer, "100.00", (Kind.INVOICE, invoice, "100.00"))
    second = money.payment(customer, "50.00", (Kind.INVOICE, invoice, "30.00"))
    payments = [stage.send(first), stage.send(second)]
    refund = money.refund(customer, "20.00", account_id=money.clearing)
    stage.send(refund)
    ours = money.deposit(
        payments, (money.clearing, "-20.00", "Refund"), (money.expense, "-4.00", "Card fees")
    )
    there = stage.send(ours)
    assert compared(stage.connector, ours, there.snapshot) == []
    assert (there.of_kind, there.amount, there.marker) == (
        Kind.DEPOSIT,
        Decimal("126.00"),
        ours.marker,
    )
    assert {(each.kind, each.remote_id) for each in there.links} == {
        (each.kind, each.remote_id) for each in payments
    }
    assert money.books() == money.effects(sold, first, second, refund, ours)
    assert money.books() == {
        money.receivable: Decimal(20),
        money.bank: Decimal(126),
        money.expense: Decimal(4),
        sold.lines[0].account_id: Decimal(-150),
    }


def test_a_retainer_stands_as_a_liability_until_it_is_used(stage: Stage, money: Money) -> None:
    """500 held, 200 of it used on an invoice of 250."""
    customer, item = stage.masters()
    held = money.adjustment(customer, "500.00", debits=True, account_id=money.liability)
    journal = stage.send(held)
    paid = money.payment(customer, "500.00", (Kind.ADJUSTMENT, journal, "500.00"))
    payment = stage.outcomes([stage.push_of(paid)])[0]
    assert compared(stage.connector, paid, payment.remote[0].snapshot) == []
    assert [(each.part, each.amount) for each in payment.remote[1:]] == [
        (f"{journal.kind}:{journal.remote_id}", Decimal(500))
    ]
    assert money.books() == {money.clearing: Decimal(500), money.liability: Decimal(-500)}

    sold, invoice = invoice_of(stage, customer, item, "250.00")
    used = money.adjustment(customer, "200.00", account_id=money.liability)
    other = stage.send(used)
    stage.send(money.use(customer, (Kind.ADJUSTMENT, other), (Kind.INVOICE, invoice), "200.00"))
    assert stage.again(invoice).balance == Decimal(50)
    assert money.books() == money.effects(held, paid, sold, used)
    assert money.books() == {
        money.clearing: Decimal(500),
        money.liability: Decimal(-300),
        money.receivable: Decimal(50),
        sold.lines[0].account_id: Decimal(-250),
    }


# --- Taken back -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Kind.ADJUSTMENT, Kind.REFUND])
def test_what_is_cancelled_keeps_its_number_and_books_nothing(
    stage: Stage, money: Money, kind: Kind
) -> None:
    customer, _ = stage.masters()
    ours: Any = money.adjustment(customer, "3.00")
    if kind is Kind.REFUND:
        tax = {"fee_tax": Decimal(1), "fee_tax_account_id": money.clearing}
        ours = money.refund(customer, "60.00", fee=Decimal(5), **tax)
    there = stage.send(ours)
    gone = dataclasses.replace(ours, cancelled=True)
    after = stage.send(gone, there)
    assert (after.void, after.number, after.amount, after.marker) == (
        True,
        there.number,
        0,
        ours.marker,
    )
    assert compared(stage.connector, gone, after.snapshot) == []
    assert stage.again(after).snapshot == after.snapshot
    assert money.books() == {}
    # A second one has nothing to do, and one that is void is not brought back.
    calls = len(stage.courier.sent)
    assert stage.outcome(gone, after).error is None
    assert len(stage.courier.sent) == calls
    with pytest.raises(RecordRefused):
        stage.send(ours, after)


def test_what_is_still_set_against_something_is_read_again_first(
    stage: Stage, money: Money
) -> None:
    customer, item = stage.masters()
    _, invoice = invoice_of(stage, customer, item, "100.00")
    ours = money.adjustment(customer, "3.00")
    journal = stage.send(ours)
    use = money.use(customer, (Kind.ADJUSTMENT, journal), (Kind.INVOICE, invoice), "3.00")
    applied = stage.send(use)
    gone = dataclasses.replace(ours, cancelled=True)
    with pytest.raises(RemoteIsNewer):
        stage.send(gone, stage.again(journal))

    unapplied = stage.send(dataclasses.replace(use, cancelled=True), applied)
    assert (unapplied.of_kind, unapplied.void) == (Kind.ALLOCATION, True)
    assert stage.again(invoice).balance == Decimal(100)
    assert stage.send(gone, stage.again(journal)).void


def test_what_they_refuse_to_set_to_nil_can_be_deleted_by_hand(stage: Stage, money: Money) -> None:
    """Here because something is set against it that Tieout did not see."""
    customer, item = stage.masters()
    _, invoice = invoice_of(stage, customer, item, "100.00")
    ours = money.adjustment(customer, "3.00")
    journal = stage.send(ours)
    stage.send(money.use(customer, (Kind.ADJUSTMENT, journal), (Kind.INVOICE, invoice), "3.00"))
    linked = stage.again(journal)
    unseen = {name: value for name, value in linked.raw.items() if name != "LinkedTxn"}
    known = dataclasses.replace(linked, raw=unseen)
    error = stage.outcome(dataclasses.replace(ours, cancelled=True), known).error
    assert isinstance(error, RecordRefused)
    assert "delete it in QuickBooks" in error.remedy
    assert stage.again(journal).amount == Decimal("3.00")


def test_an_undone_deposit_is_deleted_and_frees_its_payments(stage: Stage, money: Money) -> None:
    customer, _ = stage.masters()
    paid = money.payment(customer, "100.00")
    payment = stage.send(paid)
    ours = money.deposit([payment], (money.expense, "-4.00", "Fee"))
    there = stage.send(ours)

    locked = stage.outcome(dataclasses.replace(paid, cancelled=True), stage.again(payment)).error
    assert isinstance(locked, RecordRefused)
    assert "bank deposit" in locked.remedy

    undone = dataclasses.replace(ours, cancelled=True)
    outcome = stage.outcome(undone, there)
    assert outcome.error is None
    assert [(each.kind, each.gone, each.of_kind) for each in outcome.remote] == [
        (there.kind, True, Kind.DEPOSIT)
    ]
    assert stage.outcome(undone, stage.again(there)).error is None
    assert money.books() == money.effects(paid)
    assert stage.send(dataclasses.replace(paid, cancelled=True), stage.again(payment)).void
    assert money.books() == {}


def test_what_was_deleted_there_is_as_good_as_cancelled(stage: Stage, money: Money) -> None:
    customer, _ = stage.masters()
    ours = money.adjustment(customer, "3.00")
    there = stage.send(ours)
    stage.courier.caller.post(
        there.kind.lower(),
        {"Id": there.remote_id, "SyncToken": there.version},
        operation="delete",
    )
    outcome = stage.outcome(dataclasses.replace(ours, cancelled=True), stage.again(there))
    assert outcome.error is None
    assert outcome.remote[0].gone


def test_a_figure_changed_there_is_put_back_and_its_account_stays(
    stage: Stage, money: Money
) -> None:
    customer, _ = stage.masters()
    ours = money.adjustment(customer, "3.00")
    there = stage.send(ours)
    lines = there.raw["Line"]
    lines[0]["Amount"] = lines[1]["Amount"] = 7
    lines[0]["JournalEntryLineDetail"]["AccountRef"] = {"value": money.liability}
    body = {"Id": there.remote_id, "SyncToken": there.version, "sparse": True, "Line": lines}
    stage.courier.caller.post("journalentry", body)
    assert money.books() == {money.liability: Decimal(7), money.receivable: Decimal(-7)}
    back = stage.send(ours, stage.again(there))
    assert compared(stage.connector, ours, back.snapshot) == []
    assert money.books() == {money.liability: Decimal(3), money.receivable: Decimal(-3)}


# --- Made there -------------------------------------------------------------------------------


def test_a_deposit_made_there_names_its_payments(stage: Stage, money: Money) -> None:
    customer, _ = stage.masters()
    payment = stage.send(money.payment(customer, "100.00"))
    receipt = stage.courier.caller.post(
        "salesreceipt",
        {
            "CustomerRef": {"value": customer},
            "DepositToAccountRef": {"value": money.clearing},
            "Line": [
                {
                    "Amount": 20,
                    "DetailType": "SalesItemLineDetail",
                    "SalesItemLineDetail": {"ItemRef": {"value": "1"}},
                }
            ],
        },
    )["SalesReceipt"]["Id"]
    made = stage.courier.caller.post(
        "deposit",
        {
            "DepositToAccountRef": {"value": money.bank},
            "Line": [
                {
                    "Amount": amount,
                    "LinkedTxn": [{"TxnId": one, "TxnType": kind, "TxnLineId": "0"}],
                }
                for amount, one, kind in (
                    (20, receipt, "SalesReceipt"),
                    (100, payment.remote_id, "Payment"),
                )
            ],
        },
    )["Deposit"]["Id"]
    (there,) = stage.connector.read([("Deposit", made)], stage.courier)
    found = there.snapshot
    assert isinstance(found, DepositSnapshot)
    assert (found.marker, found.total, found.account_id) == ("", Decimal(120), money.bank)
    assert [(each.payment_id, each.kind, each.amount) for each in found.lines] == [
        (payment.remote_id, "", Decimal(100)),
        (receipt, "SalesReceipt", Decimal(20)),
    ]


def test_a_journal_and_an_expense_of_theirs_are_only_theirs(stage: Stage, money: Money) -> None:
    customer, _ = stage.masters()
    for ours in (money.adjustment(customer, "3.00"), money.refund(customer, "5.00")):
        there = stage.send(ours)
        body = {**there.raw, "PrivateNote": "By Petra"}
        for name in ("Id", "SyncToken", "MetaData", "DocNumber"):
            body.pop(name)
        made = stage.courier.caller.post(there.kind.lower(), body)[there.kind]
        (read,) = stage.connector.read([(there.kind, made["Id"])], stage.courier)
        # Of an expense a shape is made, so that it can be known for a refund of ours.
        expense = there.kind == "Purchase"
        assert read.of_kind == (Kind.REFUND if expense else None)
        assert (read.marker, bool(read.postings)) == ("", True)
        assert (read.customer_id, read.amount, read.dated) == (
            customer,
            ours.amount,
            there.dated,
        )
