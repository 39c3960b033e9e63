"""What one record adds to a total of a ledger's own."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from apps.connectors.port import RemoteObject
from apps.reconciliation.figures import ZERO


@dataclass(frozen=True, slots=True)
class Adds:
    """An amount in a currency, on a day; None: of whatever day is asked."""

    amount: Decimal
    currency: str
    dated: date | None


def counted(on: date | None, adds: Adds) -> Decimal:
    """What of it counts at the end of a day; None: of all time."""
    counts = on is None or adds.dated is None or adds.dated <= on
    return adds.amount if counts else ZERO


def is_finished_there(remote: RemoteObject) -> bool:
    """Neither taken back nor still to be gone on with, as a draft is: it counts."""
    snapshot = remote.snapshot
    taken_back = getattr(snapshot, "void", False) or getattr(snapshot, "cancelled", False)
    return not (remote.void or taken_back or remote.next_step)
