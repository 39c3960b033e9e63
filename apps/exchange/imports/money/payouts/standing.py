"""Money that stands here, or waits in an import, and may be what a movement tells of or gives back."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from apps.billing.models import Company, Payment, Refund
from apps.billing.rules.families import stands_for, with_aliases
from apps.connectors.profiles import Subject
from apps.core.money import ZERO
from apps.exchange.imports.money.payouts.movements import Movement
from apps.exchange.imports.money.plans import PaymentPlan, plan_of
from apps.exchange.models import BroughtMoney
from apps.exchange.profiles import RECORD_PROFILES

Record = TypeVar("Record", Payment, Refund)
# Brought by a file of a card processor, which knows each of its movements by a key.
BY_PAYOUTS = Q(
    batch__file_import__profile__in=[
        code for code, each in RECORD_PROFILES.items() if each.of is Subject.PAYOUTS
    ]
)
DAYS_APART = timedelta(days=7)  # between the processor's day and that on which it was typed here


@dataclass(frozen=True, slots=True)
class Source:
    """A payment that may be given back: one that stands here, or one that waits under its key."""

    customer: int
    amount: Decimal
    invoices: frozenset[int]
    payment: int | None = None
    key: str = ""


@dataclass
class Standing:
    """Of one company, by the payment methods of one processor (`methods`: their keys)."""

    company: Company
    methods: Collection[int]
    # Found to be what a movement tells of, by its key: no other one is the same.
    claimed: dict[tuple[str, int], str] = field(default_factory=dict)
    _payments: dict[tuple[int, Decimal], list[Payment]] = field(default_factory=dict)
    _refunds: dict[tuple[int, Decimal], list[Refund]] = field(default_factory=dict)

    @cached_property
    def waiting(self) -> list[tuple[BroughtMoney, PaymentPlan]]:
        """Payments on hold in imports, this one too, when it was first asked."""
        rows = BroughtMoney.objects.filter(
            company=self.company, act=BroughtMoney.Act.RECEIVE, dropped=False, payment=None
        ).select_related("batch")
        found = ((each, plan_of(each)) for each in rows.order_by("pk"))
        return [(each, plan) for each, plan in found if isinstance(plan, PaymentPlan)]

    def taken(self) -> dict[int, Decimal]:
        """What payments on hold have of invoices, by their key."""
        taken: dict[int, Decimal] = defaultdict(Decimal)
        for _, plan in self.waiting:
            for part in plan.parts:
                taken[part.invoice] += part.amount
        return taken

    def same_payment(
        self, movement: Movement, customer: int, invoices: Iterable[int], amount: Decimal
    ) -> tuple[Payment | None, bool]:
        """One that stands here and may be this one, and whether it is for certain: it names the same, or
        pays the same invoice whole. Part of an invoice may be paid twice.

        Raises ValidationError where one like it is on hold, brought by a file of payments.
        """
        self._refuse_on_hold(movement, customer, amount)
        names = {movement.transaction, movement.source, movement.order, movement.invoice} - {""}
        wanted = set(invoices)
        maybe: Payment | None = None
        for each in self._near(self._payments.get((customer, amount), ()), movement):
            whole = {
                part.invoice_id
                for part in each.allocations.all()
                if part.stands and part.invoice is not None and part.amount == part.invoice.total
            }
            if each.reference in names or whole & wanted:
                self.claimed["payment", each.pk] = movement.key
                return each, True
            maybe = maybe or each
        return maybe, False

    def _refuse_on_hold(self, movement: Movement, customer: int, amount: Decimal) -> None:
        for brought, on in self._held_otherwise.get((customer, amount), ()):
            if abs(on - movement.day) <= DAYS_APART:
                raise ValidationError(
                    f"it may be “{brought.called}”, which waits on hold in “{brought.batch}”, row "
                    f"{brought.row}. Release that or take it back first"
                )

    @cached_property
    def _held_otherwise(self) -> dict[tuple[int, Decimal], list[tuple[BroughtMoney, date]]]:
        """What waits and was brought by no file of payouts, which knows its movements by their keys."""
        rows = BroughtMoney.objects.filter(company=self.company, dropped=False, payment=None)
        by_payouts = set(rows.filter(BY_PAYOUTS).values_list("pk", flat=True))
        found: dict[tuple[int, Decimal], list[tuple[BroughtMoney, date]]] = defaultdict(list)
        for brought, plan in self.waiting:
            if brought.pk not in by_payouts:
                found[plan.customer, plan.amount].append((brought, plan.on))
        return found

    def same_refund(
        self, movement: Movement, customer: int, source: Source, amount: Decimal
    ) -> tuple[Refund | None, bool]:
        maybe: Refund | None = None
        for each in self._near(self._refunds.get((customer, amount), ()), movement):
            paid_back = {part.payment_id for part in each.allocations.all() if part.stands}
            if source.payment in paid_back or each.reference in {movement.transaction} - {""}:
                self.claimed["refund", each.pk] = movement.key
                return each, True
            maybe = maybe or each
        return maybe, False

    def find(self, movements: Sequence[Movement]) -> None:
        """Know what was typed here by these methods about the days of these movements."""
        days = [each.day for each in movements]
        between = (min(days) - DAYS_APART, max(days) + DAYS_APART)
        self._payments = self._typed(Payment.objects.filter(status="received"), between)
        self._refunds = self._typed(Refund.objects.filter(status="made"), between)

    def _typed(
        self, rows: "models.QuerySet[Record]", between: tuple[date, date]
    ) -> dict[tuple[int, Decimal], list[Record]]:
        brought = BroughtMoney.objects.filter(
            BY_PAYOUTS, **{f"{rows.model.kind}__isnull": False}, company=self.company
        ).values(rows.model.kind)
        found = rows.filter(company=self.company, date__range=between).filter(
            Q(method__in=self.methods) | Q(method=None)
        )
        some: dict[tuple[int, Decimal], list[Record]] = defaultdict(list)
        for each in (
            found.exclude(pk__in=brought)
            .select_related("customer__merged_into")
            .prefetch_related("allocations__invoice")
            .order_by("pk")
        ):
            some[stands_for(each.customer).pk, each.amount].append(each)
        return some

    def _near(self, some: Sequence[Record], movement: Movement) -> Iterator[Record]:
        for each in some:
            claim = self.claimed.get((each.kind, each.pk), movement.key)
            if claim == movement.key and abs(each.date - movement.day) <= DAYS_APART:
                yield each

    def sources(self, customer: int, invoices: Sequence[int], amount: Decimal) -> list[Source]:
        """Payments of the customer by these methods, of which as much may still be given back; those
        that settle one of the invoices, where some are named."""
        rows = Payment.objects.filter(
            company=self.company,
            customer__in=with_aliases([customer]),
            method__in=self.methods,
            status="received",
        )
        found = [
            Source(
                customer,
                each.amount - self._given_back(each),
                frozenset(
                    part.invoice_id
                    for part in each.allocations.all()
                    if part.invoice_id is not None
                ),
                payment=each.pk,
            )
            for each in rows.prefetch_related("allocations")
        ]
        found += [
            Source(
                customer, plan.amount, frozenset(part.invoice for part in plan.parts), key=each.key
            )
            for each, plan in self.waiting
            if plan.customer == customer and plan.method in self.methods
        ]
        fit = [each for each in found if each.amount >= amount]
        named = [each for each in fit if each.invoices & set(invoices)]
        return named or ([] if invoices else fit)

    def _given_back(self, payment: Payment) -> Decimal:
        return sum(
            (each.amount for each in payment.allocations.all() if each.stands and each.refund_id),
            ZERO,
        )
