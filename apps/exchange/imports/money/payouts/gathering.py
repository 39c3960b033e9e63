"""What each payout is made of, and whether its parts add up to the line of the bank."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal

from apps.core.money import ZERO
from apps.exchange.documents import Note, Refusal
from apps.exchange.imports.money.holding import key_of
from apps.exchange.imports.money.payouts.movements import Movement, in_words
from apps.exchange.profiles.movements import MovementKind, PayoutProfile, PayoutsAre


@dataclass(slots=True)
class Payout:
    """`total` is the line of the bank: what `members` come to, each net. A payout whose total no row
    tells has its own sum for it (`is_told` is false), and the row of its first member. `joins` are
    payouts that never arrived, whose members lie in it; where it `opens` the file's balance, what was
    brought before and is not paid out may lie in it too."""

    reference: str
    row: int
    key: str
    currency: str
    total: Decimal
    day: date | None
    is_told: bool = True
    opens: bool = False
    members: list[Movement] = field(default_factory=list)
    aside: list[Movement] = field(default_factory=list)
    joins: tuple[str, ...] = ()
    notes: list[Note] = field(default_factory=list)
    refusals: Sequence[Refusal] = ()

    @property
    def fees(self) -> list[Movement]:
        """Those that stand alone in it."""
        return [each for each in self.members if each.kind is MovementKind.FEE]

    @property
    def rows(self) -> int:
        """Its own, if the file tells it, and those of its fees."""
        return len(self.fees) + (1 if self.is_told else 0)

    @property
    def called(self) -> str:
        return f"payout {self.reference} of {in_words(self.total, self.currency)}"

    def contradiction(self, before: Decimal = ZERO) -> str:
        """Why it cannot be made of its members and of what was brought `before` it; "" where it can."""
        told = sum((each.net for each in self.members), before)
        aside = sum((each.net for each in self.aside), ZERO)
        if told + aside != self.total:
            off = self.total - told - aside
            return (
                f"the bank's line is {self._figure(self.total)}, and what lies in it comes to "
                f"{self._figure(told + aside)}: {self._figure(off)} of it is in no row. Bring a file "
                "that holds all of its movements, or make this bank deposit by hand"
            )
        if aside:
            rows = ", ".join(str(each.row) for each in self.aside[:SHOWN])
            return (
                f"{self._figure(aside)} of it is no customer's (row {rows}): a purchase, a reserve or "
                "money of your own. Make this bank deposit by hand"
            )
        return ""

    def _figure(self, amount: Decimal) -> str:
        return in_words(amount, self.currency)


SHOWN = 5  # rows named in one sentence


@dataclass(slots=True)
class Gathered:
    """`came_back` are the payouts that never arrived, with the rows that tell of it."""

    payouts: list[Payout] = field(default_factory=list)
    came_back: list[Movement] = field(default_factory=list)


def gather(movements: Sequence[Movement], profile: PayoutProfile) -> Gathered:
    """The payouts of a file in the order of their rows. What is in none of them waits."""
    if profile.payouts is PayoutsAre.NAMED:
        return _named(movements, profile)
    return _by_balance(movements, profile)


def _named(movements: Sequence[Movement], profile: PayoutProfile) -> Gathered:
    told = {_reference(each): each for each in movements if each.kind is MovementKind.PAYOUT}
    back = {_reference(each): each for each in movements if each.kind is MovementKind.PAYOUT_BACK}
    ends = {reference: _ends_in(reference, back) for reference in back}
    parts: dict[str, list[Movement]] = {}
    for each in movements:
        reference = _lies_in(each, profile)
        if reference and each.kind not in (MovementKind.PAYOUT, MovementKind.PAYOUT_BACK):
            parts.setdefault(ends.get(reference, reference), []).append(each)
    joined: dict[str, list[str]] = {}
    for reference, end in ends.items():
        joined.setdefault(end, []).append(reference)
    payouts = [
        _payout(each, reference, profile, parts.get(reference, ()), joined.get(reference, ()))
        for reference, each in told.items()
        if reference not in back
    ]
    if not profile.tells_payouts:
        payouts += [
            _sum_of(reference, some, profile, joined.get(reference, ()))
            for reference, some in parts.items()
            if reference and reference not in told and all(each.is_paid for each in some)
        ]
    return Gathered(sorted(payouts, key=lambda each: each.row), list(back.values()))


def _ends_in(reference: str, back: Mapping[str, Movement]) -> str:
    """The payout that took up what lay in one that came back, and in that; "" where none did yet."""
    gone_by: set[str] = set()
    while reference in back and reference not in gone_by:
        gone_by.add(reference)
        reference = back[reference].payout
    return "" if reference in back else reference


def _reference(payout: Movement) -> str:
    """What the movements in it call it; of one that came back, what it was called."""
    return payout.source or payout.payout or payout.transaction


def _lies_in(movement: Movement, profile: PayoutProfile) -> str:
    if movement.payout or profile.tells_payouts:
        return movement.payout
    if movement.is_paid and movement.bank_day:
        return f"{movement.bank_day.isoformat()} {movement.currency}"
    return ""


def _payout(
    told: Movement,
    reference: str,
    profile: PayoutProfile,
    parts: Iterable[Movement],
    joins: Iterable[str],
) -> Payout:
    return _with(
        Payout(
            reference=reference,
            row=told.row,
            key=key_of(profile.processor, "payout", reference),
            currency=told.currency,
            total=-told.net,
            day=told.bank_day or told.day,
            joins=tuple(joins),
        ),
        parts,
    )


def _sum_of(
    reference: str, parts: Sequence[Movement], profile: PayoutProfile, joins: Iterable[str]
) -> Payout:
    """A payout that no row tells: what its movements add up to."""
    first = parts[0]
    total = sum((each.net for each in parts), ZERO)
    days = [each.bank_day for each in parts if each.bank_day]
    found = _with(
        Payout(
            reference=reference,
            row=first.row,
            key=key_of(profile.processor, "payout", reference),
            currency=first.currency,
            total=total,
            day=max(days, default=None),
            is_told=False,
            joins=tuple(joins),
        ),
        parts,
    )
    found.notes.append(
        Note(
            row=first.row,
            document=found.called,
            sentence="The file tells no total of its payouts. Hold what this one adds up to against the "
            "line of the bank.",
        )
    )
    return found


def _with(payout: Payout, parts: Iterable[Movement]) -> Payout:
    for each in parts:
        (payout.aside if each.kind is MovementKind.ASIDE else payout.members).append(each)
    return payout


def _by_balance(movements: Sequence[Movement], profile: PayoutProfile) -> Gathered:
    """A payout takes what moved the balance of its currency since the one before; one that came back
    is taken up by the next."""
    found = Gathered()
    since: dict[str, list[Movement]] = {}
    last: dict[str, Payout] = {}
    for each in in_time(movements):
        some = since.setdefault(each.currency, [])
        if each.kind is MovementKind.PAYOUT_BACK:
            found.came_back.append(each)
            _take_up(last.pop(each.currency, None), each, some, found)
        elif each.kind is MovementKind.PAYOUT:
            payout = _payout(each, each.transaction, profile, some, ())
            payout.day, payout.opens = each.day, each.currency not in last
            found.payouts.append(payout)
            last[each.currency] = payout
            since[each.currency] = []
        else:
            some.append(each)
    found.payouts.sort(key=lambda payout: payout.row)
    return found


def _take_up(payout: Payout | None, back: Movement, some: list[Movement], found: Gathered) -> None:
    """What lay in a payout that came back lies on the balance again."""
    if payout is not None and payout.total == back.net:
        found.payouts.remove(payout)
        some[:0] = [*payout.members, *payout.aside]
    else:
        some.append(back)


def in_time(movements: Sequence[Movement]) -> list[Movement]:
    """The earliest first, also of a file that begins with the latest; what is of one moment stays as
    the file has it."""
    turned = len(movements) > 1 and _when(movements[0]) > _when(movements[-1])
    return sorted(reversed(movements) if turned else movements, key=_when)


def _when(movement: Movement) -> datetime:
    return movement.moment or datetime.combine(movement.day, time(), UTC)
