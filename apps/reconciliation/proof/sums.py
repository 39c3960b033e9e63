"""Sums that a comparison keeps by name, taken apart; and what its differences come to beside them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from apps.core.money import is_currency

# A kind of ours → what sums of a comparison call it.
_CALLED: Final = {
    "invoice": "invoices",
    "credit_note": "credit notes",
    "payment": "payments",
    "refund": "refunds",
    "adjustment": "adjustments",
    "deposit": "bank deposits",
}
# In the order in which they make one another up; all others come behind, by name.
_FIGURES: Final = (
    *("net", "tax", "total", "home total", "amount", "home amount"),
    *("paid", "credited", "written off", "settled otherwise", "balance due"),
)
_OF_BEFORE: Final = " of before"
Place = tuple[str, str, str]  # kind, figure, currency


@dataclass(frozen=True, kw_only=True, slots=True)
class Sum:
    """A figure of all records of a kind on both sides, in one currency."""

    kind: str
    figure: str
    currency: str
    ours: Decimal
    theirs: Decimal

    @property
    def apart(self) -> Decimal:
        return self.theirs - self.ours

    @property
    def place(self) -> Place:
        return self.kind, self.figure, self.currency

    @property
    def is_of_before(self) -> bool:
        """Of what was open at the cut-off: a difference may have been accepted when it was linked."""
        return self.kind.endswith(_OF_BEFORE)

    @property
    def words(self) -> str:
        """“Invoices: total”."""
        return first_up(f"{self.kind}: {self.figure}" if self.figure else self.kind)


def sums_of(kept: Mapping[str, Mapping[str, str]], home: str) -> list[Sum]:
    """What a comparison keeps by names such as “invoices: total (EUR)”; no currency: the home one."""
    found = []
    for name, both in kept.items():
        words, _, ending = name.removesuffix(")").rpartition(" (")
        foreign = name.endswith(")") and is_currency(ending)  # the name of a rate may end so, too
        kind, _, figure = (words if foreign else name).partition(": ")
        found.append(
            Sum(
                kind=kind,
                figure=figure,
                currency=ending if foreign else home,
                ours=Decimal(both["ours"]),
                theirs=Decimal(both["theirs"]),
            )
        )
    return sorted(found, key=lambda each: _order(each, home))


def _order(each: Sum, home: str) -> tuple[object, ...]:
    """Kept as JSON they have no order of their own. The home currency comes first."""
    kinds, figure = list(_CALLED.values()), each.figure
    kind = kinds.index(each.kind) if each.kind in kinds else len(kinds)
    # The tax of each rate stands behind all of it.
    known = "tax" if figure.startswith("tax at ") else figure
    place = _FIGURES.index(known) if known in _FIGURES else len(_FIGURES)
    return kind, each.kind, each.currency != home, each.currency, place, figure


def named_by_figure(differences: Iterable[Mapping[str, str]]) -> Mapping[Place, Decimal]:
    """What the differences of each figure add up to, theirs less ours."""
    found: dict[Place, Decimal] = defaultdict(Decimal)
    for each in differences:
        if each.get("amount"):
            place = _CALLED.get(each["kind"], each["kind"]), each["figure"], each["currency"]
            found[place] += Decimal(each["amount"])
    return found


def first_up(words: str) -> str:
    return words[:1].upper() + words[1:]
