"""What a run made over there: what of it can be taken back, and what stays, each with the reason.

Nothing is asked over there for it: it goes by what was last read. A run that carries an undo out
reads their changes first, and what came between is refused then.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Q

from apps.billing.models import Adjustment, Payment
from apps.connections.lifecycle import open_connector
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.core.money import ZERO
from apps.sync.models import Attempt, Edit, RemoteRecord, Run, SyncRecord
from apps.sync.undo.refusals import SUBJECT_FIELDS, Line, own_refusal
from apps.sync.undo.together import refuse_what_hangs_together
from apps.sync.want.wishes import ON_DEMAND

# In this order they are taken back, as far as one hangs on another.
ORDER = (
    Kind.ALLOCATION,
    Kind.DEPOSIT,
    Kind.PAYMENT,
    Kind.REFUND,
    Kind.ADJUSTMENT,
    Kind.CREDIT_NOTE,
    Kind.INVOICE,
)
MOST = 3000  # records of one undo: its plan is one page, made within seconds
RAISES = (Kind.INVOICE, Kind.REFUND)  # what a customer owes


@dataclass(slots=True)
class Plan:
    """What undoing a run comes to, before anything is done. `masters`: customers and items that it
    made, which stay; `already`: what an undo before this one took back, or is taking back; `why_none`: why nothing of it can be undone at all, "" where it can."""

    run: Run
    lines: list[Line] = field(default_factory=list)
    masters: int = 0
    already: int = 0
    why_none: str = ""

    @property
    def going(self) -> list[Line]:
        return [each for each in self.lines if each.goes]

    @property
    def staying(self) -> list[Line]:
        return [each for each in self.lines if not each.goes]

    def counts(self) -> list[tuple[Kind, int, int]]:
        """Of each kind how many are taken back and how many stay, in the order of taking back."""
        going = Counter(each.kind for each in self.going)
        staying = Counter(each.kind for each in self.staying)
        return [(kind, going[kind], staying[kind]) for kind in ORDER if going[kind] + staying[kind]]

    def owed(self) -> list[tuple[str, Decimal, Decimal]]:
        """By currency: what these records make customers owe over there, before and after."""
        before: dict[str, Decimal] = defaultdict(Decimal)
        after: dict[str, Decimal] = defaultdict(Decimal)
        for each in self.lines:
            subject: Any = each.record.subject
            if each.kind in (Kind.ALLOCATION, Kind.DEPOSIT):
                continue  # they move nothing that is owed
            amount = _owed_by(each.kind, subject)
            before[subject.currency] += amount
            after[subject.currency] += ZERO if each.goes else amount
        return [(currency, before[currency], after[currency]) for currency in sorted(before)]


def _owed_by(kind: Kind, subject: Any) -> Decimal:
    amount: Decimal = subject.total if hasattr(subject, "total") else subject.amount
    if kind is Kind.ADJUSTMENT:
        return amount if subject.side == Adjustment.Side.DEBIT else -amount
    return amount if kind in RAISES else -amount


def plan_of(run: Run) -> Plan:
    """What undoing this run would do; a few statements, whatever its size, and no call."""
    connection = run.connection
    plan = Plan(run=run, why_none=_why_none(connection, run))
    if plan.why_none:
        return plan
    wrote = _written_by(run)
    if len(wrote) > MOST:
        plan.why_none = (
            f"It wrote {len(wrote):,} records, and at most {MOST:,} are taken back at once. Void or "
            "cancel them here; that goes over by itself."
        )
        return plan
    connector = open_connector(connection)
    inside = connector.capabilities.payments_carry_allocations
    read = _records(connection, wrote, inside=inside)
    plan.masters = sum(each.kind in ON_DEMAND for each in read)
    plan.already = sum(each.undo_id is not None for each in read)
    read = [each for each in read if each.undo_id is None]
    # What goes inside a payment is taken back with it.
    carried = [each for each in read if inside and _is_inside(each)]
    aside = {each.pk for each in carried}
    records = [each for each in read if each.kind not in ON_DEMAND and each.pk not in aside]
    theirs = _theirs(records)
    later, edited = _sent_by_later_runs(run, records, wrote), _edited(run, records)
    for record in records:
        refusal = own_refusal(
            run,
            record,
            connector,
            theirs.get(record.pk, []),
            revision=wrote[record.pk],
            carried_later=record.pk in later,
            edited=edited.get(record.pk, ""),
        )
        plan.lines.append(Line(record, refusal))
    payments = {each.record.payment_id for each in plan.lines if each.kind is Kind.PAYMENT}
    plan.lines += [
        Line(each)
        for each in carried
        if each.allocation is not None
        and each.allocation.stands
        and each.allocation.payment_id in payments
    ]
    refuse_what_hangs_together(plan.lines, inside=inside, name=connection.system_name)
    if not plan.lines:
        plan.why_none = (
            "All of it was taken back already."
            if plan.already
            else "It made no invoice, credit note, payment or other entry there."
        )
    return plan


def _why_none(connection: Connection, run: Run) -> str:
    if run.outcome == Run.Outcome.RUNNING:
        return "It is still running. Wait until it has ended."
    if run.duty != "sync":
        return "Only a run that sends and gets is undone; this one wrote nothing to be kept."
    if not connection.is_live:
        return f"{connection} is not live: nothing leaves for it now."
    if connection.capabilities.hands_over:
        return (
            f"{connection.system_name} takes files in, and Tieout cannot take back what is in them. "
            "Void or cancel the records here: the next files say so."
        )
    return ""


def _written_by(run: Run) -> dict[int, int]:
    """Sync record → the revision that the run wrote: what arrived with one of its calls, and what
    left with one whose answer was lost and was found out later."""
    rows = Attempt.objects.filter(
        call__run=run,
        result__in=[Attempt.Result.DONE, Attempt.Result.UNKNOWN, Attempt.Result.STEP],
    ).order_by("id")
    return dict(rows.values_list("sync_record_id", "revision"))


def _theirs(records: Sequence[SyncRecord]) -> dict[int, list[RemoteRecord]]:
    found: dict[int, list[RemoteRecord]] = defaultdict(list)
    rows = RemoteRecord.objects.filter(sync_record__in=records, retired=False)
    for row in sorted(rows, key=lambda each: each.pk):
        if row.sync_record_id is not None:
            found[row.sync_record_id].append(row)
    return found


def _sent_by_later_runs(run: Run, records: Sequence[SyncRecord], wrote: dict[int, int]) -> set[int]:
    """Of these, those that another run wrote a newer revision of since."""
    rows = Attempt.objects.filter(
        sync_record__in=records, result=Attempt.Result.DONE, call__run__gt=run.pk
    )
    said = rows.values_list("sync_record_id", "revision")
    return {pk for pk, revision in said if revision > wrote.get(pk, 0)}


def _edited(run: Run, records: Sequence[SyncRecord]) -> dict[int, str]:
    """Of these, those that somebody over there has changed by hand since: what of them."""
    rows = Edit.objects.filter(
        sync_record__in=records, side=Edit.Side.THERE, found_at__gte=run.started_at
    )
    return dict(rows.order_by("id").values_list("sync_record_id", "what"))


def _is_inside(record: SyncRecord) -> bool:
    return record.allocation is not None and record.allocation.payment_id is not None


def _records(connection: Connection, wrote: Mapping[int, int], *, inside: bool) -> list[SyncRecord]:
    """What the run wrote; and, where it stands inside, what the payments of it are set against."""
    which = Q(pk__in=wrote)
    if inside:
        paid = Payment._base_manager.filter(sync_records__in=wrote)
        which |= Q(connection=connection, kind=Kind.ALLOCATION, allocation__payment__in=paid)
    rows = SyncRecord.objects.filter(which)
    return list(rows.select_related("connection__company", *SUBJECT_FIELDS).order_by("pk"))
