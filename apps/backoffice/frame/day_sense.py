"""Days without sense: an invoice of 1926, money of next year. They are asked about, not refused."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from apps.backoffice.frame.days import Sense, spelled

OLD: Final = timedelta(days=365)  # an entry older than this is rarely meant
DOCUMENT_AHEAD: Final = timedelta(days=31)  # a document may be dated into the coming month
DUE_AHEAD: Final = timedelta(days=365)  # terms longer than a year are rare

AHEAD: Final = {
    Sense.DOCUMENT: DOCUMENT_AHEAD,
    Sense.DUE: DUE_AHEAD,
    Sense.MONEY: timedelta(0),
    Sense.CLOSING: timedelta(0),
}
AHEAD_WORDS: Final = {
    Sense.DOCUMENT: "more than a month ahead",
    Sense.DUE: "more than a year ahead",
    Sense.MONEY: "in the future",
    Sense.CLOSING: "in the future",
}


def doubts(what: str, day: date, sense: Sense, today: date) -> Iterator[str]:
    """What to ask about a day of a field called `what`; nothing where it makes sense."""
    if sense == Sense.ANY:
        return
    why = ""
    if day - today > AHEAD[sense]:
        why = AHEAD_WORDS[sense]
    elif sense != Sense.CLOSING and today - day > OLD:
        why = "more than a year ago"
    if why:
        yield f"{what}: {spelled(day)} is {why}. Yes, I mean this day."
