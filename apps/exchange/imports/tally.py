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


@dataclass(frozen=True, slots=True)
class KindSum:
    count: int = 0
    amount: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class BankLine:
    """A payout as the bank shows it. `kept` are the fees that are off it, below nil."""

    reference: str
    day: date
    currency: str
    total: Decimal
    kept: Decimal


BANK_LINES = 100  # of one file that are told one by one


@dataclass(slots=True)
class Tally:
    """`documents` are what rows become, whatever that is. `amounts` are the file's own: the lines, each
    rounded, of a credit note negative; by currency, day ("" where it cannot be read) and outcome. `kinds`
    are those of movements that are taken, or here already, in the words of staff, by currency."""

    rows: Counter[str] = field(default_factory=Counter)
    documents: Counter[str] = field(default_factory=Counter)
    amounts: dict[str, dict[str, dict[str, Decimal]]] = field(default_factory=dict)
    kinds: dict[str, dict[str, KindSum]] = field(default_factory=dict)
    bank_lines: list[BankLine] = field(default_factory=list)  # the first of them

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

    def tell(self, kind: str, currency: str, amount: Decimal, count: int = 1) -> None:
        """Of a movement of money, beside `add`: which kind it is, and what it comes to."""
        by_currency = self.kinds.setdefault(kind, {})
        before = by_currency.get(currency, KindSum())
        by_currency[currency] = KindSum(before.count + count, before.amount + amount)

    def tell_bank_line(self, line: BankLine) -> None:
        if len(self.bank_lines) < BANK_LINES:
            self.bank_lines.append(line)

    @property
    def refused(self) -> int:
        """Its refused rows; or, where no row tells of what is refused, how many of those there are."""
        return self.rows[Outcome.REFUSED] or self.documents[Outcome.REFUSED]

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
            "kinds": {
                kind: {
                    currency: [each.count, f"{each.amount:f}"] for currency, each in sums.items()
                }
                for kind, sums in self.kinds.items()
            },
            "bank_lines": [
                [
                    each.reference,
                    each.day.isoformat(),
                    each.currency,
                    str(each.total),
                    str(each.kept),
                ]
                for each in self.bank_lines
            ],
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
            {
                kind: {
                    currency: KindSum(count, Decimal(amount))
                    for currency, (count, amount) in sums.items()
                }
                for kind, sums in stored.get("kinds", {}).items()
            },
            [
                BankLine(name, date.fromisoformat(day), currency, Decimal(total), Decimal(kept))
                for name, day, currency, total, kept in stored.get("bank_lines", ())
            ],
        )
