"""Adjustments, refunds and bank deposits as QuickBooks' JSON and back, and on which side a journal
stands in a payment."""

import dataclasses
import json
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors.port import Push
from apps.connectors.quickbooks.objects import object_of, objects_of
from apps.connectors.quickbooks.rules import effect, objections, project
from apps.connectors.quickbooks.wire import dump, short_marker
from apps.connectors.quickbooks.writes import write_of
from apps.connectors.snapshots import (
    AdjustmentSnapshot,
    DepositLineSnapshot,
    DepositSnapshot,
    Kind,
    RefundSnapshot,
    differences,
    kind_of,
)
from tests.connectors.quickbooks.entries import (
    ADJUSTMENT,
    DAY,
    HOME,
    MARKER,
    part_of,
    payment,
    through,
)
from tests.connectors.quickbooks.strategies import amounts, any_amounts, dates, ids, markers, words

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


# --- What does not fit --------------------------------------------------------------------------

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
