"""The test invoice: one invoice goes over, is read back and compared before automation may open."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Self

from django.db import transaction
from django.utils.timezone import now

from apps.billing.models import Invoice
from apps.billing.rules.documents import day
from apps.connections.models import Connection
from apps.connectors.errors import ConnectorError
from apps.connectors.port import CodeKind, LineTax, Purpose
from apps.connectors.snapshots import InvoiceSnapshot, Kind
from apps.core.money import ZERO
from apps.mappings.fingerprint import fingerprint
from apps.mappings.models import RemoteCode
from apps.sync.calls.handed_over import read_confirmations
from apps.sync.calls.time_given import Time, Yielding
from apps.sync.lease import Lease
from apps.sync.models import Reason, RemoteRecord, Run, State, SyncRecord
from apps.sync.pull.masters import read_masters
from apps.sync.run import Crew, finish
from apps.sync.there.remote import store
from apps.sync.trial_by_word import is_as_confirmed
from apps.sync.want.wake import forget_wakes, wake
from apps.sync.want.wishes import has_work, make_wishes, want_masters
from apps.sync.wording import called, capital, money

READING = 30.0  # seconds that a person waits for their customers and items to be read
TAX_RATE = "tax_rate"  # a part of a tax code of theirs


@dataclass(frozen=True, slots=True)
class TrialRow:
    """One field compared: what Tieout has, what their books answered."""

    field: str
    ours: str
    theirs: str
    agrees: bool


@dataclass(frozen=True, slots=True)
class TrialResult:
    """What the test invoice showed. Without a match `sentence` says what to do next. `asks_word`:
    they have it and cannot be read, so a person says whether it stands there as it is here."""

    matched: bool
    rows: tuple[TrialRow, ...]
    sentence: str
    remedy: str = ""
    asks_word: bool = False
    is_handed_over: bool = False  # and they have not said yet what becomes of it
    theirs: InvoiceSnapshot | None = None  # as it was read back


class Busy(Exception):
    """Another run works on this connection: try again in a minute."""


def run_trial(connection: Connection, invoice: Invoice, *, user_id: int | None) -> TrialResult:
    """Send one issued invoice with its customer and items, read it back, compare line by line.

    On a match the connection may go live: the fingerprint of the settings and mappings that were
    used is written beside the time. Raises `Busy`.
    """
    lease = Lease.acquire(connection.pk)
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
            crew.recorder.record([], {}, crew.courier.collect_answered())
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
            trial_matched_at=now(),
            trial_fingerprint=used,
            trial_confirmed_by=None,
            trial_confirmation="",
        )
    return result


def _send_and_compare(crew: Crew, invoice: Invoice) -> TrialResult:
    name = crew.recorder.name
    read_confirmations(crew.connection, crew.connector, crew.courier, crew.lease)
    unread = _read_masters(crew)
    if unread is not None:
        return unread
    record = _wish(crew.connection, invoice)
    want_masters(crew.connection)
    for kind in (Kind.CUSTOMER, Kind.ITEM):
        _send_whole(crew, kind, _masters_of(crew.connection, kind, invoice))
    if record.state in (State.WAITING, State.NEEDS_PERSON):
        _send_whole(crew, Kind.INVOICE, [record])
    record.refresh_from_db()
    if record.state != State.IN_THE_BOOKS:
        blocked = _what_holds_it(crew.connection, record, invoice)
        return TrialResult(
            False,
            (),
            _said_of(blocked, record)
            or f"The invoice is not in {name} yet: {record.get_state_display()}.",
            blocked.remedy,
            is_handed_over=_is_with_them(crew.connection, blocked, invoice),
        )
    if not crew.connector.capabilities.reads_back:
        return _confirmed_by_them(crew, record, invoice)
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
    rows = compared(ours, theirs, Names.of(crew.connection, ours, theirs))
    matched = all(row.agrees for row in rows)
    wrong = sum(not row.agrees for row in rows)
    sentence = (
        f"{invoice.number} is in {name} with the same amounts, dates and lines."
        if matched
        else f"{wrong} of {len(rows)} fields differ."
    )
    remedy = "" if matched else f"Change the mapping, or the settings of {name}, and test again."
    return TrialResult(matched, rows, sentence, remedy, theirs=theirs)


def _read_masters(crew: Crew) -> TrialResult | None:
    """Nothing is created there before it is known what stands there already. A person waits for it:
    where it takes long, pressing again goes on."""
    name = crew.recorder.name
    crew.courier.time_given = Time(time.monotonic(), READING)
    try:
        read_masters(crew.connection, crew.connector, crew.courier)
    except Yielding:
        return TrialResult(
            False,
            (),
            f"Tieout is still reading the customers and items of {name}. Nothing was sent.",
            "Send the test invoice again in a minute: the reading goes on where it stands.",
        )
    finally:
        crew.courier.time_given = None
    return None


def _said_of(blocked: SyncRecord, record: SyncRecord) -> str:
    """What holds it, by name where that is not the invoice itself."""
    if blocked.pk == record.pk or not blocked.sentence:
        return blocked.sentence
    return f"{capital(called(blocked.subject))}: {blocked.sentence}"


def _send_whole(crew: Crew, kind: Kind, records: Sequence[SyncRecord]) -> None:
    """With every step that they take over there: a person asks once."""
    while records:
        crew.pusher.push_these(kind, records)
        sent = SyncRecord.objects.filter(pk__in=[each.pk for each in records])
        records = list(sent.filter(state=State.WAITING, reason=Reason.NEXT_STEP))


def _confirmed_by_them(crew: Crew, record: SyncRecord, invoice: Invoice) -> TrialResult:
    """What cannot be read back is seen by a person."""
    name = crew.recorder.name
    if not is_as_confirmed(record, crew.assembler):
        return TrialResult(
            False,
            (),
            f"{name} has confirmed {invoice.number}, which was sent under other settings.",
            "Send another invoice as the test.",
        )
    return TrialResult(
        False,
        (),
        f"{name} has confirmed {invoice.number}. What stands there cannot be read back.",
        f"Look at it in {name}; then say below that it stands there as it is here.",
        asks_word=True,
    )


@dataclass(frozen=True, slots=True)
class Names:
    """What their customers, items and accounts are called, by (what, their id)."""

    known: Mapping[tuple[str, str], str]
    home: str = ""  # the home currency of these books
    by_percent: bool = False  # what a line is taxed by is the percentage itself

    @classmethod
    def of(cls, connection: Connection, *invoices: InvoiceSnapshot) -> Self:
        """The names that these invoices need, in three queries."""
        lines = [line for each in invoices for line in each.lines]
        wanted = {
            Kind.CUSTOMER: {each.customer_id for each in invoices},
            Kind.ITEM: {line.item_id for line in lines},
        }
        known: dict[tuple[str, str], str] = {}
        for kind, ids in wanted.items():
            rows = RemoteRecord.objects.filter(
                connection=connection, of_kind=kind, remote_id__in=ids, part=""
            )
            known |= {(kind, each.remote_id): each.name or each.number for each in rows}
        codes = RemoteCode.objects.filter(connection=connection)
        accounts = codes.filter(
            kind=CodeKind.ACCOUNT, remote_id__in={line.account_id for line in lines}
        )
        known |= {(CodeKind.ACCOUNT, each.remote_id): str(each) for each in accounts}
        for code in codes.filter(kind=CodeKind.TAX_CODE):
            known[(CodeKind.TAX_CODE, code.remote_id)] = str(code)
            known |= {(TAX_RATE, part.remote_id): part.name for part in code.code_parts}
        line_tax = connection.capabilities.line_tax
        return cls(known, connection.home_currency, line_tax is LineTax.PERCENT)

    def row(self, field: str, what: str, ours: str, theirs: str) -> TrialRow:
        """Compared by id, shown by name; two ids of one name are told apart."""
        mine, yours = self.called(what, ours), self.called(what, theirs)
        if ours != theirs and mine == yours:
            mine, yours = f"{mine} (id {ours})", f"{yours} (id {theirs})"
        return TrialRow(field, mine, yours, ours == theirs)

    def called(self, what: str, remote_id: str) -> str:
        if not remote_id:
            return ""
        if self.by_percent and what in (CodeKind.TAX_CODE, TAX_RATE):
            return f"{remote_id} %"
        return self.known.get((what, remote_id)) or f"id {remote_id}"


def compared(ours: InvoiceSnapshot, theirs: InvoiceSnapshot, names: Names) -> tuple[TrialRow, ...]:
    """Every field that a bookkeeper would tick off, in the order of the paper."""
    rows = [
        _row("Number", ours.number, theirs.number),
        names.row("Customer", Kind.CUSTOMER, ours.customer_id, theirs.customer_id),
        _row("Date", ours.issue_date, theirs.issue_date),
        _row("Due date", ours.due_date, theirs.due_date),
        _row("Currency", ours.currency, theirs.currency),
        *_foreign(ours, theirs),
        _row("Number of lines", len(ours.lines), len(theirs.lines)),
    ]
    for place, (one, other) in enumerate(zip(ours.lines, theirs.lines, strict=False), start=1):
        rows += [
            names.row(f"Line {place}: item", Kind.ITEM, one.item_id, other.item_id),
            names.row(f"Line {place}: account", CodeKind.ACCOUNT, one.account_id, other.account_id),
            *_tax_code(f"Line {place}: tax code", one.tax_code_id, other.tax_code_id, names),
            _row(f"Line {place}: quantity", one.quantity, other.quantity),
            _row(f"Line {place}: unit price", one.unit_price, other.unit_price),
            _money(f"Line {place}: amount", one.net, other.net, ours.currency),
        ]
    rows += [
        _money("Net", ours.net, theirs.net, ours.currency),
        *_tax_by_rate(ours, theirs, names),
        _money("Tax", ours.tax, theirs.tax, ours.currency),
        _money("Total", ours.total, theirs.total, ours.currency),
        *_home_total(ours, theirs, names.home),
    ]
    return tuple(rows)


def _foreign(ours: InvoiceSnapshot, theirs: InvoiceSnapshot) -> list[TrialRow]:
    """The rate of a foreign invoice: home currency per unit."""
    if ours.exchange_rate == theirs.exchange_rate == 1:
        return []
    return [_row("Exchange rate", ours.exchange_rate, theirs.exchange_rate)]


def _home_total(ours: InvoiceSnapshot, theirs: InvoiceSnapshot, home: str) -> list[TrialRow]:
    """What it comes to at home, where that is another figure than the total or they say so."""
    mine = ours.total if ours.home_total is None else ours.home_total
    if theirs.home_total is None and mine == ours.total:
        return []
    yours = theirs.home_total
    shown = "" if yours is None else _amount(yours, home)
    return [TrialRow("Total in home currency", _amount(mine, home), shown, mine == yours)]


def _tax_code(field: str, ours: str, theirs: str, names: Names) -> list[TrialRow]:
    return [names.row(field, CodeKind.TAX_CODE, ours, theirs)] if ours or theirs else []


def _tax_by_rate(
    ours: InvoiceSnapshot, theirs: InvoiceSnapshot, names: Names
) -> Iterator[TrialRow]:
    """Tax of each rate of theirs, whichever side says it. Where they choose the rates themselves
    neither is held, and the sum is compared."""
    mine = {each.rate_id: each.tax for each in ours.taxes}
    yours = {each.rate_id: each.tax for each in theirs.taxes}
    for rate_id in dict.fromkeys((*mine, *yours)):
        field = f"Tax: {names.called(TAX_RATE, rate_id)}"
        yield _money(field, mine.get(rate_id, ZERO), yours.get(rate_id, ZERO), ours.currency)


def _row(field: str, ours: Any, theirs: Any) -> TrialRow:
    return TrialRow(field, _shown(ours), _shown(theirs), ours == theirs)


def _money(field: str, ours: Decimal, theirs: Decimal, currency: str) -> TrialRow:
    shown = _amount(ours, currency), _amount(theirs, currency)
    return TrialRow(field, *shown, ours == theirs)


def _amount(amount: Decimal, currency: str) -> str:
    """With all decimals of its currency, and every further one: it may be what differs."""
    return money(amount, currency).removesuffix(currency).rstrip()


def _shown(value: Any) -> str:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, date):
        return day(value)
    return "" if value is None else str(value)


def _wish(connection: Connection, invoice: Invoice) -> SyncRecord:
    """The invoice's sync record, due now whatever held it before."""
    with transaction.atomic():
        make_wishes(connection, Kind.INVOICE, [invoice])
        record = SyncRecord.objects.select_for_update().get(connection=connection, invoice=invoice)
        held = record.state == State.NEEDS_PERSON and not record.in_doubt
        if held or (record.state == State.IN_THE_BOOKS and record.sent < invoice.revision):
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
