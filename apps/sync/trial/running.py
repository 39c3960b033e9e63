"""The test invoice: one invoice goes over, is read back and compared before automation may open."""

from collections.abc import Sequence
from contextlib import suppress

from django.db import transaction
from django.utils.timezone import now

from apps.billing.models import Invoice
from apps.connections.checking import refuse_unconfirmed
from apps.connections.lifecycle import take_company
from apps.connections.models import Connection
from apps.connectors.errors import ConnectorError
from apps.connectors.port import Purpose, RemoteObject
from apps.connectors.snapshots import InvoiceSnapshot, Kind
from apps.mappings.fingerprint import fingerprint
from apps.sync.calls.handed_over import read_confirmations
from apps.sync.models import Reason, RemoteRecord, State, SyncRecord
from apps.sync.pull.masters import read_masters
from apps.sync.run import Crew
from apps.sync.there.remote import store
from apps.sync.trial.advice import advised
from apps.sync.trial.alone import (
    BY_REASON,
    Busy,
    Ended,
    TrialResult,
    Way,
    alone,
    arrived,
    is_newer,
    read_for_a_person,
    send_whole,
    settle_as_read,
    standing_for,
    way_out,
)
from apps.sync.trial.by_word import is_as_confirmed
from apps.sync.trial.compared import Names, compared
from apps.sync.want.wishes import make_wishes, want_masters
from apps.sync.wording import called, capital

__all__ = ["Busy", "Ended", "TrialResult", "Way", "run_trial"]

# Of a line that stands there Tieout never changes these, whoever chose them.
LEFT_TO_THEM = ("account", "item")


def run_trial(
    connection: Connection, invoice: Invoice, *, user_id: int | None, way: Way = Way.SEND
) -> TrialResult:
    """Send one issued invoice with its customer and items, read it back, compare line by line.

    On a match the connection may go live: the fingerprint of the settings and mappings that were
    used is written beside the time. Raises `Busy`, and ValidationError where nobody has confirmed
    that these are the right books, and where nothing is there to compare.
    """
    refuse_unconfirmed(connection)
    standing = standing_for(connection, invoice) if way is Way.COMPARE else None
    used = fingerprint(connection)

    def work(crew: Crew) -> TrialResult:
        found = (
            _send_and_compare(crew, invoice, way)
            if standing is None
            else _compare(crew, standing, invoice, way)
        )
        _learn_rounding(crew)
        return found

    result = alone(connection, work, duty="trial", user_id=user_id)
    if result.matched:
        Connection.objects.filter(pk=connection.pk).update(
            trial_matched_at=now(),
            trial_fingerprint=used,
            trial_confirmed_by=None,
            trial_confirmation="",
        )
    return result


def _send_and_compare(crew: Crew, invoice: Invoice, way: Way) -> TrialResult:
    read_confirmations(crew.connection, crew.connector, crew.courier, crew.lease)
    unread = _read_masters(crew)
    if unread is not None:
        return unread
    record = _wish(crew.connection, invoice, way)
    want_masters(crew.connection)
    for kind in (Kind.CUSTOMER, Kind.ITEM):
        send_whole(crew, kind, _masters_of(crew.connection, kind, invoice))
    if record.state in (State.WAITING, State.NEEDS_PERSON):
        send_whole(crew, Kind.INVOICE, [record], anew=way is Way.CORRECT)
    return _compare(crew, record, invoice, way)


def _compare(crew: Crew, record: SyncRecord, invoice: Invoice, way: Way) -> TrialResult:
    record.refresh_from_db()
    stands = RemoteRecord.objects.filter(
        sync_record=record, retired=False, gone=False, part=""
    ).first()
    reads_back = crew.connector.capabilities.reads_back
    compares = way is Way.COMPARE and stands is not None
    if not compares and not arrived(record, stands=stands is not None and reads_back):
        return _not_there(crew, record, invoice)
    if not reads_back:
        return _confirmed_by_them(crew, record, invoice)
    if stands is None:
        return _gone_again(crew)
    return _read_back(crew, record, invoice, stands, way)


