"""Why one record that a run wrote is not taken back, judged by itself: in words, with a way out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from apps.connectors.port import Connector
from apps.connectors.snapshots import Kind
from apps.sync.models import RemoteRecord, Run, State, SyncRecord
from apps.sync.there.remote import as_object
from apps.sync.wording import called, capital, day

Arrival = RemoteRecord.Arrival


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why it stays, and what a person can do about that."""

    sentence: str
    remedy: str


@dataclass(slots=True)
class Line:
    """One record that the run wrote, and why it stays (None: it is taken back)."""

    record: SyncRecord
    refusal: Refusal | None = None

    @property
    def kind(self) -> Kind:
        return Kind(self.record.kind)

    @property
    def goes(self) -> bool:
        return self.refusal is None


# What a sentence about a record of any kind names, read with it.
SUBJECT_FIELDS = (
    "invoice",
    "credit_note",
    "payment__customer",
    "allocation__payment__customer",
    "allocation__credit_note",
    "allocation__invoice",
    "allocation__refund__customer",
    "allocation__charge__customer",
    "adjustment__customer",
    "refund__customer",
    "deposit",
)


def day_of(subject: Any) -> date:
    """The accounting day of a record of ours."""
    found: date = subject.issue_date if hasattr(subject, "issue_date") else subject.date
    return found


def is_ended(subject: Any) -> bool:
    """Void, cancelled, reversed or undone here by now."""
    match Kind(subject.kind):
        case Kind.INVOICE | Kind.CREDIT_NOTE:
            return bool(subject.status == subject.Status.VOID)
        case Kind.PAYMENT:
            return not subject.is_received
        case Kind.ALLOCATION:
            return not subject.stands
        case _:
            return not subject.is_made


def own_refusal(
    run: Run,
    record: SyncRecord,
    connector: Connector,
    rows: Sequence[RemoteRecord],
    *,
    revision: int,
    carried_later: bool,
    edited: str,
) -> Refusal | None:
    """None where nothing of the record itself stands in the way. `rows` are its objects there,
    `revision` is what the run wrote of it, `edited` what somebody there changed since."""
    subject: Any = record.subject
    name, what = connector.capabilities.name, capital(called(subject))
    standing = [each for each in rows if not each.gone]
    if record.in_doubt or record.step:
        return Refusal(
            f"It is not known yet what became of {called(subject)} in {name}.",
            "Wait until Tieout has found out, then undo the run again.",
        )
    if is_ended(subject):
        return Refusal(
            f"{what} was taken back here since.", "Nothing to do: that goes over by itself."
        )
    if not standing:
        return Refusal(f"{what} does not stand in {name} any more.", "Nothing to do.")
    if record.opening:
        return Refusal(f"{what} was open at the cut-off: it is theirs.", "Nothing to do.")
    if not _made_by(run, standing):
        return Refusal(
            f"{what} stood in {name} before: this run changed it, and what it said before is not "
            "kept.",
            "Change it here as it should be; that goes over by itself.",
        )
    return (
        _closed(record, name, what)
        or _reconciled(connector, standing, name, what)
        or _paid_there(record, standing, name, what)
        or _changed(record, standing, name, what, revision, carried_later, edited)
    )


def _made_by(run: Run, rows: Sequence[RemoteRecord]) -> bool:
    return all(each.made_here and each.first_read_at >= run.started_at for each in rows)


def _closed(record: SyncRecord, name: str, what: str) -> Refusal | None:
    on, connection = day_of(record.subject), record.connection
    there = connection.remote_closing_date
    if there is not None and on <= there:
        return Refusal(
            f"{what} is dated {day(on)}, and the books in {name} are closed up to {day(there)}.",
            f"Re-open the month in {name}, then undo the run again; or correct it with a document "
            "of an open month.",
        )
    if connection.company.is_closed_on(on):
        return Refusal(
            f"{what} is dated {day(on)}, and that month is closed here.",
            "Move the closing date back, then undo the run again; or correct it with a document of "
            "an open month.",
        )
    return None


def _reconciled(
    connector: Connector, rows: Sequence[RemoteRecord], name: str, what: str
) -> Refusal | None:
    if not any(as_object(each, connector).reconciled for each in rows if not each.part):
        return None
    return Refusal(
        f"{what} is reconciled with a bank statement in {name}.",
        f"Undo the reconciliation in {name}, press Run now, then undo the run again; or enter a "
        "refund here.",
    )


def _paid_there(
    record: SyncRecord, rows: Sequence[RemoteRecord], name: str, what: str
) -> Refusal | None:
    """Something there settles it that nobody has taken over here."""
    invoice = record.invoice
    row = next((each for each in rows if not each.part), None)
    if invoice is None or row is None or row.balance is None or row.amount is None:
        return None
    if row.amount - row.balance <= invoice.total - invoice.balance_due:
        return None
    return Refusal(
        f"{what} is paid in {name} by something that is not here.",
        f"Un-apply it in {name}, or take it over here, then undo the run again.",
    )


def _changed(
    record: SyncRecord,
    rows: Sequence[RemoteRecord],
    name: str,
    what: str,
    revision: int,
    carried_later: bool,
    edited: str,
) -> Refusal | None:
    if edited:
        return Refusal(
            f"{what} was changed in {name} since: {edited}",
            f"Take it back in {name} by hand, or void it here.",
        )
    if any(each.arrival in (Arrival.NEW, Arrival.WAITS, Arrival.NEEDS_PERSON) for each in rows):
        return Refusal(
            f"{what} was changed in {name} since, and that is still open.",
            "Decide that first, then undo the run again.",
        )
    if carried_later:
        return Refusal(
            f"{what} was changed here since, and a later run carried that.",
            "Void or cancel it here; that goes over by itself.",
        )
    if record.subject.revision > revision or record.wanted > record.sent:
        return Refusal(
            f"{what} was changed here since.",
            "Let that go over or take it back here first, then undo the run again.",
        )
    if record.state != State.IN_THE_BOOKS:
        return Refusal(
            f"{what} is not settled in {name}: {record.sentence}".rstrip(" :"),
            record.remedy or "Settle that first, then undo the run again.",
        )
    return None
