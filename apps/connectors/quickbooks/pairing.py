"""Which answer of a batch is of which record: its bId says so, what it holds proves it. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from apps.connectors.port import Push, RemoteObject
from apps.connectors.quickbooks.client import batch_id
from apps.connectors.quickbooks.faults import faults_of
from apps.connectors.quickbooks.masters import item_name, projected_customer
from apps.connectors.quickbooks.objects import ENTITY, object_of
from apps.connectors.quickbooks.wire import mapping, text
from apps.connectors.snapshots import CustomerSnapshot, DocumentSnapshot, ItemSnapshot

Answer = Mapping[str, Any]


def entity_of(push: Push) -> str:
    """Their kind of the object that is written."""
    return push.known.kind if push.known else ENTITY[push.kind]


def pairs(
    pushes: Sequence[Push], answers: Mapping[str, Answer | None], home: str
) -> dict[int, Answer | None]:
    """The answer of each push; None where none can be told to be its own.

    An answer that holds the object of another record is that record's, whatever its bId says. Once
    one was found under a wrong bId, a fault is believed of nobody: it bears no mark of a record.
    """
    paired: dict[int, Answer | None] = {}
    misplaced = False
    for push in pushes:
        own = answers.get(batch_id(push.ref))
        if own is None or faults_of(own) or _is_of(push, own, home):
            paired[push.ref] = own
            continue
        paired[push.ref] = None
        misplaced = misplaced or bool(mapping(own, entity_of(push)))
    if not misplaced:
        return paired
    whole = [each for each in answers.values() if each is not None and not faults_of(each)]
    for push in pushes:
        found = paired[push.ref]
        if found is None or faults_of(found):
            mine = [each for each in whole if _is_of(push, each, home, proven=True)]
            paired[push.ref] = mine[0] if len(mine) == 1 else None
    return paired


def _is_of(push: Push, answer: Answer, home: str, *, proven: bool = False) -> bool:
    """Whether the object in an answer is this record's. What bears no mark is believed of the bId
    it came under, unless proof is asked for."""
    entity = entity_of(push)
    source = mapping(answer, entity)
    remote_id = text(source, "Id")
    if not remote_id:
        return False
    if push.known is not None:
        return push.known.remote_id == remote_id
    return _bears_its_mark(push, object_of(entity, source, home), proven)


def _bears_its_mark(push: Push, there: RemoteObject, proven: bool) -> bool:
    if there.marker:
        return there.marker == push.snapshot.marker
    match push.snapshot:
        case DocumentSnapshot() as document:
            return there.number == document.number.strip()
        case ItemSnapshot() as item:
            return there.name.casefold() == item_name(item.code, item.name).casefold()
        case CustomerSnapshot() as customer:
            return there.name.casefold() == projected_customer(customer).name.casefold()
    return not proven
