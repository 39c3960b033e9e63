"""What becomes of each movement and each payout, held against what stands here and what waits."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.core.exceptions import ValidationError

from apps.billing.models import Company, Payment, Refund
from apps.core.money import ZERO
from apps.exchange.documents import Note, Refusal
from apps.exchange.imports.money import holding
from apps.exchange.imports.money.payouts.banking import (
    Member,
    brought_before,
    customers_part,
    deposit_of,
    member_of,
    named_before,
    unbanked_before,
)
from apps.exchange.imports.money.payouts.gathering import SHOWN, Payout
from apps.exchange.imports.money.payouts.movements import Movement, MovementRow, in_words
from apps.exchange.imports.money.payouts.planning import Planned, Planner
from apps.exchange.imports.money.plans import DepositPlan, plan_of
from apps.exchange.imports.port import Question
from apps.exchange.imports.tally import BankLine, Outcome, Tally
from apps.exchange.models import BroughtMoney
from apps.exchange.profiles.movements import MovementKind, PayoutProfile, PayoutsAre

KINDS = {
    MovementKind.CHARGE: "Payments",
    MovementKind.RETURNED: "Payments that came again",
    MovementKind.REFUND: "Refunds",
    MovementKind.CHARGEBACK: "Chargebacks",
}
FEES, PAYOUTS = "Fees", "Payouts"
FEES_OF_REFUNDS = (
    "Fees of refunds and chargebacks"  # they go with what went back, not with a payout
)
GOES_BACK = (MovementKind.REFUND, MovementKind.CHARGEBACK)
ALIKE = (
    "it says the same as a row before it, and nothing tells the two apart. Take it if it is another; leave "
    "it out if it is the same"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """Of one movement. `here` is what stands here already and is the same money."""

    outcome: Outcome
    sentence: str = ""
    planned: Planned | None = None
    here: Payment | Refund | None = None

    @property
    def lies_in_its_payout(self) -> bool:
        return self.outcome in (Outcome.NEW, Outcome.UNCHANGED, Outcome.ASKED)


@dataclass(slots=True)
class Judged:
    """What a portion came to; `hold` stores what is new, in the batch of the import."""

    hold: Callable[[Sequence[holding.Movement]], None]
    refusals: list[Refusal] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    fresh: list[holding.Movement] = field(default_factory=list)
    _counts: list[Callable[[Tally], None]] = field(default_factory=list)

    def count(self, tally: Tally) -> None:
        for each in self._counts:
            each(tally)

    def write(self) -> None:
        self.hold(self.fresh)

    def counts(self, count: Callable[[Tally], None]) -> None:
        self._counts.append(count)


@dataclass(slots=True)
class Judge:
    """For one import."""

    company: Company
    profile: PayoutProfile
    planner: Planner
    hold: Callable[[Sequence[holding.Movement]], None]

    # --- Movements ------------------------------------------------------------------------------

    def movements(self, portion: Sequence[MovementRow]) -> Judged:
        judged = Judged(self.hold)
        some = [each.movement for each in portion if each.movement and each.left_out is None]
        known = self._known(some)
        for row in portion:
            if row.refusals:
                judged.refusals += row.refusals
                judged.counts(_refused(row.refusals))
            elif row.movement is None or row.left_out is not None:
                judged.counts(_left_out)
                row.notes = [_note(row, row.left_out or "")]
            else:
                self._movement(row, row.movement, known, judged)
        return judged

    def _movement(
        self,
        row: MovementRow,
        movement: Movement,
        known: Mapping[str, BroughtMoney],
        judged: Judged,
    ) -> None:
        verdict = self._verdict(movement, known)
        if verdict.outcome is Outcome.LEFT_OUT:
            row.notes = [_note(row, verdict.sentence)]
        if verdict.outcome is Outcome.REFUSED:
            refusal = _refusal_of(movement, verdict.sentence)
            judged.refusals.append(refusal)
            judged.counts(_refused([refusal]))
            return
        if verdict.outcome is Outcome.ASKED:
            judged.questions.append(
                Question(row=movement.row, document=movement.called, sentence=verdict.sentence)
            )
        if verdict.outcome is Outcome.NEW and verdict.planned is not None:
            judged.fresh.append(
                holding.Movement(
                    row=movement.row,
                    key=movement.key,
                    called=f"{movement.called}, {verdict.planned.whose}",
                    plan=verdict.planned.plan,
                )
            )
        judged.counts(_counted(movement, verdict.outcome))

    def _known(self, movements: Sequence[Movement]) -> dict[str, BroughtMoney]:
        """Those brought before; everything that the others name is asked for."""
        known = holding.known(self.company, [each.key for each in movements])
        fresh = [each for each in movements if each.key not in known]
        linked = [self.planner.links.given_back(each) for each in fresh]
        asked = [*fresh, *(each for each in linked if each is not None)]
        if asked:
            self.planner.whose.find(asked)
            self.planner.standing.find(asked)
        return known

    def _verdict(
        self, movement: Movement, known: Mapping[str, BroughtMoney], *, taking: bool = True
    ) -> Verdict:
        if movement.key in known:
            return Verdict(outcome=Outcome.UNCHANGED)
        if movement.kind is MovementKind.PAYOUT_BACK:
            return self._came_back(movement)
        if movement.kind is MovementKind.FEE:  # it lies in no payout of this file
            return Verdict(
                outcome=Outcome.LEFT_OUT,
                sentence="it lies in no payout of this file, and comes with it: bring the file that has "
                "both",
            )
        answer = self.planner.answers.get(movement.row)
        if movement.alike and answer is not True:
            if answer is None:
                return Verdict(outcome=Outcome.ASKED, sentence=ALIKE)
            return Verdict(outcome=Outcome.LEFT_OUT, sentence="it is the same as a row before it")
        try:
            planned = self.planner.plan(movement, taking=taking)
        except ValidationError as refusal:
            sentence = " ".join(refusal.messages).rstrip(".")
            return Verdict(outcome=Outcome.REFUSED, sentence=sentence)
        if planned.here is None:
            return Verdict(outcome=Outcome.NEW, planned=planned)
        if planned.asks:
            return Verdict(outcome=Outcome.ASKED, sentence=planned.asks, planned=planned)
        return Verdict(outcome=Outcome.UNCHANGED, planned=planned, here=planned.here)

    def _came_back(self, movement: Movement) -> Verdict:
        if movement.source and self._deposit([movement.source]):
            return Verdict(
                outcome=Outcome.REFUSED,
                sentence=f"the payout {movement.source} did not arrive, and its bank deposit was brought "
                "before. Undo that, or take its import back; then bring this file again",
            )
        return Verdict(
            outcome=Outcome.LEFT_OUT,
            sentence="its payout did not arrive: what lay in it lies in the next, or waits",
        )

    def _deposit(self, references: Sequence[str]) -> BroughtMoney | None:
        """That of one of these payouts, brought before and not undone."""
        keys = [holding.key_of(self.profile.processor, "payout", each) for each in references]
        found = holding.known(self.company, keys).values()
        return next((each for each in found if not each.deposit or each.deposit.is_made), None)

    # --- Payouts --------------------------------------------------------------------------------

    def payouts(self, portion: Sequence[Payout], *, writing: bool) -> Judged:
        judged = Judged(self.hold)
        known = holding.known(self.company, [each.key for each in portion])
        named = (
            named_before(self.company, portion)
            if self.profile.payouts is PayoutsAre.NAMED
            else dict[str, list[BroughtMoney]]()
        )
        for payout in portion:
            of_it = [
                each for name in (payout.reference, *payout.joins) for each in named.get(name, ())
            ]
            before, members = known.get(payout.key), brought_before(of_it)
            if before is not None:
                self._again(payout, before, sum((each.net for each in members), ZERO), judged)
                continue
            try:
                plan = self._plan_of(payout, members, writing=writing)
            except ValidationError as refusal:
                self._refuse(payout, " ".join(refusal.messages).rstrip("."), judged)
                continue
            called = f"{payout.called}, at the bank on {plan.on:%-d %b %Y}"
            judged.fresh.append(
                holding.Movement(row=payout.row, key=payout.key, called=called, plan=plan)
            )
            judged.counts(_banked(payout, plan, Outcome.NEW))
        return judged

    def _again(
        self, payout: Payout, before: BroughtMoney, net_before: Decimal, judged: Judged
    ) -> None:
        """One that was brought before: the same, or it is not what it was. A row that says the same as one
        before it may have been left out then."""
        plan = plan_of(before)
        assert isinstance(plan, DepositPlan), "a payout has a key of its own"
        totals = {payout.total}
        if not payout.is_told:
            alike = sum((each.net for each in payout.members if each.alike), ZERO)
            totals = {payout.total + net_before, payout.total + net_before - alike}
        if before.deposit is not None and not before.deposit.is_made:
            self._refuse(
                payout,
                f"it was brought before by “{before.batch}”, and its bank deposit was undone here since. Make "
                "that by hand",
                judged,
            )
            return
        if plan.total in totals and plan.currency == payout.currency:
            judged.counts(_banked(payout, plan, Outcome.UNCHANGED))
            return
        self._refuse(
            payout,
            f"it was brought before as {in_words(plan.total, plan.currency)}. Take that import back, or "
            "undo that bank deposit and make this one by hand",
            judged,
        )

    def _plan_of(self, payout: Payout, before: list[Member], *, writing: bool) -> DepositPlan:
        """Raises ValidationError where it is not what lies in it, or cannot reach the bank."""
        method = self.planner.methods.of(payout.currency)
        if payout.joins and self._deposit(payout.joins):
            raise ValidationError(
                f"it holds what lay in {payout.joins[0]}, which did not arrive and whose bank deposit was "
                "brought before. Undo that first"
            )
        members = self._members(payout, writing)
        if payout.opens and payout.contradiction():
            own = {each.key for each in payout.members}
            before = brought_before(unbanked_before(self.company, method, own))
        if not payout.is_told:
            payout.total += sum((each.net for each in before), ZERO)
        sentence = payout.contradiction(sum((each.net for each in before), ZERO))
        if sentence and before and payout.opens:
            sentence = payout.contradiction()
        if sentence:
            raise ValidationError(sentence)
        plan = deposit_of(payout, [*before, *members], method)
        self.company.refuse_closed(plan.on)
        return plan

    def _members(self, payout: Payout, writing: bool) -> list[Member]:
        """Raises ValidationError where one of them is refused."""
        parts = customers_part(payout)
        known = self._known(parts)
        members: list[Member] = []
        missing: list[int] = []
        for each in parts:
            verdict = self._verdict(each, known, taking=False)
            if verdict.outcome is Outcome.LEFT_OUT and not payout.is_told:
                payout.members.remove(each)
                payout.total -= each.net
            elif not verdict.lies_in_its_payout or (writing and verdict.outcome is Outcome.NEW):
                missing.append(each.row)
            else:
                members.append(member_of(each, verdict.here))
        if missing:
            rows = ", ".join(map(str, missing[:SHOWN]))
            raise ValidationError(
                f"row {rows} lies in it and is not taken, so the bank deposit would not be the "
                f"{in_words(payout.total, payout.currency)} that the bank shows. Mend that first"
            )
        return members

    def _refuse(self, payout: Payout, sentence: str, judged: Judged) -> None:
        own = Refusal(
            row=payout.row, document=payout.called, sentence=sentence, currency=payout.currency
        )
        fees = [_refusal_of(each, f"its {payout.called} is refused") for each in payout.fees]
        judged.refusals += [own, *fees]
        judged.counts(_refused([own, *fees], rows=payout.rows))


def _refusal_of(movement: Movement, sentence: str) -> Refusal:
    return Refusal(
        row=movement.row,
        document=movement.called,
        sentence=sentence,
        day=movement.day,
        currency=movement.currency,
        amount=movement.net,
    )


def _note(row: MovementRow, sentence: str) -> Note:
    called = row.movement.called if row.movement else ""
    return Note(row=row.row, document=called, sentence=f"left out: {sentence}")


def _left_out(tally: Tally) -> None:
    tally.add(Outcome.LEFT_OUT)


def _refused(refusals: Sequence[Refusal], rows: int | None = None) -> Callable[[Tally], None]:
    """`rows` where a payout is refused that no row tells."""

    def count(tally: Tally) -> None:
        tally.refuse(refusals)
        if rows is not None:
            tally.rows[Outcome.REFUSED] += rows - len(refusals)

    return count


def _counted(movement: Movement, outcome: Outcome) -> Callable[[Tally], None]:
    def count(tally: Tally) -> None:
        if outcome is Outcome.LEFT_OUT:
            tally.add(outcome)
            return
        tally.add(outcome, currency=movement.currency, day=movement.day, amount=movement.net)
        tally.tell(KINDS[movement.kind], movement.currency, movement.gross)
        if movement.kind in GOES_BACK and movement.fee > 0:
            tally.tell(FEES_OF_REFUNDS, movement.currency, -movement.fee)

    return count


def _banked(payout: Payout, plan: DepositPlan, outcome: Outcome) -> Callable[[Tally], None]:
    def count(tally: Tally) -> None:
        alone = sum((each.net for each in payout.fees), ZERO)
        tally.add(
            outcome, payout.rows, currency=payout.currency, day=payout.day, amount=alone or None
        )
        kept = sum((each.amount for each in plan.fees), ZERO)
        if kept:
            tally.tell(FEES, payout.currency, kept, len(plan.fees))
        tally.tell(PAYOUTS, payout.currency, plan.total)
        tally.tell_bank_line(BankLine(plan.reference, plan.on, plan.currency, plan.total, kept))

    return count
