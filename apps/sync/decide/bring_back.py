"""Bring back the value that gave way: it becomes ours again, and goes over as any change of ours."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from apps.billing.changes import made_by
from apps.billing.models import Company, CreditNote, Customer, Document, Invoice, Item, Synced
from apps.connections.clock import now
from apps.connections.lifecycle import open_connector
from apps.connections.models import Connection
from apps.connectors.snapshots import Difference, Kind, Snapshot, field_from_json, to_json
from apps.sync.apply.books import Books
from apps.sync.apply.ruled import write
from apps.sync.models import Conflict, Reason, State, SyncRecord
from apps.sync.rules.choosing import held_there
from apps.sync.rules.fields import CHOICES
from apps.sync.there.compare import MISSING, value_at
from apps.sync.want.wake import wake
from apps.sync.wording import called, capital, label, told

# Fields that ours may take again: what staff may choose, and what else changes only by a person.
ASKED_ALONE = {
    Kind.CUSTOMER: ("parent_id", "active"),
    Kind.ITEM: ("code", "active"),
    Kind.INVOICE: ("due_date",),
}


def why_not(conflict: Conflict) -> str:
    """Why the value that gave way cannot be brought back now; "" where it can."""
    record = conflict.sync_record
    subject, name = record.subject, record.connection.system_name
    whom = capital(called(subject))
    if not conflict.has_loser:
        return "Nothing gave way here."
    if not _may_change(record, conflict.path):
        return _frozen(conflict, whom)
    if ended := _ended(record, whom, name):
        return ended
    if record.conflicts.filter(decision=Conflict.Decision.OPEN, path=conflict.path).exists():
        return (
            f"Its {label(conflict.path)} was changed on both sides again. Decide that under "
            "“Changed on both sides”."
        )
    elsewhere = [
        each
        for each in held_there(subject, [conflict.path])
        if each.connection_id != record.connection_id
    ]
    if elsewhere:
        return (
            f"{elsewhere[0].connection} wins in the {label(conflict.path)}: it would be put back as "
            "it stands there. Change it there, or change that rule first."
        )
    return ""


def _may_change(record: SyncRecord, path: str) -> bool:
    kind = Kind(record.kind)
    return path in (*CHOICES.get(kind, ()), *ASKED_ALONE.get(kind, ()))


def _frozen(conflict: Conflict, whom: str) -> str:
    what, kind = label(conflict.path), Kind(conflict.sync_record.kind)
    if kind in (Kind.INVOICE, Kind.CREDIT_NOTE):
        way_out = "Credit it and issue a new one" if kind is Kind.INVOICE else "Make another one"
        return f"{whom} is issued, so its {what} does not change any more. {way_out}."
    return f"{whom} does not change once it is made ({what}). Cancel it and make another one."


def _ended(record: SyncRecord, whom: str, name: str) -> str:
    subject = record.subject
    if isinstance(subject, Document) and subject.status == Document.Status.VOID:
        return f"{whom} is void."
    if isinstance(subject, Customer) and subject.merged_into is not None:
        return f"{whom} was merged into {subject.merged_into}."
    if record.state == State.GONE or record.reason in (Reason.GONE, Reason.MERGED):
        return f"{whom} does not stand in {name} any more. {record.remedy}".strip()
    if record.opening and isinstance(subject, Document):
        return f"{whom} was open at the cut-off, so Tieout does not write it in {name}."
    if record.connection.stage == Connection.Stage.DISCONNECTED:
        return f"{record.connection} is disconnected: nothing goes there."
    return ""


def stands_now(conflict: Conflict) -> Any:
    """What ours says in that field now, as JSON; None where it cannot be told."""
    ours = _ours(conflict.sync_record)
    found = MISSING if ours is None else value_at(ours, conflict.path)
    return None if found is MISSING else to_json(found)


def changed_since(conflict: Conflict) -> str:
    """What it is now, where that is not what won; "" where nothing moved since the decision."""
    is_now = stands_now(conflict)
    if is_now == conflict.winner:
        return ""
    record = conflict.sync_record
    return (
        f"The {label(conflict.path)} of {called(record.subject)} was changed since it was decided: "
        f"it is {in_words(conflict, is_now)} now."
    )


def in_words(conflict: Conflict, stored: Any) -> str:
    """A kept value as staff read it."""
    kind, path = conflict.sync_record.kind, conflict.path
    if not _may_change(conflict.sync_record, path):
        return str(stored)
    value = field_from_json(kind, path, stored)
    return told(value, path, str(getattr(conflict.sync_record.subject, "currency", "")))


@transaction.atomic
def bring_back(conflict: Conflict, *, user_id: int, reason: str, seen: Any) -> Conflict:
    """Make the value that gave way ours again; the decision that says so, which can itself be
    brought back. `seen` is what stood here when the person decided, as JSON.

    Raises ValidationError, in words for staff, where it is not possible any more.
    """
    connection = conflict.sync_record.connection
    Company.locked(connection.company_id)
    conflict = Conflict.objects.select_for_update(of=("self",)).get(pk=conflict.pk)
    if refusal := why_not(conflict):
        raise ValidationError(refusal)
    if not reason.strip():
        raise ValidationError("Give a reason.")
    record = conflict.sync_record
    is_now = stands_now(conflict)
    if is_now != seen:
        raise ValidationError(f"{changed_since(conflict)} Look at it, and decide again.")
    if is_now == conflict.loser:
        raise ValidationError(f"It is {in_words(conflict, is_now)} already.")
    books = Books(connection, open_connector(connection))
    value = field_from_json(record.kind, conflict.path, conflict.loser)
    _refuse_unknown_parent(books, conflict.path, value)
    subject = _fresh(record.subject)
    back = Difference(path=conflict.path, ours=None, theirs=value, whose="held")
    said = f"Brought back: {reason.strip()}"
    with made_by(user_id, reason=said):
        write(books, subject, [back], reason=said)
    made = Conflict.objects.create(
        sync_record=record,
        path=conflict.path,
        base=is_now,
        ours=conflict.loser,
        theirs=is_now,
        decision=Conflict.Decision.OURS,
        decided_by_id=user_id,
        decided_at=now(),
        brings_back=conflict,
        reason=reason.strip()[:200],
    )
    wake(record.connection_id)
    return made


def _refuse_unknown_parent(books: Books, path: str, value: Any) -> None:
    if path == "parent_id" and value and books.subject(Kind.CUSTOMER, value) is None:
        raise ValidationError(
            f"“{books.name_of(value)}” is only in {books.name}: take it over first."
        )


def _fresh(subject: Synced) -> Customer | Item | Invoice | CreditNote:
    found = type(subject)._base_manager.get(pk=subject.pk)
    assert isinstance(found, Customer | Item | Invoice | CreditNote), "asked of no other kind"
    return found


def _ours(record: SyncRecord) -> Snapshot | None:
    return Books(record.connection, open_connector(record.connection)).ours(record)
