"""Read what changed over there into remote records, with the cursor, in their time."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet, Sum

from apps.connections.clock import now
from apps.connections.models import Connection
from apps.connectors.port import Connector, Courier, Page, RemoteObject, SurveyPage
from apps.connectors.snapshots import AllocationSnapshot, Kind
from apps.sync.models import Cursor, RemoteRecord, Run, Survey
from apps.sync.there.remote import IDS, store

logger = logging.getLogger(__name__)

AT_ONCE = 500  # objects of a survey stored in one transaction
TELLING = 3  # documents of a customer that is gone, read to see whether they moved
SURVEYED = (
    Kind.CUSTOMER,
    Kind.ITEM,
    Kind.INVOICE,
    Kind.CREDIT_NOTE,
    Kind.ADJUSTMENT,
    Kind.REFUND,
    Kind.PAYMENT,
    Kind.DEPOSIT,
)


def pull(connection: Connection, connector: Connector, courier: Courier, run: Run | None) -> int:
    """Store everything that changed there since the cursor, and move it; the number of news.

    Each page's remote records are saved in one transaction, the last with the cursor, so that
    nothing read is lost and nothing unread is passed. With nothing new only the cursor is written.
    Raises what the courier raises; then the cursor stays and the next run reads the same again.
    """
    news = 0
    since, position = _read_until(connection)
    for page in connector.changes(since, courier, KnownRows(connection), position):
        found = whole(page.objects, connector)
        objects = list(_confirmed(connection, connector, courier, found))
        objects += _missing(connection, connector, courier, page.totals)
        if page.nameless:
            logger.warning("%s objects without an id came from %s", page.nameless, connection.pk)
        read_at = now()
        with transaction.atomic():
            rows = store(connection, objects, read_at=read_at)
            _move_cursor(connection, page)
        news += sum(row.read_at == read_at for row in rows)
    return news


@dataclass(frozen=True, slots=True)
class KnownRows:
    """What we hold of these books, for a feed that asks what it need not read."""

    connection: Connection

    def news(self, kind: str, versions: Mapping[str, str]) -> list[str]:
        ids = list(versions)
        held: dict[str, str] = {}
        for start in range(0, len(ids), IDS):
            held |= dict(
                self._standing()
                .filter(kind=kind, remote_id__in=ids[start : start + IDS])
                .values_list("remote_id", "version")
            )
        return [each for each, version in versions.items() if held.get(each) != version]

    def written(self, since: datetime) -> int:
        runs = Run.objects.filter(connection=self.connection, started_at__gte=since)
        return runs.aggregate(records=Sum("pushed"))["records"] or 0

    def ids(self, kind: str) -> frozenset[str]:
        return frozenset(self._standing().filter(kind=kind).values_list("remote_id", flat=True))

    def count(self, kind: str) -> int:
        return self._standing().filter(kind=kind).count()

    def _standing(self) -> QuerySet[RemoteRecord]:
        return RemoteRecord.objects.filter(connection=self.connection, part="", gone=False)


def survey(
    connection: Connection,
    connector: Connector,
    courier: Courier,
    kinds: Sequence[Kind] | None = None,
) -> int:
    """Read all their customers, items and money once, at go-live, or just some kinds of them; the
    number stored.

    A run whose time is up leaves the rest to the next: how far it came is kept with the rows.
    What was there before Tieout began is listed as only theirs. Masters are looked at (one may be
    ours by name), and so is what carries our marker or changed since the connection was made.
    """
    wanted = _surveyed(connector) if kinds is None else list(kinds)
    stands = _begun(connection, wanted)
    stored = 0
    for page in connector.survey(wanted, stands.position, courier):
        objects = list(whole(page.objects, connector))
        before = _begun_by_their_clock(connection, page)
        for start in range(0, len(objects) or 1, AT_ONCE):
            some = objects[start : start + AT_ONCE]
            read_at = now()
            with transaction.atomic():
                new = [each for each in some if not _was_before(each, before)]
                old = [each for each in some if _was_before(each, before)]
                rows = store(connection, new, read_at=read_at)
                rows += _store_as_theirs(connection, connector, old, read_at)
                if start + AT_ONCE >= len(objects):
                    _stands_behind(stands, page)
            stored += sum(row.read_at == read_at for row in rows)
    return stored


def is_surveyed(connection: Connection, connector: Connector) -> bool:
    """Whether everything over there was read to its end."""
    kinds = [kind.value for kind in _surveyed(connector)]
    return Survey.objects.filter(connection=connection, kinds=kinds, ended=True).exists()


def _begun(connection: Connection, kinds: Sequence[Kind]) -> Survey:
    """The survey of these kinds that a run before this one did not end; else a new one."""
    found = Survey.objects.filter(connection=connection).first()
    names = [kind.value for kind in kinds]
    if found is not None and found.kinds == names and not found.ended:
        return found
    Survey.objects.filter(connection=connection).delete()
    return Survey(connection=connection, kinds=names)


def _stands_behind(survey: Survey, page: SurveyPage) -> None:
    survey.position, survey.ended = page.position, not page.position
    survey.began_at = survey.began_at or page.read_at
    survey.save()


def _store_as_theirs(
    connection: Connection,
    connector: Connector,
    objects: Sequence[RemoteObject],
    read_at: datetime,
) -> list[RemoteRecord]:
    """Documents and money of the time before: listed, but for those that are tied to ours."""
    rows = store(connection, objects, read_at=read_at, arrival=RemoteRecord.Arrival.ONLY_THEIRS)
    name = connector.capabilities.name
    fresh = [row for row in rows if row.read_at == read_at]
    RemoteRecord.objects.filter(pk__in=[row.pk for row in fresh], sync_record=None).update(
        sentence=f"It was in {name} before Tieout began."
    )
    tied = [row.pk for row in fresh if row.sync_record_id is not None]
    RemoteRecord.objects.filter(pk__in=tied).update(arrival=RemoteRecord.Arrival.NEW)
    return rows


def _begun_by_their_clock(connection: Connection, page: SurveyPage) -> datetime:
    """When the connection was made, less the overlap, as their clock would have told it: theirs is
    what their objects are dated by, and it need not be ours."""
    apart = page.read_at - now() if page.read_at is not None else timedelta()
    return connection.created_at + apart - timedelta(seconds=settings.SYNC_CURSOR_OVERLAP)


def _was_before(read: RemoteObject, moment: datetime) -> bool:
    master = read.of_kind in (Kind.CUSTOMER, Kind.ITEM)
    return not master and not read.marker and bool(read.updated_at and read.updated_at < moment)


def _surveyed(connector: Connector) -> list[Kind]:
    return [kind for kind in SURVEYED if connector.capabilities.may_have(kind)]


def _read_until(connection: Connection) -> tuple[datetime, str]:
    """Their time to read from, less the overlap: the cursor, or when what was there was begun to be
    read, or the moment of connecting. And their position, "" before the first reading."""
    cursor = Cursor.objects.filter(connection=connection).first()
    until = cursor.read_until if cursor is not None else None
    if until is None:
        begun = Survey.objects.filter(connection=connection).exclude(began_at=None).first()
        until = begun.began_at if begun is not None else None
    until = until or connection.created_at
    overlap = timedelta(seconds=settings.SYNC_CURSOR_OVERLAP)
    return until - overlap, cursor.position if cursor is not None else ""


def _move_cursor(connection: Connection, page: Page) -> None:
    """The last page of a feed says how far it was read. A time never moves backwards; of two
    positions only their ledger can tell which is the later one."""
    if page.cursor is None and not page.position:
        return
    cursor = Cursor.objects.select_for_update().filter(connection=connection).first()
    cursor = cursor or Cursor(connection=connection)
    times = [each for each in (cursor.read_until, page.cursor) if each is not None]
    cursor.read_until = max(times, default=None)
    cursor.position = page.position or cursor.position
    cursor.saved_at = now()
    cursor.save()


def whole(
    objects: Sequence[RemoteObject] | Iterator[RemoteObject], connector: Connector
) -> Iterator[RemoteObject]:
    """Without the parts of payments, where a payment says itself what it is set against: apply then
    deals with it as a whole, and notes them."""
    inside = connector.capabilities.payments_carry_allocations
    for each in objects:
        part_of_money = (
            inside
            and each.part
            and isinstance(each.snapshot, AllocationSnapshot)
            and each.snapshot.source == Kind.PAYMENT
        )
        if not part_of_money:
            yield each


def _confirmed(
    connection: Connection,
    connector: Connector,
    courier: Courier,
    objects: Iterator[RemoteObject],
) -> Iterator[RemoteObject]:
    """A feed may call an object deleted that was changed: what stands for ours is asked for again.

    No transaction is open during the call, and there is none where nothing of ours is gone.
    """
    doubted = []
    for each in objects:
        if each.gone and _is_news_of_ours(connection, each):
            doubted.append((each.kind, each.remote_id))
        else:
            yield each
    if not doubted:
        return
    gone: set[tuple[str, str]] = set()
    for each in whole(connector.read(doubted, courier), connector):
        if each.gone:
            gone.add((each.kind, each.remote_id))
        yield each
    if asked := documents_of(connection, gone):
        yield from whole(connector.read(asked, courier), connector)


def documents_of(connection: Connection, gone: set[tuple[str, str]]) -> list[tuple[str, str]]:
    """A few documents of ours of each customer that is gone. A feed need not tell of what changed
    its customer by a merge alone, and they say into which one it was merged."""
    found: list[tuple[str, str]] = []
    for kind, remote_id in sorted(gone):
        customer = RemoteRecord.objects.filter(
            connection=connection, kind=kind, remote_id=remote_id, of_kind=Kind.CUSTOMER
        )
        rows = RemoteRecord.objects.filter(
            connection=connection,
            of_kind__in=[Kind.INVOICE, Kind.CREDIT_NOTE, Kind.PAYMENT],
            customer_id_there=remote_id,
            part="",
            gone=False,
            sync_record__isnull=False,
        ).order_by("-pk")
        if customer.exists():
            found += rows.values_list("kind", "remote_id")[:TELLING]
    return found


def _missing(
    connection: Connection, connector: Connector, courier: Courier, totals: Mapping[str, int]
) -> list[RemoteObject]:
    """What the feed could not say was deleted. Of a kind of which another number stands there than
    we hold, what we hold and is not among all their ids is read, and found gone or, where it came
    about meanwhile, as it stands. Compared once everything that changed there is stored."""
    held = KnownRows(connection)
    unlike = [kind for kind, number in totals.items() if held.count(kind) != number]
    if not unlike:
        return []
    there = connector.ids(unlike, courier)
    doubted = [(kind, each) for kind in unlike for each in sorted(held.ids(kind) - there[kind])]
    return list(whole(connector.read(doubted, courier), connector)) if doubted else []


def _is_news_of_ours(connection: Connection, gone: RemoteObject) -> bool:
    return RemoteRecord.objects.filter(
        connection=connection,
        kind=gone.kind,
        remote_id=gone.remote_id,
        gone=False,
        sync_record__isnull=False,
    ).exists()
