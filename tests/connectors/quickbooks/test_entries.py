"""Adjustments, refunds and bank deposits as QuickBooks' JSON and back, and on which side a journal
stands in a payment."""

import dataclasses
import json
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors.port import Push, RemoteObject
from apps.connectors.quickbooks.objects import ENTITY, object_of, objects_of
from apps.connectors.quickbooks.rules import effect, objections, project
from apps.connectors.quickbooks.wire import dump, figure, short_marker
from apps.connectors.quickbooks.writes import write_of
from apps.connectors.snapshots import (
    AdjustmentSnapshot,
    AllocationSnapshot,
    DepositLineSnapshot,
    DepositSnapshot,
    Kind,
    PaymentSnapshot,
    RefundSnapshot,
    Snapshot,
    differences,
    kind_of,
)
from tests.connectors.quickbooks.strategies import amounts, any_amounts, dates, ids, markers, words
from tests.connectors.quickbooks.test_faults import sample

HOME = "USD"
DAY = date(2026, 3, 1)
MARKER = "0f" * 16

memos = words.filter(lambda each: not each.startswith("Voided"))
rates = st.decimals("0.0000001", "999", places=7)
adjustments = st.builds(
    AdjustmentSnapshot,
    marker=markers,
    customer_id=ids,
    dated=dates,
    currency=st.sampled_from(["USD", "EUR"]),
    amount=amounts,
    debits=st.booleans(),
    account_id=ids,
    receivable_id=ids,
    memo=memos,
)
refunds = st.builds(
    RefundSnapshot,
    marker=markers,
    customer_id=ids,
    paid_on=dates,
    currency=st.sampled_from(["USD", "EUR"]),
    amount=amounts,
    account_id=ids,
    method_id=st.sampled_from(["", "2"]),
    receivable_id=ids,
    fee=st.just(Decimal(0)) | amounts,
    fee_account_id=ids,
    fee_tax=st.just(Decimal(0)) | amounts,
    fee_tax_account_id=ids,
    reference=words,
    memo=memos,
)
deposit_lines = st.builds(
    DepositLineSnapshot,
    payment_id=ids,
    amount=amounts,
    kind=st.sampled_from(["", "Payment", "SalesReceipt"]),
) | st.builds(DepositLineSnapshot, account_id=ids, amount=any_amounts, description=words)


@st.composite
def deposits(draw: st.DrawFn) -> DepositSnapshot:
    lines = tuple(draw(st.lists(deposit_lines, min_size=1, max_size=6)))
    return DepositSnapshot(
        marker=draw(markers),
        account_id=draw(ids),
        dated=draw(dates),
        currency="USD",
        lines=lines,
        total=sum((line.amount for line in lines), Decimal(0)),
        memo=draw(memos),
    )


@st.composite
def entries(draw: st.DrawFn) -> Any:
    found: Any = draw(adjustments | refunds | deposits())
    if found.currency != HOME:
        return dataclasses.replace(found, exchange_rate=draw(rates))
    return found


def total_of(snapshot: Any) -> Decimal:
    if isinstance(snapshot, DepositSnapshot):
        return snapshot.total
    beside: list[Decimal] = [getattr(snapshot, each, Decimal(0)) for each in ("fee", "fee_tax")]
    return snapshot.amount + sum(beside)


def through(snapshot: Snapshot) -> RemoteObject:
    """Written, sent as bytes, and read as a service would answer that adds what it works out."""
    push = Push(ref=1, kind=kind_of(snapshot), snapshot=snapshot, identity="1-1-1")
    item = write_of(push, HOME)
    assert item is not None
    total = float(total_of(snapshot))
    answer = {**json.loads(dump(item.body)), "Id": "7", "SyncToken": "0", "TotalAmt": total}
    return objects_of(ENTITY[push.kind], answer, HOME)[0]


@given(entries())
def test_an_entry_reads_back_as_written(ours: Any) -> None:
    there = through(ours)
    assert there.snapshot is not None
    found = differences(project(ours), project(there.snapshot))
    # Of a refund without a fee, or without tax in it.
    left_out = {"receivable_id", "fee_account_id", "fee_tax_account_id"}
    assert [each for each in found if each.path not in left_out] == []
    assert (there.of_kind, there.marker) == (kind_of(ours), ours.marker)
    assert there.customer_id == getattr(ours, "customer_id", "")


@given(entries())
def test_what_stands_there_already_needs_no_write(ours: Any) -> None:
    push = Push(ref=1, kind=kind_of(ours), snapshot=ours, identity="1-1-1", known=through(ours))
    assert write_of(push, HOME) is None


