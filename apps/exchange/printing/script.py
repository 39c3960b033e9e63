"""A person's text as paper can show it: no control characters, a direction, and never a box.

What fonts can show is read from the fonts themselves. A character that none of them has is shown by
its name in brackets.
"""

import re
import struct
import unicodedata
from functools import cache
from pathlib import Path
from typing import TypedDict

FONTS = Path(__file__).parent / "fonts"
# In the order in which they are tried; the names that the fonts themselves bear.
FAMILIES = (
    "Inter",
    "Noto Sans",
    *(
        f"Noto Sans {script}"
        for script in (
            *("Hebrew", "Arabic", "CJK JP", "Devanagari", "Thai", "Bengali", "Tamil", "Telugu"),
            *("Gujarati", "Gurmukhi", "Kannada", "Malayalam", "Oriya", "Sinhala", "Khmer", "Lao"),
            *("Myanmar", "Georgian", "Armenian", "Ethiopic", "Thaana", "Symbols", "Symbols2"),
        )
    ),
)
# So many letters of a script that has blanks, without one: within them a line may break.
UNBROKEN = re.compile("[!-\u06ff]{25,}")
BREAK = "\u200b"  # taken out again by the templates
JOINERS = {"\u200c", "\u200d"}
# Beside a picture that no font has they say nothing: its colour, its style.
STYLE = re.compile("[\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0100-\U000e01ef]")
LINE_ENDS = re.compile(r"\r\n|[\r\n\v\f\x85\u2028\u2029]")
LANGUAGE_OF = {"HEBREW": "he", "ARABIC": "ar", "HIRAGANA": "ja", "KATAKANA": "ja", "HANGUL": "ko",
               "THAI": "th", "DEVANAGARI": "hi", "GREEK": "el", "CYRILLIC": "ru"}  # fmt: skip


class Said(TypedDict):
    """A text as the templates take it: its lines, whether it runs from right to left, and the
    language of its script ("" for that of the document)."""

    lines: list[str]
    rtl: bool
    lang: str


def said(text: str) -> Said:
    """A person's text, with its own line ends, and places where a long word may break."""
    lines = [shown(line) for line in LINE_ENDS.split(text)]
    whole = "".join(lines)
    return Said(
        lines=[UNBROKEN.sub(_breakable, line) for line in lines if line],
        rtl=_runs_from_right(whole),
        lang=_language(whole),
    )


def shown(line: str) -> str:
    """One line, without what is not seen, and with a name for what no font has."""
    kept = "".join(" " if each == "\t" else each for each in line if _is_seen(each))
    named = "".join(_named(cluster) for cluster in _clusters(unicodedata.normalize("NFC", kept)))
    return named.strip()


def _breakable(word: re.Match[str]) -> str:
    return BREAK.join(word[0][place : place + 8] for place in range(0, len(word[0]), 8))


def _is_seen(character: str) -> bool:
    """Controls are not, nor what would turn the direction of its neighbours."""
    category = unicodedata.category(character)
    return character == "\t" or character in JOINERS or category not in ("Cc", "Cf", "Zl", "Zp")


def _clusters(text: str) -> list[str]:
    """Each character with the marks that stand on it."""
    found: list[str] = []
    for each in text:
        on_it = unicodedata.category(each).startswith("M") or each in JOINERS
        if found and on_it:
            found[-1] += each
        else:
            found.append(each)
    return found


def _named(cluster: str) -> str:
    needed = {ord(each) for each in cluster if each not in JOINERS}
    if any(needed <= font for font in coverage().values()):
        return cluster
    none: frozenset[int] = frozenset()
    first = next((font for font in coverage().values() if ord(cluster[0]) in font), none)
    return "".join(each if ord(each) in first else _name(each) for each in STYLE.sub("", cluster))


def _name(character: str) -> str:
    if character in JOINERS:
        return ""
    return f"[{unicodedata.name(character, f'U+{ord(character):04X}').lower()}]"


def _runs_from_right(text: str) -> bool:
    """By its first letter that has a direction."""
    strong = (unicodedata.bidirectional(each) for each in text)
    return next((each for each in strong if each in ("L", "R", "AL")), "L") != "L"


def _language(text: str) -> str:
    """Of the first letter that is not Latin; Han characters alone leave it open."""
    for each in text:
        if ord(each) > 0x24F and each.isalpha():
            script = unicodedata.name(each, "").split(" ")[0]
            if script in LANGUAGE_OF:
                return LANGUAGE_OF[script]
    return ""


@cache
def coverage() -> dict[str, frozenset[int]]:
    """By font file, in the order in which they are tried, the code points that it has, but for those
    that mean something to that font alone."""
    order = {family.replace(" ", ""): place for place, family in enumerate(FAMILIES)}
    files = sorted(
        (each for each in FONTS.iterdir() if each.suffix in (".otf", ".ttf")),
        key=lambda each: order[each.stem.split("-")[0].replace("CJKjp", "CJKJP")],
    )
    private = set(range(0xE000, 0xF900))
    return {each.name: frozenset(_code_points(each.read_bytes()) - private) for each in files}


def _code_points(font: bytes) -> set[int]:
    """What the character maps of an OpenType font (formats 4 and 12) name."""
    tables = struct.unpack_from(">H", font, 4)[0]
    cmap = next(
        offset
        for tag, _, offset, _ in struct.iter_unpack(">4sIII", font[12 : 12 + 16 * tables])
        if tag == b"cmap"
    )
    found: set[int] = set()
    for place in range(struct.unpack_from(">H", font, cmap + 2)[0]):
        start = cmap + struct.unpack_from(">I", font, cmap + 8 + 8 * place)[0]
        form = struct.unpack_from(">H", font, start)[0]
        if form == 12:
            groups = struct.unpack_from(">I", font, start + 12)[0]
            for first, last, _ in struct.iter_unpack(
                ">III", font[start + 16 : start + 16 + 12 * groups]
            ):
                found.update(range(first, last + 1))
        elif form == 4:
            found |= _segments(font, start)
    return found


def _segments(font: bytes, start: int) -> set[int]:
    count = struct.unpack_from(">H", font, start + 6)[0] // 2
    ends = struct.unpack_from(f">{count}H", font, start + 14)
    firsts = struct.unpack_from(f">{count}H", font, start + 16 + 2 * count)
    deltas = struct.unpack_from(f">{count}H", font, start + 16 + 4 * count)
    ranges = start + 16 + 6 * count
    found: set[int] = set()
    for place, (first, last) in enumerate(zip(firsts, ends, strict=True)):
        at = struct.unpack_from(">H", font, ranges + 2 * place)[0]
        for code in range(first, min(last, 0xFFFE) + 1):
            if at:
                glyph = struct.unpack_from(
                    ">H", font, ranges + 2 * place + at + 2 * (code - first)
                )[0]
            else:
                glyph = (code + deltas[place]) & 0xFFFF
            if glyph:
                found.add(code)
    return found
