"""Days without sense: an invoice of 1926, money of next year. They are asked about, not refused."""

from datetime import date, timedelta
from enum import StrEnum
from typing import Final

OLD: Final = timedelta(days=365)  # an entry older than this is rarely meant
DOCUMENT_AHEAD: Final = timedelta(days=31)  # a document may be dated into the coming month
DUE_AHEAD: Final = timedelta(days=365)  # terms longer than a year are rare


class Sense(StrEnum):
    """What a day is of, which says when it has no sense."""

    DOCUMENT = "document"
    DUE = "due"
    MONEY = "money"
    CLOSING = "closing"
    ANY = "any"


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


def why_far(day: date, sense: Sense, today: date) -> str:
    """Why a day of that sense is rarely meant, such as “in the future”; empty where it makes sense."""
    if sense == Sense.ANY:
        return ""
    if day - today > AHEAD[sense]:
        return AHEAD_WORDS[sense]
    if sense != Sense.CLOSING and today - day > OLD:
        return "more than a year ago"
    return ""
