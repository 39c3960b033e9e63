"""A profile as JSON and back, with nothing lost: only what differs from the usual is written."""

import dataclasses
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Final

from apps.connectors.profiles import (
    AnyProfile,
    DocumentKind,
    Field,
    Gather,
    Nested,
    Prefix,
    Profile,
    RecordProfile,
    Subject,
    Tells,
    WalkIn,
)
from apps.exchange.profiles.movements import MovementField, PayoutProfile, PayoutsAre

SUBJECT: Final = "subject"
BESIDE: Final = frozenset({"code", "name", SUBJECT})
Reads = Callable[[Any], Any]


class CannotBeRead(ValueError):
    """What is kept is no profile; the sentence says where it is none."""


def to_json(profile: AnyProfile) -> dict[str, Any]:
    """Without its code and name, which stand beside it."""
    told: dict[str, Any] = {SUBJECT: profile.of.value}
    for each in dataclasses.fields(profile):
        if each.name in BESIDE:
            continue
        usual = (
            each.default if each.default_factory is dataclasses.MISSING else each.default_factory()
        )
        value = getattr(profile, each.name)
        if value != usual:
            told[each.name] = _plain(value)
    return told


def from_json(stored: Mapping[str, Any], *, code: str, name: str) -> AnyProfile:
    """Raises `CannotBeRead`."""
    try:
        subject = Subject(stored.get(SUBJECT, ""))
    except ValueError:
        raise CannotBeRead(f"“{stored.get(SUBJECT)}” is nothing that rows can be.") from None
    reads = _reads_of(subject)
    told: dict[str, Any] = {}
    for part, value in stored.items():
        if part == SUBJECT:
            continue
        if part not in reads:
            raise CannotBeRead(f"“{part}” is no part of a layout.")
        try:
            told[part] = reads[part](value)
        except (ValueError, TypeError, AttributeError, LookupError) as problem:
            raise CannotBeRead(f"“{part}” of the layout cannot be read: {problem}.") from problem
    if "columns" not in told:
        raise CannotBeRead("The layout names no column.")
    if subject is Subject.DOCUMENTS:
        return Profile(code=code, name=name, **told)
    if subject is not Subject.PAYOUTS:
        return RecordProfile(code=code, name=name, subject=subject, **told)
    try:
        return PayoutProfile(code=code, name=name, **told)
    except TypeError as problem:
        raise CannotBeRead(f"The layout of a processor lacks something: {problem}.") from problem


def _reads_of(subject: Subject) -> dict[str, Reads]:
    if subject is Subject.DOCUMENTS:
        return _reads(Field)
    return _reads_payouts() if subject is Subject.PAYOUTS else _reads_records()


def _plain(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return value.value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: _plain(getattr(value, each.name)) for each in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {_plain(key): _plain(each) for key, each in value.items()}
    if isinstance(value, frozenset):
        return sorted(_plain(each) for each in value)
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value


def _reads_of_any(key: Reads) -> dict[str, Reads]:
    of_texts = _mapping(key, _text)
    headings = _mapping(key, _tuple(_text))
    return {
        "columns": headings,
        "further": headings,
        "required": _tuple(key),
        "known_by": _tuple(key),
        "constants": of_texts,
        "values": _mapping(key, _mapping(_text, _text)),
        "closed": _set(key),
        "beginnings": of_texts,
        "endings": of_texts,
        "blank_tells": _set(key),
        "as_written": _flag,
        "nested": _nested,
        "usual": _mapping(_text, _text),
        "system": _text,
        "proposed": _flag,
    }


def _reads_records(key: Reads | None = None) -> dict[str, Reads]:
    return {
        **_reads_of_any(key or _text),
        "left_out": _mapping(_text, _mapping(_text, _text)),
        "times_in": _mapping(_text, _text),
    }


def _reads_payouts() -> dict[str, Reads]:
    return {
        **_reads_records(MovementField),
        "processor": _text,
        "payouts": PayoutsAre,
        "fee_is_negative": _flag,
        "zones": _mapping(_text, _text),
        "tells_payouts": _flag,
        "happened": _set(_text),
        "paid": _set(_text),
        "dispute_sources": _tuple(_text),
        "dispute_words": _tuple(_text),
    }


def _reads(key: Reads) -> dict[str, Reads]:
    sentences = _mapping(_text, _text)
    flags = ("one_line_texts", "fills_down", "one_row", "amount_alone", "by_sign", "turns_prices")
    return {
        **_reads_of_any(key),
        **dict.fromkeys((*flags, "refuses_nil"), _flag),
        "gather": Gather,
        "entries": _set(_text),
        "kind": DocumentKind,
        "prefixes": _mapping(_text, _prefix),
        "credits_are_negative": lambda each: None if each is None else _flag(each),
        "refused_statuses": sentences,
        "refused_items": sentences,
        "walk_in": lambda each: WalkIn(code=_text(each["code"]), name=_text(each["name"])),
        "customer_name": _text,
        "charges": _mapping(key, _text),
        "tells": Tells,
        "fills_too": _tuple(key),
    }


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{value!r} is neither yes nor no")
    return value


def _tuple(of: Reads) -> Reads:
    return lambda stored: tuple(of(each) for each in _listed(stored))


def _set(of: Reads) -> Reads:
    return lambda stored: frozenset(of(each) for each in _listed(stored))


def _listed(stored: Any) -> list[Any]:
    if not isinstance(stored, list):
        raise TypeError(f"{stored!r} is no list")
    return stored


def _mapping(key: Reads, of: Reads) -> Reads:
    return lambda stored: {key(each): of(value) for each, value in stored.items()}


def _prefix(stored: Mapping[str, Any]) -> Prefix:
    kind = stored.get("kind")
    return Prefix(kind=DocumentKind(kind) if kind else None, refused=_text(stored["refused"]))


def _nested(stored: Mapping[str, Any] | None) -> Nested | None:
    if stored is None:
        return None
    return Nested(
        columns=_mapping(Field, _tuple(_text))(stored["columns"]),
        row_mark=_text(stored["row_mark"]),
        delimiter=_text(stored["delimiter"]),
        quote=_text(stored["quote"]),
    )