def _learn_rounding(crew: Crew) -> None:
    """What stands there now may be the first that shows how they round tax. Where that cannot be
    read the test stands as it ended: the daily reading of their company learns it as well."""
    if not crew.connector.capabilities.tax_rounding_told:
        with suppress(ConnectorError):
            take_company(crew.connection, crew.connector.company(crew.courier))


def _not_there(crew: Crew, record: SyncRecord, invoice: Invoice) -> TrialResult:
    """It has not arrived, or is not believed to have: why, and what to do."""
    blocked = _what_holds_it(crew.connection, record, invoice)
    name = crew.recorder.name
    if _is_with_them(crew.connection, blocked, invoice):
        ended = Ended.HANDED_OVER
    elif blocked.in_doubt:
        ended = Ended.UNKNOWN
    else:
        ended = BY_REASON.get(Reason(blocked.reason), Ended.HELD)
    sentence = (
        _said_of(blocked, record)
        or f"The invoice is not in {name} yet: {record.get_state_display()}."
    )
    return TrialResult(ended, (), sentence, blocked.remedy)


def _read_masters(crew: Crew) -> TrialResult | None:
    """Nothing is created there before it is known what stands there already."""
    return read_for_a_person(
        crew,
        lambda: read_masters(crew.connection, crew.connector, crew.courier),
        "the customers and items of",
        "Send the test invoice again in a minute",
    )


def _said_of(blocked: SyncRecord, record: SyncRecord) -> str:
    """What holds it, by name where that is not the invoice itself."""
    if blocked.pk == record.pk or not blocked.sentence:
        return blocked.sentence
    return f"{capital(called(blocked.subject))}: {blocked.sentence}"


def _gone_again(crew: Crew) -> TrialResult:
    name = crew.recorder.name
    return TrialResult(
        Ended.DIFFERS,
        (),
        f"{name} answered that the invoice is not there.",
        f"Look for it in {name}, then run the test again.",
    )


def _read_back(
    crew: Crew, record: SyncRecord, invoice: Invoice, stands: RemoteRecord, way: Way
) -> TrialResult:
    """Read it afresh and hold every field against ours."""
    connection, name = crew.connection, crew.recorder.name
    crew.courier.purpose = Purpose.PROOF
    found = list(crew.connector.read([(stands.kind, stands.remote_id)], crew.courier))
    changed = bool(found) and is_newer(stands, found[0])
    store(connection, found, read_at=now(), arrival=RemoteRecord.Arrival.ECHO)
    ours = crew.assembler.snapshot(Kind.INVOICE, invoice.pk)
    theirs = found[0].snapshot if found else None
    if not isinstance(ours, InvoiceSnapshot) or not isinstance(theirs, InvoiceSnapshot):
        return _gone_again(crew)
    names = Names.of(connection, ours, theirs)
    rows = compared(ours, theirs, names)
    wrong = [row.field for row in rows if not row.agrees]
    if not wrong and way is Way.COMPARE:
        settle_as_read(crew, record, invoice, ours, theirs)
    if not wrong and record.state == State.IN_THE_BOOKS:
        sentence = f"{invoice.number} is in {name} with the same amounts, dates and lines."
        return TrialResult(
            Ended.MATCHED, rows, sentence, ours=ours, theirs=theirs, place=_place(found[0])
        )
    if not wrong and record.reason == Reason.REFUSED:  # it reads the same, and does not count so
        return _not_there(crew, record, invoice)
    return TrialResult(
        Ended.DIFFERS,
        rows,
        _how_it_differs(record, name, wrong, len(rows), changed=changed),
        _what_to_do(record, invoice, name, wrong, way),
        in_place=any(not _is_left_to_them(field) for field in wrong),
        advice=advised(connection, invoice, (ours, theirs), rows, names),
        changed_there=changed,
        ours=ours,
        theirs=theirs,
        place=_place(found[0]),
    )


