"""What money that was read back realises on exchange, by hand. Pure."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.connectors.snapshots import (
    AllocationSnapshot,
    DepositLineSnapshot,
    DepositSnapshot,
    InvoiceSnapshot,
    Kind,
    PaymentSnapshot,
    Snapshot,
)
from apps.sync.assemble.came_back import Key, cleared, realised

DAY = date(2026, 3, 16)


def invoice(total: str, rate: str, **more: Any) -> InvoiceSnapshot:
    return InvoiceSnapshot(
        marker="", number="7", customer_id="1", issue_date=DAY, due_date=DAY, currency="EUR",
        exchange_rate=Decimal(rate), lines=(), net=Decimal(total), tax=Decimal(0),
        total=Decimal(total), **more,
    )  # fmt: skip


def payment(amount: str, rate: str, *against: tuple[str, str], **more: Any) -> PaymentSnapshot:
    return PaymentSnapshot(
        marker="", customer_id="1", paid_on=DAY, currency="EUR", amount=Decimal(amount),
        exchange_rate=Decimal(rate), **more,
        allocations=tuple(
            AllocationSnapshot(
                marker="", source=Kind.PAYMENT, source_id="", target_kind=kind, target_id=kind,
                amount=Decimal(part), currency="EUR", applied_on=DAY,
            )
            for kind, part in against
        ),
    )  # fmt: skip


def there(**known: Snapshot) -> Any:
    def look_up(keys: Iterable[Key]) -> dict[Key, Snapshot]:
        return {key: known[key[1]] for key in keys if key[1] in known}

    return look_up


@pytest.mark.parametrize(
    ("paid", "owed", "gain", "cents"),
    [
        # 87.00 came for what was worth 85.00.
        (payment("100", "0.87", ("invoice", "100")), invoice("100", "0.85"), "2.00", "0"),
        (payment("100", "0.80", ("invoice", "100")), invoice("100", "0.85"), "-5.00", "0"),
        # What they say it is worth at home stands above its rate.
        (
            payment("100", "0.87", ("invoice", "100")),
            invoice("100", "0.85", home_total=Decimal("85.01")),
            "1.99",
            "0",
        ),
        # 60.00 of 100.00 at both ends: 52.20 for 51.00; a cent for each of the two parts.
        (payment("100", "0.87", ("invoice", "60")), invoice("100", "0.85"), "1.20", "0.02"),
        # A journal of theirs says nothing of its rate.
        (payment("100", "0.87", ("journal", "100")), invoice("100", "0.85"), "0", "0"),
    ],
)
def test_a_payment_realises_what_it_was_worth_more(
    paid: PaymentSnapshot, owed: InvoiceSnapshot, gain: str, cents: str
) -> None:
    moved = realised(paid, there(invoice=owed), "GBP")
    assert (moved.realised, moved.cents) == (Decimal(gain), Decimal(cents))


def test_a_bank_deposit_clears_what_its_payments_were_worth() -> None:
    lines = tuple(
        DepositLineSnapshot(payment_id=each, amount=Decimal(100)) for each in ("one", "two")
    )
    banked = DepositSnapshot(
        marker="", account_id="35", dated=DAY, currency="EUR", exchange_rate=Decimal("0.90"),
        lines=lines, total=Decimal(200),
    )  # fmt: skip
    one, two = (payment("100", rate, account_id="70") for rate in ("0.85", "0.87"))
    moved = cleared(banked, there(one=one, two=two), "GBP")
    assert (moved.cleared, moved.lies_in) == (Decimal("172.00"), "70")
    assert cleared(banked, there(one=one), "GBP").cleared is None, "one of them is not known"
