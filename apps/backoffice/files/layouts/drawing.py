"""What the page of a layout shows: the columns with what they tell, values, constants, rules."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from apps.billing.models import Company, TaxRate
from apps.connectors.profiles import Field, Subject
from apps.exchange.imports.own.building import (
    REFUSED,
    Beginning,
    Column,
    Draft,
    asked_values,
)
from apps.exchange.imports.own.sample import Sample
from apps.exchange.imports.own.told import KINDS, PRICES, SAID
from apps.exchange.imports.own.words import groups_of, word_of
from apps.exchange.imports.styles import DAY_ORDER, DECIMAL_MARK, MARKS, ORDERS
from apps.exchange.imports.taxes import NO_TAX, TaxRates
from apps.exchange.tables.headings import heading_key

MORE: Final = 2  # empty rows at the end of a list that may be longer
Choices = Sequence[tuple[str, str]]


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownColumn:
    place: int
    heading: str
    readable: bool  # it has a heading, and no other before it has the same
    said: Column


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownValue:
    number: int
    said: str
    means: str
    as_is: str  # what it is taken for as it is written


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownValues:
    """The values of one field that a person may say the meaning of."""

    wanted: str
    word: str
    choices: Choices
    values: Sequence[ShownValue]


def columns_of(draft: Draft) -> list[ShownColumn]:
    seen: set[str] = set()
    shown = []
    for place, each in enumerate(draft.columns):
        key = heading_key(each.heading)
        readable = bool(key) and key not in seen
        seen.add(key)
        shown.append(ShownColumn(place=place, heading=each.heading, readable=readable, said=each))
    return shown


def values_of(draft: Draft, sample: Sample, company: Company | None) -> list[ShownValues]:
    """Of each field whose values have a meaning here, what stands in its column."""
    shown = []
    for wanted in asked_values(draft.subject):
        place = draft.place_of(wanted)
        if place is None:
            continue
        meant = draft.values.get(wanted, {})
        shown.append(shown_values(draft.subject, wanted, sample.values_at(place), meant, company))
    return [each for each in shown if each.values]


def shown_values(
    subject: Subject,
    wanted: str,
    written: Iterable[str],
    meant: Mapping[str, str],
    company: Company | None,
) -> ShownValues:
    """Those that are written, then those that something was said of before."""
    folded = {said.casefold(): means for said, means in meant.items()}
    written = [*dict.fromkeys(written)]
    more = [said for said in meant if said.casefold() not in {each.casefold() for each in written}]
    taxes = TaxRates(company) if wanted == Field.TAX_CODE and company is not None else None
    values = [
        ShownValue(
            number=number,
            said=said,
            means=folded.get(said.casefold(), ""),
            as_is=_taken_as_it_is(wanted, said, taxes),
        )
        for number, said in enumerate([*written, *more])
    ]
    return ShownValues(
        wanted=wanted,
        word=word_of(subject, wanted),
        choices=_meanings(subject, wanted, company),
        values=values,
    )


def _taken_as_it_is(wanted: str, said: str, taxes: TaxRates | None) -> str:
    """What it is without a person's word, as far as that is known."""
    if wanted in (Field.KIND, Field.PRICES):
        known = KINDS if wanted == Field.KIND else PRICES
        return known.get(said.casefold(), "not known here")
    if taxes is not None:
        found = [each for each in taxes.named(said) if each is not None]
        return rate_words(found[0]) if len(found) == 1 else "not known here"
    return "as it is written"


def _meanings(subject: Subject, wanted: str, company: Company | None) -> Choices:
    if subject is not Subject.DOCUMENTS:
        return [("yes", "yes"), ("no", "no")]
    if wanted == Field.KIND:
        return [*KINDS.items()]
    if wanted == Field.PRICES:
        return [*PRICES.items()]
    rates = TaxRate.objects.filter(company=company, active=True).order_by("code")
    return [
        *((each.code, rate_words(each)) for each in rates.prefetch_related("components")),
        (NO_TAX, "no tax"),
    ]


def rate_words(rate: TaxRate) -> str:
    """“S20: Standard, 20 %”."""
    return f"{rate.code}: {rate.name}, {rate.percent.normalize():f} %"


def statuses_of(draft: Draft, sample: Sample) -> list[tuple[int, str, str]]:
    """(number, status, why such a document is none) of each that stands there or was said before."""
    if draft.subject is not Subject.DOCUMENTS:
        return []
    place = draft.place_of(Field.STATUS)
    if place is None:
        return []
    why = {status.casefold(): sentence for status, sentence in draft.statuses.items()}
    written = [*sample.values_at(place)]
    more = [each for each in why if each not in {status.casefold() for status in written}]
    return [(n, each, why.get(each.casefold(), "")) for n, each in enumerate([*written, *more])]


def context_of(draft: Draft, sample: Sample, company: Company | None) -> dict[str, Any]:
    """All that the page asks, as it is said now."""
    documents = draft.subject is Subject.DOCUMENTS
    constants = [*draft.constants, *[("", "")] * MORE]
    beginnings = [*draft.beginnings, *[Beginning(begins="", means="credit_note")] * MORE]
    return {
        "draft": draft,
        "documents": documents,
        "columns": columns_of(draft),
        "rows": sample.rows,
        "looked_at": sample.looked_at,
        "groups": groups_of(draft.subject),
        "values": values_of(draft, sample, company),
        "statuses": statuses_of(draft, sample),
        "constants": [(n, *each) for n, each in enumerate(constants)],
        "beginnings": [*enumerate(beginnings)],
        "kinds": [*KINDS.items()],
        "kinds_or_none": [*KINDS.items(), (REFUSED, "refused, because …")],
        "prices": [*PRICES.items()],
        "credits": [
            ("negative", "below nil (−100.00)"),
            ("positive", "above nil (100.00), as on an invoice"),
            ("either", "either"),
        ],
        "flags": [
            (name, words.rstrip("."), getattr(draft.rules, name)) for name, words in FLAGS_SAID
        ]
        if documents
        else [],
        "usual": [
            (
                DECIMAL_MARK,
                "What stands before decimals",
                [*MARKS.items()],
                draft.usual.get(DECIMAL_MARK, ""),
            ),
            (
                DAY_ORDER,
                "Order of day, month and year",
                [*ORDERS.items()],
                draft.usual.get(DAY_ORDER, ""),
            ),
        ],
    }


FLAGS_SAID: Final = (
    *SAID,
    (
        "same_day",
        "The rows of a document lie anywhere among those of its day, not one after another.",
    ),
)
