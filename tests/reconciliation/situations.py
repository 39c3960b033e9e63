"""The bookkeeper's table: what is done on both sides, the journals by hand, and whether both sides
may be said to agree.

Journals are what the ledger's trial balance moves by: a debit is above nil, a credit below. `cause`
is what refuses the agreement, empty where it is given: a cause of a question, or words of a
difference. `mend` is how the books are put right; without one a person answers the questions.
`elsewhere` is what a ledger books instead that cannot hold it so, and what agreement is refused for
there. Beside each journal stands the rule of ACCOUNTING.md that it follows.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.reconciliation.shop import Shop

Act = Callable[[Shop], Any]


@dataclass(frozen=True, kw_only=True)
class Situation:
    words: str
    do: Act
    journals: str  # "receivable +120    income -100    tax -20"
    cause: str = ""
    mend: Callable[[Shop, Any], Any] | None = None
    fetched: bool = True  # whether a run follows before both sides are compared
    # Name of a system → the journals there, and the cause.
    elsewhere: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def posts(self) -> dict[str, Decimal]:
        return self.worked(self.journals)

    def on(self, system: str) -> tuple[dict[str, Decimal], str]:
        """The journals of a ledger, and what agreement is refused for: "" where both sides agree."""
        journals, cause = self.elsewhere.get(system, (self.journals, self.cause))
        return self.worked(journals), cause

    def worked(self, journals: str) -> dict[str, Decimal]:
        cells = [each.strip() for each in journals.split("    ") if each.strip()]
        found = {name: Decimal(amount) for name, amount in (each.rsplit(" ", 1) for each in cells)}
        assert sum(found.values()) == 0, f"{self.words}: debits are not credits"
        return found


CHAPTERS: dict[str, list[Situation]] = {}


def situation(chapter: str, words: str, journals: str, cause: str = "", **more: Any) -> Any:
    def keep(do: Act) -> Act:
        CHAPTERS.setdefault(chapter, []).append(
            Situation(words=words, do=do, journals=journals, cause=cause, **more)
        )
        return do

    return keep


def both(shop: Shop, net: str = "100") -> Any:
    """A sale of ours that is in the books of both sides."""
    invoice = shop.sale(net)
    shop.settle()
    return invoice


SALE = "receivable +120    income -100    tax -20"
TWICE = "receivable +240    income -200    tax -40"
