"""What is between the two sides: applications that are stuck, arrivals, what was left out."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Q

from apps.billing.models import Allocation, Synced
from apps.connectors.snapshots import Kind
from apps.core.money import ZERO
from apps.reconciliation.figures import shown
from apps.reconciliation.findings import called
from apps.reconciliation.models import Cause
from apps.reconciliation.ours import Ours, stands
from apps.reconciliation.questions.asked import Asked, of_object, told
from apps.reconciliation.sentences import label_of
from apps.reconciliation.shelf_of_ours import MONEY_KINDS, PORTION, Key
from apps.reconciliation.theirs import Theirs
from apps.sync.models import ENDED_STATES, Reason, RemoteRecord, State, SyncRecord
from apps.sync.models.waits import On
from apps.sync.want.as_it_was import own_day
from apps.sync.want.wishes import in_scope

Arrival = RemoteRecord.Arrival
# A record of ours in one of these kinds is told as missing while it is not in the books.
ENDS = ("payment", "credit_note", "adjustment", "outside_entry", "invoice", "refund", "charge")
TOLD_AS_MISSING = [kind.value for kind in MONEY_KINDS]


def on_the_way(ours: Ours, theirs: Theirs) -> Iterator[Asked]:
    stuck = list(_stuck(ours))
    yield from _applications(ours, stuck)
    yield from _never_begun(ours)
    yield from _unread(ours, theirs)
    yield from _arrivals(ours, stuck)
    yield from _left_out(ours)


# --- Applications of ours -----------------------------------------------------------------------


def _stuck(ours: Ours) -> Iterator[SyncRecord]:
    """Applications, and what un-applied them, that are waiting, on their way, held or rejected."""
    stuck = (
        SyncRecord.objects.filter(connection=ours.connection, kind=Kind.ALLOCATION)
        .exclude(state__in=ENDED_STATES)
        .select_related(*(f"allocation__{end}" for end in ENDS))
    )
    for record in stuck.order_by("pk"):
        assert record.allocation is not None, "an allocation's sync record"
        if not _ended(record.allocation) and _counts(ours, record.allocation):
            yield record


def _applications(ours: Ours, stuck: Sequence[SyncRecord]) -> Iterator[Asked]:
    for record in stuck:
        allocation = record.allocation
        assert allocation is not None, "an allocation's sync record"
        state = str(State(record.state).label)
        yield _application(ours, allocation, state, record.sentence or state, record.remedy)


def _ended(allocation: Allocation) -> bool:
    """Un-applied with the whole that it was a part of, which is told by itself."""
    ends = (allocation.source, allocation.target)
    return not allocation.stands and not all(
        stands(each) for each in ends if isinstance(each, Synced)
    )


def _counts(ours: Ours, allocation: Allocation) -> bool:
    """As of a day, whether what is on the way moves a figure of that day."""
    on = allocation.reversed_on or allocation.date
    return ours.until is None or on <= ours.until


def _never_begun(ours: Ours) -> Iterator[Asked]:
    unseen = in_scope(ours.connection, Kind.ALLOCATION).exclude(
        sync_records__connection=ours.connection
    )
    for allocation in unseen.order_by("pk"):
        if not _counts(ours, allocation):
            continue
        yield _application(ours, allocation, "", "nothing has taken it up", "")


def _application(ours: Ours, allocation: Allocation, state: str, why: str, remedy: str) -> Asked:
    system = ours.connection.system_name
    amount = shown(allocation.amount, allocation.currency)
    what = "application" if allocation.stands else "un-applying"
    target = allocation.target or allocation.outside_label
    return Asked(
        cause=Cause.ON_THE_WAY,
        ours=((allocation.kind, allocation.pk),),
        amount=allocation.amount,
        currency=allocation.currency,
        facts=(told(allocation.amount), str(allocation.stands), state, why),
        sentence=f"The {what} of {amount} to {target} is not in {system}: {why}",
        remedy=remedy or f"Look at it under “Status in {system}”.",
    )


def _read(ours: Ours, keys: Sequence[Key]) -> set[Key]:
    """Those payments of theirs that a run has read."""
    found: set[Key] = set()
    rows = RemoteRecord.objects.filter(connection=ours.connection, of_kind=Kind.PAYMENT, part="")
    for start in range(0, len(keys), PORTION):
        ids = [remote_id for _, remote_id in keys[start : start + PORTION]]
        found |= set(rows.filter(remote_id__in=ids).values_list("kind", "remote_id"))
    return found


# --- Theirs -------------------------------------------------------------------------------------


def _unread(ours: Ours, theirs: Theirs) -> Iterator[Asked]:
    """Money of our customers that stands there and was not read by a run yet."""
    customers = {remote_id for ids in ours.customers.values() for remote_id in ids}
    alone = [key for key in theirs.payments if key not in ours.known]
    read = _read(ours, alone)
    system = ours.connection.system_name
    for key in alone:
        remote = theirs.payments[key]
        if key in read or remote.void or not remote.amount:
            continue
        if remote.customer_id not in customers:
            continue
        yield Asked(
            cause=Cause.ON_THE_WAY,
            theirs=(key,),
            amount=remote.amount,
            currency=remote.currency,
            facts=of_object(remote),
            sentence=(
                f"{label_of(remote, ours.connection.company.home_currency)} was not taken over from "
                f"{system} yet."
            ),
            remedy="The next run takes it over.",
        )


def _arrivals(ours: Ours, stuck: Sequence[SyncRecord]) -> Iterator[Asked]:
    """What was read and waits, or needs a person, and is not told as missing, or in the same words as
    stuck, already."""
    rows = (
        RemoteRecord.objects.filter(connection=ours.connection, retired=False)
        .filter(
            Q(arrival=Arrival.NEEDS_PERSON)
            | Q(arrival__in=[Arrival.WAITS, Arrival.NEW], amount__isnull=False)
        )
        .exclude(On.DECISION.rows)  # asked as maybe the same
        .exclude(
            sync_record__kind__in=TOLD_AS_MISSING,
            sync_record__state__in=[state for state in State if state not in ENDED_STATES],
        )
    )
    asked = {(record.pk, record.sentence) for record in stuck}
    if ours.until is not None:
        rows = rows.exclude(dated__gt=ours.until)
    for row in rows.select_related("sync_record").order_by("pk"):
        if not _ended_on_both(row) and (row.sync_record_id, row.sentence) not in asked:
            yield _arrival(ours, row)


def _ended_on_both(row: RemoteRecord) -> bool:
    """Taken back there, and by now here too: what was asked then is settled."""
    record = row.sync_record
    return record is not None and (row.gone or row.void) and not stands(record.subject)


def _arrival(ours: Ours, row: RemoteRecord) -> Asked:
    currency = row.currency or ours.connection.company.home_currency
    amount = f", {shown(row.amount, currency)}" if row.amount is not None else ""
    name = row.number or row.name or row.remote_id
    why = row.sentence or str(Arrival(row.arrival).label)
    return Asked(
        cause=Cause.ARRIVED,
        theirs=((row.kind, f"{row.remote_id} {row.part}".strip()),),
        amount=row.amount if row.amount is not None else ZERO,
        currency=currency,
        facts=(row.arrival, row.version, told(row.amount or ZERO), why),
        sentence=f"{row.kind} {name}{amount}: {why}",
        remedy=row.remedy or f"Look at it under “In {ours.connection.system_name}”.",
    )


# --- Left out -----------------------------------------------------------------------------------


def _is_later(ours: Ours, subject: Synced) -> bool:
    on = own_day(subject)
    return ours.until is not None and on is not None and on > ours.until


def _left_out(ours: Ours) -> Iterator[Asked]:
    """What stands here and was left out there for another reason than the cut-off."""
    records = SyncRecord.objects.filter(
        connection=ours.connection, state=State.LEFT_OUT, kind__in=TOLD_AS_MISSING
    ).exclude(reason=Reason.BEFORE_CUT_OFF)
    for record in records.order_by("pk"):
        subject: Any = record.subject
        if not stands(subject) or _is_later(ours, subject):
            continue
        why = record.sentence or record.get_reason_display()
        amount: Any = getattr(subject, "total", None) or getattr(subject, "amount", ZERO)
        yield Asked(
            cause=Cause.LEFT_OUT,
            ours=((record.kind, record.subject_id),),
            amount=amount,
            currency=subject.currency,
            facts=(told(amount), record.reason, why),
            sentence=(
                f"{called(Kind(record.kind), subject)} stands here with "
                f"{shown(amount, subject.currency)} and was left out of "
                f"{ours.connection.system_name}: {why}"
            ),
            remedy="Answer how it is accounted for there.",
        )
