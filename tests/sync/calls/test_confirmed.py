"""In the books is what their answer confirmed, to the last minor unit: of every kind, each amount."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.connectors.snapshots import (
    AdjustmentSnapshot,
    AllocationSnapshot,
    CreditNoteSnapshot,
    InvoiceSnapshot,
    Line,
    PaymentSnapshot,
    RefundSnapshot,
    Snapshot,
    TaxAmount,
)
from apps.sync.there.merge import unconfirmed
from tests.sync.desk import PlainLedger

DAY = date(2026, 3, 16)
OF = {"marker": "m", "customer_id": "5", "currency": "GBP"}
ON_INVOICE = AllocationSnapshot(
    marker="",
    source="payment",
    source_id="",
    target_kind="invoice",
    target_id="7",
    amount=Decimal(60),
    currency="GBP",
    applied_on=DAY,
)
DOCUMENT: dict[str, Any] = {
    **OF,
    "number": "INV-1",
    "issue_date": DAY,
    "lines": (Line(key="1", net=Decimal(100), item_id="8", unit_price=Decimal(100)),),
    "net": Decimal(100),
    "tax": Decimal(20),
    "total": Decimal(120),
    "taxes": (TaxAmount(rate_id="3", net=Decimal(100), tax=Decimal(20)),),
}
SENT: dict[str, Snapshot] = {
    "invoice": InvoiceSnapshot(**DOCUMENT),
    "credit_note": CreditNoteSnapshot(**DOCUMENT),
    "payment": PaymentSnapshot(**OF, paid_on=DAY, amount=Decimal(100), allocations=(ON_INVOICE,)),
    "allocation": replace(ON_INVOICE, marker="m", source="credit_note", source_id="9"),
    "adjustment": AdjustmentSnapshot(**OF, dated=DAY, amount=Decimal(5), debits=False),
    "refund": RefundSnapshot(**OF, paid_on=DAY, amount=Decimal(50)),
}
Change = Callable[[Any, Decimal], Any]


def of(name: str) -> Change:
    return lambda each, off: replace(each, **{name: getattr(each, name) + off})


def of_first(listed: str, name: str) -> Change:
    def change(each: Any, off: Decimal) -> Any:
        first, *rest = getattr(each, listed)
        return replace(each, **{listed: (of(name)(first, off), *rest)})

    return change


AMOUNTS: list[tuple[str, str, Change]] = [
    *((kind, name, of(name)) for kind in ("invoice", "credit_note") for name in ("net", "tax", "total")),
    *((kind, "net of a line", of_first("lines", "net")) for kind in ("invoice", "credit_note")),
    *((kind, "tax of a rate", of_first("taxes", "tax")) for kind in ("invoice", "credit_note")),
    *((kind, "amount", of("amount")) for kind in ("payment", "allocation", "adjustment", "refund")),
    ("payment", "part", of_first("allocations", "amount")),
]  # fmt: skip


@pytest.mark.parametrize("off", ["0.01", "-0.01", "0.001"])
@pytest.mark.parametrize(
    ("kind", "name", "change"), AMOUNTS, ids=[f"{k}-{n}" for k, n, _ in AMOUNTS]
)
def test_an_answer_that_is_a_penny_off_confirms_nothing(
    kind: str, name: str, change: Change, off: str
) -> None:
    sent = SENT[kind]
    answered = change(sent, Decimal(off))
    ledger: Any = PlainLedger()

    assert unconfirmed(ledger, sent, answered)
    assert unconfirmed(ledger, sent, sent) == ()
