"""Find out what became of calls whose answer was lost, before anything newer is planned."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F

from apps.connections.clock import now
from apps.connections.models import Connection
from apps.connectors.port import Connector, Push, Unsettled
from apps.connectors.snapshots import Kind
from apps.sync.calls.courier import Settling, SyncCourier, request_of
from apps.sync.calls.outcomes import Sent
from apps.sync.models import (
    IN_DOUBT,
    Call,
    Intended,
    Reason,
    State,
    SyncRecord,
)
from apps.sync.send.push import Pusher
from apps.sync.there.shares import NOTHING, added_up, mine
from apps.sync.there.stands import as_one, of_records
from apps.sync.there.ties import agreed_of


def unsettled_calls(connection: Connection) -> list[Call]:
    """Calls of which some record does not know its outcome, and whose time to ask has come.

    A run that was killed leaves its records "on their way"; whoever holds the lease now may ask.
    """
    asking = SyncRecord.objects.filter(
        connection=connection,
        state__in=IN_DOUBT,
        due_at__lte=now(),
    )
    return list(Call.objects.filter(pk__in=asking.values("call")).order_by("id"))


def settle_all(
    connection: Connection,
    connector: Connector,
    courier: SyncCourier,
    pusher: Pusher,
) -> None:
    """Settle every lost call whose provider's time-out has passed; the others stay unknown."""
    free_the_answered(connection)
    for call in unsettled_calls(connection):
        records = list(SyncRecord.objects.filter(call=call, state__in=IN_DOUBT).order_by("id"))
        ripe_at = (call.may_have_left_until or call.started_at) + timedelta(
            seconds=settings.SYNC_PROVIDER_TIMEOUT
        )
        if now() < ripe_at:
            _mark_unknown(records, ripe_at)
            continue
        try:
            with courier.begun():
                _settle(call, records, connector, courier, pusher)
        finally:
            courier.intends({})


def _settle(
    call: Call,
    records: Sequence[SyncRecord],
    connector: Connector,
    courier: SyncCourier,
    pusher: Pusher,
) -> None:
    """Ask by replay or by look-up; the call is closed when every member has its outcome.

    A replay is sent once: one that stayed without an answer is not repeated. When their time-out
    has passed after it, what is looked for and not found never arrived.
    """
    life = connector.capabilities.key_life or settings.SYNC_KEY_LIFE
    young = now() - call.started_at < timedelta(seconds=life)
    replayed = call.replayed_by.exclude(state=Call.State.UNSENT).exists()
    pushes, sent = _pushes_of(records, connector)
    unsettled = Unsettled(
        request=request_of(call),
        pushes=tuple(pushes),
        may_replay=bool(call.key) and young and not replayed,
        believe_absence=True,
    )
    settling = Settling(call)
    courier.intends(sent, settling=settling)
    pusher.carry_out(connector.settle(unsettled, courier), sent, settling=settling)
    if not SyncRecord.objects.filter(call=call, state__in=IN_DOUBT).exists():
        _close(call)


def _pushes_of(
    records: Sequence[SyncRecord], connector: Connector
) -> tuple[list[Push], dict[int, Sent]]:
    """The pushes of a lost call, as they left: what was changed here since is planned after it."""
    pushes, sent = [], {}
    added = added_up(records, connector.capabilities.adds_up)
    theirs = of_records(records, added)
    agreed = agreed_of(records)
    intended = {
        each.record_id: each
        for each in Intended.objects.filter(record__in=records).select_related("record")
    }
    for record in records:
        left = intended[record.pk]
        stands = theirs.get(record.pk)
        objects = stands.objects(connector) if stands is not None else ()
        beside = added.beside.get(record.pk, NOTHING)
        pushes.append(
            Push(
                ref=record.pk,
                kind=Kind(record.kind),
                snapshot=left.snapshot,
                identity=record.identity,
                known=as_one(mine(objects, beside), connector),
                agreed=agreed[record.pk].snapshot if record.pk in agreed else None,
                stands=objects,
                beside=beside,
                step=record.step,
            )
        )
        carried = [(pk, revision, kind, target) for pk, revision, kind, target in left.carried]
        sent[record.pk] = Sent(
            record,
            record.intent_revision or 0,
            left.snapshot,
            carried,
            step=record.step,
            stands=objects,
            beside=beside,
        )
    return pushes, sent


def free_the_answered(connection: Connection) -> None:
    """Records left "on its way" by a call that never left go back to waiting. A replay that never
    left frees nothing: they point at the call that did."""
    SyncRecord.objects.filter(
        connection=connection, state=State.ON_ITS_WAY, call__state=Call.State.UNSENT
    ).update(state=State.WAITING, due_at=now(), tries=F("tries") + 1)


def _mark_unknown(records: Sequence[SyncRecord], until: datetime) -> None:
    SyncRecord.objects.filter(pk__in=[each.pk for each in records], state__in=IN_DOUBT).update(
        state=State.UNKNOWN,
        reason=Reason.ANSWER_LOST,
        sentence="The answer was lost; Tieout finds out before it sends again.",
        remedy="Nothing to do.",
        due_at=until,
    )


def _close(call: Call) -> None:
    """Its members have their outcomes, or were taken up by a later call."""
    with transaction.atomic():
        Call.objects.filter(pk=call.pk).rewrite(state=Call.State.SETTLED)
