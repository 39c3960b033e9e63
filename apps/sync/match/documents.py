"""Invoices and credit notes that stand on both sides already, typed here and there: the same number,
customer, date and amount. What is like ours in less than that is asked when ours is to be sent."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.cache import caches
from django.db.models import Count, Exists, Max, OuterRef, QuerySet

from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.sync.models import Candidate, RemoteRecord, SyncRecord
from apps.sync.there import ties
from apps.sync.want.wishes import DOCUMENTS, in_scope

KEPT = 3600  # seconds; what is kept is of the very state that it was counted in


@dataclass(frozen=True, slots=True)
class OnBoth:
    """Keys of a document of ours and of the remote record that is equal to it, and in what."""

    ours: int
    theirs: int
    number: str
    customer: int
    dated: date
    currency: str
    total: Decimal


def kinds_of(connection: Connection) -> list[Kind]:
    return [kind for kind in DOCUMENTS if kind in connection.capabilities.kinds]


def on_both(connection: Connection, kind: Kind) -> list[OnBoth]:
    """By number, each pair once. Neither stands for anything, nobody was asked about the two, and no
    other of either side bears the number. Three statements, however many documents there are."""
    theirs = _by_number(
        _alone_there(connection, kind).values_list(
            "number", "pk", "customer_id_there", "dated", "currency", "amount"
        )
    )
    if not theirs:
        return []
    customers = _customers(connection)
    ours = _by_number(
        _alone_here(connection, kind).values_list(
            "number", "pk", "customer_id", "issue_date", "currency", "total"
        )
    )
    found = []
    for number in sorted(ours.keys() & theirs.keys()):
        pk, customer, dated, currency, total = ours[number]
        row, customer_there, *there = theirs[number]
        if customers.get(customer_there) == customer and there == [dated, currency, total]:
            found.append(OnBoth(pk, row, number, customer, dated, currency, total))
    return found


def count_on_both(connection: Connection, kind: Kind) -> int:
    """Found anew only once something of either side has changed; one statement where nothing of
    theirs stands alone."""
    if not _alone_there(connection, kind).exists():
        return 0
    state = _state(connection, kind)
    key = f"on_both:{connection.pk}:{kind.value}"
    kept = caches["process"].get(key)
    if kept is None or kept[0] != state:
        kept = state, len(on_both(connection, kind))
        caches["process"].set(key, kept, KEPT)
    count: int = kept[1]
    return count


def _alone_there(connection: Connection, kind: Kind) -> QuerySet[Any]:
    """Of theirs those that nobody has linked or asked about, and that Tieout did not make."""
    asked = Candidate.objects.filter(remote_record=OuterRef("pk"))
    rows = RemoteRecord.objects.filter(
        connection=connection,
        of_kind=kind,
        part="",
        sync_record=None,
        marker="",
        retired=False,
        void=False,
        gone=False,
    )
    return rows.exclude(number="").exclude(Exists(asked)).order_by()


def _alone_here(connection: Connection, kind: Kind) -> QuerySet[Any]:
    """Of ours those that belong into these books and never were on their way there."""
    there = RemoteRecord.objects.filter(sync_record=OuterRef("pk"), retired=False)
    own = {f"{kind.value}_id": OuterRef("pk")}
    begun = SyncRecord.objects.filter(ties.IN_DOUBT | Exists(there), connection=connection, **own)
    return in_scope(connection, kind).exclude(Exists(begun)).order_by()


def _by_number(rows: QuerySet[Any]) -> dict[str, tuple[Any, ...]]:
    """Number → the rest of its row; of a number that several bear none."""
    told = list(rows)
    borne = Counter(number for number, *_ in told)
    return {number: tuple(rest) for number, *rest in told if borne[number] == 1}


def _customers(connection: Connection) -> Mapping[str, int]:
    """Their id of a customer → the key of ours that it stands for."""
    rows = RemoteRecord.objects.filter(
        connection=connection, of_kind=Kind.CUSTOMER, part="", retired=False, gone=False
    ).exclude(sync_record=None)
    return dict(rows.order_by().values_list("remote_id", "sync_record__customer_id"))


def _state(connection: Connection, kind: Kind) -> Mapping[str, object]:
    """Whatever moves when a pair may be another than it was."""
    theirs = RemoteRecord.objects.filter(connection=connection, of_kind=kind, part="")
    records = SyncRecord.objects.filter(connection=connection, kind__in=[kind, Kind.CUSTOMER])
    asked = Candidate.objects.filter(remote_record__connection=connection)
    return {
        "theirs": theirs.aggregate(Count("pk"), Max("read_at")),
        "ours": in_scope(connection, kind).aggregate(Count("pk"), Max("updated_at")),
        "sent": records.aggregate(Count("pk"), Max("changed_at")),
        "asked": asked.aggregate(Count("pk"), Max("decided_at")),
        "from": connection.starts_on,
    }
