"""Comparisons as tasks, by the timetable and those that a person asked for; the weekly review."""

from apps.reconciliation import keeping
from apps.reconciliation.review.listing import refresh_all


def carry_out(key: int) -> str:
    kept = keeping.carry_out(key)
    return "Another has it, or it has ended." if kept is None else kept.sentence


def compare_the_due() -> str:
    """Every five minutes: each live connection once a day, and again an hour after one that was stopped;
    what a worker left behind is begun anew."""
    return f"{keeping.ask_the_due()} asked for"


def keep_review() -> str:
    """Every ten minutes: what waits for somebody, a row for each cause."""
    return f"{refresh_all()} open"
