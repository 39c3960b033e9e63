"""What a screen asks about a day without sense."""

from collections.abc import Iterator
from datetime import date

from apps.backoffice.frame.days import spelled
from apps.billing.rules.days import Sense, why_far


def doubts(what: str, day: date, sense: Sense, today: date) -> Iterator[str]:
    """What to ask about a day of a field called `what`; nothing where it makes sense."""
    if why := why_far(day, sense, today):
        yield f"{what}: {spelled(day)} is {why}. Yes, I mean this day."
