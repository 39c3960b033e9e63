"""What one request asks of the database again and again, asked once.

For what few rows say (companies, connections, methods) and no act of the same request changes.
"""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

Answer = TypeVar("Answer")

_answers: ContextVar[dict[Hashable, Any] | None] = ContextVar("answers of a request", default=None)


@contextmanager
def within_a_request() -> Iterator[None]:
    before = _answers.set({})
    try:
        yield
    finally:
        _answers.reset(before)


def asked_once(question: Hashable, ask: Callable[[], Answer]) -> Answer:
    """The answer to a question; outside a request (a task, a command) it is asked each time."""
    answers = _answers.get()
    if answers is None:
        return ask()
    if question not in answers:
        answers[question] = ask()
    answer: Answer = answers[question]
    return answer


def known_already(question: Hashable, answer: Any) -> None:
    """What was read for another reason answers this question too."""
    answers = _answers.get()
    if answers is not None:
        answers.setdefault(question, answer)
