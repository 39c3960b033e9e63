"""Before the first send: read what the books over there hold, and take up what is ours.

A process that begins reads their changes from its cursor. Where the database is found to be older
than the books (`witness`, or an arrival with the mark of a record that never left), everything of
every kind is read, and what bears our marker is tied to the record it stands for instead of being
sent again. What of theirs bears a marker that no record has is told as what it is.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from apps.billing.models import Item
from apps.connections.clock import now
from apps.connections.models import Connection
from apps.connectors.errors import TryLater
from apps.connectors.port import Connector, Courier
from apps.connectors.snapshots import ItemSnapshot, Kind, Snapshot
from apps.sync.apply.books import Books
from apps.sync.apply.linking import link
from apps.sync.assemble import Assembler
from apps.sync.calls import witness
from apps.sync.calls.time_given import Yielding
from apps.sync.models import OPEN_STATES, RemoteRecord, Survey, SyncRecord
from apps.sync.pull.feed import SURVEYED, survey
from apps.sync.there import ties
from apps.sync.there.waves import MAY_USE_RESERVE

WORDS = (
    "Tieout's database was found to be older than these books. Everything there was read again "
    "first, and what Tieout had made there before was taken up instead of being sent again."
)

Arrival = RemoteRecord.Arrival


@dataclass(frozen=True, slots=True)
class Means:
    """What the engine's run lends: how to read their changes, take arrivals, and when to stop."""

    get: Callable[[], None]
    apply: Callable[[], object]
    must_stop: Callable[[], bool]


def has_to_send(connection: Connection) -> bool:
    """Whether this run would send anything as far as is known before it."""
    return _due(connection).exists()


def is_urgent(connection: Connection) -> bool:
    """Whether any of it may use the calls that are kept for settling and payments."""
    return _due(connection).filter(MAY_USE_RESERVE).exists()


def _due(connection: Connection) -> QuerySet[SyncRecord]:
    return SyncRecord.objects.filter(
        connection=connection, state__in=OPEN_STATES, due_at__lte=now()
    )


def doubted(connection: Connection, connector: Connector) -> bool:
    """Whether everything is to be read before anything is sent; asks the witness."""
    if connection.read_anew:
        return True
    why = witness.doubt_of(connection)
    if why:
        _note(connection, connector)
    return bool(why)


def never_left(connection: Connection, connector: Connector) -> bool:
    """After a read: whether an arrival bears the marker of a record that this database never sent."""
    for row in RemoteRecord.objects.filter(
        connection=connection, arrival=Arrival.NEW, sync_record=None, gone=False
    ).exclude(Q(marker="") | Q(of_kind="")):
        subject = ties.named_by(connection, Kind(row.of_kind), row.marker)
        if subject is None:
            continue
        record = SyncRecord.objects.filter(
            connection=connection, **{f"{row.of_kind}_id": subject.pk}
        ).first()
        if record is None or _never_left(record):
            _note(connection, connector)
            return True
    return False


def _never_left(record: SyncRecord) -> bool:
    return record.sent == 0 and record.call_id is None and not record.attempts.exists()


def read_all(connection: Connection, connector: Connector, courier: Courier, means: Means) -> None:
    """Everything of every kind, over as many runs as it takes; then what is ours is taken up.

    Raises `TryLater` while something that was sent may still arrive there, and where the run's
    time is up between two kinds.
    """
    wait = witness.silent_in(connection)
    if wait:
        raise TryLater(
            "Tieout's database is older than these books. It reads them once nothing of what was "
            "sent can still arrive.",
            retry_after=wait,
            whole_connection=True,
        )
    means.get()
    while connection.read_anew:
        kind = Kind(connection.read_anew[0])
        survey(connection, connector, courier, kinds=[kind])
        _left(connection, connection.read_anew[1:])
        if connection.read_anew and means.must_stop():
            raise Yielding("Everything of these books is read anew; the next run goes on.")
    take_up_items(connection, connector)
    while _new(connection).exists():
        means.apply()


def take_up_items(connection: Connection, connector: Connector) -> None:
    """Items bear no marker over there: of the same name and code as one of ours that stands for
    nothing, it is the one that was made for it."""
    books = Books(connection, connector)
    assembler = Assembler(connection, connector, books.mappings)
    loose = RemoteRecord.objects.filter(
        connection=connection, of_kind=Kind.ITEM, sync_record=None, gone=False, marker=""
    ).filter(arrival__in=[Arrival.NEW, Arrival.WAITS, Arrival.ONLY_THEIRS])
    there = {_called(books, books.read(row).snapshot): row for row in loose}
    there.pop(("", ""), None)
    if not there:
        return
    tied = RemoteRecord.objects.filter(
        connection=connection, retired=False, gone=False, sync_record__item__isnull=False
    )
    free = Item.objects.filter(company=connection.company_id).exclude(
        pk__in=tied.values("sync_record__item")
    )
    for item in free.order_by("pk"):
        row = there.get(_called(books, assembler.snapshot(Kind.ITEM, item.pk)))
        if row is not None:
            link(row, ties.sync_record_of(connection, item), connector)


def _called(books: Books, snapshot: Snapshot | None) -> tuple[str, str]:
    """Code and name as their ledger holds them."""
    held = books.projected(snapshot) if isinstance(snapshot, ItemSnapshot) else None
    return (
        (held.code.casefold(), held.name.casefold()) if isinstance(held, ItemSnapshot) else ("", "")
    )


def _new(connection: Connection) -> QuerySet[RemoteRecord]:
    return RemoteRecord.objects.filter(connection=connection, arrival=Arrival.NEW)


def _note(connection: Connection, connector: Connector) -> None:
    """Keep on the row what is still to be read, so that another process goes on with it."""
    kinds = [kind.value for kind in SURVEYED if connector.capabilities.may_have(kind)]
    Survey.objects.filter(connection=connection).delete()  # what was read before counts no more
    connection.found_older_at = now()
    connection.read_anew = kinds
    Connection.objects.filter(pk=connection.pk).update(
        found_older_at=connection.found_older_at, read_anew=kinds
    )


def _left(connection: Connection, kinds: list[str]) -> None:
    connection.read_anew = kinds
    Connection.objects.filter(pk=connection.pk).update(read_anew=kinds)
