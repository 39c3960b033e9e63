"""Names as they are compared: without case, accents, punctuation and legal form. Pure.

Both sides of every comparison of names go through `normalised`: doubles among ours, what is near
while a person types, and who is who in their books.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

# What NFKD leaves whole.
LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
)
# Of Latin, Greek, Cyrillic and Arabic letters alone: elsewhere a mark makes another letter.
ACCENTS = re.compile(r"[\u0300-\u036f\u064b-\u0655]")
JOINING = re.compile(r"['’‘`´.]")  # O'Brien is OBrien, S.A. is SA
SIGNS = {"&": " and ", "+": " and ", "@": " at ", "#": " no "}
BETWEEN = re.compile(r"[\W_]+")

# A legal form as it is written → as it is compared.
FORMS = {
    **{form: form for form in ["ab", "ag", "aps", "as", "asa", "bv", "cv", "doo", "eg", "eirl", "ek", "ev", "gbr", "gesmbh", "gmbh", "kft", "kg", "kgaa", "llc", "llp", "lp", "mbh", "nv", "ohg", "oy", "oyj", "plc", "pte", "pty", "pvt", "sa", "sae", "sarl", "sas", "sasu", "sca", "scs", "se", "snc", "spa", "spzoo", "srl", "sro", "ug"]},
    "ltd": "ltd", "limited": "ltd", "inc": "inc", "incorporated": "inc", "corp": "corp",
    "corporation": "corp", "co": "co", "company": "co", "sl": "sl", "slu": "sl", "lda": "lda",
    "ltda": "lda",
}  # fmt: skip
BEFORE = ("sarl", "sas", "srl", "spa", "gmbh")  # forms that may stand before the name as well
WRITTEN = {"ltd": "Ltd", "inc": "Inc", "corp": "Corp", "co": "Co", "gmbh": "GmbH", "pty": "Pty",
           "pte": "Pte", "lda": "Lda", "spa": "SpA", "aps": "ApS", "oy": "Oy", "oyj": "Oyj"}  # fmt: skip
SPELT = {
    "bros": "brothers", "intl": "international", "mfg": "manufacturing", "svcs": "services",
    "assoc": "associates", "und": "and", "et": "and", "y": "and",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Name:
    """`words` in their order, without the legal form, which is `form` (its parts, "" where none).
    `whole` is what is compared; `figures` are the words that hold a digit, in order."""

    words: tuple[str, ...]
    form: str
    whole: str
    figures: tuple[str, ...]


@lru_cache(maxsize=50_000)  # two long lists of customers
def normalised(name: str) -> Name:
    """The name as it is compared. One that holds no letter and no digit is compared as it is."""
    words = _words(name)
    form: list[str] = []
    if len(words) > 1 and words[0] in BEFORE:
        form.append(FORMS[words.pop(0)])
    while len(words) > 1 and words[-1] in FORMS:
        form.append(FORMS[words.pop()])
        while len(words) > 1 and words[-1] == "and":  # "& Co."
            words.pop()
    if len(words) > 1 and words[0] == "the":
        words = words[1:]
    if not words:
        words = [" ".join(name.split()).casefold()] if name.strip() else []
    return Name(
        words=tuple(words),
        form=" ".join(reversed(form)),
        whole=" ".join(words),
        figures=tuple(sorted(each for each in words if any(sign.isdigit() for sign in each))),
    )


def form_in_words(name: Name) -> str:
    """Its legal form as it is written: "Pty Ltd", "B.V." as "BV"."""
    return " ".join(WRITTEN.get(each, each.upper()) for each in name.form.split())


def plain_words(text: str) -> list[str]:
    """The words of a text in lower case, without accents and punctuation; initials are one word."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    plain = unicodedata.normalize("NFKC", ACCENTS.sub("", plain.translate(LETTERS)))
    plain = JOINING.sub("", plain)
    for sign, word in SIGNS.items():
        plain = plain.replace(sign, word)
    joined: list[str] = []
    single = False  # letters that stand alone are initials: J. P. and JP are one
    for each in BETWEEN.sub(" ", plain).split():
        alone = len(each) == 1 and each.isalpha() and each.isascii()
        if alone and single:
            joined[-1] += each
        else:
            joined.append(each)
        single = alone
    return joined


def _words(name: str) -> list[str]:
    words = [SPELT.get(each, each) for each in plain_words(name)]
    if words[-2:] == ["sa", "rl"]:  # S.à r.l.
        words[-2:] = ["sarl"]
    return words
