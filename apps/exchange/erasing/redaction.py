"""A person's words taken out of whatever a column holds: text, JSON, or bytes that hold one of them."""

import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from apps.exchange.erasing.words import EMAIL, Words

# What a member is called that says who a customer is, over there and in files.
_WHO: Final = ("customer", "contact", "client")
_KEYS: Final = ("id", "value", "code")
# What a member is called that holds one of a few words (“customer”, “bank”, “GBP”), whoever is called so.
_FIXED: Final = (
    *("kind", "type", "status", "role", "currency", "mode", "treatment", "rounding", "operation"),
    *("method", "domain", "scope"),
)
# What a member is called that says where somebody is.
_WHERE: Final = (
    *("addr", "street", "city", "town", "region", "state", "province", "county", "country"),
    *("postal", "postcode", "post_code", "zip"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Redaction:
    """`own` (names, an address) leave rows that are the person's, and objects within JSON that name
    one of its keys; `strong` (an e-mail address) leave whatever they stand in. `parts` (a town, a bare
    number) are too common to be words: they go where one is a line of a text of its own, and beside a
    word, where it is said that they are a place.

    `keys` are ours and other long ones: one alone says who is meant. `short` ones (“12”) say so only
    where they are called a customer's: an account may have the same.
    """

    own: Words
    strong: Words
    parts: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()
    short: frozenset[str] = frozenset()
    # Of rows that are the person's: any e-mail address is theirs, also one that nobody remembers.
    any_email: bool = field(default=False)

    def value(self, value: Any, *, is_own: bool) -> Any:
        """Whatever a column holds; equal to what is given where nothing stands there."""
        if isinstance(value, str):
            return self._text(value, is_own)
        if isinstance(value, bytes | memoryview):
            return self._raw(bytes(value), is_own)
        return self._tree(value, "", is_own)[0]

    def may_stand_in(self, value: Any) -> bool:
        """A quick look: false is sure, true is not."""
        text = opened(value).casefold()
        if self.any_email and "@" in text:
            return True
        return self.own.may_stand_in(text) or self.strong.may_stand_in(text)

    def names(self, value: Any) -> bool:
        """Whether a word of its own stands there still."""
        return self.own.stand_in(opened(value))

    def _plain(self, value: str, is_own: bool) -> str:
        value = self.strong.out_of(value)
        if not is_own:
            return value
        value = self.own.out_of(value)
        return EMAIL.sub(self.own.by, value) if self.any_email else value

    def _text(self, value: str, is_own: bool) -> str:
        """JSON as text stays JSON."""
        if value[:1] in ("{", "["):
            tree = _parsed(value)
            if tree is not None:
                cleaned = self._tree(tree, "", is_own)[0]
                return value if cleaned == tree else _written(cleaned, like=value)
        cleaned = self._plain(value, is_own)
        return self._without_lines(cleaned) if is_own else cleaned

    def _raw(self, value: bytes, is_own: bool) -> bytes:
        """Text that may be compressed; what is no text (a print) is left as it is."""
        try:
            unpacked, is_packed = zlib.decompress(value), True
        except zlib.error:
            unpacked, is_packed = value, False
        try:
            text = unpacked.decode()
        except UnicodeDecodeError:
            return value
        cleaned = self._text(text, is_own)
        if cleaned == text:
            return value
        return zlib.compress(cleaned.encode(), 6) if is_packed else cleaned.encode()

    def _tree(self, value: Any, under: str, is_own: bool) -> tuple[Any, bool]:
        """(what stands there now, whether a word stood in it); one of a list says nothing of the rest."""
        if isinstance(value, str):
            cleaned = self._plain(value, is_own)
            return cleaned, cleaned != value
        if isinstance(value, list):
            return [self._tree(each, under, is_own)[0] for each in value], False
        if not isinstance(value, Mapping):
            return value, False
        is_own = is_own or self._is_about_them(value, under)
        tree: dict[str, Any] = {}
        touched = False
        for key, each in value.items():
            # An account that is called like the person is not theirs.
            is_theirs = is_own and not (isinstance(each, Mapping) and "account" in key.casefold())
            if _is_key(key, each):
                tree[key] = each
                continue
            tree[self._plain(key, False)], hit = self._tree(each, key, is_theirs)
            touched = touched or hit
        return (self._without_parts(tree, False) if touched and is_own else tree), touched

    def _is_about_them(self, value: Mapping[str, Any], under: str) -> bool:
        """Whether this object says one of their keys itself, or points to them."""
        if self._says_a_key(value, under):
            return True
        return any(
            isinstance(each, Mapping) and _is_who(key) and self._says_a_key(each, key)
            for key, each in value.items()
        )

    def _says_a_key(self, value: Mapping[str, Any], under: str) -> bool:
        for key, each in value.items():
            if not isinstance(each, str | int) or isinstance(each, bool):
                continue
            said = str(each)
            if said in self.keys:
                return True
            is_key = _is_who(key) or (_is_who(under) and key.casefold().endswith(_KEYS))
            if is_key and said in self.short:
                return True
        return False

    def _without_parts(self, value: Any, is_place: bool) -> Any:
        if isinstance(value, str):
            return self._without_lines(value) if is_place else value
        if isinstance(value, list) and is_place:
            return [self._without_parts(each, True) for each in value]
        if isinstance(value, Mapping):
            return {
                key: each
                if _is_key(key, each)
                else self._without_parts(each, is_place or _is_where(key))
                for key, each in value.items()
            }
        return value

    def _without_lines(self, value: str) -> str:
        """Without the lines that are one of the parts."""
        lines = value.split("\n")
        if not any(each.strip().casefold() in self.parts for each in lines):
            return value
        return "\n".join(
            self.own.by if each.strip().casefold() in self.parts else each for each in lines
        )


def opened(value: Any) -> str:
    """As text; what is compressed is opened."""
    if isinstance(value, bytes | memoryview):
        raw = bytes(value)
        try:
            raw = zlib.decompress(raw)
        except zlib.error:  # kept as it came
            return raw.decode("utf-8", "replace")
        return raw.decode("utf-8", "replace")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _is_who(name: str) -> bool:
    folded = name.casefold()
    return any(word in folded for word in _WHO)


def _is_where(name: str) -> bool:
    folded = name.casefold()
    return any(word in folded for word in _WHERE)


def _is_key(name: str, value: Any) -> bool:
    """Whether programs read it: a number by which something is found, or one of a few words."""
    folded = name.casefold()
    if not isinstance(value, str):
        return False
    return folded.endswith(_FIXED) or (value.isdecimal() and folded.endswith("id"))


# Around a fraction while it is held as text: 1.10 must not come back as 1.1.
_MARKED: Final = re.compile('"\ue000(.*?)\ue001"')


def _parsed(value: str) -> Any:
    """None for what only begins like JSON."""
    try:
        return json.loads(value, parse_float=lambda written: f"\ue000{written}\ue001")
    except (ValueError, RecursionError):
        return None


def _written(tree: Any, *, like: str) -> str:
    narrow = '": ' not in like
    separators = (",", ":") if narrow else (", ", ": ")
    return _MARKED.sub(r"\1", json.dumps(tree, ensure_ascii=False, separators=separators))
