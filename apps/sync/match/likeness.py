"""How alike a record of ours and one of theirs are, with the reasons that staff read. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from apps.core.likeness import bare_tax_number, normal_code
from apps.core.names import Name, form_in_words, normalised
from apps.sync.wording import money

EQUAL = 100.0
NEAR = 85.0  # of 100: from here on two spellings may be one name
APART = 50.0  # below it two names have nothing in common
ONE_SLIP = 6  # letters of a name from which on a wrong one is a slip of the pen
SHORT, LONG = 3, 8  # letters of a word from which on one, or two, may be wrong
TELLING = 6  # letters of a single word that may stand for a longer name
PRICES_APART = 2  # times: a price is another one "by far"
HIDDEN = re.compile(r"[*•]|X{3,}|x{3,}")  # of a number of which they show the end alone


class Level(StrEnum):
    EXACT = "exact"
    LIKELY = "likely"


@dataclass(frozen=True, kw_only=True, slots=True)
class Party:
    """A customer of either side; "" and empty for what is not known. `emails` in lower case."""

    key: int
    name: str
    emails: frozenset[str] = frozenset()
    tax_number: str = ""
    currency: str = ""
    country: str = ""
    active: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Thing:
    """An item of either side. Prices are in home currency."""

    key: int
    name: str
    code: str = ""
    price: Decimal | None = None
    currency: str = ""
    active: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Likeness:
    """`figure` is how near the names are, of 100. `reasons` speak for it, `against` against it; a
    pair with one of these is never exact."""

    level: Level
    figure: float
    reasons: tuple[str, ...]
    against: tuple[str, ...] = field(default=())


def customers_alike(
    ours: Party, theirs: Party, *, shared: frozenset[str] = frozenset()
) -> Likeness | None:
    """None where nothing says that they are one. `shared` are e-mail addresses that more than one
    customer of either side has: these prove nothing."""
    one, other = normalised(ours.name), normalised(theirs.name)
    figure, called = _names(ours.name, one, theirs.name, other)
    mine, yours = tax_number_of(ours.tax_number), tax_number_of(theirs.tax_number)
    same_tax = bool(mine) and mine == yours
    same_mail = ours.emails & theirs.emails
    if not (same_tax or same_mail or called):
        return None
    reasons = [f"same tax number {ours.tax_number.strip()}"] if same_tax else []
    reasons += [f"same e-mail {each}" for each in sorted(same_mail)]
    reasons += [called] if called else []
    if called and not same_tax and ours.emails and theirs.emails and not same_mail:
        reasons.append(f"another e-mail there: {min(theirs.emails)}")
    two_numbers = bool(mine and yours) and not same_tax
    if two_numbers and not same_mail and figure < EQUAL:
        return None  # nothing but a name that is near
    against = [f"another tax number there: {theirs.tax_number.strip()}"] if two_numbers else []
    against += _another("currency", ours.currency, theirs.currency)
    against += _another("country", ours.country, theirs.country)
    if one.form and other.form and one.form != other.form:
        forms = f"{form_in_words(one)} here, {form_in_words(other)} there"
        against.append(f"another legal form: {forms}")
    against += _doubts(figure, theirs.active)
    if figure < APART and not same_tax and same_mail <= shared:
        return None  # an address that several share, under another name: an accountant's
    # “Dunmore Bakery Holdings” may be reached where Dunmore Bakery is, and be another company.
    proven = same_tax or bool(same_mail - shared and not _is_longer(one, other))
    return _told(proven, figure, reasons, against)


def items_alike(ours: Thing, theirs: Thing) -> Likeness | None:
    """None where nothing says that they are one. Their name may be our code, or begin with it."""
    mine, yours, said = normal_code(ours.code), normal_code(theirs.code), normal_code(theirs.name)
    same_code = bool(mine) and mine in (yours, said)
    codes_differ = bool(mine and yours) and not same_code and yours != said
    other = normalised(theirs.name)
    names = [ours.name, f"{ours.code} {ours.name}"] if mine else [ours.name]
    figure, called = max(
        (_names(each, normalised(each), theirs.name, other) for each in names),
        key=lambda each: (bool(each[1]), each[0]),
    )
    if not (same_code or called) or (codes_differ and figure < EQUAL):
        return None
    reasons = [f"same code {ours.code.strip()}"] if same_code else []
    reasons += [called] if called else []
    against = []
    if ours.price and theirs.price and _far_apart(ours.price, theirs.price):
        against.append(
            f"another price: {money(ours.price, ours.currency)} here, "
            f"{money(theirs.price, ours.currency)} there"
        )
    if codes_differ:
        against.append(f"another code there: {theirs.code.strip()}")
    against += _doubts(EQUAL if same_code and mine == said else figure, theirs.active)
    return _told(same_code, figure, reasons, against)


def emails_of(text: str) -> frozenset[str]:
    """The addresses in a field that may hold several."""
    return frozenset(each for each in re.split(r"[,;\s]+", text.casefold()) if "@" in each)


def tax_number_of(text: str) -> str:
    """A tax number as it is compared: without spaces and signs, and without the country before
    it. "" where they show only the end of it."""
    if not text or HIDDEN.search(text):
        return ""
    bare = bare_tax_number(text)
    return bare if len(bare) >= 5 else ""  # less proves nothing


def _told(proven: bool, figure: float, reasons: list[str], against: list[str]) -> Likeness:
    level = Level.EXACT if proven and not against else Level.LIKELY
    return Likeness(level=level, figure=figure, reasons=tuple(reasons), against=tuple(against))


def _names(written: str, ours: Name, said: str, theirs: Name) -> tuple[float, str]:
    """How near two names are, of 100, and in words why they may be one; "" where they are two."""
    if not ours.whole or not theirs.whole:
        return 0.0, ""
    if ours.whole == theirs.whole:
        return EQUAL, _same(written, ours, said, theirs)
    figure = round(fuzz.ratio(ours.whole, theirs.whole), 1)
    if ours.figures != theirs.figures:
        return figure, ""  # “Shop 12” and “Shop 13” are two, however near they are
    if sorted(ours.words) == sorted(theirs.words):
        return max(figure, NEAR), "the same words in another order"
    if ours.whole.replace(" ", "") == theirs.whole.replace(" ", ""):
        return max(figure, NEAR), "the same name but for a space"
    shorter, longer = sorted((ours, theirs), key=lambda each: len(each.words))
    if _stands_in(shorter.words, longer.words):
        more = [each for each in longer.words if each not in shorter.words]
        whole = written if longer is ours else said
        return max(figure, NEAR), f"the name but for “{_as_written(more, whole)}”"
    if _is_slip(ours, theirs) if len(ours.words) == len(theirs.words) else figure >= NEAR:
        return figure, f"a name that is {figure:.0f} % alike"
    return figure, ""


def _as_written(words: Sequence[str], name: str) -> str:
    """Words as they are compared, as the name has them."""
    found = {each.casefold(): each for each in re.split(r"[\W_]+", name)}
    return " ".join(found.get(each, each) for each in words)


def _is_slip(ours: Name, theirs: Name) -> bool:
    """Whether each word is the other's but for a slip of the pen: a long word that both bear
    (“Consulting”) makes two names near that have nothing else in common."""
    unlike = [
        (one, other) for one, other in zip(ours.words, theirs.words, strict=True) if one != other
    ]
    room = min(len(ours.whole), len(theirs.whole)) >= ONE_SLIP
    return room and all(_few_letters_apart(one, other) for one, other in unlike)


def _few_letters_apart(one: str, other: str) -> bool:
    shorter = min(len(one), len(other))
    may_differ = 0 if shorter < SHORT else 1 if shorter < LONG else 2
    return bool(OSA.distance(one, other, score_cutoff=may_differ) <= may_differ)


def _is_longer(ours: Name, theirs: Name) -> bool:
    """Whether one has words more, and not for a space alone."""
    joined = ours.whole.replace(" ", "") == theirs.whole.replace(" ", "")
    return len(ours.words) != len(theirs.words) and not joined


def _same(written: str, ours: Name, said: str, theirs: Name) -> str:
    if " ".join(written.split()).casefold() == " ".join(said.split()).casefold():
        return "the same name"
    if ours.form and theirs.form and ours.form != theirs.form:
        return "the same name before the legal form"
    if ours.form != theirs.form:
        return f"the name but for “{form_in_words(ours) or form_in_words(theirs)}”"
    return "the name but for how it is spelt"


def _stands_in(shorter: tuple[str, ...], longer: tuple[str, ...]) -> bool:
    """Whether the longer name begins as the shorter one, or holds all of several words of it."""
    if len(shorter) == len(longer):
        return False
    if longer[: len(shorter)] == shorter:
        return len(shorter) > 1 or len(shorter[0]) >= TELLING
    telling = [each for each in shorter if each != "and"]
    return len(telling) > 1 and _in_order(shorter, longer)


def _in_order(words: tuple[str, ...], among: Iterable[str]) -> bool:
    left = iter(among)
    return all(each in left for each in words)


def _another(what: str, ours: str, theirs: str) -> list[str]:
    if not ours or not theirs or ours.upper() == theirs.upper():
        return []
    return [f"another {what}: {ours} here, {theirs} there"]


def _doubts(figure: float, active: bool) -> list[str]:
    found = [] if figure >= APART else ["a name that has nothing in common"]
    return found if active else [*found, "it is archived there"]


def _far_apart(one: Decimal, other: Decimal) -> bool:
    return max(one, other) >= PRICES_APART * min(one, other)
