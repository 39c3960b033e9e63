"""Texts that a spreadsheet may run. One rule for whoever writes a table and whoever reads one."""

import re
from typing import Final

# What begins a formula, in every width: = + - @, and what a spreadsheet drops before looking.
SIGNS: Final = "=+\\-@\t\r\n\0＝＋－＠﹦﹢﹣﹫⁼⁺₌₊"
# What is not seen in front of one: blanks of every kind, and code points that show nothing (control and
# format characters, joiners, marks of direction, fillers, selectors of a variant).
UNSEEN: Final = (
    r"\s\x00-\x1f\x7f-\xa0\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4"
    r"\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff"
    r"\uffa0\ufff0-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3"
    r"\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
FORMULA: Final = re.compile(rf"'*[{UNSEEN}]*[{SIGNS}]")
# Letters by their kind that show nothing.
_FILLERS: Final = frozenset("\u115f\u1160\u3164\uffa0")


def is_formula(text: str) -> bool:
    """Whether a spreadsheet may take the text for a formula, or an import for an escaped one."""
    first = text[:1]
    # Most texts begin with a letter or a digit: they are not looked at further.
    if first.isalnum() and first not in _FILLERS and first not in SIGNS:
        return False
    return FORMULA.match(text) is not None
