"""How what stands in a file is said in a sentence: shortened, and harmless to look at."""

import unicodedata

LONGEST = 40  # characters of a cell that a sentence quotes
# Controls, marks that turn the direction of writing, halves of pairs, code points without a meaning.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def quoted(value: object) -> str:
    """“value”, cut to 40 characters; what is not seen is written as its code point.

    A line break or a tab is a blank, so that a sentence stays in one line.
    """
    text = str(value)
    shown = "".join(_shown(sign) for sign in text[:LONGEST])
    return f"“{shown}…”" if len(text) > LONGEST else f"“{shown}”"


def _shown(sign: str) -> str:
    if sign in "\t\r\n":
        return " "
    if unicodedata.category(sign) in _UNSEEN:
        return f"[U+{ord(sign):04X}]"
    return sign


def counted(number: int, one: str, many: str) -> str:
    """ "1 row", "1,200 rows"."""
    return f"{number:,} {one if number == 1 else many}"


def megabytes(size: int) -> str:
    return f"{size / 1_000_000:,.0f} MB"
