"""What a record needs and this ledger has not, told by its capabilities before any call."""

from collections.abc import Iterator

from apps.connectors.capabilities import Capabilities
from apps.connectors.snapshots import Kind, PaymentSnapshot, Snapshot


def lacking(can: Capabilities, home: str, snapshot: Snapshot) -> tuple[str, ...]:
    """Sentences: why this ledger cannot hold it. What is taken back asks for nothing. Pure."""
    if getattr(snapshot, "void", False) or getattr(snapshot, "cancelled", False):
        return ()
    return tuple(_lacking(can, home, snapshot))


def _lacking(can: Capabilities, home: str, snapshot: Snapshot) -> Iterator[str]:
    if not can.several_currencies and getattr(snapshot, "currency", "") not in ("", home):
        yield can.cannot["several_currencies"]
    if can.pays_one_invoice and isinstance(snapshot, PaymentSnapshot) and not _pays_one(snapshot):
        yield can.cannot["on_account"]


def _pays_one(payment: PaymentSnapshot) -> bool:
    """Whether the whole amount is set against one invoice."""
    standing = [each for each in payment.allocations if not each.cancelled]
    return [(each.target_kind, each.amount) for each in standing] == [
        (Kind.INVOICE, payment.amount)
    ]
