"""Days that are rarely meant: where a screen asks “Yes, I mean this day”, the API refuses once."""

from datetime import date
from typing import Annotated, Final

from pydantic import Field

from apps.billing.models import Company
from apps.billing.rules.days import Sense, why_far
from apps.triggers.api.inputs import Input
from apps.triggers.api.problems import Problem

REMEDY: Final = "Correct it, or send allow_far_date: true where it is meant."
AllowFarDate = Annotated[
    bool,
    Field(strict=True, description="The day is meant, though it lies far away or in the future."),
]


class Dated(Input):
    """What posts on a day that the program says."""

    allow_far_date: AllowFarDate = False


def refuse_far(given: Dated, company: Company, sense: Sense, **days: date | None) -> None:
    """The days by the names of their fields, judged by the company's own calendar."""
    if given.allow_far_date:
        return
    today = company.today()
    found = {
        field: f"{field} {day.isoformat()} is {why}."
        for field, day in days.items()
        if day is not None and (why := why_far(day, sense, today))
    }
    if found:
        raise Problem("date-in-doubt", f"{' '.join(found.values())} {REMEDY}", errors=found.items())
