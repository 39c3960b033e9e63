"""Numbers that somebody outside wrote, in a form, an address, a header or a file: their length is
looked at before they are read.

Python refuses to read a whole number of more than 4,300 digits, SQLite to look for one of more than 63
bits; and a figure such as 1e999999 is short until somebody writes it out.
"""

from decimal import Decimal, InvalidOperation
from typing import Final

DIGITS: Final = 18  # of a whole number: each is below what a key of the database may be
SIGNS: Final = 64  # of a figure as it is written, noughts and point included
FURTHEST: Final = 40  # places from the point at which the first digit of a figure may stand


def whole(text: object) -> int | None:
    """The whole number that a text of at most 18 digits says; None for anything else, a sign or a blank
    included."""
    if not isinstance(text, str) or len(text) > DIGITS:
        return None
    return int(text) if text.isascii() and text.isdecimal() else None


def figure(text: object) -> Decimal | None:
    """The figure that a text says, with a point; None for what is none, or is far from any amount."""
    if not isinstance(text, str) or len(text) > SIGNS:
        return None
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found.adjusted()) <= FURTHEST else None
