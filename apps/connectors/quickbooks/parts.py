"""What of a batch is one record's: by its bId, unless the object inside says otherwise. Pure."""

from collections.abc import Mapping, Sequence

from apps.connectors.parts import Json, Part
from apps.connectors.quickbooks.client import batch_id

HEAD = frozenset({"bId", "operation", "optionsData"})
# What an answer repeats of an object that was sent.
REPEATED = ("Id", "DocNumber", "DisplayName")


def part_of(members: Sequence[int], ref: int, sent: Json, answered: Json) -> Part:
    own = [each for each in _items(sent, "BatchItemRequest") if each.get("bId") == batch_id(ref)]
    if len(own) != 1:
        return Part()
    told = [
        each for each in _items(answered, "BatchItemResponse") if each.get("bId") == batch_id(ref)
    ]
    is_own = len(told) == 1 and not _of_another(own[0], told[0])
    return Part(sent=own[0], answered=told[0] if is_own else None)


def _items(source: Json, name: str) -> list[Json]:
    listed = source.get(name)
    return (
        [each for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []
    )


def _of_another(sent: Json, told: Json) -> bool:
    """Whether the answer holds an object that was not sent here: they have mixed up ids before."""
    for entity in sent.keys() - HEAD:
        ours, theirs = sent[entity], told.get(entity)
        if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
            return any(
                name in ours and name in theirs and str(ours[name]) != str(theirs[name])
                for name in REPEATED
            )
    return False
