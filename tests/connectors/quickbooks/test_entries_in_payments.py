"""Journals, refunds and deposits among the lines of a payment, as read and as changed."""

import json
from decimal import Decimal
from typing import Any

import pytest

from apps.connectors.port import Push
from apps.connectors.quickbooks.objects import object_of, objects_of
from apps.connectors.quickbooks.wire import figure
from apps.connectors.quickbooks.writes import write_of
from apps.connectors.snapshots import (
    AllocationSnapshot,
    DepositLineSnapshot,
    DepositSnapshot,
    Kind,
    PaymentSnapshot,
)
from tests.connectors.quickbooks.entries import (
    ADJUSTMENT,
    HOME,
    MARKER,
    part_of,
    payment,
    through,
)
from tests.connectors.quickbooks.test_faults import sample

# --- Journals in a payment ----------------------------------------------------------------------


def linked(amount: float, kind: str, remote_id: str) -> dict[str, Any]:
    return {"Amount": amount, "LinkedTxn": [{"TxnId": remote_id, "TxnType": kind}]}


def payment_json(total: float, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    head = {"Id": "9", "SyncToken": "0", "TxnDate": "2026-03-03", "CustomerRef": {"value": "1"}}
    return {**head, "TotalAmt": total, "Line": list(lines), **more}


def parts_of(source: dict[str, Any]) -> dict[str, Decimal]:
    return {
        each.part or "whole": each.snapshot.amount
        for each in objects_of("Payment", source, HOME)
        if isinstance(each.snapshot, AllocationSnapshot)
    }


def test_a_journal_that_credits_fills_invoices_as_a_credit_memo_does() -> None:
    source = payment_json(
        97, linked(100, "Invoice", "1"), linked(3, "JournalEntry", "5"), UnappliedAmt=0
    )
    assert parts_of(source) == {"Invoice:1": 97, "JournalEntry:5>Invoice:1": 3}


def test_a_journal_that_debits_takes_up_the_money() -> None:
    source = payment_json(500, linked(500, "JournalEntry", "5"), UnappliedAmt=0)
    payment, part = objects_of("Payment", source, HOME)
    assert isinstance(payment.snapshot, PaymentSnapshot)
    (allocation,) = payment.snapshot.allocations
    assert (allocation.target_kind, allocation.target_id) == (Kind.ADJUSTMENT, "5")
    assert (part.part, part.amount) == ("JournalEntry:5", 500)


def test_what_is_unapplied_tells_on_which_side_a_journal_stands() -> None:
    """100 of money beside a journal of 40: 60 or 140 are left."""
    debit = payment_json(100, linked(40, "JournalEntry", "5"), UnappliedAmt=60)
    assert parts_of(debit) == {"JournalEntry:5": 40}
    both = payment_json(
        100, linked(40, "JournalEntry", "5"), linked(140, "Invoice", "1"), UnappliedAmt=0
    )
    assert parts_of(both) == {"JournalEntry:5>Invoice:1": 40, "Invoice:1": 100}


@pytest.mark.parametrize("word", ["Expense", "Check"])
def test_a_refund_is_paid_out_of_a_credit(word: str) -> None:
    source = payment_json(
        0, linked(60, word, "12"), linked(60, "CreditMemo", "7"), PrivateNote=f"Tieout {MARKER}"
    )
    (there,) = objects_of("Payment", source, HOME)
    assert isinstance(there.snapshot, AllocationSnapshot)
    found = there.snapshot
    assert (found.source, found.source_id, found.target_kind, found.target_id) == (
        Kind.CREDIT_NOTE,
        "7",
        Kind.REFUND,
        "12",
    )
    # Under the entity that it can be read by, whatever the link calls it.
    assert {(each.kind, each.remote_id) for each in there.links} == {
        ("Purchase", "12"),
        ("CreditMemo", "7"),
    }


def test_two_journals_of_one_amount_are_shown_and_not_guessed() -> None:
    source = payment_json(0, linked(5, "JournalEntry", "1"), linked(5, "JournalEntry", "2"))
    (there,) = objects_of("Payment", source, HOME)
    assert (there.of_kind, there.snapshot) == (None, None)


def test_a_deposit_from_the_customer_is_a_credit() -> None:
    source = payment_json(0, linked(20, "Invoice", "1"), linked(20, "Deposit", "8"))
    (there,) = objects_of("Payment", source, HOME)
    assert isinstance(there.snapshot, AllocationSnapshot)
    assert (there.snapshot.source, there.snapshot.source_id) == ("Deposit", "8")


def test_every_part_of_a_mixed_payment_gives_itself_again() -> None:
    source = payment_json(
        97,
        linked(100, "Invoice", "1"),
        linked(10, "Expense", "4"),
        linked(3, "JournalEntry", "5"),
        linked(10, "CreditMemo", "6"),
        UnappliedAmt=0,
    )
    listed = objects_of("Payment", source, HOME)
    assert {each.part for each in listed} == {
        "",
        "JournalEntry:5>Invoice:1",
        "CreditMemo:6>Invoice:1",
        "Invoice:1",
        "Expense:4",
    }
    for each in listed:
        assert object_of("Payment", json.loads(json.dumps(each.raw)), HOME) == each


# --- What is changed over there -----------------------------------------------------------------


def lines_sent(
    ours: PaymentSnapshot, source: dict[str, Any], agreed: PaymentSnapshot | None
) -> list[tuple[Decimal, str, str]] | None:
    known = objects_of("Payment", source, HOME)[0]
    push = Push(
        ref=1, kind=Kind.PAYMENT, snapshot=ours, identity="1-1-1", known=known, agreed=agreed
    )
    item = write_of(push, HOME)
    if item is None:
        return None
    return [
        (figure(line["Amount"]), line["LinkedTxn"][0]["TxnType"], line["LinkedTxn"][0]["TxnId"])
        for line in item.body["Line"]
    ]


def test_what_they_set_against_something_of_theirs_stays() -> None:
    source = payment_json(100, linked(30, "JournalEntry", "5"), UnappliedAmt=70)
    ours = payment(part_of(Kind.INVOICE, "1", 60))
    assert lines_sent(ours, source, payment()) == [(60, "Invoice", "1"), (30, "JournalEntry", "5")]
    assert lines_sent(payment(), source, payment()) is None


def test_what_both_agreed_on_and_ours_no_longer_say_is_un_applied() -> None:
    source = payment_json(100, linked(30, "Check", "5"), linked(20, "Expense", "6"))
    source["UnappliedAmt"] = 50
    both = payment(part_of(Kind.REFUND, "5", 30), part_of(Kind.REFUND, "6", 20))
    left = payment(part_of(Kind.REFUND, "5", 30))
    # Under the word that they use for it.
    assert lines_sent(left, source, both) == [(30, "Check", "5")]
    assert lines_sent(payment(), source, both) == []
    assert lines_sent(both, source, both) is None


@pytest.mark.parametrize("more", [{}, {"TotalAmt": 0, "HomeTotalAmt": 0}])
def test_the_amount_of_a_journal_is_on_its_lines(more: dict[str, Any]) -> None:
    """Its total is always nil there, or left out: that is no void."""
    raw = {**through(ADJUSTMENT).raw, "PrivateNote": f"Voided by mistake\nTieout {MARKER}"}
    raw.pop("TotalAmt")
    (there,) = objects_of("JournalEntry", {**raw, **more}, HOME)
    assert (there.amount, there.void) == (3, False)
    nil = {**raw, **more, "Line": [{**line, "Amount": 0} for line in raw["Line"]]}
    (there,) = objects_of("JournalEntry", nil, HOME)
    assert (there.amount, there.void) == (0, True)


def test_a_recorded_deposit_is_read_with_its_payment() -> None:
    source = json.loads(sample("deposit-linked.json"))["Deposit"]
    (there,) = objects_of("Deposit", source, HOME)
    assert isinstance(there.snapshot, DepositSnapshot)
    assert (there.of_kind, there.amount, there.snapshot.account_id) == (Kind.DEPOSIT, 100, "35")
    assert there.snapshot.lines == (DepositLineSnapshot(payment_id="203", amount=Decimal(100)),)
    assert [(each.kind, each.remote_id) for each in there.links] == [("Payment", "203")]
