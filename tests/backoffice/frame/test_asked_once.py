"""What a page asks in several places is asked once while it is shown, and each time where it is acted on."""

from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import pytest

from apps.backoffice.frame.asked_once import asked_once, while_shown, within_a_request
from apps.billing.models import Customer, Item


@pytest.mark.parametrize(
    ("within", "times"),
    [
        (lambda: within_a_request(only_shows=True), 1),
        (within_a_request, 2),
        (nullcontext, 2),
    ],
)
def test_a_question_of_a_record_is_asked_anew_where_something_may_be_written(
    within: Any, times: int
) -> None:
    answers: Iterator[int] = iter(range(9))

    @while_shown
    def ask(record: Any) -> int:
        return next(answers)

    with within():
        assert [ask(Customer(pk=1)), ask(Customer(pk=1))] == ([0, 0] if times == 1 else [0, 1])
        assert ask(Customer(pk=2)) == times
        assert ask(Item(pk=1)) == times + 1


def test_nothing_is_known_from_one_request_to_the_next() -> None:
    answers = iter(("first", "second"))
    for expected in ("first", "second"):
        with within_a_request(only_shows=True):
            assert asked_once("who", lambda: next(answers)) == expected
            assert asked_once("who", lambda: next(answers)) == expected
