"""The test invoice: one invoice goes over, is read back and compared before automation may open."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.timezone import now

from apps.billing.models import Invoice
from apps.connections.models import Connection
from apps.connectors.errors import ConnectorError
from apps.connectors.port import Purpose
from apps.connectors.snapshots import InvoiceSnapshot, Kind
from apps.mappings.fingerprint import fingerprint
from apps.sync.lease import Lease
from apps.sync.models import RemoteRecord, Run, State, SyncRecord
from apps.sync.remote import store
from apps.sync.run import Crew, finish
from apps.sync.wake import forget_wakes, wake
from apps.sync.want import has_work, make_wishes, want_masters


@dataclass(frozen=True, slots=True)
class TrialRow:
    """One field compared: what Tieout has, what their books answered."""

    field: str
    ours: str
    theirs: str
    agrees: bool


@dataclass(frozen=True, slots=True)
class TrialResult:
    """What the test invoice showed. Without a match `sentence` says what to do next."""

    matched: bool
    rows: tuple[TrialRow, ...]
    sentence: str
    remedy: str = ""


class Busy(Exception):
    """Another run works on this connection: try again in a minute."""


def run_trial(connection: Connection, invoice: Invoice, *, user_id: int | None) -> TrialResult:
    """Send one issued invoice with its customer and items, read it back, compare line by line.

    On a match the connection may go live: the fingerprint of the settings and mappings that were
    used is written beside the time. Raises `Busy`.
    """
    lease = Lease.take(connection.pk)
    if lease is None:
        raise Busy("A run is under way for these books. Try again in a minute.")
    run = Run.objects.create(
        connection=connection, duty="trial", started_at=now(), asked_by_id=user_id
    )
    used = fingerprint(connection)
    result = TrialResult(False, (), "The test did not finish.")
    try:
        crew = Crew.open(connection, lease, run)
        try:
            result = _send_and_compare(crew, invoice)
        finally:
            crew.recorder.record([], {}, crew.courier.take_answered())
            crew.close()
    except ConnectorError as error:
        result = TrialResult(False, (), error.sentence, error.remedy)
    finally:
        finish(run, Run.Outcome.DONE if result.matched else Run.Outcome.STOPPED, result.sentence)
        lease.release()
        forget_wakes(connection.pk)
        if has_work(connection):
            wake(connection.pk)
    if result.matched:
        Connection.objects.filter(pk=connection.pk).update(
            trial_matched_at=now(), trial_fingerprint=used
        )
    return result


def _send_and_compare(crew: Crew, invoice: Invoice) -> TrialResult:
    name = crew.recorder.name
    record = _wish(crew.connection, invoice)
    want_masters(crew.connection)
    for kind in (Kind.CUSTOMER, Kind.ITEM):
        crew.pusher.push_these(kind, _masters_of(crew.connection, kind, invoice))
    if record.state in (State.WAITING, State.NEEDS_PERSON):
        crew.pusher.push_these(Kind.INVOICE, [record])
    record.refresh_from_db()
    if record.state != State.IN_THE_BOOKS:
        blocked = _what_holds_it(crew.connection, record, invoice)
        return TrialResult(
            False,
            (),
            blocked.sentence or f"The invoice is not in {name} yet: {record.get_state_display()}.",
            blocked.remedy,
        )
    row = RemoteRecord.objects.get(sync_record=record, retired=False, part="")
    crew.courier.purpose = Purpose.PROOF
    read_back = list(crew.connector.read([(row.kind, row.remote_id)], crew.courier))
    store(crew.connection, read_back, read_at=now(), arrival=RemoteRecord.Arrival.ECHO)
    ours = crew.assembler.snapshot(Kind.INVOICE, invoice.pk)
    theirs = read_back[0].snapshot if read_back else None
    if not isinstance(ours, InvoiceSnapshot) or not isinstance(theirs, InvoiceSnapshot):
        return TrialResult(
            False,
            (),
            f"{name} answered that the invoice is not there.",
            f"Look for it in {name}, then run the test again.",
        )
    rows = compared(ours, theirs)
    matched = all(row.agrees for row in rows)
    wrong = sum(not row.agrees for row in rows)
    sentence = (
        f"{invoice.number} is in {name} with the same amounts, dates and lines."
        if matched
        else f"{wrong} of {len(rows)} fields differ."
    )
    remedy = "" if matched else f"Change the mapping, or the settings of {name}, and test again."
    return TrialResult(matched, rows, sentence, remedy)


def compared(ours: InvoiceSnapshot, theirs: InvoiceSnapshot) -> tuple[TrialRow, ...]:
    """Every field that a bookkeeper would tick off, in the order of the paper."""
    rows = [
        _row("Number", ours.number, theirs.number),
        _row("Customer", ours.customer_id, theirs.customer_id),
        _row("Date", ours.issue_date, theirs.issue_date),
        _row("Due date", ours.due_date, theirs.due_date),
        _row("Currency", ours.currency, theirs.currency),
        _row("Number of lines", len(ours.lines), len(theirs.lines)),
    ]
    for place, (one, other) in enumerate(zip(ours.lines, theirs.lines, strict=False), start=1):
        rows += [
            _row(f"Line {place}: item", one.item_id, other.item_id),
            _row(f"Line {place}: account", one.account_id, other.account_id),
            _row(f"Line {place}: quantity", one.quantity, other.quantity),
            _row(f"Line {place}: unit price", one.unit_price, other.unit_price),
            _row(f"Line {place}: amount", one.net, other.net),
        ]
    rows += [
        _row("Net", ours.net, theirs.net),
        _row("Tax", ours.tax, theirs.tax),
        _row("Total", ours.total, theirs.total),
    ]
    return tuple(rows)


def _row(field: str, ours: Any, theirs: Any) -> TrialRow:
    return TrialRow(field, _shown(ours), _shown(theirs), ours == theirs)


def _shown(value: Any) -> str:
    if hasattr(value, "normalize"):
        return format(value.normalize(), "f")
    return "" if value is None else str(value)


def _wish(connection: Connection, invoice: Invoice) -> SyncRecord:
    """The invoice's sync record, due now whatever held it before."""
    with transaction.atomic():
        make_wishes(connection, Kind.INVOICE, [invoice])
        record = SyncRecord.objects.select_for_update().get(connection=connection, invoice=invoice)
        if record.state == State.NEEDS_PERSON or (
            record.state == State.IN_THE_BOOKS and record.sent < invoice.revision
        ):
            record.state, record.due_at = State.WAITING, now()
            record.wanted = max(record.wanted, invoice.revision)
            record.save()
    return record


def _masters_of(connection: Connection, kind: Kind, invoice: Invoice) -> list[SyncRecord]:
    keys = (
        {invoice.customer_id}
        if kind == Kind.CUSTOMER
        else set(invoice.lines.exclude(item=None).values_list("item_id", flat=True))
    )
    records = SyncRecord.objects.filter(
        connection=connection,
        state__in=[State.WAITING, State.NEEDS_PERSON],
        **{f"{kind.value}__in": keys},
    )
    return list(records)


def _what_holds_it(connection: Connection, record: SyncRecord, invoice: Invoice) -> SyncRecord:
    """The record that a person must look at: the invoice itself, or its customer or an item."""
    for kind in (Kind.CUSTOMER, Kind.ITEM):
        stuck = [
            each
            for each in _masters_of(connection, kind, invoice)
            if each.state == State.NEEDS_PERSON
        ]
        if stuck:
            return stuck[0]
    return record
