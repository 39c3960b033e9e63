"""What changing a mapping touches, before anything is saved: what waits and will be booked
otherwise, what was booked under the choice in force, and the test that becomes void."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial

from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, Sum

from apps.billing.models import Item
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.core.money import ZERO
from apps.mappings.fingerprint import fingerprint
from apps.mappings.models import THINGS, Mapping, RemoteCode
from apps.mappings.names import Key
from apps.sync.mapped.under_mapping import Under, booked_under, sent_there
from apps.sync.models import TRIED_FIRST, Attempt
from apps.sync.want.firsts import RELIES_ON, open_kinds, relied_on
from apps.sync.want.wishes import in_scope

WENT_OVER = (Attempt.Result.DONE, Attempt.Result.HANDED_OVER)


@dataclass(frozen=True, kw_only=True, slots=True)
class Touched:
    """Records of one kind: how many, what of them is booked under the mapping per currency, and the
    days of the first and the last."""

    kind: Kind
    count: int
    amounts: dict[str, Decimal]
    first: date
    last: date


@dataclass(frozen=True, kw_only=True, slots=True)
class Impact:
    """What one change touches. `since`: when the choice in force was made (None: none is)."""

    key: Key
    old: RemoteCode | None
    new: RemoteCode
    since: datetime | None
    waiting: list[Touched]
    past: list[Touched]

    @property
    def past_count(self) -> int:
        return sum(each.count for each in self.past)

    @property
    def waiting_count(self) -> int:
        return sum(each.count for each in self.waiting)


def impact(connection: Connection, key: Key, new: RemoteCode) -> Impact:
    """A number of queries that hangs on the kinds alone, however many documents there are.

    Past is what went over since the choice in force was made. Waiting is what is in scope and never
    went over. Nothing is written, and their side is not asked.
    """
    row = in_force(connection, key)
    since = in_force_since(row) if row is not None else None
    waiting: list[Touched] = []
    past: list[Touched] = []
    for under in booked_under(connection, key):
        if under.kind not in connection.capabilities.kinds:
            continue
        waiting += _touched(under, partial(_waits, connection, under.kind))
        if since is not None:
            past += _touched(under, partial(_went_over, connection, under.kind, since))
    return Impact(
        key=key,
        old=row.code if row is not None else None,
        new=new,
        since=since,
        waiting=waiting,
        past=past,
    )


def voids_the_test(connection: Connection, changes: Sequence[tuple[Key, RemoteCode]]) -> bool:
    """Whether the test invoice that matched says nothing any more with all of these made."""
    if connection.trial_matched_at is None or not connection.trial_fingerprint:
        return False
    if connection.trial_fingerprint != connection.settings_fingerprint:
        return False
    if any(_leaves_the_default(connection, *each) for each in changes):
        return True
    return fingerprint(connection, instead=dict(changes)) != connection.trial_fingerprint


def asks_for_new_firsts(
    connection: Connection, changes: Sequence[tuple[Key, RemoteCode]]
) -> list[Kind]:
    """The kinds that are open and of which a first is sent anew with all of these made."""
    instead = dict(changes)
    leaves = any(_leaves_the_default(connection, *each) for each in changes)
    opened = open_kinds(connection)
    return [
        kind
        for kind in TRIED_FIRST
        if kind in opened
        and (
            relied_on(connection, kind, instead=instead) != relied_on(connection, kind)
            or (leaves and Mapping.Subject.ITEM_ACCOUNT in RELIES_ON[kind])
        )
    ]


def _leaves_the_default(connection: Connection, key: Key, new: RemoteCode) -> bool:
    """Of an item that the test may have borne, and that had no account of its own."""
    subject, thing = key
    own = Mapping.objects.filter(connection=connection, subject=subject, item=thing)
    if subject != Mapping.Subject.ITEM_ACCOUNT or thing is None or own.exists():
        return False
    tested = Item.objects.filter(pk=thing, created_at__lte=connection.trial_matched_at)
    default = in_force(connection, (Mapping.Subject.INCOME, None))
    return default is not None and default.code != new and tested.exists()


def in_force_since(mapping: Mapping) -> datetime:
    """When it was last chosen anew, by its history; a row kept without one, when it was written."""
    since: datetime = mapping.changed_at
    rows = mapping.history.order_by("-history_date", "-history_id")
    for code, at in rows.values_list("code_id", "history_date"):
        if code != mapping.code_id:
            break
        since = at
    return since


def sent_since(connection: Connection, mapping: Mapping) -> int:
    """How many records went over under the choice in force."""
    thing = mapping.thing
    key = (mapping.subject, thing.pk if thing is not None else None)
    since = in_force_since(mapping)
    return sum(
        under.records.filter(_went_over(connection, under.kind, since, "pk")).count()
        for under in booked_under(connection, key)
        if under.kind in connection.capabilities.kinds
    )


def in_force(connection: Connection, key: Key) -> Mapping | None:
    """The choice that holds; of an item without one of its own, the default account."""
    subject, thing = key
    rows = Mapping.objects.filter(connection=connection, subject=subject)
    rows = rows.select_related("code", *THINGS)
    if thing is None:
        return rows.first()
    found = rows.filter(**{Mapping.argument_of(subject): thing}).first()
    if found is None and subject == Mapping.Subject.ITEM_ACCOUNT:
        return in_force(connection, (Mapping.Subject.INCOME, None))
    return found


def _went_over(connection: Connection, kind: Kind, since: datetime, path: str) -> Q:
    """Rows whose record, to which `path` leads, went over since then."""
    attempts = Attempt.objects.filter(
        at__gte=since,
        result__in=WENT_OVER,
        sync_record__connection=connection,
        **{f"sync_record__{kind.value}": OuterRef(path)},
    )
    return Q(Exists(attempts))


def _waits(connection: Connection, kind: Kind, path: str) -> Q:
    """Rows whose record, to which `path` leads, is in scope and never went over."""
    rows = in_scope(connection, kind).exclude(sent_there(connection, kind))
    return Q(**{f"{path}__in": rows.values("pk")})


def _touched(under: Under, which: Callable[[str], Q]) -> Iterable[Touched]:
    """Of what is booked under it, those that this picks by the path to the record."""
    told = (
        under.records.filter(which("pk"))
        .order_by()
        .aggregate(count=Count("pk"), first=Min(under.dated), last=Max(under.dated))
    )
    if not told["count"]:
        return []
    amounts: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for part in under.parts:
        currency = "currency" if part.record == "pk" else f"{part.record}__currency"
        rows = part.rows.filter(which(part.record)).order_by()
        sums = rows.values(of_currency=F(currency)).annotate(booked=Sum(part.amount))
        for row in sums:
            amounts[row["of_currency"]] += row["booked"] or ZERO
    return [
        Touched(
            kind=under.kind,
            count=told["count"],
            amounts={name: amounts[name] for name in sorted(amounts)},
            first=told["first"],
            last=told["last"],
        )
    ]
