"""What is of before the cut-off is never sent: which records that are, and what becomes of a wish."""

from datetime import date

from apps.billing.models import CreditNote, Invoice, Payment, Synced
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.sync.models import Reason, State, SyncRecord

# Of these something may be open at the cut-off.
OPEN_KINDS = (Kind.INVOICE, Kind.CREDIT_NOTE, Kind.PAYMENT)
WAY_OUT = "Link it with what stands for it in {} under “Open at the cut-off” on the page of the connection."


def own_day(subject: Synced) -> date | None:
    """Its accounting date; None of a customer, an item or a draft without one."""
    dated: date | None = getattr(subject, "issue_date", None) or getattr(subject, "date", None)
    return dated


def is_before_cut_off(connection: Connection, subject: Synced) -> bool:
    dated = own_day(subject)
    return dated is not None and connection.starts_on is not None and dated < connection.starts_on


def may_be_linked(connection: Connection, subject: Synced) -> bool:
    """Whether it may have been open at the cut-off, so that a person can link it with theirs."""
    return isinstance(subject, Invoice | CreditNote | Payment) and is_before_cut_off(
        connection, subject
    )


def leave_as_it_was(record: SyncRecord, revision: int) -> SyncRecord:
    """A newer revision of what was open at the cut-off: theirs is not written (not saved).

    One that was taken back here and stands there is put before a person.
    """
    record.wanted = record.sent = revision
    subject = record.subject
    if stands(subject) or record.state == State.LEFT_OUT:
        return record
    row = record.remote_records.filter(part="", retired=False).first()
    if row is not None and row.gone:
        record.end()
    elif row is not None and row.void:
        record.calm()
    else:
        record.hold(
            Reason.AMOUNTS_DIFFER,
            "It was open at the cut-off, was taken back here and stands there: Tieout does not write "
            "what is of before the cut-off.",
            "Take it back there too. A comparison names it until both sides say so.",
        )
    return record


def stands(subject: Synced) -> bool:
    """Whether it is issued or received, and was not taken back."""
    if isinstance(subject, Payment):
        return subject.is_received
    return isinstance(subject, Invoice | CreditNote) and subject.is_issued
