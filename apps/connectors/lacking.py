"""What a record needs and this ledger has not, told by its capabilities before any call."""

from collections.abc import Iterator

from apps.connectors.capabilities import Capabilities
from apps.connectors.snapshots import Kind, PaymentSnapshot, Snapshot
from apps.core.money import ZERO


def lacking(can: Capabilities, home: str, snapshot: Snapshot) -> tuple[str, ...]:
    """Sentences: why this ledger cannot hold it. What is taken back asks for nothing. Pure."""
    if getattr(snapshot, "void", False) or getattr(snapshot, "cancelled", False):
        return ()
    return tuple(_lacking(can, home, snapshot))


def foreign(can: Capabilities, home: str, snapshot: Snapshot) -> tuple[str, ...]:
    """The one of these sentences for which nothing needs to stand there before: its currency. Pure."""
    taken_back = getattr(snapshot, "void", False) or getattr(snapshot, "cancelled", False)
    at_home = getattr(snapshot, "currency", "") in ("", home)
    if taken_back or at_home or can.several_currencies:
        return ()
    return (can.cannot["several_currencies"],)


def _lacking(can: Capabilities, home: str, snapshot: Snapshot) -> Iterator[str]:
    yield from foreign(can, home, snapshot)
    if can.pays_one_invoice and isinstance(snapshot, PaymentSnapshot) and not _pays_one(snapshot):
        yield can.cannot["on_account"]


def _pays_one(payment: PaymentSnapshot) -> bool:
    """Whether the whole amount is set against one invoice, at once or bit by bit."""
    standing = [each for each in payment.allocations if not each.cancelled]
    targets = {(each.target_kind, each.target_id) for each in standing}
    whole = sum((each.amount for each in standing), ZERO) == payment.amount
    return whole and [kind for kind, _ in targets] == [Kind.INVOICE]
