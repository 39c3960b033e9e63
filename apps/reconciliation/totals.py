"""Lays the totals that a ledger tells at the end of a day beside the same of ours.

Worked out from our own rows, currency by currency and each in its own. The difference is explained
record by record, from their objects as read; what these do not account for is unexplained.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from apps.billing.models import Synced
from apps.connectors.port import RemoteObject
from apps.connectors.snapshots import Kind
from apps.connectors.totals import ControlTotal
from apps.reconciliation.adding import Adds, counted
from apps.reconciliation.figures import TOTALS, ZERO, Comparison, Explanation, TotalLine, shown
from apps.reconciliation.findings import Finding, called
from apps.reconciliation.models import Why
from apps.reconciliation.ours import Expected, Key, Ours
from apps.reconciliation.receivable import owed_here, owed_there
from apps.reconciliation.sentences import label_of, made_of
from apps.reconciliation.tax_on_sales import tax_here, tax_there
from apps.reconciliation.theirs import Theirs, Told
from apps.sync.wording import day


@dataclass(frozen=True, slots=True)
class Adding:
    """What a record adds to a total, here and there, and how a sentence says so."""

    total: ControlTotal
    here: Callable[[Synced], Iterator[Adds]]
    there: Callable[[RemoteObject, str], Iterator[Adds]]
    where: str


RECEIVABLE = Adding(ControlTotal.RECEIVABLE, owed_here, owed_there, "on the receivable")
TAX = Adding(ControlTotal.TAX, tax_here, tax_there, "of tax")


def compare_totals(ours: Ours, theirs: Theirs, into: Comparison) -> None:
    """A line for each total that their ledger tells, and currency; what is unexplained differs."""
    for adding in (RECEIVABLE, TAX):
        told = theirs.totals.get(adding.total)
        if told is not None:
            _Laid(adding, told, ours, theirs, into).lay()


@dataclass(frozen=True, slots=True)
class _Laid:
    """One total of theirs while it is laid beside ours."""

    adding: Adding
    told: Told
    ours: Ours
    theirs: Theirs
    into: Comparison

    def lay(self) -> None:
        here: dict[str, Decimal] = defaultdict(Decimal)
        found: dict[str, list[Explanation]] = defaultdict(list)
        for currency, explanation in self._explained(here):
            found[currency].append(explanation)
        for currency in sorted({*here, *found, *self.told.amounts}):
            line = TotalLine(
                total=self.adding.total,
                currency=currency,
                on=self.told.on,
                ours=here[currency],
                theirs=self.told.amounts.get(currency, ZERO),
                explanations=tuple(found[currency]),
            )
            line = self._with_what_is_left_out(line)
            self.into.totals.append(line)
            if line.unexplained:
                self.into.differences.append(self._unexplained(line))

    def _unexplained(self, line: TotalLine) -> Finding:
        currency = line.currency
        here, there = shown(line.ours, currency), shown(line.theirs, currency)
        return Finding(
            f"{TOTALS[line.total]} in {currency} at the end of {day(line.on)}: {here} by our "
            f"records and {there} in {self.into.system}; "
            f"{shown(line.unexplained, currency)} of the difference are unexplained.",
            Why.UNEXPLAINED,
            figure=f"{TOTALS[line.total].lower()} in {currency}",
            here=here,
            there=there,
            amount=line.unexplained,
            currency=currency,
        )

    # --- Why the total is another one -----------------------------------------------------------

    def _explained(self, here: dict[str, Decimal]) -> Iterator[tuple[str, Explanation]]:
        """Record by record; what ours come to by currency is added to `here` on the way."""
        theirs = self.theirs
        shelves = (theirs.documents, theirs.payments, theirs.entries)
        unread = {(each.kind, each.remote_id) for each in theirs.unreadable}
        for each in self.ours.expected:
            mine = list(self.adding.here(each.subject))
            for adds in mine:
                here[adds.currency] += counted(self.told.on, adds)
            if not unread.isdisjoint(each.keys):
                continue  # told as such: what it comes to there, nobody knows
            # One typed over there and linked stands among the others.
            objects = theirs.objects_at(each.keys, *shelves, theirs.others, theirs.later)
            yield from self._of_one(each, mine, objects)
        only = (pair for shelf in shelves for pair in shelf.besides(self.ours.posted))
        yield from self._only_theirs(only)

    def _of_one(
        self, each: Expected, mine: list[Adds], objects: list[RemoteObject]
    ) -> Iterator[tuple[str, Explanation]]:
        yours = [adds for remote in objects for adds in self._there(remote)]
        here, there = self._by_currency(mine), self._by_currency(yours)
        for currency in sorted({*here, *there}):
            amounts = here.get(currency, ZERO), there.get(currency, ZERO)
            if amounts[0] == amounts[1]:
                continue
            yield (
                currency,
                Explanation(
                    why=_why(each, objects, mine, yours),
                    amount=amounts[1] - amounts[0],
                    sentence=self._sentence(each, objects, amounts, currency),
                    ours=((each.subject.kind, each.subject.pk),),
                    theirs=each.keys,
                ),
            )

    def _sentence(
        self,
        each: Expected,
        objects: list[RemoteObject],
        amounts: tuple[Decimal, Decimal],
        currency: str,
    ) -> str:
        into, where = self.into, self.adding.where
        name = f"{called(Kind(each.subject.kind), each.subject)}{made_of(objects, each.keys, into)}"
        here, there = (shown(amount, currency) for amount in amounts)
        said = f"{name}: {here} {where} here and {there} in {into.system}"
        return f"{said}: {each.left_out}" if each.left_out else f"{said}."

    def _only_theirs(
        self, only: Iterable[tuple[Key, RemoteObject]]
    ) -> Iterator[tuple[str, Explanation]]:
        """One by one since the cut-off; what their books had before is one amount."""
        first, system = self.ours.connection.starts_on, self.into.system
        before: dict[str, list[tuple[Key, Decimal]]] = defaultdict(list)
        for key, remote in only:
            for adds in self._there(remote):
                amount = counted(self.told.on, adds)
                if not amount:
                    continue
                old = first is not None and adds.dated is not None and adds.dated < first
                if old or key in self.ours.opening:
                    before[adds.currency].append((key, amount))
                    continue
                label = label_of(remote, self.into.currency)
                yield (
                    adds.currency,
                    Explanation(
                        why=Why.ONLY_THERE,
                        amount=amount,
                        sentence=f"{label}, is only in {system}.",
                        theirs=(key,),
                    ),
                )
        for currency, several in before.items():
            amount = sum((each for _, each in several), ZERO)
            yield (
                currency,
                Explanation(
                    why=Why.BEFORE,
                    amount=amount,
                    sentence=(
                        f"{shown(amount, currency)} {self.adding.where} in {system} are of before "
                        f"{first}: {len(several)} of its records."
                    ),
                    theirs=tuple(key for key, _ in several),
                ),
            )

    # --- What nobody says whether their total counts it -----------------------------------------

    def _with_what_is_left_out(self, line: TotalLine) -> TotalLine:
        """Where nobody says whether their sum of tax counts credit notes: that it does not explains
        the difference only where it is theirs to the cent."""
        has = self.ours.connection.capabilities
        if self.adding is not TAX or has.tax_total_counts_credits or not line.unexplained:
            return line
        credits = [
            counted(self.told.on, adds)
            for _, remote in self.theirs.documents.items()
            if remote.of_kind == Kind.CREDIT_NOTE
            for adds in self._there(remote)
            if adds.currency == line.currency
        ]
        amount = -sum(credits, ZERO)
        if amount != line.unexplained:
            return line
        left_out = Explanation(
            why=Why.NOT_COUNTED,
            amount=amount,
            sentence=(
                f"{self.into.system} leaves the tax of credit notes out of this sum: "
                f"{shown(amount, line.currency)} of {len(credits)}."
            ),
        )
        return TotalLine(
            total=line.total,
            currency=line.currency,
            on=line.on,
            ours=line.ours,
            theirs=line.theirs,
            explanations=(*line.explanations, left_out),
        )

    def _there(self, remote: RemoteObject) -> Iterator[Adds]:
        return self.adding.there(remote, self.into.currency)

    def _by_currency(self, several: Iterable[Adds]) -> Mapping[str, Decimal]:
        return _by_currency(several, self.told.on)


def _why(each: Expected, objects: list[RemoteObject], mine: list[Adds], yours: list[Adds]) -> Why:
    if each.left_out:
        return Why.LEFT_OUT
    if not objects:
        return Why.ONLY_HERE
    if not (mine and yours):
        return Why.STATE
    here, there = _by_currency(mine, None), _by_currency(yours, None)
    if here.keys() != there.keys():
        return Why.CURRENCY
    return Why.DATE if here == there else Why.AMOUNT


def _by_currency(several: Iterable[Adds], on: date | None) -> Mapping[str, Decimal]:
    found: dict[str, Decimal] = defaultdict(Decimal)
    for adds in several:
        found[adds.currency] += counted(on, adds)
    return found
