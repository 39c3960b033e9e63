"""Texts that a spreadsheet would run, and the apostrophe that keeps it from that.

Whoever writes puts one in front (`escaped`), whoever reads takes that one off (`read_back`): the one
is the other's inverse, for texts that begin with apostrophes of their own too.
"""

import re

from apps.core.formulas import FORMULA, is_formula

__all__ = ["ESCAPED", "escaped", "is_formula", "kept_by_reading", "read_back"]

ESCAPED = re.compile(rf"'(?={FORMULA.pattern})")


def escaped(text: str) -> str:
    """The text with an apostrophe in front where a spreadsheet would run it."""
    return f"'{text}" if is_formula(text) else text


def read_back(text: str) -> str:
    """What was written by `escaped`: one apostrophe goes where it stands before a formula."""
    return text[1:] if text[:1] == "'" and ESCAPED.match(text) else text


def kept_by_reading(text: str) -> str:
    """The text so that `read_back` gives it again, where nothing runs it: in a workbook texts are."""
    return f"'{text}" if text[:1] == "'" and ESCAPED.match(text) else text
