"""What came of the rows of a file, counted: rows and what they become by outcome, amounts by currency
and day."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self

from apps.core.money import rounded
from apps.exchange.documents import DocumentKind, ReadDocument, Refusal


class Outcome(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    ASKED = "asked"  # only a person can say whether it is taken
    LEFT_OUT = "left_out"  # it is none of what the file is to bring, or a person said so
    REFUSED = "refused"


WRITES = (Outcome.NEW, Outcome.CHANGED)


@dataclass(slots=True)
class Tally:
    """`documents` are what rows become, whatever that is. `amounts` are the file's own: the lines, each
    rounded, of a credit note negative; by currency, day ("" where it cannot be read) and outcome."""

    rows: Counter[str] = field(default_factory=Counter)
    documents: Counter[str] = field(default_factory=Counter)
    amounts: dict[str, dict[str, dict[str, Decimal]]] = field(default_factory=dict)

    def take(self, document: ReadDocument, outcome: Outcome, rows: int) -> None:
        sign = -1 if document.kind is DocumentKind.CREDIT_NOTE else 1
        self.add(outcome, rows)
        self._add(document.currency, document.dated, outcome, sign * document.total)

    def add(
        self,
        outcome: Outcome,
        rows: int = 1,
        *,
        currency: str = "",
        day: date | None = None,
        amount: Decimal | None = None,
    ) -> None:
        """One that is no document; its amount where it has one."""
        self.rows[outcome] += rows
        self.documents[outcome] += 1
        if amount is not None:
            self._add(currency, day, outcome, amount)

    @property
    def writes(self) -> bool:
        """Whether anything of it is to be written."""
        return any(self.documents[each] for each in WRITES)

    def refuse(self, refusals: Iterable[Refusal]) -> None:
        """The rows of one document, each with its own amount."""
        self.documents[Outcome.REFUSED] += 1
        for each in refusals:
            self.rows[Outcome.REFUSED] += 1
            if each.amount is not None:
                self._add(each.currency, each.day, Outcome.REFUSED, each.amount)

    def _add(self, currency: str, day: date | None, outcome: Outcome, amount: Decimal) -> None:
        days = self.amounts.setdefault(currency, {})
        of_day = days.setdefault(day.isoformat() if day else "", {})
        of_day[outcome] = of_day.get(outcome, Decimal(0)) + amount

    def totals(self) -> dict[str, dict[str, str]]:
        """By currency and outcome, over all days."""
        totals: dict[str, dict[str, str]] = {}
        for currency, days in sorted(self.amounts.items()):
            sums: dict[str, Decimal] = {}
            for of_day in days.values():
                for outcome, amount in of_day.items():
                    sums[outcome] = sums.get(outcome, Decimal(0)) + amount
            totals[currency] = {
                outcome: f"{rounded(amount, currency):f}" for outcome, amount in sums.items()
            }
        return totals

    def to_json(self) -> dict[str, Any]:
        return {
            "rows": dict(self.rows),
            "documents": dict(self.documents),
            "amounts": {
                currency: {
                    day: {outcome: f"{amount:f}" for outcome, amount in of_day.items()}
                    for day, of_day in days.items()
                }
                for currency, days in self.amounts.items()
            },
        }

    @classmethod
    def from_json(cls, stored: Any) -> Self:
        if not stored:
            return cls()
        return cls(
            Counter(stored["rows"]),
            Counter(stored["documents"]),
            {
                currency: {
                    day: {outcome: Decimal(amount) for outcome, amount in of_day.items()}
                    for day, of_day in days.items()
                }
                for currency, days in stored["amounts"].items()
            },
        )
