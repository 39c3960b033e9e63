"""A layout as people say it, column by column, and the profile that it makes; and back from one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final

from apps.connectors.profiles import (
    CHARGES,
    AnyProfile,
    DocumentKind,
    Field,
    Gather,
    Prefix,
    Profile,
    RecordProfile,
    Subject,
)
from apps.exchange.imports.own.checks import WHO, faults
from apps.exchange.imports.own.proposing import proposals
from apps.exchange.imports.own.words import word_of
from apps.exchange.imports.shapes import SHAPES
from apps.exchange.imports.taxes import NO_TAX
from apps.exchange.profiles import ALL_PROFILES
from apps.exchange.tables.headings import heading_key

CREDITS: Final = {"negative": True, "positive": False, "either": None}
REFUSED: Final = "refused"  # in place of a kind: there is no such document


@dataclass(kw_only=True, slots=True)
class Column:
    """What a person said of a column; `tells` is a field, "" of one that is not read."""

    heading: str
    tells: str = ""
    beginning: str = ""
    ending: str = ""
    blank_tells: bool = False


@dataclass(kw_only=True, slots=True)
class Beginning:
    """What the beginning of a number says: a `DocumentKind`, or `REFUSED` and why."""

    begins: str
    means: str
    why: str = ""


@dataclass(kw_only=True, slots=True)
class Rules:
    """Of documents. `credits` is one of `CREDITS`, `prices` a `Prices` or ""."""

    kind: str = DocumentKind.INVOICE.value
    prices: str = ""
    by_sign: bool = False
    credits: str = "negative"
    turns_prices: bool = False
    one_row: bool = False
    fills_down: bool = False
    same_day: bool = False
    amount_alone: bool = False
    refuses_nil: bool = False


FLAGS: Final = tuple(each.name for each in fields(Rules) if each.type in (bool, "bool"))


@dataclass(kw_only=True, slots=True)
class Draft:
    """All that is said. What is not asked is as in `start`.

    `values` say what is meant by what is written, by field; of a tax code `NO_TAX` is one. `statuses`
    say why a document with such a status is none.
    """

    subject: Subject
    columns: list[Column]
    start: AnyProfile | None = None
    constants: list[tuple[str, str]] = field(default_factory=list)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    statuses: dict[str, str] = field(default_factory=dict)
    beginnings: list[Beginning] = field(default_factory=list)
    usual: dict[str, str] = field(default_factory=dict)
    rules: Rules = field(default_factory=Rules)

    def place_of(self, wanted: str) -> int | None:
        """Where the first column stands that tells a field."""
        return next((n for n, each in enumerate(self.columns) if each.tells == wanted), None)


def asked_values(subject: Subject) -> tuple[str, ...]:
    """The fields of which people say what is meant by what is written."""
    if subject is Subject.DOCUMENTS:
        return (Field.KIND.value, Field.PRICES.value, Field.TAX_CODE.value)
    return tuple(str(each) for each in SHAPES[subject].flags)


# --- A draft to begin with ---


def proposed_draft(headings: Sequence[str], subject: Subject, currency: str) -> Draft:
    """As the headings sound, for files of a company of this home currency."""
    told = proposals(headings, subject)
    columns = [Column(heading=each, tells=told.get(n, "")) for n, each in enumerate(headings)]
    draft = Draft(subject=subject, columns=_telling_once(columns))
    if subject is Subject.DOCUMENTS:
        if draft.place_of(Field.CURRENCY) is None:
            draft.constants.append((Field.CURRENCY.value, currency))
        if draft.place_of(Field.QUANTITY) is None:
            draft.constants.append((Field.QUANTITY.value, "1"))
    return draft


def draft_of(profile: AnyProfile, headings: Sequence[str]) -> Draft:
    """As a profile reads a file of these headings, to be said otherwise."""
    columns = [Column(heading=each) for each in headings]
    keys = [heading_key(each) for each in headings]
    for wanted in SHAPES[profile.of].fields:
        for heading in _headings_of(profile, wanted, keys):
            column = columns[keys.index(heading_key(heading))]
            if not column.tells:
                column.tells = str(wanted)
                column.beginning = profile.beginnings.get(wanted, "")
                column.ending = profile.endings.get(wanted, "")
                column.blank_tells = wanted in profile.blank_tells
    kept = {str(each): value for each, value in profile.constants.items()}
    prices = kept.pop(Field.PRICES, "") if profile.of is Subject.DOCUMENTS else ""
    asked = asked_values(profile.of)
    draft = Draft(
        subject=profile.of,
        start=profile,
        columns=_telling_once(columns),
        constants=[*kept.items()],
        values={str(k): _meant(k, v) for k, v in profile.values.items() if k in asked},
        usual=dict(profile.usual),
    )
    if isinstance(profile, Profile):
        draft.rules = _rules_of(profile, prices)
        draft.statuses = dict(profile.refused_statuses)
        draft.beginnings = [
            Beginning(begins=begins, means=each.kind or REFUSED, why=each.refused)
            for begins, each in sorted(profile.prefixes.items())
        ]
    return draft


def _headings_of(profile: Any, wanted: Any, keys: Sequence[str]) -> list[str]:
    """The heading that tells a field in this file, and those that tell more of it."""
    first = [each for each in profile.columns.get(wanted, ()) if heading_key(each) in keys][:1]
    more = [each for each in profile.further.get(wanted, ()) if heading_key(each) in keys]
    return [*first, *more] if first else []


def _telling_once(columns: list[Column]) -> list[Column]:
    """A heading that stands twice is found at its first place alone; one that is blank, at none."""
    seen: set[str] = set()
    for each in columns:
        key = heading_key(each.heading)
        if not key or key in seen:
            each.tells = ""
        seen.add(key)
    return columns


def _meant(wanted: str, meant: Mapping[str, str]) -> dict[str, str]:
    nothing = NO_TAX if wanted == Field.TAX_CODE else ""
    return {said: str(means) or nothing for said, means in meant.items()}


def _rules_of(profile: Profile, prices: str) -> Rules:
    told = {value: name for name, value in CREDITS.items()}
    return Rules(
        kind=profile.kind.value,
        prices=str(prices),
        credits=told[profile.credits_are_negative],
        same_day=profile.gather is Gather.SAME_DAY,
        **{name: getattr(profile, name) for name in FLAGS if name != "same_day"},
    )


# --- The profile that it makes ---


def profile_from(draft: Draft) -> tuple[AnyProfile, list[str]]:
    """The profile, without code and name, and what keeps it from being one, in sentences."""
    slips = [*_said_twice(draft)]
    profile = _of_documents(draft) if draft.subject is Subject.DOCUMENTS else _of_records(draft)
    return profile, [*slips, *faults(profile)]


def _said_twice(draft: Draft) -> Iterable[str]:
    told = [each for each, _ in draft.constants]
    for each in sorted({each for each in told if told.count(each) > 1}):
        yield f"“{word_of(draft.subject, each)}” has more than one value for all rows."


def _common(draft: Draft) -> dict[str, Any]:
    """What profiles of all subjects have, keyed by the names of fields."""
    columns: dict[str, tuple[str, ...]] = {}
    further: dict[str, tuple[str, ...]] = {}
    for each in draft.columns:
        if each.tells in columns:
            further[each.tells] = (*further.get(each.tells, ()), each.heading)
        elif each.tells:
            columns[each.tells] = (each.heading,)
    read = [each for each in draft.columns if each.tells]
    start, asked = draft.start, asked_values(draft.subject)
    values: dict[str, dict[str, str]] = {}
    closed: set[str] = set()
    blank = {each.tells for each in read if each.blank_tells}
    constants = dict(draft.constants)
    if start is not None:
        told = {*columns, *constants, *(start.nested.columns if start.nested else ())}
        values = {str(k): dict(v) for k, v in start.values.items() if k in told and k not in asked}
        closed = {str(each) for each in start.closed if each in told}
        blank |= {str(each) for each in start.blank_tells if each in told and each not in columns}
    for wanted, meant in draft.values.items():
        if chosen := {said: means for said, means in meant.items() if means}:
            values[wanted] = chosen
    return {
        "columns": columns,
        "further": further,
        "constants": constants,
        "values": values,
        "closed": frozenset(closed & values.keys()),
        "beginnings": {each.tells: each.beginning for each in read if each.beginning},
        "endings": {each.tells: each.ending for each in read if each.ending},
        "blank_tells": frozenset(blank),
        "usual": {name: said for name, said in draft.usual.items() if said},
        "proposed": True,
    }


def _of_records(draft: Draft) -> RecordProfile:
    start = draft.start if isinstance(draft.start, RecordProfile) else None
    base = start or RecordProfile(code="", name="", subject=draft.subject, columns={})
    required = base.required if start is not None else required_of(draft.subject)
    common = _common(draft)
    known_by = tuple(each for each in base.known_by if each in common["columns"])
    return replace(base, code="", name="", required=required, known_by=known_by, **common)


def required_of(subject: Subject) -> tuple[str, ...]:
    """What every layout of such records that came with the product requires."""
    all_of_it = [set(each.required) for each in ALL_PROFILES.values() if each.of is subject]
    shared = set.intersection(*all_of_it) if all_of_it else set()
    fields_in_order = [str(each) for each in SHAPES[subject].fields]
    return tuple(each for each in fields_in_order if each in shared) or (fields_in_order[0],)


def _of_documents(draft: Draft) -> Profile:
    base = (
        draft.start if isinstance(draft.start, Profile) else Profile(code="", name="", columns={})
    )
    rules, common = draft.rules, _keyed(_common(draft))
    if rules.prices:
        common["constants"] = {**common["constants"], Field.PRICES: rules.prices}
    columns: dict[Field, tuple[str, ...]] = common["columns"]
    nested = base.nested if Field.LINES in columns else None
    return replace(
        base,
        code="",
        name="",
        **common,
        nested=nested,
        known_by=tuple(each for each in base.known_by if each in columns),
        required=_required(base, rules, columns),
        kind=DocumentKind(rules.kind),
        gather=Gather.SAME_DAY if rules.same_day else Gather.TOGETHER,
        credits_are_negative=CREDITS[rules.credits],
        **{name: getattr(rules, name) for name in FLAGS if name != "same_day"},
        refused_statuses={said.casefold(): why for said, why in draft.statuses.items() if why}
        if Field.STATUS in columns
        else {},
        prefixes={each.begins: _prefix(each) for each in draft.beginnings if each.begins},
        charges={
            each: base.charges.get(each) or columns[each][0] for each in CHARGES if each in columns
        },
    )


def _prefix(said: Beginning) -> Prefix:
    if said.means == REFUSED:
        return Prefix(refused=said.why)
    return Prefix(kind=DocumentKind(said.means))


def _required(base: Profile, rules: Rules, columns: Mapping[Field, object]) -> tuple[Field, ...]:
    """What a document cannot do without, and what else its start required as far as it is told."""
    amount = (Field.LINE_AMOUNT,) if rules.amount_alone else (Field.QUANTITY, Field.UNIT_PRICE)
    who = [each for each in WHO if each in columns][:1]
    least: list[Field] = [Field.NUMBER, Field.DATE, *who, *amount]
    if Field.LINES in columns:
        least.append(Field.LINES)
    unless = {Field.QUANTITY, Field.UNIT_PRICE} if rules.amount_alone else set()
    more = [each for each in base.required if each in columns and each not in unless]
    return tuple(dict.fromkeys([*least, *more]))


def _keyed(common: dict[str, Any]) -> dict[str, Any]:
    """The same keyed by `Field`."""
    told: dict[str, Any] = {}
    for name, value in common.items():
        if isinstance(value, dict) and name != "usual":
            told[name] = {Field(each): of for each, of in value.items()}
        elif isinstance(value, frozenset):
            told[name] = frozenset(Field(each) for each in value)
        else:
            told[name] = value
    return told
