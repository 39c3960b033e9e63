"""Whether a closed month still stands as it was closed: worked out anew, not read from what was kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from apps.exchange.exports.cells import Cell, Money
from apps.exchange.reports.later import HEADINGS, later_entries
from apps.exchange.reports.receivables import AGED
from apps.exchange.reports.shape import Asked
from apps.reconciliation.figures import shown
from apps.reconciliation.models import ClosedMonth
from apps.reconciliation.month_end.figures import HOME, STEPS, roll_forward
from apps.reconciliation.month_end.words import STEPS as STEP_WORDS


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One line of the roll-forward: as it was signed, and as it is known now."""

    words: str
    currency: str
    signed: Decimal
    now: Decimal

    @property
    def moved(self) -> Decimal:
        return self.now - self.signed


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """`proven`: as known at its closing it comes to what was signed. `later` are entries of since."""

    proven: bool
    steps: Sequence[Step]
    headings: Sequence[str]
    later: Sequence[Sequence[tuple[str, str]]]  # heading and what stands there


def standing_of(closed: ClosedMonth) -> Standing:
    """What was signed beside the same worked out anew: as known at the closing, and as known now."""
    company, last = closed.company, closed.last
    then = roll_forward(company, last, closed.closed_at)
    now = roll_forward(company, last)
    later = later_entries(AGED, Asked(company=company, on=last), closed.closed_at)
    return Standing(
        proven=then == closed.figures,
        steps=list(_steps(closed.figures, now, company.home_currency)),
        headings=HEADINGS,
        later=[list(zip(HEADINGS, map(_shown, each.cells()), strict=True)) for each in later],
    )


def as_signed(closed: ClosedMonth) -> list[Step]:
    """The roll-forward that was signed, by itself."""
    return list(_steps(closed.figures, closed.figures, closed.company.home_currency))


def _steps(
    signed: Mapping[str, Mapping[str, str]], now: Mapping[str, Mapping[str, str]], home: str
) -> Sequence[Step]:
    """Each currency; all of them in home currency only where one is another."""
    kept = sorted({*signed, *now} - {HOME})
    listed = kept if kept == [home] else [*kept, HOME]
    return [
        Step(
            words=STEP_WORDS[step] + (" (all, in home currency)" if currency == HOME else ""),
            currency=home if currency == HOME else currency,
            signed=Decimal(signed.get(currency, {}).get(step, 0)),
            now=Decimal(now.get(currency, {}).get(step, 0)),
        )
        for currency in listed
        for step in STEPS
        if step in signed.get(currency, {}) or step in now.get(currency, {})
    ]


def _shown(cell: Cell) -> str:
    match cell:
        case None | "":
            return "–"
        case Money():
            return shown(cell.amount, cell.currency)
        case datetime():
            return f"{cell:%-d %b %Y %H:%M}"
        case date():
            return f"{cell:%-d %b %Y}"
    return str(cell)
