"""Which answers to a question can work. The others are not offered, and the page says why."""

from collections.abc import Sequence

from apps.billing.models import CreditNote, Deposit, Invoice
from apps.sync.apply.documents import settled_here
from apps.sync.apply.fields import follows_here, never_follows
from apps.sync.apply.linking import AlreadyTied, refuse_second_tie
from apps.sync.models import Candidate, Conflict, SyncRecord


def open_fields(record: SyncRecord) -> list[Conflict]:
    """The fields of a record that one decision is about."""
    found = list(record.conflicts.filter(decision="").order_by("pk"))
    for each in found:
        each.sync_record = record
    return found


def why_not_ours(record: SyncRecord, paths: Sequence[str]) -> str:
    """Why ours cannot be put back over there; "" where it can."""
    name = record.connection.system_name
    if "void" in paths:
        return f"{name} cannot make a void document valid again, so ours cannot be put back."
    if record.opening:
        return (
            f"It was open at the cut-off, so Tieout does not write it in {name}. Put it back in {name} "
            "yourself, or take theirs."
        )
    return ""


def why_not_theirs(record: SyncRecord, paths: Sequence[str]) -> str:
    """Why theirs cannot be taken over here; "" where it can."""
    subject = record.subject
    if "void" in paths and isinstance(subject, Invoice | CreditNote):
        return _why_not_void(subject)
    if isinstance(subject, Deposit) and not record.connection.capabilities.deposits_name_payments:
        return (
            f"{record.connection.system_name} does not say which payments it holds now. Put ours back, "
            "or undo the bank deposit here and make it as it is meant."
        )
    if follows_here(subject, paths):
        return ""
    return never_follows(record.connection.system_name, subject, paths)


def _why_not_void(document: Invoice | CreditNote) -> str:
    if not settled_here(document):
        return ""
    return (
        "It cannot be voided here while something is set against it or it is set against something. "
        "Un-apply that first, then take theirs."
    )


def why_not_link(candidate: Candidate) -> str:
    """Why the two cannot be one; "" where they can."""
    if candidate.double:
        return "Another one stands for it already, so this one cannot be linked too."
    row, record = candidate.remote_record, candidate.sync_record
    if row.gone:
        return f"It is gone in {record.connection.system_name}, so there is nothing to link."
    try:
        refuse_second_tie(row, record)
    except AlreadyTied as refused:
        return " ".join(refused.messages)
    return ""


def why_not_both(candidate: Candidate) -> str:
    """Why they cannot be two; "" where they can. A number stands for one document."""
    row, number = candidate.remote_record, _number(candidate.sync_record)
    if candidate.double or not number or row.number != number:
        return ""
    name = candidate.sync_record.connection.system_name
    return (
        f"Both bear the number {number}, and a number stands for one document. If they are two, give "
        f"theirs another number in {name}; Tieout reads it and asks again."
    )


def _number(record: SyncRecord) -> str:
    return str(getattr(record.subject, "number", "") or "")
