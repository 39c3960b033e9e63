"""From changes here to what should stand in each set of books."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet

from apps.billing.models import (
    Adjustment,
    Change,
    Deposit,
    Document,
    Payment,
    PaymentMethod,
    Refund,
    Synced,
)
from apps.connections.clock import now
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.sync.models import ENDED_STATES, OPEN_STATES, Edit, On, Reason, State, SyncRecord, rows_of
from apps.sync.want.as_it_was import is_before_cut_off, leave_as_it_was
from apps.sync.want.rhythm import may_hurry
from apps.webhooks.models import Notice

# Changes taken at once: bounds memory and the time the write lock is held.
TAKEN_AT_ONCE = 500
# Customers and items go over when a document first needs them, never for their own sake.
ON_DEMAND = frozenset({Kind.CUSTOMER, Kind.ITEM})
DOCUMENTS = (Kind.INVOICE, Kind.CREDIT_NOTE)
RAISED = [
    "wanted", "sent", "state", "reason", "sentence", "remedy", "waits_for", "due_at", "checked_at",
    "tries", "let_go_at",
]  # fmt: skip
ENTRIES = (Kind.PAYMENT, Kind.ADJUSTMENT, Kind.REFUND)  # of one customer each


def take_changes(company_id: int) -> int:
    """Turn a company's unread changes into wishes on its connections; the number taken.

    A change that came from a connection is not sent back to it: `apply` has settled it there.
    """
    unread = Change.objects.filter(company_id=company_id, sync_read_at=None)
    if not unread.exists():
        return 0
    connections = list(
        Connection.objects.filter(company_id=company_id).exclude(
            stage__in=[Connection.Stage.SETUP, Connection.Stage.DISCONNECTED]
        )
    )
    taken = 0
    while True:
        with transaction.atomic():
            rows = list(unread.select_for_update().order_by("id")[:TAKEN_AT_ONCE])
            for connection in connections:
                touched: dict[Kind, set[int]] = defaultdict(set)
                for row in rows:
                    if row.origin != connection.origin:
                        touched[Kind(row.kind)].add(row.subject_id)
                for kind, keys in touched.items():
                    want(connection, kind, keys)
            Change.objects.filter(pk__in=[row.pk for row in rows]).update(sync_read_at=now())
        taken += len(rows)
        if len(rows) < TAKEN_AT_ONCE:
            return taken


def want(connection: Connection, kind: Kind, keys: Iterable[int]) -> None:
    """Their books should have these records as they stand now, where they are in scope.

    Inside a transaction: a run of those books may be writing the outcome of an older revision.
    """
    wished = {
        record.pk: record
        for record in in_scope(connection, kind).filter(pk__in=set(keys)).only("pk", "revision")
    }
    known = {
        record.subject_id: record
        for record in SyncRecord.objects.select_for_update()
        .filter(connection=connection, **{f"{kind.value}__in": set(keys)})
        .order_by("pk")
    }
    behind = []
    for pk, record in known.items():
        subject = wished.get(pk)
        if subject is None:
            subject = rows_of(kind).only("pk", "revision").get(pk=pk)
        if record.wanted < subject.revision:
            behind.append(raise_wish(record, subject.revision))
    SyncRecord.objects.bulk_update(behind, RAISED)
    if kind not in ON_DEMAND:
        make_wishes(connection, kind, [each for pk, each in wished.items() if pk not in known])


def raise_wish(record: SyncRecord, revision: int) -> SyncRecord:
    """A newer revision is wanted: what held the older one up is looked at anew. A person who let
    the older one go, and saw it come to rest, has said nothing of this one.

    What is on its way, of unknown outcome or before a person keeps its state: it is planned when
    that is settled.
    """
    if record.opening:
        return leave_as_it_was(record, revision)
    record.wanted = revision
    if record.state in ENDED_STATES:
        record.let_go_at = None
    held = record.state == State.NEEDS_PERSON
    renamed = held and record.awaits.on == On.MATCH  # it may be like another one of theirs by now
    fixed_here = held and record.reason in (
        Reason.CANNOT_HOLD,
        Reason.REFUSED,
        Reason.NAME_TAKEN,
        Reason.MAPPING_MISSING,
        Reason.WAITS_FOR_RECORD,
        Reason.PERIOD_CLOSED,
        # The way out that was named: taken back here too. What stands is held again.
        Reason.GONE,
    )
    if record.state in (State.IN_THE_BOOKS, State.WAITING, State.LEFT_OUT) or fixed_here or renamed:
        record.plan_again()
    return record


def make_wishes(connection: Connection, kind: Kind, subjects: Sequence[Synced]) -> None:
    """First wishes for records that their books have not seen."""
    moment = now()
    SyncRecord.objects.bulk_create(
        [
            SyncRecord(
                connection=connection,
                kind=kind.value,
                wanted=subject.revision,
                due_at=moment,
                **{f"{kind.value}_id": subject.pk},
            )
            for subject in subjects
        ],
        ignore_conflicts=True,  # another run wished the same a moment ago
    )


def in_scope(connection: Connection, kind: Kind) -> QuerySet[Any]:
    """Records of ours that belong into their books, each judged by its own accounting date."""
    rows = rows_of(kind).filter(company_id=connection.company_id)
    first = connection.starts_on or date.min
    if kind in ON_DEMAND:
        return rows
    if kind in DOCUMENTS:
        return rows.filter(status=Document.Status.ISSUED, issue_date__gte=first)
    if kind == Kind.ALLOCATION:
        return _allocations_in_scope(rows, connection, first)
    # What these books made is there; what others of this company made is not.
    rows = rows.exclude(made_in=connection.origin).filter(date__gte=first)
    if kind == Kind.PAYMENT:
        return rows.filter(_not_recorded_there(), status=Payment.Status.RECEIVED)
    if kind == Kind.ADJUSTMENT:
        return rows.filter(status=Adjustment.Status.MADE)
    if kind == Kind.REFUND:
        return rows.filter(_not_recorded_there(), status=Refund.Status.MADE)
    return rows.filter(status=Deposit.Status.MADE)


def _allocations_in_scope(
    rows: QuerySet[Any], connection: Connection, first: date
) -> QuerySet[Any]:
    """An allocation of a payment travels inside it; another is a record of its own. What it
    touches must itself be in scope (an invoice, a credit note or a payment may be older: it was open
    at the cut-off, and a person links it)."""
    # A deduction set against what takes it back joins two entries on one account of one customer:
    # ledgers hold both, and none says which of two journals pays the other.
    rows = rows.exclude(adjustment__isnull=False, charge__isnull=False)
    return rows.filter(
        # Money that they recorded and we set against an invoice: the allocation is ours to send.
        _not_recorded_there("payment__") | Q(payment=None),
        *(Q(**{each: None}) | Q(**{f"{each}__date__gte": first}) for each in _DATED),
        outside_entry=None,  # their own credit, set against our invoice by them
        reversed_on=None,
        date__gte=first,
    )


_DATED = ("adjustment", "refund", "charge")  # what an allocation may touch besides


def _not_recorded_there(prefix: str = "") -> Q:
    """Money that their side does not record by itself: per method one side does, so it is not there
    twice. What came from any books was recorded there, and nowhere else."""
    return (
        ~Q(**{f"{prefix}made_in": ""})
        | Q(**{f"{prefix}method": None})
        | Q(**{f"{prefix}method__recorded_by": PaymentMethod.RecordedBy.TIEOUT})
    )


# What was void, cancelled, reversed or undone here, as a look-up on its sync record and its value.
_TAKEN_BACK: dict[Kind, tuple[str, object]] = {
    Kind.INVOICE: ("invoice__status", Document.Status.VOID),
    Kind.CREDIT_NOTE: ("credit_note__status", Document.Status.VOID),
    Kind.PAYMENT: ("payment__status", Payment.Status.CANCELLED),
    Kind.ALLOCATION: ("allocation__reversed_on__isnull", False),
    Kind.ADJUSTMENT: ("adjustment__status", Adjustment.Status.CANCELLED),
    Kind.REFUND: ("refund__status", Refund.Status.CANCELLED),
    Kind.DEPOSIT: ("deposit__status", Deposit.Status.UNDONE),
}


def ended_here(kind: Kind, prefix: str = "") -> Q:
    """Sync records of this kind whose record was taken back here, or is taken back with the run that
    had made it, as a condition; `prefix` leads to the sync record. Customers and items end by being
    inactive, which their books are told."""
    if kind not in _TAKEN_BACK:
        return Q(pk__in=[])
    look_up, value = _TAKEN_BACK[kind]
    undone = Q(**{f"{prefix}kind": kind.value, f"{prefix}undo__isnull": False})
    return Q(**{f"{prefix}{look_up}": value}) | undone


def want_masters(connection: Connection) -> None:
    """Customers and items that waiting documents and money need and their books do not have, but for
    those that leave another time."""
    open_records = SyncRecord.objects.filter(connection=connection, state=State.WAITING)
    open_records = open_records.exclude(reason__in=[Reason.NOT_BY_ITSELF, Reason.FOR_THE_HOUR])
    customers: set[int] = set()
    items: set[int | None] = set()
    kinds = set(open_records.order_by().values_list("kind", flat=True).distinct())
    for kind in [each for each in (*DOCUMENTS, *ENTRIES) if each in kinds]:
        waiting = rows_of(kind).filter(
            pk__in=open_records.filter(kind=kind).values(f"{kind.value}_id")
        )
        customers |= set(waiting.values_list("customer_id", flat=True).distinct())
        if kind in DOCUMENTS:
            items |= set(waiting.values_list("lines__item_id", flat=True).distinct())
            items |= set(waiting.values_list("discount_item_id", flat=True).distinct())
    customers |= _those_above(customers)
    if None in items:  # a line without an item, which may go over as the company's item for such
        items.add(connection.company.plain_item_id)
    for kind, keys in ((Kind.CUSTOMER, customers), (Kind.ITEM, items - {None})):
        missing = rows_of(kind).filter(pk__in=keys).exclude(sync_records__connection=connection)
        make_wishes(connection, kind, list(missing.only("pk", "revision")))


def _those_above(customers: set[int]) -> set[int]:
    """Their parents, and the parents of those: a ledger wants them first."""
    found: set[int] = set()
    level = customers
    while level:
        rows = rows_of(Kind.CUSTOMER).filter(pk__in=level, parent__isnull=False)
        level = set(rows.values_list("parent_id", flat=True)) - found - customers
        found |= level
    return found


def sweep(connection: Connection) -> int:
    """Heal what the outbox missed: wish for everything in scope that is not wanted as it stands.

    Set-based over revisions, inside a transaction; the number of wishes made or raised.
    """
    healed = _sent_after_all(connection)
    for kind in Kind:
        if kind not in ON_DEMAND:
            unseen = in_scope(connection, kind).exclude(sync_records__connection=connection)
            fresh = list(unseen.only("pk", "revision"))
            make_wishes(connection, kind, fresh)
            healed += len(fresh)
        behind = (
            SyncRecord.objects.select_for_update(of=("self",))
            .filter(connection=connection, kind=kind, wanted__lt=F(f"{kind.value}__revision"))
            .select_related(kind.value)
            .order_by("pk")
        )
        raised = [raise_wish(each, each.subject.revision) for each in behind]
        SyncRecord.objects.bulk_update(raised, RAISED)
        healed += len(raised)
    return healed


def _sent_after_all(connection: Connection) -> int:
    """What was linked at a cut-off, taken apart, and lies on or after the one that was chosen since:
    it is sent as anything of that day; the number."""
    apart = (
        SyncRecord.objects.select_for_update()
        .filter(
            connection=connection,
            opening=True,
            state=State.LEFT_OUT,
            reason=Reason.BEFORE_CUT_OFF,
        )
        .order_by("pk")
    )
    found = [each for each in apart if not is_before_cut_off(connection, each.subject)]
    for record in found:
        record.opening, record.sent = False, 0
        record.plan_anew()
        record.save()
    return len(found)


def has_work(connection: Connection) -> bool:
    """Whether a run would find something to carry or was asked to read now."""
    due = SyncRecord.objects.filter(connection=connection, state__in=OPEN_STATES, due_at__lte=now())
    unread = Change.objects.filter(company_id=connection.company_id, sync_read_at=None)
    told = Notice.objects.filter(connection=connection, state=Notice.State.WAITING)
    notes = Edit.objects.filter(connection=connection, due_at__lte=now())
    if due.exists() or unread.exists() or asked_to_get(connection) or notes.exists():
        return True
    # What only reading everything tells waits for its rhythm where calls are short.
    return told.exists() and (told.exclude(kind="").exists() or may_hurry(connection, now()))


def asked_to_get(connection: Connection) -> bool:
    """Whether somebody asked for their changes since they were last read."""
    return Connection.objects.filter(
        Q(cursor=None) | Q(asked_to_get_at__gt=F("cursor__saved_at")),
        pk=connection.pk,
        asked_to_get_at__isnull=False,
    ).exists()
