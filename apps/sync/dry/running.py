"""What would be sent, without sending: in words, in debits and credits, and as the raw requests.

Nothing is written, here or over there. Where a connector reads before it writes, it does so, and
its reads are counted.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from django.db.models import QuerySet

from apps.billing.models import Document, Synced
from apps.connections.lifecycle import open_connector
from apps.connections.models import Connection
from apps.connectors.port import Connector, Push, Request
from apps.connectors.snapshots import Kind, Snapshot
from apps.mappings.look_up import Mappings
from apps.sync.assemble.assembler import Assembler
from apps.sync.assemble.firsts import Firsts
from apps.sync.assemble.foretelling import Foretelling, Foretold
from apps.sync.assemble.lookups import Lookups
from apps.sync.assemble.obstacles import Assembled, Obstacle
from apps.sync.dry.looked import Looked, Would, changes, held, held_by_person
from apps.sync.dry.requests import raw_requests
from apps.sync.models import IN_DOUBT, On, Reason, State, SyncRecord, rows_of
from apps.sync.send.plan import push_of
from apps.sync.there.merge import ours_changed
from apps.sync.there.shares import added_up
from apps.sync.there.stands import of_records
from apps.sync.there.ties import agreed_of
from apps.sync.there.waves import WAVES
from apps.sync.want.wishes import DOCUMENTS, ON_DEMAND, in_scope
from apps.sync.wording import day, listed

AT_MOST = 500  # records of a kind that one dry run looks at
# Stands in a raw request for an id that their books give when what bears it is made.
ID_TO_BE = "0"
# Of what a person has to decide first, the decision is the obstacle.
DECIDED_FIRST = (
    Reason.CHANGED_ON_BOTH_SIDES,
    Reason.MAYBE_THE_SAME,
    Reason.GONE,
    Reason.MERGED,
    Reason.DOUBLE,
    Reason.AMOUNTS_DIFFER,
    Reason.UNREADABLE,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class DryRun:
    """`told`: what all that would be created there books, by currency. `requests`: as they would
    leave, of the first records of each kind; `why_none`: why some could not be composed. `reads`:
    calls that read, made for it. `beyond`: records of which only so many were looked at."""

    connection: Connection
    looked: tuple[Looked, ...]
    told: tuple[Foretold, ...] = ()
    requests: tuple[Request, ...] = ()
    why_none: str = ""
    reads: int = 0
    beyond: int = 0

    def of(self, *would: Would) -> list[Looked]:
        return [each for each in self.looked if each.would in would]

    @property
    def counts(self) -> list[tuple[str, int]]:
        """How many of each kind would be sent, in the order in which they go."""
        found: dict[Kind, int] = defaultdict(int)
        for each in self.looked:
            if each.is_sent:
                found[each.kind] += 1
        return [(words(kind, count), count) for kind, count in found.items()]

    @property
    def headline(self) -> str:
        parts = [f"{count:,} {what}" for what, count in self.counts]
        if not parts:
            return "Nothing would be sent"
        return f"{listed(parts)} would be sent"


def words(kind: Kind, count: int) -> str:
    """What staff call so many records of a kind."""
    if kind == Kind.ALLOCATION:
        return "applied amount" if count == 1 else "applied amounts"
    meta = rows_of(kind).model._meta
    return str(meta.verbose_name if count == 1 else meta.verbose_name_plural).lower()


def dry_run(
    connection: Connection,
    records: Sequence[Synced],
    *,
    beyond: int = 0,
    first: Synced | None = None,
) -> DryRun:
    """Of these saved records, with the customers and items that go with them. `first`: this one as
    the first of its kind, which goes though its kind is not open."""
    rehearsal = _Rehearsal(connection)
    rehearsal.firsts.let([] if first is None else [first])
    looked, ready = rehearsal.all_of(records)
    effect = _effect(connection, [each for each in ready if each.known is None])
    requests, why_none, reads = raw_requests(connection, rehearsal.connector, ready)
    return DryRun(
        connection=connection,
        looked=tuple(looked),
        told=effect,
        requests=requests,
        why_none=why_none,
        reads=reads,
        beyond=beyond,
    )


def dry_run_of_a_run(connection: Connection) -> DryRun:
    """Of all that a run would find to send, the oldest first, at most `AT_MOST` of a kind."""
    records: list[Synced] = []
    beyond = 0
    for kind in Kind:
        due = [_behind(connection, kind)]
        if kind not in ON_DEMAND:
            due.insert(0, _unseen(connection, kind))
        beyond += max(0, sum(each.count() for each in due) - AT_MOST)
        keys = list(islice(chain.from_iterable(each[:AT_MOST] for each in due), AT_MOST))
        records += rows_of(kind).in_bulk(keys).values()
    return dry_run(connection, records, beyond=beyond)


def _unseen(connection: Connection, kind: Kind) -> "QuerySet[Any, int]":
    rows = in_scope(connection, kind).exclude(sync_records__connection=connection)
    return rows.order_by("pk").values_list("pk", flat=True)


def _behind(connection: Connection, kind: Kind) -> "QuerySet[Any, int]":
    """What their books have not seen as it stands here."""
    rows = SyncRecord.objects.filter(connection=connection, kind=kind, opening=False)
    rows = rows.exclude(On.BY_HAND.rows)  # a run takes none of them
    waiting = rows.filter(state__in=[State.WAITING, State.NEEDS_PERSON, *IN_DOUBT])
    return waiting.order_by("pk").values_list(f"{kind.value}_id", flat=True)


# --- What becomes of each ---------------------------------------------------------------------


class _There(Lookups):
    """On which what goes before it in this dry run counts as there."""

    def __init__(self, connection: Connection, connector: Connector, mappings: Mappings) -> None:
        super().__init__(connection, connector, mappings)
        self.goes: set[tuple[Kind, int]] = set()

    def needed(self, kind: Kind, pk: int, word: str, obstacles: list[Obstacle]) -> str:
        known = len(obstacles)
        found = super().needed(kind, pk, word, obstacles)
        if not found and (kind, pk) in self.goes:
            del obstacles[known:]
            return ID_TO_BE
        return found


class _Rehearsal:
    """The plan of a run, in its order, with no row written."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.connector = open_connector(connection)
        mappings = Mappings.of(connection)
        self.assembler = Assembler(connection, self.connector, mappings)
        self.lookups = _There(connection, self.connector, mappings)
        self.assembler.lookups = self.lookups
        self.firsts = Firsts(connection)

    def all_of(self, records: Sequence[Synced]) -> tuple[list[Looked], list[Push]]:
        by_kind: dict[Kind, dict[int, Synced]] = defaultdict(dict)
        for each in records:
            by_kind[Kind(each.kind)][each.pk] = each
        for kind, found in self._masters(by_kind).items():
            by_kind[kind] = found | by_kind[kind]
        looked: list[Looked] = []
        pushes: list[Push] = []
        for kind in dict.fromkeys(kind for wave in WAVES if not wave.back for kind in wave.kinds):
            for start in range(0, len(by_kind[kind]), AT_MOST):
                some = dict(islice(by_kind[kind].items(), start, start + AT_MOST))
                for one, push in self._of_kind(kind, some):
                    looked.append(one)
                    if push is not None:
                        pushes.append(push)
                        self.lookups.goes.add((kind, one.record.pk))
        return looked, pushes

    def _masters(
        self, by_kind: Mapping[Kind, Mapping[int, Synced]]
    ) -> dict[Kind, dict[int, Synced]]:
        """Customers, those above them, and items that these need and their books do not have."""
        customers: set[int] = set()
        items: set[int | None] = set()
        for kind, found in by_kind.items():
            customers |= {
                each.customer_id for each in found.values() if hasattr(each, "customer_id")
            }
            if kind in DOCUMENTS:
                rows = rows_of(kind).filter(pk__in=list(found))
                items |= set(rows.values_list("lines__item_id", flat=True))
                items |= set(rows.values_list("discount_item_id", flat=True))
        if None in items:
            items.add(self.lookups.plain_item_id)
        level = customers
        while level:
            above = rows_of(Kind.CUSTOMER).filter(pk__in=level, parent__isnull=False)
            level = set(above.values_list("parent_id", flat=True)) - customers
            customers |= level
        wanted: dict[Kind, set[Any]] = {Kind.CUSTOMER: customers, Kind.ITEM: items - {None}}
        needed: dict[Kind, dict[int, Synced]] = {}
        for kind, keys in wanted.items():
            self.lookups.learn(kind, keys)
            absent = [key for key in keys if not self.lookups.has(kind, key)]
            rows = rows_of(kind).filter(pk__in=absent)
            needed[kind] = {each.pk: each for each in rows.order_by("pk")}
        needed[Kind.CUSTOMER] = _parents_first(needed[Kind.CUSTOMER])
        return needed

    def _of_kind(
        self, kind: Kind, found: Mapping[int, Synced]
    ) -> Iterator[tuple[Looked, Push | None]]:
        rows = list(
            SyncRecord.objects.filter(
                connection=self.connection, **{f"{kind.value}__in": list(found)}
            )
        )
        known = {each.subject_id: each for each in rows}
        added = added_up(rows, self.connector.capabilities.adds_up)
        theirs = of_records(rows, added)
        agreed = {key: each.snapshot for key, each in agreed_of(rows).items()}
        scope = set(
            in_scope(self.connection, kind).filter(pk__in=list(found)).values_list("pk", flat=True)
        )
        for made in self.assembler.many(kind, list(found)):
            record, subject = known.get(made.pk), found[made.pk]
            stands = theirs.get(record.pk) if record is not None else None
            base = agreed.get(record.pk) if record is not None else None
            gone = stands is not None and (stands.row.gone or stands.row.unreadable)
            ended = self._ended(
                kind, subject, record, made, there=stands is not None, in_scope=made.pk in scope
            )
            if ended is not None:
                yield ended, None
            elif gone or (record is not None and record.reason in DECIDED_FIRST):
                yield held_by_person(kind, subject, record), None
            elif stop := self._held_back(record, made, stands=stands is not None):
                yield held(kind, subject, [stop]), None
            elif made.obstacles:
                yield held(kind, subject, made.obstacles), None
            elif record is None or made.snapshot is None:
                push = _first(self.connection, kind, made)
                yield Looked(kind=kind, record=subject, would=Would.CREATE), push
            elif base is not None and stands is not None and not record.step:
                changed = ours_changed(base, made.snapshot)
                if not changed:
                    yield Looked(kind=kind, record=subject, would=Would.STANDS), None
                    continue
                words_of_it = changes(changed, self.connection.home_currency)
                one = Looked(kind=kind, record=subject, would=Would.CHANGE, sentence=words_of_it)
                yield one, push_of(self.connector, record, made, base, stands, added)
            else:
                would = Would.CREATE if stands is None else Would.CHANGE
                push = push_of(self.connector, record, made, base, stands, added)
                yield Looked(kind=kind, record=subject, would=would), push

    def _held_back(
        self, record: SyncRecord | None, made: Assembled, *, stands: bool
    ) -> Obstacle | None:
        """What keeps a new one of a kind back of which the first was not tried yet."""
        begun = record is not None and (record.step or record.opening)
        return None if stands or begun else self.firsts.stops(made)

    def _ended(
        self,
        kind: Kind,
        subject: Synced,
        record: SyncRecord | None,
        made: Assembled,
        *,
        there: bool,
        in_scope: bool,
    ) -> Looked | None:
        """What goes nowhere, or has left already; None where neither is so."""
        if record is not None and (record.in_doubt or record.state == State.HANDED_OVER):
            return Looked(
                kind=kind, record=subject, would=Would.ON_ITS_WAY, sentence=record.sentence
            )
        first = self.connection.starts_on
        dated = getattr(subject, "issue_date", None) or getattr(subject, "date", None)
        why = ""
        if isinstance(subject, Document) and subject.is_draft:
            why = "It is a draft: it goes over once it is issued."
        elif made.taken_back and not there:
            why = "It was taken back here before it was sent."
        elif record is not None and record.opening:
            why = "It was open at the cut-off: it is linked, and never sent."
        elif not there and first and dated and dated < first:
            why = f"It is dated before the cut-off, {day(first)}: it is never sent."
        elif made.left_out and not there:
            why = made.left_out
        elif not there and kind not in ON_DEMAND and not in_scope:
            why = "It is recorded over there, not sent from here."
        return (
            Looked(kind=kind, record=subject, would=Would.LEFT_OUT, sentence=why) if why else None
        )


