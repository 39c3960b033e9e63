"""Notes of what a person changed by hand: below the private note of the transaction, or attached to
it, which leaves its version as it is.

Attached is what is of a closed month, what has no room, and what QuickBooks refuses to write into the
transaction: a payment in a bank deposit is locked, and so is a month that was closed meanwhile.
"""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from apps.connectors.errors import (
    NamesInactive,
    OutcomeUnknown,
    RecordRefused,
    RemoteGone,
    RemoteIsNewer,
    TryLater,
)
from apps.connectors.notes import EditNote, Noted, holds, shortened
from apps.connectors.port import Courier, Purpose, RemoteObject, Request
from apps.connectors.quickbooks.client import (
    LOOK_AGAIN,
    Answer,
    batch_answers,
    batch_id,
    item_fault,
    quoted,
    read_answer,
    rows,
    select,
)
from apps.connectors.quickbooks.feed import Reader
from apps.connectors.quickbooks.inactive import OF_ITSELF_OR_ANOTHER
from apps.connectors.quickbooks.objects import ENTITY, LISTS, objects_of
from apps.connectors.quickbooks.readable import id_of
from apps.connectors.quickbooks.wire import Json, mapping, members, text, with_note
from apps.connectors.quickbooks.writes import noted_write

PRIVATE_NOTE, ATTACHED = 4000, 2000  # characters, by Intuit's reference
ATTACHABLE = "Attachable"
IN_PRIVATE_NOTE, AS_ATTACHMENT = "in its private note", "in a note attached to it"
TAKES_ONE = frozenset(ENTITY.values()) - LISTS - {"Item"}  # entities with a private note
ONLY = 0  # the ref of the one item of its batch: it is of no push
TRIES = 2  # a version that is old is read again once


def edit(reader: Reader, note: EditNote, courier: Courier) -> Noted:
    return _Editing(reader, note, courier).done()


@dataclass(frozen=True)
class _Editing:
    reader: Reader
    note: EditNote
    courier: Courier

    def done(self) -> Noted:
        for attempt in range(TRIES):
            there, attached = self._look()
            if holds(_private_note(there), self.note.reference):
                return Noted(where=IN_PRIVATE_NOTE, objects=there)
            if any(holds(each, self.note.reference) for each in attached):
                return Noted(where=AS_ATTACHMENT)
            words = with_note(_private_note(there), self.note.words)
            if not self._may_be_written(there[0], words):
                return self._attached()
            try:
                return self._appended(there[0], words, attempt)
            except RemoteIsNewer:
                continue
            except RecordRefused as refusal:
                return self._attached_instead(refusal)
        raise TryLater(
            "It is being changed in QuickBooks at this moment.", "Tieout goes on by itself."
        )

    def _may_be_written(self, there: RemoteObject, words: str) -> bool:
        fits = len(words) <= PRIVATE_NOTE and there.kind in TAKES_ONE
        return fits and not self.note.untouched and there.unreadable is None

    # --- What stands there -------------------------------------------------------------------------

    def _look(self) -> tuple[tuple[RemoteObject, ...], list[str]]:
        """The object with its parts, by its id, since a query may tell an old version of it; and
        what is attached to it. Raises RemoteGone."""
        kind, remote_id = self.note.kind, self.note.remote_id
        attached = [
            f"AttachableRef.EntityRef.Type = {quoted(kind)}",
            f"AttachableRef.EntityRef.value = {quoted(remote_id)}",
        ]
        asked = [
            self.reader.books.get(f"{kind.lower()}/{remote_id}", Purpose.NOTES),
            self.reader.books.query(select(ATTACHABLE, attached, ordered=False), Purpose.NOTES),
        ]
        try:
            own, beside = self.reader.ask(asked, self.courier)
        except NamesInactive as absent:
            if absent.code == OF_ITSELF_OR_ANOTHER:
                raise _gone() from absent
            raise
        source = mapping(own.content, kind)
        if not id_of(source):
            raise TryLater("QuickBooks' answer could not be read.", trace_id=own.trace_id)
        there = objects_of(kind, source, self.reader.home)
        if there[0].gone:
            raise _gone()
        return there, [text(each, "Note") for each in rows(beside, ATTACHABLE) if self._is_of(each)]

    def _is_of(self, attachable: Mapping[str, Any]) -> bool:
        return any(
            text(mapping(each, "EntityRef"), "type").lower() == self.note.kind.lower()
            and text(mapping(each, "EntityRef"), "value") == self.note.remote_id
            for each in members(attachable, "AttachableRef")
        )

    # --- Written -----------------------------------------------------------------------------------

    def _appended(self, there: RemoteObject, words: str, attempt: int) -> Noted:
        item = noted_write(there, words, ONLY)
        key = self._key(attempt, there.version, words)
        batch = self.reader.books.batch([item], key=key, purpose=Purpose.NOTES)
        answer = self._carried(replace(batch, members=()))
        told = batch_answers(answer).get(batch_id(ONLY))
        error = item_fault(told, answer.trace_id) if told is not None else None
        if error is not None:
            raise error
        source = mapping(told or {}, there.kind)
        if id_of(source) != there.remote_id or not holds(
            text(source, "PrivateNote"), self.note.reference
        ):
            raise _unclear(answer)
        return Noted(
            where=IN_PRIVATE_NOTE, objects=objects_of(there.kind, source, self.reader.home)
        )

    def _attached_instead(self, refusal: RecordRefused) -> Noted:
        """Nothing of what was refused was executed. What it was of may be what is missing."""
        if refusal.code == OF_ITSELF_OR_ANOTHER:
            self._look()
        return self._attached()

    def _attached(self) -> Noted:
        words = shortened(self.note, ATTACHED)
        body: Json = {
            "AttachableRef": [
                {
                    "EntityRef": {"type": self.note.kind, "value": self.note.remote_id},
                    "IncludeOnSend": False,
                }
            ],
            "Note": words,
        }
        answer = self._made(body, words)
        if not id_of(mapping(answer.content, ATTACHABLE)):
            raise _unclear(answer)
        return Noted(where=AS_ATTACHMENT)

    def _made(self, body: Json, words: str) -> Answer:
        def made(attempt: int) -> Answer:
            key = self._key(attempt, ATTACHABLE, words)
            return self._carried(
                self.reader.books.create(ATTACHABLE, body, key=key, purpose=Purpose.NOTES)
            )

        try:
            return made(0)
        except RecordRefused as refusal:
            if isinstance(refusal, NamesInactive):
                self._look()
            return made(1)  # it may have been refused another day, and the first key remember it

    def _carried(self, request: Request) -> Answer:
        answered = list(self.courier.carry([request]))
        if not answered:
            raise TryLater("QuickBooks was not asked to note it.")
        return read_answer(*answered[0])

    def _key(self, attempt: int, *what: str) -> str:
        """Of the first attempt alike for the same bytes alone: whichever call of them arrives, it is
        done once. They remember refusals by it as well, so what follows one has a key of chance."""
        chance = secrets.token_hex(16) if attempt else ""
        told = "\n".join((self.note.key, *what, chance))
        return hashlib.sha256(told.encode()).hexdigest()[:36]


def _private_note(there: Sequence[RemoteObject]) -> str:
    found = there[0].raw.get("PrivateNote")
    return found if isinstance(found, str) else ""


def _gone() -> RemoteGone:
    return RemoteGone("It was deleted in QuickBooks.", "See what became of it there.")


def _unclear(answer: Answer) -> OutcomeUnknown:
    words = "QuickBooks' answer does not say whether the note stands."
    return OutcomeUnknown(words, LOOK_AGAIN, trace_id=answer.trace_id)
