"""One question about many: where it is refused, halves are asked until the one that spoils it is
alone."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from apps.connectors.errors import ConnectorError, RecordRefused, TryLater

Value = TypeVar("Value")
Answer = TypeVar("Answer")

NOT_QUERYABLE = "4001"  # no half of the question would be understood either
# One row that their service stumbles over makes the whole query fail with these.
STUMBLES = frozenset({"500", "10000", "400"})


def in_halves(
    ask: Callable[[Sequence[Value]], Answer],
    values: Sequence[Value],
    *,
    alone: Callable[[Value, ConnectorError], Answer],
    still_answers: Callable[[], object],
) -> Iterator[Answer]:
    """The answers to as few questions as tell about all; `alone` says what becomes of a value that
    spoils every question it is in.

    `still_answers` asks something plain before a value is blamed, and raises what an outage raises:
    then nobody is. Of n values with a bad one that makes 2 · log2(n) + 2 calls at most.
    """
    try:
        yield ask(values)
    except (RecordRefused, TryLater) as trouble:
        if not lies_in_the_question(trouble):
            raise
        if len(values) == 1:
            still_answers()
            yield alone(values[0], trouble)
            return
        half = (len(values) + 1) // 2
        for some in (values[:half], values[half:]):
            yield from in_halves(ask, some, alone=alone, still_answers=still_answers)


def lies_in_the_question(trouble: ConnectorError) -> bool:
    """Whether it may lie in what was asked, and not in how often, by whom or when."""
    if isinstance(trouble, RecordRefused):
        return trouble.code != NOT_QUERYABLE
    return trouble.code in STUMBLES
