"""What one request asks of the database again and again, asked once.

For what few rows say (companies, connections, methods) and no act of the same request changes; and, while
a page is only shown, for whatever it says of a record in several places.
"""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, TypeVar

from django.db import models

Answer = TypeVar("Answer")

Record = TypeVar("Record", bound=models.Model)

_answers: ContextVar[dict[Hashable, Any] | None] = ContextVar("answers of a request", default=None)
_only_shows: ContextVar[bool] = ContextVar("the request writes nothing", default=False)


@contextmanager
def within_a_request(*, only_shows: bool = False) -> Iterator[None]:
    """`only_shows`: nothing is written on its way, so that also what acts change is asked once."""
    before, shown = _answers.set({}), _only_shows.set(only_shows)
    try:
        yield
    finally:
        _answers.reset(before)
        _only_shows.reset(shown)


def asked_once(question: Hashable, ask: Callable[[], Answer]) -> Answer:
    """The answer to a question; outside a request (a task, a command) it is asked each time."""
    answers = _answers.get()
    if answers is None:
        return ask()
    if question not in answers:
        answers[question] = ask()
    answer: Answer = answers[question]
    return answer


def while_shown(ask: Callable[[Record], Answer]) -> Callable[[Record], Answer]:
    """A question of a record that its page asks in several places, asked once while the page is shown; each
    time where something may be written."""

    @wraps(ask)
    def asked(record: Record) -> Answer:
        if not _only_shows.get():
            return ask(record)
        return asked_once((ask, type(record), record.pk), lambda: ask(record))

    return asked


def known_already(question: Hashable, answer: Any) -> None:
    """What was read for another reason answers this question too."""
    answers = _answers.get()
    if answers is not None:
        answers.setdefault(question, answer)
