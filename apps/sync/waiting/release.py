"""Look again at what waits for something, once that something has happened."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL

from apps.billing.models import Customer, Deposit, Item
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.mappings.models import Mapping
from apps.sync.models import (
    ENDED_STATES,
    NO_WAIT,
    On,
    Reason,
    RemoteRecord,
    State,
    SyncRecord,
    Wait,
)
from apps.sync.there.stands import may_not_be_named
from apps.sync.want.carried import rides_with_payment
from apps.sync.want.firsts import open_kinds

ANOTHER = "; "  # between the obstacles of one record, in its sentence
# Written out, not a parameter: only so SQLite sees that the index of what waits is meant.
NOTHING = RawSQL("''", ())


def release_the_waiting(connection: Connection) -> int:
    """Make due again what waits for a mapping, an account, a record or a lock date that is news;
    the number.

    Nothing is decided here: the next plan finds out whether the way is free.
    """
    waiting = SyncRecord.objects.filter(
        connection=connection,
        state__in=[State.WAITING, State.NEEDS_PERSON],
        waits_for__gt=NOTHING,
    ).exclude(reason=Reason.NOT_BY_ITSELF)  # no news ends that wait
    if not waiting.exists():
        return 0
    freed = []
    mapped_at = (
        Mapping.objects.filter(connection=connection)
        .order_by("-changed_at")
        .values_list("changed_at", flat=True)
        .first()
    )
    if mapped_at is not None:
        freed += list(
            waiting.filter(On.MAPPING.rows).filter(Q(checked_at=None) | Q(checked_at__lt=mapped_at))
        )
    if connection.codes_read_at:
        # What a mapping leads to may be active again over there, or bear the percentage again.
        of_codes = waiting.filter(
            On.ACCOUNT.rows | On.MAPPING.rows,
            checked_at__lt=connection.codes_read_at,
        )
        known = {each.pk for each in freed}
        freed += [each for each in of_codes if each.pk not in known]
        freed += _refused_for_what_was_inactive(connection)
    locked = waiting.filter(On.CLOSING_DATE.rows)
    if connection.company_read_at:
        freed += list(locked.filter(checked_at__lt=connection.company_read_at))
    freed += _held_by_several(connection, waiting, mapped_at)
    freed += _whose_record_is_there(connection, waiting.filter(On.RECORD.rows))
    freed += _whose_record_is_in_step(connection, waiting.filter(On.IN_STEP.rows))
    alike_no_more = _whose_likeness_is_over(connection, waiting.filter(On.MATCH.rows))
    freed += [*alike_no_more, *hanging_on(connection, alike_no_more)]
    freed += _whose_first_matched(connection, waiting.filter(On.FIRST.rows))
    freed += _whose_record_is_gone(connection, waiting.filter(On.ENDED.rows))
    look_again_at_undone(connection, waiting.filter(On.UNDONE.rows))
    freed = list({each.pk: each for each in freed}.values())
    for record in freed:
        record.plan_again()
    SyncRecord.objects.bulk_update(
        freed, ["state", "reason", "sentence", "remedy", "waits_for", "due_at"]
    )
    return len(freed)


def _held_by_several(
    connection: Connection, waiting: QuerySet[SyncRecord], mapped_at: datetime | None
) -> list[SyncRecord]:
    """Those with several obstacles of which another than the first may be gone: they are looked at
    again with any news, so that their sentence names what is left."""
    news = [mapped_at, connection.codes_read_at, connection.company_read_at]
    latest = max(filter(None, news), default=None)
    if latest is None:
        return []
    several = waiting.filter(
        state=State.NEEDS_PERSON, sentence__contains=ANOTHER, checked_at__lt=latest
    )
    elsewhere = On.CLOSING_DATE.rows | On.MAPPING.rows | On.ACCOUNT.rows
    return list(several.filter(elsewhere))


def look_again_at_undone(connection: Connection, waiting: QuerySet[SyncRecord]) -> None:
    """What became of these over there can be followed once the bank deposit of ours is undone: its
    arrival is dealt with anew."""
    held = {each.pk: each.awaits.key for each in waiting}
    if not held:
        return
    standing = set(
        Deposit.objects.filter(pk__in=held.values(), status=Deposit.Status.MADE).values_list(
            "pk", flat=True
        )
    )
    free = [pk for pk, deposit in held.items() if deposit not in standing]
    RemoteRecord.objects.filter(
        connection=connection,
        sync_record__in=free,
        part="",
        retired=False,
        arrival=RemoteRecord.Arrival.NEEDS_PERSON,
    ).update(arrival=RemoteRecord.Arrival.NEW, sentence="", remedy="")


def _refused_for_what_was_inactive(connection: Connection) -> list[SyncRecord]:
    """Refused since something it names was not there or not active: with every reading of their
    lists it is tried anew, since nothing says which it was."""
    return list(
        SyncRecord.objects.filter(
            connection=connection,
            state=State.NEEDS_PERSON,
            reason=Reason.REFUSED,
            waits_for=On.ACTIVE,
            checked_at__lt=connection.codes_read_at,
        )
    )


def free_refused_of(connection: Connection, master: Customer | Item) -> int:
    """Plan again what their books refused of a customer or with an item that is active there
    again; the number. Inside a transaction."""
    gone = RemoteRecord.objects.filter(sync_record=OuterRef("pk"), retired=False, gone=True)
    refused = SyncRecord.objects.filter(
        _names(master),
        connection=connection,
        state=State.NEEDS_PERSON,
        reason=Reason.REFUSED,
        waits_for__in=[NO_WAIT, On.ACTIVE],
    ).exclude(Exists(gone))
    freed = list(refused.distinct())
    for record in freed:
        record.plan_again()
    SyncRecord.objects.bulk_update(
        freed, ["state", "reason", "sentence", "remedy", "waits_for", "due_at", "tries"]
    )
    return len(freed)


def _names(master: Customer | Item) -> Q:
    """Sync records whose record names it."""
    if isinstance(master, Item):
        return Q(invoice__lines__item=master) | Q(credit_note__lines__item=master)
    own = Q()
    for kind in (Kind.INVOICE, Kind.CREDIT_NOTE, Kind.PAYMENT, Kind.ADJUSTMENT, Kind.REFUND):
        own |= Q(**{f"{kind.value}__customer": master})
    for source in (Kind.PAYMENT, Kind.CREDIT_NOTE, Kind.ADJUSTMENT):
        own |= Q(**{f"allocation__{source.value}__customer": master})
    return own


def _whose_first_matched(connection: Connection, waiting: QuerySet[SyncRecord]) -> list[SyncRecord]:
    """Those whose kind is open by now."""
    if not waiting.exists():
        return []
    return list(
        waiting.filter(waits_for__in=[On.FIRST.of(each) for each in open_kinds(connection)])
    )


def _whose_record_is_gone(
    connection: Connection, waiting: QuerySet[SyncRecord]
) -> list[SyncRecord]:
    """Those that wait for what was taken back here to end over there too."""
    records = [each for each in waiting if each.due_at is None]
    open_still: set[Wait] = set()
    for kind in {each.awaits.kind for each in records}:
        left = SyncRecord.objects.filter(connection=connection, kind=kind, sent__gt=0)
        keys = left.exclude(state__in=ENDED_STATES).values_list(f"{kind}_id", flat=True)
        open_still |= {On.ENDED.of(kind, pk) for pk in keys}
    return [each for each in records if each.awaits not in open_still]


def _whose_record_is_in_step(
    connection: Connection, waiting: QuerySet[SyncRecord]
) -> list[SyncRecord]:
    """Those that wait for a change of a record of ours, which has gone over by now."""
    records = [each for each in waiting if each.due_at is None]
    there: set[Wait] = set()
    for kind in {each.awaits.kind for each in records}:
        keys = {each.awaits.key for each in records}
        settled = SyncRecord.objects.filter(
            connection=connection, sent__gte=F("wanted"), **{f"{kind}__in": keys}
        )
        there |= {On.IN_STEP.of(kind, pk) for pk in settled.values_list(f"{kind}_id", flat=True)}
    return [each for each in records if each.awaits in there]


def hanging_on(connection: Connection, records: Sequence[SyncRecord]) -> list[SyncRecord]:
    """Those that wait for one of these, which may go in the same run: they go with it."""
    if not records:
        return []
    named = [On.RECORD.of(each.kind, each.subject_id) for each in records]
    return list(
        SyncRecord.objects.filter(
            connection=connection,
            state__in=[State.WAITING, State.NEEDS_PERSON],
            reason=Reason.WAITS_FOR_RECORD,
            waits_for__in=named,
        )
    )


def _whose_likeness_is_over(
    connection: Connection, waiting: QuerySet[SyncRecord]
) -> list[SyncRecord]:
    """Those that may be one of theirs which is gone, stands for another one by now, or was read
    anew since: the next plan says whether they are alike still."""
    records = list(waiting)
    rows = RemoteRecord.objects.filter(pk__in={each.awaits.key for each in records}, gone=False)
    alone = dict(rows.filter(sync_record=None).values_list("pk", "read_at"))
    return [
        each
        for each in records
        if each.awaits.key not in alone
        or (each.checked_at is not None and each.checked_at < alone[each.awaits.key])
    ]


def _whose_record_is_there(
    connection: Connection, waiting: QuerySet[SyncRecord]
) -> list[SyncRecord]:
    """Those that wait for a record of ours which now stands in their books."""
    records = [each for each in waiting if each.due_at is None]
    needed: dict[Kind, set[int]] = {}
    for record in records:
        needed.setdefault(record.awaits.kind, set()).add(record.awaits.key)
    there: set[Wait] = set()
    for kind, keys in needed.items():
        rows = RemoteRecord.objects.filter(
            connection=connection,
            gone=False,
            retired=False,
            **{f"sync_record__{kind.value}__in": keys},
        ).exclude(may_not_be_named(connection, kind))
        found = rows.values_list(f"sync_record__{kind.value}_id", flat=True)
        there |= {On.RECORD.of(kind, pk) for pk in found}
    # An allocation folded into its payment is not waiting for the payment to exist: it goes with it.
    return [each for each in records if each.awaits in there and not rides_with_payment(each)]
