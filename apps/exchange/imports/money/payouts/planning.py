"""What is to be done with a movement: a payment, a refund, and why it cannot be done."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.core.exceptions import ValidationError

from apps.billing.models import Company, Customer, Payment, Refund
from apps.billing.rules.at_the_bank import rate_of_day
from apps.core.money import ZERO
from apps.exchange.imports.money.holding import key_of
from apps.exchange.imports.money.payouts.links import Links
from apps.exchange.imports.money.payouts.methods import Methods
from apps.exchange.imports.money.payouts.movements import COMES_IN, Movement, in_words
from apps.exchange.imports.money.payouts.standing import Source, Standing
from apps.exchange.imports.money.payouts.whose import REMEDY, Owner, Whose
from apps.exchange.imports.money.plans import Part, PaymentPlan, RefundPlan
from apps.exchange.models import BroughtMoney
from apps.exchange.profiles.movements import MovementKind, PayoutProfile

REFERENCE = 21  # signs of a reference, as ledgers hold it
NAMED_SO = "Name the invoice in a column “Invoice number”"


@dataclass(frozen=True, kw_only=True, slots=True)
class Planned:
    """`whose` it is in the words of staff. `here` is what stands here and is, or (`asks`) may be, the
    same money."""

    plan: PaymentPlan | RefundPlan
    whose: str
    here: Payment | Refund | None = None
    asks: str = ""


@dataclass(slots=True)
class Planner:
    """For one import. What it raises are ValidationErrors, in sentences that go on from “refused:”."""

    company: Company
    profile: PayoutProfile
    methods: Methods
    links: Links
    whose: Whose
    standing: Standing
    answers: Mapping[int, bool]  # by row: taken, or left out since what stands here is the same

    def plan(self, movement: Movement, *, taking: bool = True) -> Planned:
        """Where `taking`, what it settles of an invoice is not open for the next."""
        comes_in = movement.kind in COMES_IN
        planned = self._payment(movement, taking) if comes_in else self._refund(movement)
        if planned.here is None or planned.asks:
            self.company.refuse_closed(movement.day)
        return planned

    def _payment(self, movement: Movement, taking: bool) -> Planned:
        owner = self.whose.owner(movement)
        customer = owner.customer
        method = self.methods.of(movement.currency)
        amount = _in_currency_of(customer, movement, self.company.home_currency)
        foreign = customer.currency != movement.currency
        if not foreign:
            rate_of_day(self.company, customer.currency, movement.day)
        here, is_same = self.standing.same_payment(
            movement, customer.pk, [each.pk for each in owner.invoices], amount
        )
        plan = PaymentPlan(
            customer=customer.pk,
            amount=amount,
            currency=customer.currency,
            on=movement.day,
            method=method.pk,
            reference=_reference(movement),
            payout_reference=movement.payout,
            memo=self._memo(movement),
            bank_currency=movement.currency if foreign else "",
            bank_amount=movement.gross if foreign else None,
            parts=() if is_same else self._parts(owner, amount, taking),
            kept=movement.fee,
        )
        settles = [each.number for each in owner.invoices if each.number]
        whose = ", ".join([f"{customer}", *settles])
        return self._answered(movement, plan, whose, here, is_same=is_same)

    def _answered(
        self,
        movement: Movement,
        plan: PaymentPlan | RefundPlan,
        whose: str,
        here: Payment | Refund | None,
        *,
        is_same: bool,
    ) -> Planned:
        answer = self.answers.get(movement.row)
        if here is None or (answer is True and not is_same):
            return Planned(plan=plan, whose=whose)
        asks = "" if is_same or answer is False else _asks(here)
        return Planned(plan=plan, whose=whose, here=here, asks=asks)

    def _parts(self, owner: Owner, amount: Decimal, taking: bool) -> tuple[Part, ...]:
        """Of the invoices that it names, as far as they are open; the rest stays on account."""
        parts: list[Part] = []
        left = amount
        for invoice in owner.invoices:
            part = min(left, self.whose.open_of(invoice))
            if part > 0:
                parts.append(Part(invoice=invoice.pk, amount=part))
                left -= part
                if taking:
                    self.whose.taken[invoice.pk] += part
        return tuple(parts)

    def _refund(self, movement: Movement) -> Planned:
        source, customer = self._given_back(movement)
        method = self.methods.of(movement.currency)
        amount = -_in_currency_of(customer, movement, self.company.home_currency)
        if customer.currency != movement.currency:
            raise ValidationError(
                f"{in_words(amount, customer.currency)} went back, and {in_words(movement.gross, movement.currency)} "
                "left the balance: a refund that was exchanged is made by hand"
            )
        rate_of_day(self.company, customer.currency, movement.day)
        here, is_same = self.standing.same_refund(movement, customer.pk, source, amount)
        plan = RefundPlan(
            customer=customer.pk,
            amount=amount,
            currency=customer.currency,
            on=movement.day,
            method=method.pk,
            reference=_reference(movement),
            payout_reference=movement.payout,
            memo=self._memo(movement),
            payment_key=source.key,
            payment=source.payment,
            chargeback=movement.kind is MovementKind.CHARGEBACK,
            fee=max(movement.fee, ZERO),
            kept=min(movement.fee, ZERO),
        )
        return self._answered(movement, plan, f"{customer}", here, is_same=is_same)

    def _given_back(self, movement: Movement) -> tuple[Source, Customer]:
        """The payment that it gives back: of this file, brought before, or one that stands here."""
        charge = self.links.given_back(movement)
        if charge is not None:
            brought = self._brought(charge.key)
        elif movement.original:
            brought = self._brought(key_of(self.profile.processor, movement.original))
        else:
            brought = None
        if brought is not None:
            customer = Customer.objects.get(pk=brought.plan["customer"])
            return Source(customer.pk, ZERO, frozenset(), key=brought.key), customer
        if charge is not None:
            planned = self._payment(charge, taking=False)
            customer = Customer.objects.get(pk=planned.plan.customer)
            here = planned.here.pk if planned.here is not None and not planned.asks else None
            key = "" if here else charge.key
            return Source(customer.pk, charge.gross, frozenset(), payment=here, key=key), customer
        owner = self.whose.owner(movement)
        found = self.standing.sources(
            owner.customer.pk, [each.pk for each in owner.invoices], -movement.gross
        )
        if len(found) == 1:
            return found[0], owner.customer
        if not found:
            raise ValidationError(
                f"there is no payment of {owner.customer} by “{self.methods.name}” of which as much could "
                f"have gone back. Bring or receive that first, or {_small(REMEDY)} of who paid"
            )
        raise ValidationError(
            f"{len(found)} payments of {owner.customer} may be meant. {NAMED_SO} that the one settled"
        )

    def _brought(self, key: str) -> BroughtMoney | None:
        return BroughtMoney.objects.filter(
            company=self.company, dropped=False, act=BroughtMoney.Act.RECEIVE, key=key
        ).first()

    def _memo(self, movement: Movement) -> str:
        names = " ".join(filter(None, (movement.transaction, movement.source)))
        what = f"{self.profile.processor} {names}".strip()
        return ": ".join(filter(None, (what, movement.description)))[:400]


def _in_currency_of(customer: Customer, movement: Movement, home: str) -> Decimal:
    """What it is in the customer's currency, signed."""
    if customer.currency == movement.currency:
        return movement.gross
    if movement.facing_currency == customer.currency and movement.currency == home:
        assert movement.facing_amount is not None  # it has a currency
        return movement.facing_amount
    told_in = movement.currency
    if movement.facing_currency not in ("", movement.currency):
        told_in = f"{movement.facing_currency}, taken in {movement.currency}"
    raise ValidationError(
        f"it is in {told_in}, and {customer} pays in {customer.currency}. Receive it by hand, from a "
        "customer in that currency"
    )


def _reference(movement: Movement) -> str:
    """What a ledger can hold of what it is called; the memo has all of it."""
    names = (movement.transaction, movement.order, movement.invoice)
    return next((each for each in names if each and len(each) <= REFERENCE), "")


def _asks(here: Payment | Refund) -> str:
    return (
        f"“{here}” of {here.customer} stands here already. Take this one if it is another; "
        "leave it out if it is the same"
    )


def _small(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]
