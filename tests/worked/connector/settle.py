"""Finds out what became of a write whose answer was lost, by looking alone.

There are no keys: whatever is sent again is done again. So nothing is written here, and what was
asked is read from the stored call itself: a create is looked for by our mark, a change and an act
are seen by the state of their object, an allocation by how much is set compared with what stood
when the call left.
"""

from decimal import Decimal

from apps.connectors.errors import (
    CannotTell,
    ConnectorError,
    NeverArrived,
    OutcomeUnknown,
    RecordRefused,
    RemoteGone,
    RemoteIsNewer,
)
from apps.connectors.port import Courier, Outcome, Push, RemoteObject, Unsettled
from tests.worked.connector.bodies import unlike
from tests.worked.connector.capabilities import NAME
from tests.worked.connector.client import Asked, asked_by
from tests.worked.connector.objects import (
    ALLOCATIONS,
    DRAFT,
    INVOICE,
    gone,
    objects_of,
    part_name,
)
from tests.worked.connector.outcomes import after, ours_among
from tests.worked.connector.plan import Key, is_taken_back, key_of, stands_of
from tests.worked.connector.reader import Reader
from tests.worked.connector.sources import set_against
from tests.worked.connector.wire import NIL, Unread, place_in, word

Found = tuple[RemoteObject, ...]
LOOK = f"Look in {NAME} whether it is there."
NEWER = "Tieout reads it again and compares before it sends."


def settled(unsettled: Unsettled, push: Push, reader: Reader, courier: Courier) -> Outcome:
    """The end of one lost call. Raises what keeps their books from being asked."""
    asked = asked_by(unsettled.request)
    try:
        found = _found(asked, push, reader, courier)
    except (RemoteGone, RemoteIsNewer, CannotTell) as told:
        return _of(push, told)
    except RecordRefused as refusal:
        # Of the question, not of the call that was lost.
        words = f"{NAME} does not let Tieout look for it: {refusal.sentence}"
        return _of(push, OutcomeUnknown(words, LOOK, refusal.code, refusal.trace_id))
    except Unread as problem:
        words = f"What stands in {NAME} cannot be read: {problem.field} is {problem.value}."
        return _of(push, OutcomeUnknown(words, f"Look at it in {NAME}."))
    if found is not None:
        return after(push, found, retires=_retired(asked, push, found[0]))
    if unsettled.believe_absence:
        return _of(push, NeverArrived(f"It never arrived in {NAME}.", "Tieout sends it again."))
    words = f"It is not in {NAME} so far, but may still be on its way."
    return _of(push, OutcomeUnknown(words, "Tieout looks again."))


def _of(push: Push, error: ConnectorError) -> Outcome:
    return Outcome(ref=push.ref, remote=ours_among(push), error=error)


def _found(asked: Asked, push: Push, reader: Reader, courier: Courier) -> Found | None:
    """What stands since the call was done; None: it was not done so far."""
    if asked.act == ALLOCATIONS:
        return _set_or_taken_off(asked, push, reader, courier)
    if not asked.remote_id:
        return _created(asked, push, reader, courier)
    (raw,) = reader.raws([(asked.kind, asked.remote_id)], courier)
    if raw is None:
        return _deleted(asked, push)
    standing = objects_of(asked.kind, raw)
    if standing[0].unreadable:
        raise Unread(standing[0].unreadable.field, standing[0].unreadable.value)
    if asked.act:
        return _acted(asked, standing)
    if not unlike(asked.fields, raw):
        return standing
    if standing[0].version == (asked.version or _known_version(push, standing[0])):
        return None
    raise RemoteIsNewer(f"It was changed in {NAME} meanwhile.", NEWER)


def _known_version(push: Push, standing: RemoteObject) -> str:
    return next((each.version for each in stands_of(push) if key_of(each) == key_of(standing)), "")


def _acted(asked: Asked, standing: Found) -> Found | None:
    """A mark as sent, a void and a cancellation are told by the state, whoever did them."""
    state = standing[0].raw.get("state")
    if asked.act == "send":
        if standing[0].void:
            raise RemoteIsNewer(f"It was voided in {NAME} meanwhile.", NEWER)
        return None if state == DRAFT else standing
    return standing if standing[0].void else None


def _deleted(asked: Asked, push: Push) -> Found:
    """What was to be taken back and is no document is taken back where it is deleted."""
    if asked.act == "cancel":
        return (gone(asked.kind, asked.remote_id),)
    raise RemoteGone(f"It was deleted in {NAME}.", "Decide whether it is to be created anew.")


# --- Creates ----------------------------------------------------------------------------------


def _created(asked: Asked, push: Push, reader: Reader, courier: Courier) -> Found | None:
    """By our mark, and by its place where the record is several objects. Where it stands twice, the
    first is ours."""
    place = place_in(word(asked.fields, "remark"))
    new = [
        objects_of(asked.kind, raw)
        for raw in reader.marked(asked.kind, push.snapshot.marker, courier)
        if place_in(word(raw, "remark")) == place
    ]
    new.sort(key=lambda each: (len(each[0].remote_id), each[0].remote_id))
    standing = [each for each in new if not each[0].void]
    if standing:
        return standing[0]
    if not new:
        return None
    if asked.kind in ("receipt", "refund"):
        # Tieout may have cancelled it itself, when the amount was another.
        raise CannotTell(
            f"A cancelled {asked.kind} in {NAME} bears its mark: it may have arrived and been "
            "cancelled there, or be one of before.",
            f"Look in {NAME} at {asked.kind} {new[-1][0].remote_id}.",
        )
    return new[-1]  # voided since, which is refused with what stands


# --- Allocations ------------------------------------------------------------------------------


def _set_or_taken_off(asked: Asked, push: Push, reader: Reader, courier: Courier) -> Found | None:
    """Nothing tells one allocation from another but how much is set between source and invoice.

    Exactly as much more as the call said: it was done. As much as stood when it left: it was not.
    Anything else may be ours with something of theirs, or theirs alone.
    """
    invoice_id = asked.target or word(asked.fields, "invoice")
    key = (asked.kind, asked.remote_id, part_name(INVOICE, invoice_id))
    before = _stood(asked, push, key)
    (raw,) = reader.raws([(asked.kind, asked.remote_id)], courier)
    if raw is None:
        if asked.target:
            return (gone(*key),)
        raise RemoteGone(
            f"What was to be set against it was deleted in {NAME}.", "See what became of it."
        )
    now = set_against(raw, invoice_id)
    meant = NIL if asked.target else before + Decimal(asked.fields["amount"])
    if now == before:
        return None
    if now != meant:
        raise CannotTell(
            f"{now} is set against the invoice in {NAME}, where {before} stood before and {meant} "
            "would stand after it: somebody set something there as well.",
            f"Look in {NAME} at what {asked.kind} {asked.remote_id} is set against.",
        )
    if asked.target:
        return (gone(*key),)
    return tuple(each for each in objects_of(asked.kind, raw) if key_of(each) == key)


def _stood(asked: Asked, push: Push, key: Key) -> Decimal:
    """As the call itself says; a call that kept no evidence, as the record's own parts say."""
    if asked.stood:
        return Decimal(asked.stood)
    own = (each.amount for each in stands_of(push) if key_of(each) == key and not each.gone)
    return sum((each or NIL for each in own), NIL)


def _retired(asked: Asked, push: Push, found: RemoteObject) -> tuple[Key, ...]:
    """A receipt that was one too many, and an allocation that is set anew."""
    took_back = asked.act == "cancel" or bool(asked.target)
    return (key_of(found),) if took_back and not is_taken_back(push.snapshot) else ()
