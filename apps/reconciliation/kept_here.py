"""What is set off here by entries that a ledger has not: it is open over there by as much."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q

from apps.billing.models import AccountRole
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.core.money import ZERO
from apps.reconciliation.since import Place, standing

# Kind → the ends of an allocation at which one of it may stand.
ENDS = {Kind.ADJUSTMENT: ("adjustment", "charge"), Kind.REFUND: ("refund",)}
OTHERS = (Kind.INVOICE, Kind.CREDIT_NOTE, Kind.PAYMENT)


@dataclass(slots=True)
class KeptHere:
    """Of one record, in its currency."""

    written_off: Decimal = ZERO
    otherwise: Decimal = ZERO  # a retainer that was used or is held, a refund

    @property
    def whole(self) -> Decimal:
        return self.written_off + self.otherwise


def kept_here(
    connection: Connection, kinds: Collection[Kind], until: date | None = None
) -> Mapping[Place, KeptHere]:
    """By record, now or at the end of a day; `kinds` are those that the ledger has. Asks nothing where
    it has all."""
    found: dict[Place, KeptHere] = defaultdict(KeptHere)
    ends = [end for kind, ends in ENDS.items() if kind not in kinds for end in ends]
    if not ends:
        return found
    of_what_stays = Q(pk__in=[])
    for end in ends:
        of_what_stays |= Q(**{f"{end}__isnull": False})
    staying = standing(connection, until).filter(of_what_stays)
    rows = staying.values_list("amount", "adjustment", "adjustment__role", *OTHERS)
    for amount, deducted, role, *others in rows:
        for kind, pk in zip(OTHERS, others, strict=True):
            if pk is None:
                continue
            kept = found[kind, pk]
            if deducted is not None and role != AccountRole.RETAINER:
                kept.written_off += amount
            else:
                kept.otherwise += amount
    return found
