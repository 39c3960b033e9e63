"""Finds out what became of a write whose answer was lost, by looking alone: there is no key, and
whatever is sent again is done again. What was asked is read from the stored call itself.

What was made is looked for by number and mark, the deleted among it; what was changed is seen by
what it says, and by the version that the change was based on, which the call kept as evidence.
"""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from apps.connectors.errors import (
    CannotTell,
    ConnectorError,
    NeverArrived,
    OutcomeUnknown,
    RemoteGone,
    RemoteIsNewer,
)
from apps.connectors.freshbooks.bodies import unlike
from apps.connectors.freshbooks.capabilities import NAME, SEND, STATE
from apps.connectors.freshbooks.client import CLIENT, ITEM, PAYMENT, Asked, Query, asked_by
from apps.connectors.freshbooks.heads import id_of, is_deleted, is_draft, version_of
from apps.connectors.freshbooks.objects import gone, objects_of
from apps.connectors.freshbooks.outcomes import after, ours_among
from apps.connectors.freshbooks.plan import is_taken_back, stands_of
from apps.connectors.freshbooks.reader import Reader
from apps.connectors.freshbooks.wire import DELETED, Raw, marker_in
from apps.connectors.freshbooks.writing import with_source
from apps.connectors.port import Courier, Outcome, Push, RemoteObject, Unsettled

Found = Sequence[RemoteObject]
NEWER = "Tieout reads it again and compares before it sends."


class Settler:
    def __init__(self, reader: Reader, home: str) -> None:
        self.reader = reader
        self.home = home

    def settled(self, unsettled: Unsettled, push: Push, courier: Courier) -> Outcome:
        """The end of one lost call. Raises what keeps their books from being asked."""
        asked = asked_by(unsettled.request)
        try:
            found = self._found(asked, push, courier)
        except (RemoteGone, RemoteIsNewer, CannotTell) as told:
            return _of(push, told)
        if found:
            takes_off = asked.fields.get("vis_state") == DELETED
            return after(
                push,
                found,
                self.home,
                did=_did(asked),
                retires=takes_off and not is_taken_back(push.snapshot),
            )
        if unsettled.believe_absence:
            return _of(push, NeverArrived(f"It never arrived in {NAME}.", "Tieout sends it again."))
        words = f"It is not in {NAME} so far, but may still be on its way."
        return _of(push, OutcomeUnknown(words, "Tieout looks again."))

    def _found(self, asked: Asked, push: Push, courier: Courier) -> Found:
        """What stands since the call was done; nothing where it was not done so far."""
        if not asked.remote_id:
            return self._made(asked, push, courier)
        raw = self.reader.raws(asked.kind, [asked.remote_id], courier).get(asked.remote_id)
        if asked.fields.get("vis_state") == DELETED:
            if raw is not None and not is_deleted(raw):
                return ()
            known = next((each.raw for each in stands_of(push) if each.raw and not each.part), {})
            return (gone(asked.kind, asked.remote_id, raw or {**known, "vis_state": DELETED}),)
        if raw is None or is_deleted(raw):
            raise RemoteGone(
                f"It was deleted in {NAME}.", "Decide whether it is to be created anew."
            )
        standing = objects_of(asked.kind, with_source(push, raw), self.home)
        if _did(asked) == SEND:
            return () if is_draft(raw) else standing
        if not unlike(asked.fields, raw):
            return standing
        if version_of(asked.kind, raw) == asked.base:
            return ()
        raise RemoteIsNewer(f"It was changed in {NAME} meanwhile.", NEWER)

    # --- What was made ---

    def _made(self, asked: Asked, push: Push, courier: Courier) -> Found:
        """Where it stands twice the first is ours: the second is told as a double of it."""
        query, fits = _looked_for(asked, push)
        rows = self.reader.where(asked.kind, courier, query, fits, deleted=True)
        earlier = {each.remote_id for each in stands_of(push)}
        rows = [raw for raw in rows if id_of(asked.kind, raw) not in earlier]
        marker = push.snapshot.marker
        marked = [raw for raw in rows if asked.kind == ITEM or _mark_of(asked.kind, raw) == marker]
        standing = [raw for raw in marked if not is_deleted(raw)]
        if standing:
            return objects_of(asked.kind, with_source(push, standing[0]), self.home)
        if marked:
            raise CannotTell(
                f"A deleted {asked.kind.replace('_', ' ')} in {NAME} bears its mark: it may have "
                "arrived and been deleted there, or be one of before.",
                f"Look in {NAME} whether it is there, then decide.",
            )
        alike = [raw for raw in rows if not is_deleted(raw)]
        if alike:
            raise CannotTell(
                f"{NAME} has one that is like it in all but Tieout's mark (number "
                f"{id_of(asked.kind, alike[0])} over there): it may be this one, or somebody's own.",
                f"Look at it in {NAME}, then decide.",
            )
        return ()


def _of(push: Push, error: ConnectorError) -> Outcome:
    return Outcome(ref=push.ref, remote=ours_among(push), error=error)


def _did(asked: Asked) -> str:
    if "action_mark_as_sent" in asked.fields:
        return SEND
    return STATE if "vis_state" in asked.fields else ""


def _mark_of(kind: str, raw: Raw) -> str:
    value = raw.get("note" if kind in (CLIENT, PAYMENT) else "notes")
    return marker_in(value) if isinstance(value, str) else ""


def _looked_for(asked: Asked, push: Push) -> tuple[Query, Callable[[Raw], bool]]:
    """The question, and which rows answer it: those that bear its mark, and those that are like it
    though they bear none. Another's mark is another's."""
    marker, fields = push.snapshot.marker, asked.fields

    def ours(raw: Raw, *alike: str) -> bool:
        mark = _mark_of(asked.kind, raw)
        if mark:
            return mark == marker
        return bool(alike) and not unlike({each: fields[each] for each in alike}, raw)

    def by(**search: object) -> Query:
        return tuple((f"search[{name}]", str(value)) for name, value in search.items())

    match asked.kind:
        case "client":
            return by(note_like=marker), lambda raw: ours(raw)
        case "item":
            names = ("sku", "name")
            return by(
                sku=fields["sku"]
            ), lambda raw: not unlike({each: fields[each] for each in names}, raw)
        case "invoice":
            number = by(invoice_number=fields["invoice_number"])
            return number, lambda raw: ours(raw, "invoice_number", "customerid", "create_date")
        case "credit_note":
            # By its days: the last one is not in what is asked for.
            day = date.fromisoformat(fields["create_date"])
            days = {"date_min": day, "date_max": day + timedelta(days=1)}
            query = by(clientid=fields["clientid"], **days)
            return query, lambda raw: ours(raw, "credit_number", "clientid", "create_date")
    alike = ["invoiceid", "amount", "date", *(["creditid"] if "creditid" in fields else [])]
    return by(invoiceid=fields["invoiceid"]), lambda raw: ours(raw, *alike)
