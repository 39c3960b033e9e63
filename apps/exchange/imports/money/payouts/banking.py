"""A payout as a bank deposit: what lies in it, what the processor kept, and the line of the bank."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db.models import Q

from apps.billing.acts.depositing import bank_line
from apps.billing.models import AccountRole, Company, Payment, PaymentMethod, Refund
from apps.core.money import ZERO
from apps.exchange.imports.money.payouts.gathering import Payout
from apps.exchange.imports.money.payouts.movements import COMES_IN, Movement
from apps.exchange.imports.money.plans import (
    DepositPlan,
    FeeLine,
    PaymentPlan,
    RefundPlan,
    plan_of,
)
from apps.exchange.models import BroughtMoney
from apps.exchange.profiles.movements import MovementKind

REFERENCE = 60  # signs


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """A payment or refund in a payout: under its key, or one that stands here. `adds` is what it adds to
    the line of the bank, before what the processor `kept` of it."""

    adds: Decimal
    kept: Decimal
    key: str = ""
    here: Payment | Refund | None = None

    @property
    def net(self) -> Decimal:
        return self.adds - self.kept


def member_of(movement: Movement, here: Payment | Refund | None) -> Member:
    if here is not None:
        adds = bank_line(here)
        return Member(adds=adds, kept=adds - movement.net, here=here)
    if movement.kind in COMES_IN:
        return Member(adds=movement.gross, kept=movement.fee, key=movement.key)
    # What was taken beside money that went back is on the refund itself.
    taken = max(movement.fee, ZERO)
    return Member(adds=movement.gross - taken, kept=movement.fee - taken, key=movement.key)


def brought_before(rows: Iterable[BroughtMoney]) -> list[Member]:
    """Of payments and refunds that earlier files brought."""
    members: list[Member] = []
    for each in rows:
        plan = plan_of(each)
        if isinstance(plan, PaymentPlan):
            adds = plan.amount if plan.bank_amount is None else plan.bank_amount
            members.append(Member(adds=adds, kept=plan.kept, key=each.key))
        elif isinstance(plan, RefundPlan):
            members.append(Member(adds=-plan.amount - plan.fee, kept=plan.kept, key=each.key))
    return members


def named_before(company: Company, payouts: Sequence[Payout]) -> dict[str, list[BroughtMoney]]:
    """What earlier files brought of these, by the payout that it named."""
    wanted = {name for each in payouts for name in (each.reference, *each.joins)}
    own = {member.key for each in payouts for member in each.members}
    rows = BroughtMoney.objects.filter(
        company=company, dropped=False, plan__payout_reference__in=sorted(wanted)
    )
    found: dict[str, list[BroughtMoney]] = {}
    for each in rows.order_by("pk"):
        if each.key not in own:
            found.setdefault(each.plan["payout_reference"], []).append(each)
    return found


def unbanked_before(company: Company, method: PaymentMethod, own: set[str]) -> list[BroughtMoney]:
    """What earlier files brought by this method and no bank deposit holds, made or on hold."""
    rows = (
        BroughtMoney.objects.filter(company=company, dropped=False, plan__method=method.pk)
        .exclude(payment__deposit_lines__standing=True)
        .exclude(refund__deposit_lines__standing=True)
    )
    on_hold = BroughtMoney.objects.filter(
        Q(deposit=None), company=company, dropped=False, act=BroughtMoney.Act.BANK
    )
    held = {key for each in on_hold for key in each.plan.get("member_keys", ())}
    return [each for each in rows.order_by("pk") if each.key not in held | own]


def deposit_of(payout: Payout, members: Sequence[Member], method: PaymentMethod) -> DepositPlan:
    """Raises ValidationError where it cannot reach the bank account of its method."""
    account = method.bank_account
    if account is None or not account.active:
        raise ValidationError(
            f"“{method}” does not say at which bank account its payouts arrive. Say so at the payment "
            "method, and check again"
        )
    if account.currency != payout.currency:
        raise ValidationError(
            f"it is in {payout.currency}, and “{account}”, where payouts of “{method}” arrive, is in "
            f"{account.currency}. Make a payment method in {payout.currency}, and check again"
        )
    if payout.day is None:
        raise ValidationError("it has no day on which it reaches the bank")
    return DepositPlan(
        bank_account=account.pk,
        on=payout.day,
        currency=payout.currency,
        total=payout.total,
        reference=payout.reference[:REFERENCE],
        member_keys=tuple(each.key for each in members if each.key),
        payments=tuple(each.here.pk for each in members if isinstance(each.here, Payment)),
        refunds=tuple(each.here.pk for each in members if isinstance(each.here, Refund)),
        fees=tuple(_fees(payout.fees, members)),
    )


def _fees(alone: Sequence[Movement], members: Sequence[Member]) -> Iterable[FeeLine]:
    """One line for what was kept of payments and refunds, and one for each word of other fees."""
    kept = sum((each.kept for each in members), ZERO)
    if kept:
        yield FeeLine(
            role=AccountRole.BANK_CHARGE,
            amount=-kept,
            description=f"Fees of {len(members)} payments and refunds",
        )
    by_word: dict[str, Decimal] = {}
    for each in alone:
        word = each.description[:200]
        by_word[word] = by_word.get(word, ZERO) + each.net
    for word, amount in by_word.items():
        if amount:
            yield FeeLine(role=AccountRole.BANK_CHARGE, amount=amount, description=word)


def customers_part(payout: Payout) -> list[Movement]:
    """Its payments, refunds and chargebacks."""
    return [each for each in payout.members if each.kind is not MovementKind.FEE]