@given(entries())
def test_to_hold_is_to_hold_again(ours: Any) -> None:
    assert project(project(ours)) == project(ours)


@given(entries())
def test_what_is_kept_gives_the_same_object_again(ours: Any) -> None:
    there = through(ours)
    stored = json.loads(json.dumps(there.raw))
    assert object_of(there.kind, stored, HOME) == there


@given(entries())
def test_debits_equal_credits(ours: Any) -> None:
    found = effect(ours, HOME)
    assert sum(each.debit for each in found) == sum(each.credit for each in found)
    assert all((each.debit > 0) != (each.credit > 0) for each in found)
    assert effect(dataclasses.replace(ours, cancelled=True), HOME) == ()


# --- The short marker ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("marker", "expected"),
    [
        (UUID(int=0).hex, "T" + "0" * 16),
        (UUID(int=2**128 - 1).hex, "T" + "Z" * 16),
        # 80 bits of which the first is 1: 1 × 2⁴ = 16, which is G.
        ("80000000-0000-0000-0000-000000000000", "TG" + "0" * 15),
        # The rest of the id is not in it: it is a look-up, never proof.
        (UUID(int=1).hex, "T" + "0" * 16),
    ],
)
def test_a_short_marker_is_the_first_80_bits(marker: str, expected: str) -> None:
    assert short_marker(marker) == expected


@given(markers)
def test_a_short_marker_fits_every_number_field(marker: str) -> None:
    short = short_marker(marker)
    assert len(short) == 17
    assert not set(short) & set("ILOUilou ")


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


def part_of(kind: Kind | str, target: str, amount: int) -> AllocationSnapshot:
    return AllocationSnapshot(
        marker="",
        source=Kind.PAYMENT,
        source_id="9",
        target_kind=str(kind),
        target_id=target,
        amount=Decimal(amount),
        currency=HOME,
        applied_on=DAY,
    )


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


def payment(*parts: AllocationSnapshot) -> PaymentSnapshot:
    return PaymentSnapshot(
        marker=MARKER,
        customer_id="1",
        paid_on=date(2026, 3, 3),
        currency=HOME,
        amount=Decimal(100),
        allocations=parts,
    )


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


# --- What does not fit --------------------------------------------------------------------------

ADJUSTMENT = AdjustmentSnapshot(
    marker=MARKER,
    customer_id="1",
    dated=DAY,
    currency=HOME,
    amount=Decimal(3),
    debits=False,
    account_id="23",
    receivable_id="3",
)
REFUND = RefundSnapshot(
    marker=MARKER,
    customer_id="1",
    paid_on=DAY,
    currency=HOME,
    amount=Decimal(60),
    account_id="1",
    receivable_id="3",
)
LINE = DepositLineSnapshot(payment_id="5", amount=Decimal(10))
DEPOSIT = DepositSnapshot(
    marker=MARKER,
    account_id="1",
    dated=DAY,
    currency=HOME,
    lines=(LINE,),
    total=Decimal(10),
)


@pytest.mark.parametrize("fits", [ADJUSTMENT, REFUND, DEPOSIT])
def test_what_fits_meets_no_objection(fits: Any) -> None:
    assert objections(fits, HOME) == ()
    assert objections(dataclasses.replace(fits, cancelled=True), HOME) == ()
    euros = dataclasses.replace(fits, currency="EUR", exchange_rate=Decimal("0.9"))
    assert objections(euros, HOME, several=True) == ()


