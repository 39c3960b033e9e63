"""What a proof would write, told before it writes anything."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date

from apps.connectors.questions import Question, Step


def steps_of(questions: Iterable[Question]) -> Iterator[tuple[Question, Step]]:
    """Every step that would be taken, what is taken once only once."""
    once: set[str] = set()
    for question in questions:
        for step in question.steps:
            if step.name not in once:
                yield question, step
            if step.once:
                once.add(step.name)


def writes(questions: Iterable[Question], day: date) -> list[str]:
    """A sentence for each question that writes, then what is left of all of it."""
    by_question: dict[str, Counter[str]] = {}
    left: Counter[str] = Counter()
    for question, step in steps_of(questions):
        if step.write is None:
            continue
        dated = f" dated {day}" if step.write.dated else ""
        own = by_question.setdefault(question.id, Counter())
        own[f"{step.write.what}{dated}"] += 1
        if step.write.leaves:
            left[step.write.leaves] += 1
    lines = [f"  {name}: {counted(each)}" for name, each in by_question.items()]
    if not lines:
        return ["Nothing is written: these questions only read."]
    return [
        "These are written, each to an object that this run makes itself:",
        *lines,
        "Afterwards all of it is taken back. What is left standing there:",
        f"  {counted(left) or 'nothing'}",
    ]


def counted(what: Counter[str]) -> str:
    return ", ".join(f"{number} × {name}" for name, number in sorted(what.items()))
