"""What a change by hand is called: the fields that both sides had agreed on, with both values."""

import dataclasses
from datetime import date
from decimal import Decimal
from typing import Any

from apps.connectors.snapshots import (
    AllocationSnapshot,
    CustomerSnapshot,
    DepositLineSnapshot,
    DepositSnapshot,
    InvoiceSnapshot,
    Kind,
    Line,
    PaymentSnapshot,
)
from apps.sync.edited.telling import POSTS, day_of, what_changed

LINE = Line(key="1", net=Decimal(100), description="Repair")
INVOICE = InvoiceSnapshot(
    marker="", number="INV-7", customer_id="1", issue_date=date(2026, 3, 2), currency="GBP",
    lines=(LINE,), net=Decimal(100), tax=Decimal(0), total=Decimal(100), due_date=date(2026, 3, 31),
)  # fmt: skip


def allocation(invoice: str, amount: int) -> AllocationSnapshot:
    return AllocationSnapshot(
        marker="", source=Kind.PAYMENT, source_id="9", target_kind=Kind.INVOICE, target_id=invoice,
        amount=Decimal(amount), currency="GBP", applied_on=date(2026, 3, 5),
    )  # fmt: skip


PAYMENT = PaymentSnapshot(
    marker="", customer_id="1", paid_on=date(2026, 3, 5), currency="GBP", amount=Decimal(150),
    allocations=(allocation("7", 100),),
)  # fmt: skip


def changed(snapshot: Any, **fields: Any) -> str:
    return what_changed(snapshot, dataclasses.replace(snapshot, **fields))


def test_a_field_is_told_with_both_values() -> None:
    said = changed(INVOICE, due_date=date(2026, 4, 14))
    assert said == "due date 31 March 2026 → 14 April 2026"


def test_what_tells_most_comes_first_and_ids_of_theirs_are_not_read_out() -> None:
    said = changed(
        INVOICE,
        customer_id="2",
        net=Decimal(90),
        total=Decimal(90),
        lines=(dataclasses.replace(LINE, net=Decimal(90)),),
    )
    assert said == (
        "total 100.00 GBP → 90.00 GBP; customer changed; net amount 100.00 GBP → 90.00 GBP; "
        "net amount of line 1 100.00 GBP → 90.00 GBP"
    )


def test_of_many_the_first_five_are_told() -> None:
    lines = tuple(dataclasses.replace(LINE, key=str(place)) for place in range(1, 9))
    said = what_changed(
        dataclasses.replace(INVOICE, lines=lines),
        dataclasses.replace(
            INVOICE, lines=tuple(dataclasses.replace(each, net=Decimal(1)) for each in lines)
        ),
    )
    assert said.count(";") == 5
    assert said.endswith("; 3 more")


def test_what_ended_is_that_and_nothing_else() -> None:
    assert changed(INVOICE, void=True, total=Decimal(0), net=Decimal(0)) == "voided"
    assert changed(PAYMENT, cancelled=True, allocations=()) == "cancelled"


def test_their_memo_is_nobody_s_question() -> None:
    assert changed(INVOICE, memo="Called twice") == ""
    assert changed(INVOICE, lines=(dataclasses.replace(LINE, account_id="84"),)) == ""


def test_money_that_is_set_against_more_is_what_it_came_for() -> None:
    assert changed(PAYMENT, allocations=(allocation("7", 100), allocation("8", 50))) == ""


def test_money_that_is_taken_off_again_is_told_with_its_amount() -> None:
    said = changed(PAYMENT, allocations=(allocation("7", 60), allocation("8", 90)))
    assert said == "40.00 GBP un-applied"


def test_a_bank_deposit_that_holds_something_else() -> None:
    held = DepositSnapshot(
        marker="", account_id="35", dated=date(2026, 3, 6), currency="GBP", total=Decimal(100),
        lines=(DepositLineSnapshot(payment_id="9", amount=Decimal(100)),),
    )  # fmt: skip
    said = changed(
        held, total=Decimal(60), lines=(DepositLineSnapshot(payment_id="9", amount=Decimal(60)),)
    )
    assert said == "total 100.00 GBP → 60.00 GBP; what it holds changed"


def test_each_has_the_day_by_which_its_month_is_closed() -> None:
    assert day_of(INVOICE) == date(2026, 3, 2)
    assert day_of(PAYMENT) == date(2026, 3, 5)
    assert day_of(allocation("7", 1)) == date(2026, 3, 5)
    assert day_of(CustomerSnapshot(marker="", name="Bell")) is None


def test_customers_and_items_post_nothing() -> None:
    assert frozenset(Kind) - POSTS == {Kind.CUSTOMER, Kind.ITEM}
