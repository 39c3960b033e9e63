"""Which rates of theirs our components are: a tax code of theirs against a rate of ours."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations

from apps.billing.models import TaxRate, Treatment
from apps.connections.models import Connection
from apps.connectors.port import CodePart, LineTax
from apps.mappings.models import RemoteCode

NO_TAXES = ("", "none")  # regimes of a company of theirs that charges none

# How charts of tax codes call a treatment, the most telling first. Compared as whole words.
WORDS: dict[str, tuple[str, ...]] = {
    Treatment.STANDARD: ("standard", "s", "gst", "hst", "vat", "tax"),
    Treatment.REDUCED: ("reduced", "r"),
    Treatment.ZERO: ("zero", "zero rated", "z", "gst free"),
    Treatment.EXEMPT: ("exempt",),
    Treatment.OUTSIDE: (
        "out of scope",
        "outside the scope",
        "out of sc",
        "oos",
        "no vat",
        "no tax",
        "non",
    ),
    Treatment.EXPORT: ("export", "exports"),
    Treatment.REVERSE_CHARGE: ("reverse charge", "rc"),
}

TREATMENT = "treatment"  # in the detail of a code whose system tells it: a word of `Treatment`

# Codes that say only whether tax is due.
TAXED = ("tax", "taxable")
NOT_TAXED = ("non", "non taxable", "nontaxable", "not taxable")


def asks_for_tax_codes(connection: Connection) -> bool:
    """Whether a tax rate of ours must be called something in these books."""
    by_code = connection.capabilities.line_tax is LineTax.CODE
    return by_code and connection.tax_regime not in NO_TAXES


@dataclass(frozen=True, slots=True)
class Pair:
    """Components of ours (their places) that are these parts of their code together."""

    ours: tuple[int, ...]
    theirs: tuple[CodePart, ...]


def paired(percents: Sequence[Decimal], parts: Sequence[CodePart]) -> tuple[Pair, ...] | None:
    """Our percentages matched with the parts of their code; None where they are another tax.

    Equal ones first; then one of theirs for several of ours, and several of theirs for one of
    ours. Percentages of nil that are left over on one side mean no tax and are left alone, but a
    part of theirs is named all the same: it tells what the lines were under.
    """
    ours = dict(enumerate(percents))
    theirs = dict(enumerate(parts))
    found: list[Pair] = []
    for place, percent in list(ours.items()):
        same = next((key for key, part in theirs.items() if part.percent == percent), None)
        if same is not None:
            found.append(Pair((place,), (theirs.pop(same),)))
            del ours[place]
    for key, part in list(theirs.items()):
        places = _adding_up(ours, part.percent)
        if places:
            found.append(Pair(places, (theirs.pop(key),)))
            ours = {place: percent for place, percent in ours.items() if place not in places}
    for place, percent in list(ours.items()):
        keys = _adding_up({key: part.percent for key, part in theirs.items()}, percent)
        if keys:
            found.append(Pair((place,), tuple(theirs.pop(key) for key in keys)))
            del ours[place]
    if any(ours.values()) or any(part.percent for part in theirs.values()):
        return None
    return (*found, *(Pair((), (part,)) for part in theirs.values()))


def mismatch(rate: TaxRate, code: RemoteCode) -> str:
    """Why their code is another tax than our rate, in words; "" where the percentages agree."""
    percents = [each.percent for each in rate.components.all()]
    # Of a rate that is no more what their code was on its last day, too.
    days = [rate.valid_to] if rate.valid_to is not None else []
    for parts in (code.code_parts, *(code.parts_on(day) for day in days)):
        if paired(percents, parts) is not None:
            return ""
    theirs = said(part.percent for part in code.code_parts)
    return f"{rate} is {said(percents)}, and {code} is {theirs} over there."


def said(percents: Iterable[Decimal]) -> str:
    """Percentages in words: "5 % and 9.975 %"; "no tax" without any."""
    words = [f"{each.normalize():f} %" for each in percents]
    return " and ".join(words) or "no tax"


def fitting(
    rate: TaxRate, codes: Sequence[RemoteCode], *, by_percent: bool = True
) -> RemoteCode | None:
    """The one code that is our rate: by percentage, then by its treatment as they tell it, or by
    how that is called.

    None where two fit. `by_percent` is False where their side works out the tax itself, and a code
    says taxed or not.
    """
    if not by_percent:
        names = TAXED if rate.percent > 0 else NOT_TAXED
        return _only([each for each in codes if _plain(each.name) in names])
    fits = [each for each in codes if not mismatch(rate, each)]
    if told := _only([each for each in fits if each.detail.get(TREATMENT) == rate.treatment]):
        return told
    named = [each for each in fits if _called(each, WORDS[rate.treatment])]
    if rate.percent > 0 and not named:
        # Nothing says what it is but its percentage; a code of another treatment is not offered.
        others = [words for treatment, words in WORDS.items() if treatment != rate.treatment]
        named = [each for each in fits if not any(_called(each, words) for words in others)]
    return _only(named)


def fitting_no_tax(codes: Sequence[RemoteCode]) -> RemoteCode | None:
    """The one code that lines without tax go under."""
    free = [each for each in codes if not any(part.percent for part in each.code_parts)]
    if told := _only([each for each in free if each.detail.get(TREATMENT) == Treatment.OUTSIDE]):
        return told
    return _only([each for each in free if _called(each, WORDS[Treatment.OUTSIDE])])


def _adding_up(percents: Mapping[int, Decimal], total: Decimal) -> tuple[int, ...]:
    """Keys of two or more of these that add up to the total; () where none do."""
    keys = [key for key, percent in percents.items() if percent]
    for size in range(2, len(keys) + 1):
        for some in combinations(keys, size):
            if sum(percents[key] for key in some) == total:
                return some
    return ()


def _called(code: RemoteCode, words: Sequence[str]) -> bool:
    """Whether one of these stands in its name or description as whole words."""
    texts = [code.name, code.detail.get("description", "")]
    texts += [part.name for part in code.code_parts]
    plain = [f" {_plain(each)} " for each in texts]
    return any(f" {word} " in text for word in words for text in plain)


def _plain(text: str) -> str:
    return " ".join("".join(c if c.isalnum() else " " for c in text.casefold()).split())


def _only(codes: Sequence[RemoteCode]) -> RemoteCode | None:
    return codes[0] if len(codes) == 1 else None
