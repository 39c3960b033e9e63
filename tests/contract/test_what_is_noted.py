"""A note that QuickBooks will not have in a transaction is attached to it, and is written once."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from apps.connectors.errors import OutcomeUnknown, TryLater
from apps.connectors.notes import EditNote, Noted
from apps.connectors.port import RemoteObject
from apps.connectors.quickbooks.notes import AS_ATTACHMENT, IN_PRIVATE_NOTE
from apps.connectors.snapshots import Kind
from tests.contract.stage import Stage
from tests.contract.test_what_goes_wrong import BATCH

WORDS = "Due date moved to 31 December, as agreed with Petra."
WRITES = {**BATCH, "contains": "operation"}


def an_invoice(stage: Stage, **more: Any) -> RemoteObject:
    customer, item = stage.masters()
    return stage.send(stage.invoice("INV-1", customer, stage.lines(item, "10.00"), **more))


def noted(stage: Stage, there: RemoteObject, *, words: str = WORDS) -> tuple[EditNote, Noted]:
    note = note_on(there, words)
    return note, stage.connector.note_edit(note, stage.courier)


def note_on(there: RemoteObject, words: str = WORDS) -> EditNote:
    reference = f"TN-{uuid4().hex[:12]}"
    return EditNote(
        of_kind=there.of_kind or Kind.INVOICE,
        kind=there.kind,
        remote_id=there.remote_id,
        customer_id=there.customer_id,
        words=f"{words} ({reference})",
        reference=reference,
        untouched=False,
        key=f"note {reference}",
    )


def attached_to(stage: Stage, there: RemoteObject) -> list[str]:
    address = f"companies/{stage.realm}/notes/{there.kind}/{there.remote_id}"
    return [each["note"] for each in stage.server.control("GET", address)]


def closed_there(stage: Stage) -> RemoteObject:
    there = an_invoice(stage)
    stage.server.set_up(stage.realm, book_close_date="2026-11-30")
    return there


def locked(stage: Stage) -> RemoteObject:
    """As what lies in a bank deposit."""
    return refused_by(stage, "6540")


def refused_by(stage: Stage, code: str) -> RemoteObject:
    there = an_invoice(stage)
    stage.server.arm(stage.realm, "item_fault", code=code, index=0, match=WRITES)
    return there


def without_room(stage: Stage) -> RemoteObject:
    return an_invoice(stage, memo="As agreed on the telephone. " * 140)


def refused_for_another(stage: Stage) -> RemoteObject:
    """By the code that an object that is missing has too: it stands."""
    return refused_by(stage, "610")


@pytest.mark.parametrize(
    "case",
    [closed_there, locked, without_room, refused_for_another],
    ids=lambda case: case.__name__,
)
def test_what_a_transaction_does_not_take_is_attached_and_leaves_it_as_it_is(
    stage: Stage, case: Callable[[Stage], RemoteObject]
) -> None:
    there = case(stage)

    note, told = noted(stage, there)

    assert told == Noted(where=AS_ATTACHMENT)
    assert attached_to(stage, there) == [note.words]
    assert stage.again(there) == there
    assert stage.connector.note_edit(note, stage.courier) == told
    assert attached_to(stage, there) == [note.words]


def test_a_version_that_is_old_is_read_again_once(stage: Stage) -> None:
    there = an_invoice(stage)
    stage.server.arm(stage.realm, "item_fault", code="5010", index=0, match=WRITES)

    note, told = noted(stage, there)

    assert told.where == IN_PRIVATE_NOTE
    assert [each.raw["PrivateNote"] for each in told.objects] == [
        f"{there.raw['PrivateNote']}\n{note.words}"
    ]
    assert attached_to(stage, there) == []


@pytest.mark.slow
def test_one_that_is_changed_again_and_again_is_noted_later(stage: Stage) -> None:
    there = an_invoice(stage)
    stage.server.arm(stage.realm, "item_fault", code="5010", index=0, times=2, match=WRITES)
    with pytest.raises(TryLater, match="being changed"):
        noted(stage, there)
    assert stage.again(there) == there
    assert attached_to(stage, there) == []


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["missing_item", "malformed"])
def test_an_answer_that_does_not_say_it_leaves_it_unknown_and_it_is_found(
    stage: Stage, fault: str
) -> None:
    there = an_invoice(stage)
    told = {"index": 0} if fault == "missing_item" else {"after_commit": True}
    stage.server.arm(stage.realm, fault, match=WRITES, **told)
    note = note_on(there)
    with pytest.raises(OutcomeUnknown):
        stage.connector.note_edit(note, stage.courier)

    found = stage.connector.note_edit(note, stage.courier)

    assert found.where == IN_PRIVATE_NOTE
    assert stage.again(there).raw["PrivateNote"].count(note.reference) == 1


def test_a_refusal_that_they_remember_by_its_key_is_not_heard_for_ever(stage: Stage) -> None:
    there = closed_there(stage)
    match = {"endpoint": "attachable"}
    stage.server.arm(stage.realm, "status", status=400, body="fault", code="6000", match=match)

    note, told = noted(stage, there)

    assert told.where == AS_ATTACHMENT
    assert attached_to(stage, there) == [note.words]
