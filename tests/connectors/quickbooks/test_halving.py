"""A question about many that is refused is halved: each value is told about once, whatever the number."""

from collections.abc import Sequence

import pytest

from apps.connectors.errors import ConnectorError, RecordRefused, TryLater
from apps.connectors.quickbooks.halving import in_halves


def told(number: int, bad: frozenset[int]) -> tuple[list[int], list[int]]:
    """Which values were answered, and which were found to spoil their question."""

    def ask(values: Sequence[int]) -> list[tuple[int, bool]]:
        if bad & set(values):
            raise RecordRefused("A character that is none.", code="2010")
        return [(each, True) for each in values]

    def alone(value: int, _trouble: ConnectorError) -> list[tuple[int, bool]]:
        return [(value, False)]

    found = [
        each
        for part in in_halves(ask, range(number), alone=alone, still_answers=lambda: None)
        for each in part
    ]
    return [each for each, well in found if well], [each for each, well in found if not well]


@pytest.mark.parametrize("number", [1, 2, 3, 5, 7, 8, 11, 30])
def test_one_that_spoils_the_question_is_found_and_every_other_answered_once(number: int) -> None:
    for bad in range(number):
        assert told(number, frozenset({bad})) == ([n for n in range(number) if n != bad], [bad])


def test_several_that_spoil_it_are_each_found() -> None:
    assert told(9, frozenset({0, 4, 8})) == ([1, 2, 3, 5, 6, 7], [0, 4, 8])


def test_while_nothing_is_answered_nobody_is_blamed() -> None:
    def ask(_values: Sequence[int]) -> list[int]:
        raise TryLater("Down.", code="500")

    def outage() -> None:
        raise TryLater("Down.", code="503", whole_connection=True)

    with pytest.raises(TryLater):
        list(in_halves(ask, [1, 2, 3], alone=lambda value, _: [value], still_answers=outage))