def _how_it_differs(
    record: SyncRecord, name: str, wrong: Sequence[str], fields: int, *, changed: bool
) -> str:
    differ = "differs" if len(wrong) == 1 else "differ"
    said = [f"{len(wrong)} of {fields} fields {differ}."] if wrong else []
    if changed:
        said.insert(0, f"Somebody, or an app of theirs, changed it in {name} after it was sent.")
    if record.state == State.NEEDS_PERSON and (record.reason == Reason.REFUSED or not wrong):
        said.append(record.sentence)
    return " ".join(said)


def _what_to_do(
    record: SyncRecord, invoice: Invoice, name: str, wrong: Sequence[str], way: Way
) -> str:
    if not wrong or (way is Way.CORRECT and record.state == State.NEEDS_PERSON):
        return record.remedy
    left = [field for field in wrong if _is_left_to_them(field)]
    kept = "the account and the item of a line" if left else ""
    said = way_out(name, in_place=len(left) < len(wrong), kept=kept)
    return said if len(left) < len(wrong) else f"{said} Or choose another invoice as the test."


def _is_left_to_them(field: str) -> bool:
    return field.rpartition(": ")[2] in LEFT_TO_THEM


def _place(read: RemoteObject) -> tuple[str, str]:
    return read.kind, read.remote_id


def _confirmed_by_them(crew: Crew, record: SyncRecord, invoice: Invoice) -> TrialResult:
    """What cannot be read back is seen by a person."""
    name = crew.recorder.name
    if not is_as_confirmed(record, crew.assembler):
        return TrialResult(
            Ended.HELD,
            (),
            f"{name} has confirmed {invoice.number}, which was sent under other settings.",
            "Send another invoice as the test.",
        )
    return TrialResult(
        Ended.ASKS_WORD,
        (),
        f"{name} has confirmed {invoice.number}. What stands there cannot be read back.",
        f"Look at it in {name}; then say below that it stands there as it is here.",
    )


def _wish(connection: Connection, invoice: Invoice, way: Way) -> SyncRecord:
    """The invoice's sync record, due now whatever held it before."""
    with transaction.atomic():
        make_wishes(connection, Kind.INVOICE, [invoice])
        record = SyncRecord.objects.select_for_update().get(connection=connection, invoice=invoice)
        held = record.state == State.NEEDS_PERSON and not record.in_doubt
        in_books = record.state == State.IN_THE_BOOKS
        if held or (in_books and (way is Way.CORRECT or record.sent < invoice.revision)):
            record.state, record.due_at = State.WAITING, now()
            record.wanted = max(record.wanted, invoice.revision)
            record.save()
    return record


def _masters_of(
    connection: Connection,
    kind: Kind,
    invoice: Invoice,
    states: Sequence[State] = (State.WAITING, State.NEEDS_PERSON),
) -> list[SyncRecord]:
    if kind == Kind.CUSTOMER:
        keys = {invoice.customer_id}
    else:
        of_lines = invoice.lines.values_list("item_id", flat=True)
        besides = (invoice.discount_item_id, connection.company.plain_item_id)
        keys = {key for key in (*of_lines, *besides) if key}
    records = SyncRecord.objects.filter(
        connection=connection, state__in=states, **{f"{kind.value}__in": keys}
    )
    return list(records)


def _is_with_them(connection: Connection, blocked: SyncRecord, invoice: Invoice) -> bool:
    """Whether nothing is to be done but wait for what they say: of the invoice, or of a customer or
    item that goes before it."""
    if blocked.state != State.WAITING:
        return blocked.state == State.HANDED_OVER
    handed = [State.HANDED_OVER]
    return any(
        _masters_of(connection, kind, invoice, handed) for kind in (Kind.CUSTOMER, Kind.ITEM)
    )


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