@pytest.mark.parametrize(
    ("record", "change", "said"),
    [
        (ADJUSTMENT, {"customer_id": ""}, "customer"),
        (ADJUSTMENT, {"account_id": ""}, "not mapped"),
        (ADJUSTMENT, {"receivable_id": ""}, "receivable in USD"),
        (ADJUSTMENT, {"amount": Decimal("3.005")}, "decimals"),
        (ADJUSTMENT, {"amount": Decimal(0)}, "above nil"),
        (ADJUSTMENT, {"currency": "EUR"}, "EUR"),
        (ADJUSTMENT, {"exchange_rate": Decimal(0)}, "exchange rate"),
        (ADJUSTMENT, {"memo": "x" * 4000}, "memo"),
        (REFUND, {"account_id": ""}, "paid from"),
        (REFUND, {"receivable_id": ""}, "receivable in USD"),
        (REFUND, {"fee": Decimal(2)}, "account of its fee"),
        (REFUND, {"fee_tax": Decimal(2), "fee_account_id": "23"}, "account of the tax in its fee"),
        (REFUND, {"fee_tax": Decimal("0.005")}, "The tax in the fee has more than"),
        (REFUND, {"fee": Decimal("0.005"), "fee_account_id": "23"}, "decimals"),
        (REFUND, {"fee": Decimal(-1), "fee_account_id": "23"}, "below nil"),
        (DEPOSIT, {"account_id": ""}, "bank account"),
        (DEPOSIT, {"lines": (), "total": Decimal(0)}, "without a line"),
        (DEPOSIT, {"total": Decimal(11)}, "add up"),
        (DEPOSIT, {"lines": (LINE, LINE), "total": Decimal(20)}, "twice"),
        (DEPOSIT, {"lines": (DepositLineSnapshot(amount=Decimal(10)),)}, "neither"),
        (
            DEPOSIT,
            {
                "lines": (DepositLineSnapshot(account_id="23", amount=Decimal(-4)),),
                "total": Decimal(-4),
            },
            "below nil",
        ),
    ],
)
def test_what_does_not_fit_is_said_in_a_sentence(
    record: Any, change: dict[str, Any], said: str
) -> None:
    found = objections(dataclasses.replace(record, **change), HOME)
    assert any(said in sentence for sentence in found), found
    assert all(sentence.endswith(".") for sentence in found)


def test_one_journal_does_not_pay_another() -> None:
    use = dataclasses.replace(
        part_of(Kind.ADJUSTMENT, "5", 3), source=Kind.ADJUSTMENT, customer_id="1"
    )
    (said,) = objections(use, HOME)
    assert "two journals" in said
    assert objections(dataclasses.replace(use, target_kind=Kind.INVOICE), HOME) == ()


def test_a_rate_too_fine_for_its_amount_is_refused_with_both_figures() -> None:
    """1,000,000.00 at 0.90000004 is 900,000.04; at seven decimals 900,000.00."""
    large = dataclasses.replace(
        ADJUSTMENT,
        currency="EUR",
        amount=Decimal("1000000.00"),
        exchange_rate=Decimal("0.90000004"),
    )
    (said,) = objections(large, HOME, several=True)
    assert "900000.00 USD instead of 900000.04 USD" in said
    small = dataclasses.replace(large, amount=Decimal("100.00"))
    assert objections(small, HOME, several=True) == ()


# --- Whole payments -----------------------------------------------------------------------------

targets = st.tuples(st.sampled_from([Kind.INVOICE, Kind.REFUND, Kind.ADJUSTMENT]), ids, amounts)


@given(st.lists(targets, max_size=6, unique_by=lambda each: each[1]), amounts)
def test_a_payment_against_anything_reads_back_as_written(
    parts: list[tuple[Kind, str, Decimal]], left: Decimal
) -> None:
    total = sum((amount for _, _, amount in parts), left)
    ours = dataclasses.replace(
        payment(
            *(
                dataclasses.replace(part_of(kind, target, 1), amount=amount)
                for kind, target, amount in parts
            )
        ),
        amount=total,
        currency="EUR",
        exchange_rate=Decimal("0.92"),
    )
    item = write_of(Push(ref=1, kind=Kind.PAYMENT, snapshot=ours, identity="1-1-1"), HOME)
    assert item is not None
    answer = {**json.loads(dump(item.body)), "Id": "7", "SyncToken": "0"}
    there, *found = objects_of("Payment", {**answer, "UnappliedAmt": float(left)}, HOME)
    assert there.snapshot is not None
    assert differences(project(ours), project(there.snapshot)) == ()
    assert sorted((each.links[0].remote_id, each.amount) for each in found) == sorted(
        (target, amount) for _, target, amount in parts
    )


@given(targets, st.sampled_from([Kind.CREDIT_NOTE, Kind.ADJUSTMENT]), ids)
def test_the_use_of_a_credit_against_anything_reads_back_as_written(
    target: tuple[Kind, str, Decimal], source: Kind, source_id: str
) -> None:
    kind, target_id, amount = target
    if kind is source or source_id == target_id:
        return  # two journals of one amount: which of them is the credit cannot be told
    ours = dataclasses.replace(
        part_of(kind, target_id, 1),
        marker=MARKER,
        source=source,
        source_id=source_id,
        amount=amount,
        customer_id="1",
    )
    item = write_of(Push(ref=1, kind=Kind.ALLOCATION, snapshot=ours, identity="1-1-1"), HOME)
    assert item is not None
    answer = {**json.loads(dump(item.body)), "Id": "7", "SyncToken": "0", "UnappliedAmt": 0}
    (there,) = objects_of("Payment", answer, HOME)
    assert there.of_kind is Kind.ALLOCATION
    assert there.snapshot == ours