def _parents_first(customers: Mapping[int, Synced]) -> dict[int, Synced]:
    """A parent goes before those under it."""
    found: dict[int, Synced] = {}

    def add(customer: Any) -> None:
        if customer.pk not in found:
            if customer.parent_id in customers:
                add(customers[customer.parent_id])
            found[customer.pk] = customer

    for each in customers.values():
        add(each)
    return found


def _first(connection: Connection, kind: Kind, made: Assembled) -> Push:
    assert made.snapshot is not None, "a record without obstacles has its snapshot"
    identity = f"{connection.pk}-{kind.value}-{made.pk}-dry"
    return Push(ref=made.pk, kind=kind, snapshot=made.snapshot, identity=identity)


# --- What it books ----------------------------------------------------------------------------


def _effect(connection: Connection, created: Sequence[Push]) -> tuple[Foretold, ...]:
    """Debits and credits of all that is made there, by currency; masters book nothing."""
    lookups = Foretelling(connection)
    if not lookups.connector.capabilities.accounts:
        return ()
    by_currency: dict[str, list[Snapshot]] = defaultdict(list)
    for push in created:
        if push.kind in ON_DEMAND:
            continue
        whole: Any = push.snapshot
        by_currency[str(whole.currency)].append(push.snapshot)
    return tuple(lookups.told(some, currency) for currency, some in by_currency.items())
