"""How alike two names, codes or numbers are: pure functions over texts, without a database.

A *normal form* is what is compared and looked for, never what is shown. Two texts of one normal
form are written alike; `nearness` says how far two that are not may still be one.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from apps.core.names import normalised, plain_words

NEAR: Final = 85  # from here on two names are asked about
SHORTEST: Final = 5  # letters: one letter of a shorter name makes it another name
ALIKE: Final = 100
_FIGURES = re.compile(r"\d+")


def tidy(text: str) -> str:
    """As it is stored: without spaces at its ends, with single ones inside, without what is unseen.

    Characters that only steer (zero width, direction marks, controls) go; those that join emoji or
    letters of a script (U+200C, U+200D) stay.
    """
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    text = unicodedata.normalize("NFC", text)
    text = "".join(
        each if each in "\u200c\u200d" or unicodedata.category(each) not in ("Cf", "Cc", "Cs")
        else " " if each.isspace() else ""
        for each in text
    )  # fmt: skip
    return " ".join(text.split())


def says_something(text: str) -> bool:
    """Whether a person sees anything of it: a letter, a figure or a sign."""
    return any(unicodedata.category(each)[0] in "LNSP" for each in text)


def normal_name(text: str) -> str:
    """A name without case, accents, punctuation, "the" before it and its legal form after it.

    "The Bell & Daughters, Ltd." → "bell and daughters". "" only for a text that says nothing; a
    name of signs alone (emoji) or of legal forms alone ("Limited") keeps them.
    """
    return normalised(text).whole


def normal_code(text: str) -> str:
    """A code without case, spaces and punctuation: "SKU-001 a" → "sku001a"."""
    plain = "".join(plain_words(text.replace("+", "plus").replace("&", "and")))
    return plain or " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def normal_tax_number(text: str) -> str:
    """A tax number without spaces and punctuation, in capitals: "gb 123-4567" → "GB1234567"."""
    return "".join(each for each in unicodedata.normalize("NFKC", text).upper() if each.isalnum())


def same_tax_number(one: str, other: str) -> bool:
    """Whether both are one number; the letters of the country may stand before one of them."""
    one, other = normal_tax_number(one), normal_tax_number(other)
    if not one or not other:
        return False
    return one == other or _without_country(one) == other or one == _without_country(other)


def bare_tax_number(number: str) -> str:
    """Its normal form without the letters of the country, by which every writing of it ends."""
    normal = normal_tax_number(number)
    return _without_country(normal) or normal


def _without_country(number: str) -> str:
    return number[2:] if number[:2].isalpha() and number[2:3].isalnum() else ""


def nearness(one: str, other: str) -> int:
    """0 to 100: how near two names are; 100 only where they have one normal form.

    The same in both directions. Words in another order and words written together count as near;
    figures never do: "Unit 1" and "Unit 2" are two.
    """
    return nearness_of_normal(normal_name(one), normal_name(other))


def nearness_of_normal(one: str, other: str) -> int:
    """`nearness` of two texts that are in normal form already."""
    if one == other:
        return ALIKE if one else 0
    together, apart = one.replace(" ", ""), other.replace(" ", "")
    if together == apart:
        return ALIKE - 1
    if _FIGURES.findall(one) != _FIGURES.findall(other):
        return min(60, int(fuzz.ratio(one, other)))
    near = max(fuzz.ratio(one, other), fuzz.token_sort_ratio(one, other))
    if near < NEAR and _one_slip(together, apart):
        near = NEAR
    if near >= NEAR and min(len(together), len(apart)) < SHORTEST:
        near = NEAR - 1
    return min(int(near), ALIKE - 1)


def _one_slip(one: str, other: str) -> bool:
    """Whether one letter too many, too few, another, or two changed over lie between them."""
    long_enough = min(len(one), len(other)) >= SHORTEST
    return long_enough and OSA.distance(one, other, score_cutoff=1) <= 1


def found_in(typed: str, name: str) -> int:
    """0 to 100: how well what was typed fits a part of the name, both in normal form.

    Each word typed is set against the word that is nearest to it, or to its beginning; the worst
    of them counts.
    """
    words = name.split()
    scores = [
        max((max(fuzz.ratio(each, word), _begins(each, word)) for word in words), default=0)
        for each in typed.split()
    ]
    return int(min(scores, default=0))


def _begins(typed: str, word: str) -> float:
    """How near it is to the beginning of a longer word."""
    return fuzz.ratio(typed, word[: len(typed)]) if len(typed) < len(word) else 0.0


def keys_of(normal: str) -> Iterator[str]:
    """Under which keys near names meet, so that not every name is set against every other.

    Two names that `nearness` calls near have, but for rare pairs, a key in common.
    """
    together = "".join(sorted(normal.split()))
    for word in normal.split():
        if len(word) > 3:
            yield f"w{word[:4]}"
            yield f"e{word[-4:]}"
    straight = normal.replace(" ", "")
    yield f"={together}"
    yield f"b{straight[:6]}"
    for place in range(min(len(straight), 24)):
        yield f"-{straight[:place]}{straight[place + 1 :]}"
    yield f"-{straight}"
