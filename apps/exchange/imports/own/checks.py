"""What keeps a profile that people built from being one, in sentences that they can act upon."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from string import Formatter
from typing import Any, Final

from apps.connectors.profiles import (
    CHARGES,
    AnyProfile,
    DocumentKind,
    Field,
    Prices,
    Profile,
    RecordProfile,
    Subject,
)
from apps.core.money import is_currency
from apps.exchange.imports.own.words import word_of
from apps.exchange.imports.records.reading import NO, YES
from apps.exchange.imports.shapes import SHAPES, Shape
from apps.exchange.imports.styles import DAY_ORDER, DECIMAL_MARK, MARKS, ORDERS
from apps.exchange.tables.dates import DateStyle, read_date
from apps.exchange.tables.headings import heading_key
from apps.exchange.tables.numbers import NumberStyle, read_number, read_percent
from apps.exchange.tables.port import CellRefused

CLOSED_MEANINGS: Final[Mapping[str, frozenset[str]]] = {
    Field.KIND: frozenset(each.value for each in DocumentKind),
    Field.PRICES: frozenset(each.value for each in Prices),
}
WHO: Final = (Field.CUSTOMER_NAME, Field.CUSTOMER_CODE)
WHAT: Final = (Field.DESCRIPTION, Field.ITEM_CODE, Field.ITEM_NAME)
USUAL: Final = {DECIMAL_MARK: frozenset(MARKS), DAY_ORDER: frozenset(ORDERS)}


def faults(profile: AnyProfile) -> list[str]:
    """Why it is no layout yet; none of one that can be saved."""
    if profile.of not in SHAPES:
        return [f"Rows cannot be {profile.of.replace('_', ' ')} here."]
    shape = SHAPES[profile.of]
    found = [*_unknown(profile, shape)]
    if found:
        return found
    return [*_of_columns(profile), *_of_values(profile, shape), *_of_its_subject(profile)]


def _unknown(profile: AnyProfile, shape: Shape[Any]) -> Iterator[str]:
    known = {str(each) for each in shape.fields}
    named: set[str] = {
        *(profile.columns.keys() | profile.further.keys() | profile.constants.keys()),
        *(profile.values.keys() | profile.closed | profile.blank_tells),
        *(profile.beginnings.keys() | profile.endings.keys() | {*profile.required}),
    }
    if isinstance(profile, RecordProfile):
        named |= profile.left_out.keys()
    for each in sorted(named - known):
        yield f"“{each}” is nothing that {shape.units} have."


def _word(profile: AnyProfile, wanted: str) -> str:
    return f"“{word_of(profile.of, wanted)}”"


def is_told(profile: AnyProfile, wanted: str) -> bool:
    """By a column, a constant, or inside the cell of lines."""
    nested = profile.nested.columns if profile.nested else {}
    return any(wanted in each for each in (profile.columns, profile.constants, nested))


def _of_columns(profile: AnyProfile) -> Iterator[str]:
    if not profile.columns:
        yield "No column has a meaning yet. Say under at least one what it tells."
        return
    places = [
        *(heading for some in profile.columns.values() for heading in some),
        *(heading for some in profile.further.values() for heading in some),
    ]
    if not all(heading_key(each) for each in places):
        yield "A column without a heading cannot be found again. Give it one in the file."
    for key, count in Counter(map(heading_key, places)).items():
        if count > 1:
            yield f"The heading “{key}” stands for more than one thing. Let it tell one."
    addable = SHAPES[profile.of]
    for each in profile.further:
        if each not in profile.columns:
            yield f"{_word(profile, each)} has further columns and no first one."
        elif each not in addable.joined_by and each not in addable.numbers:
            yield (
                f"{_word(profile, each)} is told by more than one column. Only amounts are added up, "
                "and addresses and tax rates put together: choose one column."
            )
    for each in profile.required:
        if not is_told(profile, each):
            yield (
                f"Nothing tells {_word(profile, each)}. Say which column does, or give one value for "
                "all rows."
            )


def _of_values(profile: AnyProfile, shape: Shape[Any]) -> Iterator[str]:
    for each, constant in profile.constants.items():
        if isinstance(profile, RecordProfile) and each in profile.left_out:
            # By it rows are known that are none of these: each row says that itself.
            yield f"{_word(profile, each)} is told by a column, or by none."
        elif constant and (why := _why_no_constant(each, constant, profile, shape)):
            yield f"{_word(profile, each)} cannot be “{constant}” on all rows: {why}"
    for each, meant in profile.values.items():
        yield from _of_meanings(profile, each, meant, shape)
    for each in profile.closed - profile.values.keys():
        yield f"{_word(profile, each)} takes nothing but what is listed, and nothing is."
    for name, said in profile.usual.items():
        if said not in USUAL.get(name, frozenset()):
            yield f"“{said}” is no way in which files write numbers or dates."


def _of_meanings(
    profile: AnyProfile, wanted: str, meant: Mapping[str, str], shape: Shape[Any]
) -> Iterator[str]:
    folded = Counter(each.casefold() for each in meant)
    for said, count in folded.items():
        if count > 1:
            yield f"{_word(profile, wanted)}: what “{said}” means is said twice."
    allowed = CLOSED_MEANINGS.get(wanted) if profile.of is Subject.DOCUMENTS else None
    if allowed is None and wanted in shape.flags:
        allowed = YES | NO
    for said, means in meant.items():
        if allowed is not None and means and means not in allowed:
            yield f"{_word(profile, wanted)}: “{said}” cannot mean “{means}”."


def _why_no_constant(wanted: str, constant: str, profile: AnyProfile, shape: Shape[Any]) -> str:
    """A sentence; "" where it can be one."""
    allowed = CLOSED_MEANINGS.get(wanted) if profile.of is Subject.DOCUMENTS else None
    if allowed is not None and constant not in allowed:
        return "choose one of those that are listed."
    if wanted == Field.CURRENCY and not is_currency(constant.upper()):
        return "write the code of a currency, such as EUR."
    try:
        if wanted in shape.percentages:
            read_percent(constant, NumberStyle())
        elif wanted in shape.numbers:
            read_number(constant, NumberStyle())
        elif wanted in shape.days:
            read_date(constant, DateStyle())
    except CellRefused as refusal:
        return f"it {str(refusal).rstrip('.')}. Write numbers as 1234.50 and days as 2026-12-31."
    return ""


def _of_its_subject(profile: AnyProfile) -> Iterator[str]:
    if isinstance(profile, Profile):
        yield from _of_documents(profile)
    elif not profile.required:
        yield f"Say what a row must tell to be one of the {SHAPES[profile.of].units}."


def _of_documents(profile: Profile) -> Iterator[str]:
    if not _any_told(profile, WHO) and profile.walk_in is None:
        yield "Nothing tells the customer. Say which column does, or give one value for all rows."
    if not _any_told(profile, WHAT):
        yield (
            "Nothing says what was sold. Say which column describes the line or names its item, or "
            "give one description for all rows."
        )
    for beginning, prefix in profile.prefixes.items():
        if not beginning or (prefix.kind is None) == (not prefix.refused):
            yield "Say of each beginning of a number what it is: an invoice, a credit note or neither."
    for status, sentence in profile.refused_statuses.items():
        if status != status.casefold() or not sentence:
            yield f"Say why a document with the status “{status}” is none."
    if profile.refused_statuses and not is_told(profile, Field.STATUS):
        yield "Documents are refused by their status, and no column tells it."
    for each in CHARGES:
        if each in profile.columns and not profile.charges.get(each):
            yield f"Say what the line is called that {_word(profile, each)} becomes."
    if not _names_no_more_than_the_code(profile.customer_name):
        yield "The name of a customer without one is made of {code} and words, and of nothing else."


def _any_told(profile: AnyProfile, fields: Iterable[str]) -> bool:
    return any(is_told(profile, each) for each in fields)


def _names_no_more_than_the_code(text: str) -> bool:
    try:
        return {name for _, name, _, _ in Formatter().parse(text) if name is not None} <= {"code"}
    except ValueError:
        return False
