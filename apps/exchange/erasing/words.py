"""Words of a person, looked for as whole words in any case, in whatever way they are written down."""

import json
import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote, quote_plus

EMAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


class Words:
    """`words` are replaced by `by`; `spared` are longer ones of others that hold one of these: “Bell”
    goes, “Bell & Sons” stays."""

    def __init__(self, words: Iterable[str], by: str, *, spared: Iterable[str] = ()) -> None:
        self.by = by
        self._words = {form for each in words if each for form in _forms(each)} - {by.casefold()}
        longer = {form for each in spared if each for form in _forms(each)}
        self._spared = {
            each for each in longer if any(word in each for word in self._words)
        } - self._words
        both = sorted(self._words | self._spared, key=len, reverse=True)
        ways = "|".join(re.escape(each) for each in both)
        self._pattern = re.compile(rf"(?<!\w)(?:{ways})(?!\w)", re.IGNORECASE) if ways else None

    def may_stand_in(self, folded: str) -> bool:
        """A quick look at a text in small letters: false is sure, true is not."""
        return any(word in folded for word in self._words)

    def stand_in(self, text: str) -> bool:
        return self.out_of(text) != text

    def out_of(self, text: str) -> str:
        if self._pattern is None or not self.may_stand_in(text.casefold()):
            return text
        return self._pattern.sub(
            lambda found: found[0] if found[0].casefold() in self._spared else self.by, text
        )


def _forms(word: str) -> set[str]:
    """In small letters: as it is, as JSON escapes it, and as an address of a page does."""
    written = {word, json.dumps(word)[1:-1], quote(word, safe=""), quote_plus(word)}
    return {each.casefold() for each in written}
