"""A number or a name that is taken over there: who has it, and is it ours after all?"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from django.db import transaction

from apps.connections.clock import now
from apps.connections.models import Connection
from apps.connectors.errors import NameTaken, NumberTaken, RecordRefused
from apps.connectors.port import Connector, Courier, Outcome, RemoteObject
from apps.connectors.snapshots import CustomerSnapshot, Kind, Snapshot
from apps.sync.models import Candidate, Reason, RemoteRecord, State, SyncRecord
from apps.sync.models.waits import On
from apps.sync.there import ties
from apps.sync.there.remote import store
from apps.sync.wording import called, day, forgotten, money

REMEDY_CANDIDATE = "Decide whether it is the same, or give ours another name."
REMEDY_OTHER_LIST = "Give the customer another name here, or rename the other one over there."
REMEDY_NUMBER = "Decide whether it is the same document; if not, change the number over there."

REMEDY_FORMER = (
    "{} keeps the number of what was taken back there. Delete that one there and press Retry; or "
    "void it here, and issue it under a new number."
)


@dataclass(frozen=True, slots=True)
class Taken:
    """A create that was refused because something over there has its number or name."""

    record: SyncRecord
    ours: Snapshot
    error: NumberTaken | NameTaken


def ask_who_has_them(
    connection: Connection, connector: Connector, courier: Courier, taken: Sequence[Taken]
) -> list[Outcome]:
    """Ask for the owners. What carries our marker arrived on an earlier send: its outcome is done.

    The others are put before a person by name, as a candidate where they are of our kind.
    """
    owners = _owners(connector, courier, taken)
    adopted = []
    for each in taken:
        found = owners.get(each.record.pk, [])
        mine = [
            one
            for one in found
            if one.marker and one.marker == each.ours.marker and not _taken_back(each.record, one)
        ]
        if mine:
            adopted.append(Outcome(ref=each.record.pk, remote=tuple(mine)))
        else:
            _put_before_a_person(connection, connector.capabilities.name, each, found)
    return adopted


def _taken_back(record: SyncRecord, owner: RemoteObject) -> bool:
    """Whether it stood for the record once and was given up: taken back with its run, it keeps the
    number, and is not what was just refused."""
    former = RemoteRecord.objects.filter(
        connection=record.connection_id,
        kind=owner.kind,
        remote_id=owner.remote_id,
        sync_record=record,
        retired=True,
    )
    return owner.void and former.exists()


def _owners(
    connector: Connector, courier: Courier, taken: Sequence[Taken]
) -> Mapping[int, list[RemoteObject]]:
    """Their objects that stand in the way, by our sync record. Numbers cost one call for all."""
    found: dict[int, list[RemoteObject]] = {}
    numbers = {
        (each.error.owner_kind, each.error.owner_id): each.record.pk
        for each in taken
        if isinstance(each.error, NumberTaken) and each.error.owner_id and each.error.owner_kind
    }
    for one in _asked(partial(connector.read, list(numbers), courier)) if numbers else ():
        ref = numbers.get((one.kind, one.remote_id))
        if ref is not None and not one.gone:
            found.setdefault(ref, []).append(one)
    for each in taken:
        if isinstance(each.error, NameTaken):
            found[each.record.pk] = _who_has(connector, courier, each)
        elif each.record.pk not in found:
            # They did not say who, or in a language that is not read: ask by the number itself.
            number = getattr(each.ours, "number", "")
            kind = Kind(each.record.kind)
            found[each.record.pk] = _asked(partial(connector.find, kind, [number], courier))
    return found


def _asked(question: Callable[[], Iterable[RemoteObject]]) -> list[RemoteObject]:
    """Who is found; nobody where their service refuses the question itself: a person then has the
    words of the first refusal, and the others are asked about all the same."""
    try:
        return list(question())
    except RecordRefused:
        return []


def _who_has(connector: Connector, courier: Courier, taken: Taken) -> list[RemoteObject]:
    if isinstance(taken.ours, CustomerSnapshot):
        return _asked(partial(connector.who_has_name, taken.ours.name, courier))
    name = getattr(taken.ours, "name", "")
    code = getattr(taken.ours, "code", "")
    return _asked(partial(connector.find, Kind(taken.record.kind), [name, code], courier))


def _put_before_a_person(
    connection: Connection, name: str, taken: Taken, found: Sequence[RemoteObject]
) -> None:
    record = taken.record
    alike = [each for each in found if each.of_kind == record.kind]
    with transaction.atomic():
        rows = store(connection, alike, read_at=now())
        record.state = State.NEEDS_PERSON
        record.due_at = None
        record.sentence = _sentence(connection, name, taken, found)
        record.remedy = REMEDY_OTHER_LIST if found and not alike else REMEDY_CANDIDATE
        record.reason = Reason.NAME_TAKEN
        if isinstance(taken.error, NumberTaken):
            former = any(_taken_back(record, each) for each in found)
            record.reason = Reason.NUMBER_TAKEN
            record.remedy = REMEDY_FORMER.format(name) if former else REMEDY_NUMBER
        record.save(update_fields=["state", "due_at", "sentence", "remedy", "reason"])
        for row in rows:
            if row.sync_record_id is None:
                row.arrival = RemoteRecord.Arrival.WAITS
                row.waits_for = On.DECISION.of()
                row.sentence = f"It may be the same as {record.subject} here."
                row.save(update_fields=["arrival", "waits_for", "sentence"])
                Candidate.objects.get_or_create(
                    remote_record=row, sync_record=record, defaults={"evidence": record.sentence}
                )


def _sentence(
    connection: Connection, name: str, taken: Taken, found: Sequence[RemoteObject]
) -> str:
    if not found:
        return taken.error.sentence
    owners = "; ".join(_named(each) for each in found)
    what = "number" if isinstance(taken.error, NumberTaken) else "name"
    mine = getattr(taken.ours, "number", "") or getattr(taken.ours, "name", "")
    return f"The {what} {mine} is taken in {name} by {owners}. {_maker(connection, name, found)}"


def _maker(connection: Connection, name: str, found: Sequence[RemoteObject]) -> str:
    """Who made what stands in the way: never said of Tieout that it did not make what it made."""
    marked = [each for each in found if each.marker]
    if not marked:
        return "Tieout did not make it."
    known = [one for each in marked if (one := ties.by_marker(connection, each)) is not None]
    if known:
        return f"Tieout made it for {called(known[0])}."
    if any(ties.is_forgotten(each.marker) for each in marked):
        return forgotten(name)
    return "Tieout made it for another record."


def _named(each: RemoteObject) -> str:
    amount = f" over {money(each.amount, each.currency)}" if each.amount is not None else ""
    dated = f" of {day(each.dated)}" if each.dated else ""
    return f"{each.kind} {each.number or each.name or each.remote_id}{amount}{dated}"
