"""What of an exchange may be shown to others: everything is left out that is not known to be nobody's.

Kept are keys, amounts and other numbers, days and times, whether something is so, kinds and codes
(the keys that the connector names), and what this run itself made. Every other text becomes a word
that is the same wherever it stands, so that it can still be seen what belongs together.
"""

import re
from collections.abc import Mapping
from typing import Any

DAY = re.compile(
    r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?"
    r"|/Date\(-?\d+(?:[+-]\d{4})?\)/"
)
FIGURE = re.compile(r"-?\d{1,12}(?:\.\d{1,8})?")
# Whoever may be read by it: none of these is ever kept, a number neither.
PERSONAL = re.compile(
    r"phone|mobile|fax|mail|address(?!type)|token|secret|password|birth|ssn|iban"
    r"|account.?number|tax.?number|tax.?id|registration|card",
    re.I,
)
SENTENCES = re.compile(r"message|detail|title", re.I)  # the other kept words are kinds and codes
EMAIL = re.compile(r"[^\s@'\"<>]+@[^\s@'\"<>]+")
GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I)
TELEPHONE = re.compile(r"\+?\d[\d ()/-]{6,}\d")
LONG_NUMBER = re.compile(r"(?<![\w.])\d{5,}(?![\w.])")
IN_QUOTES = re.compile(r"'([^']*)'")
# A word of a sentence that may be a name: a capital letter, and no beginning of a sentence.
MAYBE_A_NAME = re.compile(r"(?<![.!?:;] )(?<!^)(?<![A-Za-z])[A-Z][\w'’.-]*")
WHOLE = re.compile(r"[a-z]+|\d{1,6}")  # a value of a query that means nobody
LONGEST = 400
SHORTEST_KNOWN = 4  # letters of a text that is looked for within others


class Scrubber:
    """Remembers what it left out during one run: the same text is the same word."""

    def __init__(
        self, *, words: frozenset[str], figures: frozenset[str], tag: str, company: str
    ) -> None:
        self._words = words
        self._figures = figures
        self._ours = re.compile(rf"{re.escape(tag)}(?: [\w -]*)?")
        self._known: dict[str, str] = {company: "company"}
        self._keys: set[str] = set()

    def value(self, said: Any, key: str = "") -> Any:
        if isinstance(said, Mapping):
            self._keys |= {str(each) for each in said}
            return {str(name): self.value(each, str(name)) for name, each in said.items()}
        if isinstance(said, list):
            return [self.value(each, key) for each in said]
        if isinstance(said, bool) or said is None:
            return said
        if isinstance(said, str):
            return self._text(said, key)
        return "number" if PERSONAL.search(key) else said

    def path(self, path: str) -> str:
        return "/".join(self._segment(each) for each in path.split("/"))

    def asked(self, value: str) -> str:
        """A value of a query: a statement, ids, a day, a number of ours."""
        if DAY.fullmatch(value) or WHOLE.fullmatch(value) or self._ours.fullmatch(value):
            return value
        return self._sentence(IN_QUOTES.sub(lambda found: f"'{self._quoted(found[1])}'", value))

    def _text(self, said: str, key: str) -> str:
        if not said:
            return said
        if PERSONAL.search(key):
            return self._word(said)
        if self._ours.fullmatch(said) or DAY.fullmatch(said):
            return said
        if key in self._words:
            return self._sentence(said, names=bool(SENTENCES.fullmatch(key)))
        if key in self._figures and FIGURE.fullmatch(said):
            return said
        return self._word(said)

    def _word(self, said: str) -> str:
        kind = "id" if GUID.fullmatch(said) or said.isdigit() else "text"
        return self._known.setdefault(said, f"{kind}-{len(self._known)}")

    def _segment(self, segment: str) -> str:
        known = self._known.get(segment)
        if known:
            return known
        return self._word(segment) if GUID.fullmatch(segment) or segment.isdigit() else segment

    def _quoted(self, said: str) -> str:
        return said if self._ours.fullmatch(said) or DAY.fullmatch(said) else self._word(said)

    def _sentence(self, said: str, *, names: bool = True) -> str:
        """Their words, without whatever in them may be somebody's. Where `names` cannot be in them,
        a kind of theirs, words with a capital letter stay."""
        for known, word in self._known.items():
            if len(known) >= SHORTEST_KNOWN or not known.isalnum():
                said = re.sub(rf"(?<!\w){re.escape(known)}(?!\w)", word, said)
        said = EMAIL.sub("mail", said)
        said = GUID.sub(lambda found: self._word(found[0]), said)
        said = TELEPHONE.sub(lambda found: self._unless_day(found[0]), said)
        said = LONG_NUMBER.sub("number", said)
        return (MAYBE_A_NAME.sub(self._name, said) if names else said)[:LONGEST]

    def _unless_day(self, said: str) -> str:
        return said if DAY.fullmatch(said) else "number"

    def _name(self, found: re.Match[str]) -> str:
        """A key of theirs, or a word in capitals, is no name."""
        word = found[0]
        return word if word in self._keys or word.isupper() else "…"
