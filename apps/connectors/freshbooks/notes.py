"""Notes of what a person changed by hand, where customers read none of them.

What stands in the notes of an invoice or a credit note is printed for the customer: a note on one
goes onto the internal note of its client, which names the document; that of a payment onto the
payment's own, unless its month is closed. What was deleted, as a payment is that was un-applied,
takes none any more: its client does. There is no key, so the place is read right before.
"""

from dataclasses import dataclass

from apps.connectors.errors import OutcomeUnknown, RecordRefused, RemoteGone, TryLater
from apps.connectors.freshbooks.capabilities import NAME
from apps.connectors.freshbooks.client import CLIENT, CREDIT, LOOK_AGAIN, PAYMENT, read_answer
from apps.connectors.freshbooks.heads import SOURCE, is_deleted, pays_by_credit, words_in
from apps.connectors.freshbooks.objects import objects_of
from apps.connectors.freshbooks.plan import gone_there
from apps.connectors.freshbooks.reader import Reader
from apps.connectors.freshbooks.wire import Raw, named, with_note
from apps.connectors.notes import EditNote, Noted, holds
from apps.connectors.port import Courier, Purpose, RemoteObject

FIELD = "note"  # of a client and of a payment: their staff alone read it
WHERE = {CLIENT: "in the internal note of the client", PAYMENT: "in the note of the payment"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """An object of theirs whose note takes ours."""

    kind: str
    remote_id: str
    raw: Raw

    @property
    def words(self) -> str:
        return words_in(self.raw, FIELD)


def edit(reader: Reader, home: str, note: EditNote, courier: Courier) -> Noted:
    return _Editing(reader, home, note, courier).done()


@dataclass(frozen=True)
class _Editing:
    reader: Reader
    home: str
    note: EditNote
    courier: Courier

    def done(self) -> Noted:
        own = self._read(self.note.kind, self.note.remote_id)
        if own is None:
            raise gone_there()
        client = self._client_of(own)
        if is_deleted(own.raw) and client is None:
            raise gone_there()
        on_itself = own if own.kind == PAYMENT and not is_deleted(own.raw) else None
        for each in (on_itself, client):
            if each is not None and holds(each.words, self.note.reference):
                return self._noted(each)
        place = on_itself if on_itself and not self.note.untouched else client
        if place is None:
            raise RecordRefused(
                f"The client whose note would take it does not stand in {NAME}.",
                "The note stays here.",
            )
        self._write(place)
        return self._noted(self._as_written(place))

    # --- Where -------------------------------------------------------------------------------------

    def _client_of(self, own: Place) -> Place | None:
        told = objects_of(own.kind, own.raw, self.home)[0].customer_id
        owner = told or self.note.customer_id
        client = self._read(CLIENT, owner) if owner else None
        return None if client is None or is_deleted(client.raw) else client

    def _read(self, kind: str, remote_id: str) -> Place | None:
        """Deleted ones are told as well."""
        found = self.reader.raws(kind, [remote_id], self.courier, Purpose.NOTES)
        raw = found.get(remote_id)
        return None if raw is None else Place(kind=kind, remote_id=remote_id, raw=raw)

    # --- The write ---------------------------------------------------------------------------------

    def _write(self, place: Place) -> None:
        request = self.reader.calls.write(
            place.kind,
            place.remote_id,
            {FIELD: with_note(place.words, self.note.words)},
            ref=None,
            purpose=Purpose.NOTES,
        )
        answered = list(self.courier.carry([request]))
        if not answered:
            raise TryLater(f"{NAME} was not asked to note it.")
        try:
            read_answer(*answered[0])
        except RemoteGone as gone:
            if place.remote_id == self.note.remote_id:
                raise
            raise RecordRefused(gone.sentence, "The note stays here.", gone.code) from gone

    def _as_written(self, place: Place) -> Place:
        """An answer is a claim: names that they do not know are dropped without a word."""
        found = self._read(place.kind, place.remote_id)
        if found is None or is_deleted(found.raw):
            words = f"{NAME} answered that it was noted, and does not have the {place.kind}."
            raise OutcomeUnknown(words, LOOK_AGAIN)
        if not holds(found.words, self.note.reference):
            raise RecordRefused(
                f"{NAME} answered that it was noted, and keeps the {place.kind} without it.",
                f"Write it into {NAME} by hand.",
            )
        return found

    def _noted(self, place: Place) -> Noted:
        return Noted(where=WHERE[place.kind], objects=self._objects(place))

    def _objects(self, place: Place) -> tuple[RemoteObject, ...]:
        """As reading tells them: of what pays by a credit, with the credit."""
        raw = place.raw
        if place.kind == PAYMENT and pays_by_credit(raw):
            one = named(raw, "creditid")
            credit = self.reader.raws(CREDIT, [one], self.courier, Purpose.NOTES).get(one)
            raw = {**raw, SOURCE: credit} if credit is not None else raw
        return objects_of(place.kind, raw, self.home)
