"""A fact: one thing that has come true of one record, and the change that it came true with."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Model

from apps.billing.models import Change
from apps.connections.models import Connection
from apps.core.numbers import whole
from apps.triggers.models import EventType

# What happened longer ago is told to nobody: its event may have been made, told and forgotten.
TOO_OLD: Final = timedelta(days=30)
LONGEST: Final = timedelta(minutes=10)  # no transaction of ours lasts as long
A_MOMENT: Final = timedelta(seconds=1)  # a clock may be set back between two of its readings


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """`key` is what it is known by; `origin` and `batch_id` are of the change that it came with.

    `record` is what it is told of where that is at hand; None: the one of `subject` and `subject_id`.
    """

    type: EventType
    subject: str
    subject_id: int
    key: str
    happened_at: datetime
    revision: int = 0
    origin: str = ""
    quiet: bool = False
    batch_id: int | None = None
    record: Model | None = None


class Changes:
    """Some changes of one company, in the order in which they were made."""

    def __init__(self, rows: Sequence[Change]) -> None:
        self._of: dict[tuple[str, int], list[Change]] = defaultdict(list)
        for row in rows:
            self._of[row.kind, row.subject_id].append(row)

    def keys(self, kind: str) -> set[int]:
        return {subject_id for of, subject_id in self._of if of == kind}

    def of(self, kind: str, subject_id: int) -> Sequence[Change]:
        return self._of.get((kind, subject_id), ())

    def at(self, kind: str, subject_id: int, moment: datetime) -> Change | None:
        """The change that was written with what happened to a record at that moment: the first
        since, in the same transaction."""
        near = [
            each
            for each in self.of(kind, subject_id)
            if moment - A_MOMENT <= each.made_at < moment + LONGEST
        ]
        since = next((each for each in near if each.made_at >= moment), None)
        return since or (near[-1] if near else None)


def made(
    type: EventType,
    change: Change,
    *,
    happened_at: datetime,
    time: str = "",
    subject: tuple[str, int] | None = None,
    revision: int = 0,
) -> Fact:
    """A fact that came true with a change. `time` tells which time it was, where it can happen again;
    `subject` is its record where the change was of another one."""
    kind, key = subject or (change.kind, change.subject_id)
    return Fact(
        type=type,
        subject=kind,
        subject_id=key,
        key=key_of(type, key, time),
        happened_at=happened_at,
        revision=revision,
        origin=change.origin,
        quiet=change.quiet,
        batch_id=change.batch_id,
    )


def key_of(type: str, subject_id: int, time: str = "") -> str:
    return f"{type}:{subject_id}:{time}" if time else f"{type}:{subject_id}"


def sources(facts: Iterable[Fact]) -> Mapping[str, str]:
    """Origin of a change → how the envelope names the books that it came from."""
    keys: Collection[int] = {
        key for each in facts if (key := whole(each.origin.partition(":")[2])) is not None
    }
    found: dict[int, Any] = Connection.objects.in_bulk(keys) if keys else {}
    return {each.origin: str(each.public_id) for each in found.values()}
