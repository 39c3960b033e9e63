"""Read what their notices name: each object once, and by the door of everything that is read.

A notice is a hint. What it says of the object is not believed; the object is read, and stored where
it is news. What is lost, or never came, the feed tells.
"""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import QuerySet

from apps.connections.clock import now
from apps.connections.models import Connection
from apps.connectors.errors import RecordRefused
from apps.connectors.port import Connector, Courier, RemoteObject
from apps.connectors.registry import system
from apps.sync.lease import Lease
from apps.sync.models import RemoteRecord
from apps.sync.pull.feed import documents_of, whole
from apps.sync.there.remote import store
from apps.webhooks.models import Notice

AT_ONCE = 200  # objects of one reading, stored in one transaction

State = Notice.State
Named = tuple[str, str]  # their kind, id


def waiting(connection: Connection) -> QuerySet[Notice]:
    return Notice.objects.filter(connection=connection, state=State.WAITING)


def asks_for_the_feed(connection: Connection) -> bool:
    """Whether something changed that only the feed can tell."""
    return waiting(connection).filter(kind="").exists()


def newest(connection: Connection) -> int:
    """What was told until now; a feed that is read from here on tells it, too."""
    return waiting(connection).order_by("-pk").values_list("pk", flat=True).first() or 0


def read_with_the_feed(connection: Connection, until: int) -> None:
    if until:
        waiting(connection).filter(pk__lte=until).update(state=State.WITH_THE_FEED)


def read_noticed(
    connection: Connection, connector: Connector, courier: Courier, lease: Lease
) -> int:
    """Read and store what waits, some at a time; the number of news. Raises what the courier raises;
    then the notices of that reading wait on."""
    news = 0
    while some := list(waiting(connection).exclude(kind="").order_by("pk")[: 5 * AT_ONCE]):
        named = dict.fromkeys((each.kind, each.remote_id) for each in some)
        taken = set(list(named)[:AT_ONCE])
        notices = [each for each in some if (each.kind, each.remote_id) in taken]
        news += _read_some(connection, connector, courier, lease, notices)
    return news


def _read_some(
    connection: Connection,
    connector: Connector,
    courier: Courier,
    lease: Lease,
    notices: Sequence[Notice],
) -> int:
    held = _held(connection, notices)
    known = [each for each in notices if _is_known(held.get((each.kind, each.remote_id)), each)]
    passed = {each.pk for each in known}
    fresh = [each for each in notices if each.pk not in passed]
    wanted = list(dict.fromkeys((each.kind, each.remote_id) for each in fresh))
    state = State.READ
    # No transaction is open during the call.
    try:
        objects = _ours(connection, connector, courier, wanted, held)
    except RecordRefused:
        # One that cannot be asked for by its id stops no other: the feed tells what there is.
        objects, state = [], State.WITH_THE_FEED
    read_at = now()
    with transaction.atomic():
        lease.confirm()
        rows = store(connection, objects, read_at=read_at)
        for told, became in ((known, State.KNOWN), (fresh, state)):
            keys = [each.pk for each in told]
            Notice.objects.filter(pk__in=keys, state=State.WAITING).update(state=became)
    return sum(row.read_at == read_at for row in rows)


def _ours(
    connection: Connection,
    connector: Connector,
    courier: Courier,
    wanted: Sequence[Named],
    held: dict[Named, RemoteRecord],
) -> list[RemoteObject]:
    """What the feed would have told: nothing gone that was never held, nothing of another trade."""
    if not wanted:
        return []
    webhooks = system(connection.system).webhooks
    found = []
    for each in whole(connector.read(wanted, courier), connector):
        is_held = (each.kind, each.remote_id) in held
        if is_held or not (each.gone or (webhooks and not webhooks.belongs(each))):
            found.append(each)
    gone = {(each.kind, each.remote_id) for each in found if each.gone}
    if asked := documents_of(connection, gone):
        found += whole(connector.read(asked, courier), connector)
    return found


def _held(connection: Connection, notices: Sequence[Notice]) -> dict[Named, RemoteRecord]:
    rows = RemoteRecord.objects.filter(
        connection=connection, part="", remote_id__in={each.remote_id for each in notices}
    ).only("kind", "remote_id", "remote_updated_at", "gone")
    return {(each.kind, each.remote_id): each for each in rows}


def _is_known(row: RemoteRecord | None, notice: Notice) -> bool:
    """Held as of that time or later: an echo of what we wrote, an old delivery, a late one."""
    return bool(
        row and notice.told_at and row.remote_updated_at and row.remote_updated_at >= notice.told_at
    )
