"""A profile in words: what each column tells, what stands on all rows, what values mean, its rules."""

from collections.abc import Iterator
from typing import Final

from apps.connectors.profiles import AnyProfile, DocumentKind, Field, Gather, Prices, Profile
from apps.exchange.imports.own.words import word_of
from apps.exchange.imports.shapes import SHAPES
from apps.exchange.imports.styles import DAY_ORDER, DECIMAL_MARK, MARKS, ORDERS

KINDS: Final = {
    DocumentKind.INVOICE.value: "an invoice",
    DocumentKind.CREDIT_NOTE.value: "a credit note",
}
PRICES: Final = {
    Prices.WITHOUT_TAX.value: "without tax",
    Prices.WITH_TAX.value: "with tax",
    Prices.NOT_TAXED.value: "not taxed",
}
CREDITS_IN_WORDS: Final = {
    True: "Amounts of a credit note stand below nil.",
    False: "Amounts of a credit note stand above nil.",
    None: "Amounts of a credit note may stand below or above nil.",
}
SAID: Final[tuple[tuple[str, str], ...]] = (
    ("by_sign", "What comes to less than nil is a credit note."),
    ("turns_prices", "On a credit note the prices stand below nil, not the quantities."),
    ("one_row", "Each row is a document."),
    ("fills_down", "What a document has once stands on its first row alone."),
    ("amount_alone", "A line without quantity and price is one at its amount."),
    ("refuses_nil", "A document of nil value is refused."),
)
USUAL: Final = (
    (DECIMAL_MARK, "before decimals stands", MARKS),
    (DAY_ORDER, "days are written", ORDERS),
)


def in_words(profile: AnyProfile) -> list[str]:
    """One line for each thing that is said."""
    lines = [*_columns(profile), *_values(profile)]
    if isinstance(profile, Profile):
        lines += _rules(profile)
    for name, words, choices in USUAL:
        if said := profile.usual.get(name):
            lines.append(f"Where the file leaves it open, {words} {choices.get(said, said)}")
    return lines


def _columns(profile: AnyProfile) -> Iterator[str]:
    for each in SHAPES[profile.of].fields:
        word = word_of(profile.of, each)
        names = [*profile.columns.get(each, ()), *profile.further.get(each, ())]
        if names:
            aside = [
                f"without “{profile.beginnings[each]}” before it"
                if each in profile.beginnings
                else "",
                f"without “{profile.endings[each]}” behind it" if each in profile.endings else "",
                "blank says none" if each in profile.blank_tells else "",
            ]
            told = "; ".join(filter(None, aside))
            of = " / ".join(f"“{name}”" for name in names)
            yield f"{word}: column {of}{f' ({told})' if told else ''}"
        if each in profile.constants:
            where = "where that is blank" if names else "on all rows"
            yield f"{word}: “{_meaning(each, profile.constants[each])}” {where}"


def _values(profile: AnyProfile) -> Iterator[str]:
    for each, meant in profile.values.items():
        for said, means in meant.items():
            told = f"means “{_meaning(each, means)}”" if means else "says nothing"
            yield f"{word_of(profile.of, each)}: “{said}” {told}"


def _meaning(wanted: str, means: str) -> str:
    if wanted == Field.KIND:
        return KINDS.get(means, means)
    return PRICES.get(means, means) if wanted == Field.PRICES else str(means)


def _rules(profile: Profile) -> Iterator[str]:
    for begins, prefix in profile.prefixes.items():
        what = KINDS[prefix.kind] if prefix.kind else f"refused: {prefix.refused}"
        yield f"A number that begins with “{begins}” is {what}."
    for status, why in profile.refused_statuses.items():
        yield f"Refused with the status “{status}”: {why}"
    yield f"What is not said otherwise is {KINDS[profile.kind]}."
    yield CREDITS_IN_WORDS[profile.credits_are_negative]
    yield from (words for name, words in SAID if getattr(profile, name))
    if profile.gather is Gather.SAME_DAY:
        yield "The rows of a document lie anywhere among those of its day."
