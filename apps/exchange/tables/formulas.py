"""Texts that a spreadsheet would run, and the apostrophe that keeps it from that.

Whoever writes puts one in front (`escaped`), whoever reads takes that one off (`read_back`): the one
is the other's inverse, for texts that begin with apostrophes of their own too.
"""

import re

SIGNS = "=+\\-@\t\r\n\0＝＋－＠"
FORMULA = re.compile(rf"'*\s*[{SIGNS}]")  # be it after blanks
ESCAPED = re.compile(rf"'(?='*\s*[{SIGNS}])")
MAY_BEGIN = frozenset("=+-@\t\r\n\0＝＋－＠'")  # or a blank of any kind


def is_formula(text: str) -> bool:
    """Whether a spreadsheet may take the text for a formula, or an import for an escaped one."""
    return FORMULA.match(text) is not None


def escaped(text: str) -> str:
    """The text with an apostrophe in front where a spreadsheet would run it."""
    first = text[:1]
    if (first in MAY_BEGIN or first.isspace()) and FORMULA.match(text):
        return f"'{text}"
    return text


def read_back(text: str) -> str:
    """What was written by `escaped`: one apostrophe goes where it stands before a formula."""
    return text[1:] if text[:1] == "'" and ESCAPED.match(text) else text


def kept_by_reading(text: str) -> str:
    """The text so that `read_back` gives it again, where nothing runs it: in a workbook texts are."""
    return f"'{text}" if text[:1] == "'" and ESCAPED.match(text) else text
