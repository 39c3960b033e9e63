"""How they round the tax that they work out. No page of theirs tells it: it is learnt from invoices
that stand there, and until these decide, more than one way is left. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

from apps.connectors.freshbooks.taxes import HUNDRED, UPON, effective
from apps.connectors.freshbooks.wire import CENT, NIL, Unread
from apps.connectors.snapshots import CreditNoteSnapshot, InvoiceSnapshot, Line, TaxAmount
from apps.core.money import apportioned

SETTING = "tax_rounding"  # of `Company.settings`: names of the ways that are left, with a space


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """On each line, or once for each rate of a document; and where half a cent goes."""

    by_line: bool
    half: str

    def taxes(self, lines: Sequence[Line]) -> dict[str, Decimal]:
        """Rate id → tax in whole cents."""
        if not self.by_line:
            return {each: self._cents(tax) for each, tax in shares(lines).items()}
        found: dict[str, Decimal] = {}
        for line in lines:
            for each, percent in effective(line.tax_code_id):
                found[each] = found.get(each, NIL) + self._cents(line.net * percent / HUNDRED)
        return found

    def tax(self, lines: Sequence[Line]) -> Decimal:
        return sum(self.taxes(lines).values(), NIL)

    def _cents(self, amount: Decimal) -> Decimal:
        return amount.quantize(CENT, rounding=self.half) + NIL


WAYS: Mapping[str, Way] = {
    "rate": Way(by_line=False, half=ROUND_HALF_UP),
    "line": Way(by_line=True, half=ROUND_HALF_UP),
    "rate-even": Way(by_line=False, half=ROUND_HALF_EVEN),
    "line-even": Way(by_line=True, half=ROUND_HALF_EVEN),
}
ANY = tuple(WAYS.values())


# --- What is known of it ------------------------------------------------------------------------


def learnt(newest_first: Iterable[InvoiceSnapshot]) -> tuple[str, ...]:
    """Names of the ways in which the tax of these invoices may have been worked out.

    Where older ones were rounded otherwise the newer ones count. What no way explains, and what
    has a tax upon another, says nothing.
    """
    left = tuple(WAYS)
    for invoice in newest_first:
        if any(UPON in line.tax_code_id for line in invoice.lines):
            continue
        explain = {name for name, way in WAYS.items() if way.tax(invoice.lines) == invoice.tax}
        fitting = tuple(name for name in left if name in explain)
        if explain and not fitting:
            return left
        left = fitting or left
    return left


def ways_of(settings: Mapping[str, str]) -> tuple[Way, ...]:
    """Those that are left by what was last read; all of them where nothing was learnt."""
    named = settings.get(SETTING, "").split()
    return tuple(WAYS[name] for name in named if name in WAYS) or ANY


def left_open(document: InvoiceSnapshot | CreditNoteSnapshot, ways: Sequence[Way]) -> Decimal:
    """By how much their tax may differ from that of the document at most."""
    return max(abs(way.tax(document.lines) - document.tax) for way in ways)


# --- Tax by rate --------------------------------------------------------------------------------


def shares(lines: Sequence[Line]) -> dict[str, Decimal]:
    """The exact tax of each rate, before anything is rounded."""
    found: dict[str, Decimal] = {}
    for line in lines:
        for each, percent in effective(line.tax_code_id):
            found[each] = found.get(each, NIL) + line.net * percent / HUNDRED
    return found


def by_rate(lines: Sequence[Line], told: Decimal, currency: str) -> tuple[TaxAmount, ...]:
    """Their tax, of which a document tells the sum alone, by rate: as one of the ways of rounding
    makes it, else in proportion. Raises Unread where there is tax and no line bears any."""
    for way in ANY:
        found = way.taxes(lines)
        if sum(found.values(), NIL) == told:
            return _amounts(lines, found)
    exact = shares(lines)
    whole = sum(exact.values(), NIL)
    if not whole:
        raise Unread("amount", told)
    names = sorted(exact)
    parts = apportioned(told, [told * exact[each] / whole for each in names], currency)
    return _amounts(lines, dict(zip(names, parts, strict=True)))


def _amounts(lines: Sequence[Line], found: dict[str, Decimal]) -> tuple[TaxAmount, ...]:
    return tuple(
        TaxAmount(rate_id=each, net=_net_under(lines, each), tax=found[each])
        for each in sorted(found)
    )


def _net_under(lines: Sequence[Line], rate: str) -> Decimal:
    return sum(
        (
            line.net
            for line in lines
            if any(each == rate for each, _ in effective(line.tax_code_id))
        ),
        NIL,
    )
