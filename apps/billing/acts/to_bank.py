"""What waits for a bank deposit, found in a bounded time however much waits: how many deposits are
proposed, the oldest of them with their sums, and what may be ticked for one.

`depositing.proposed_deposits` makes the same of all that waits, for acts that need every one.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Date
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from apps.billing.models import (
    Company,
    DepositLine,
    Payment,
    PaymentMethod,
    PaymentMethodPlace,
    Refund,
)
from apps.core.money import ZERO
from apps.core.together import Together

MOST = 100  # proposals that are counted, of one method; beyond them it is said that there are more
METHODS, PLACES = "payment methods", "places of payment methods"
OF_PAYMENTS: Final = ("date", "payout_reference", "currency", "bank_currency")
OF_REFUNDS: Final = ("date", "reference", "currency")


@dataclass(frozen=True, slots=True)
class Clearing:
    """A method whose money lies in clearing, in these days (first and last)."""

    company: int
    method: int
    days: tuple[tuple[Date, Date], ...]

    def of(self, model: type[Any]) -> "QuerySet[Any]":
        """The payments, or refunds, of these days that are in no bank deposit."""
        within = Q()
        for since, until in self.days:
            within |= Q(date__gte=since, date__lte=until)
        rows: QuerySet[Any] = model._base_manager.filter(
            within, company=self.company, method=self.method
        )
        if model is Payment:
            return rows.filter(status=Payment.Status.RECEIVED, banked=False)
        lines = DepositLine.objects.filter(refund=OuterRef("pk"), standing=True)
        return rows.filter(~Exists(lines), status=Refund.Status.MADE)


@dataclass(frozen=True, order=True, slots=True)
class Group:
    """What becomes one line of the bank: of a method, in two currencies (the bank's, the customer's),
    and of a payout, else of a day."""

    day: Date  # of a payout, of the first of it
    method: int
    payout: str
    bank_currency: str
    currency: str

    @property
    def key(self) -> tuple[int, str, str, str, Date | None]:
        """Two with the same are one."""
        day = None if self.payout else self.day
        return self.method, self.payout, self.bank_currency, self.currency, day


@dataclass(frozen=True, slots=True)
class Sums:
    """Of a group: how many lie in it, what they come to at the bank, and the last day."""

    count: int
    total: Decimal
    last: Date


@dataclass(frozen=True, slots=True)
class Proposed:
    """The groups that were found, oldest first, and whether there are more."""

    groups: tuple[Group, ...]
    more: bool


# --- By which methods -------------------------------------------------------------------------------


def ask_methods(asked: Together, companies: "QuerySet[Company]") -> None:
    """The methods of these companies, and where each posts from a day on."""
    methods = PaymentMethod.objects.filter(company__in=companies).order_by("pk")
    places = PaymentMethodPlace.objects.filter(method__company__in=companies)
    asked.rows(METHODS, methods, "pk", "company", "posts_to")
    asked.rows(PLACES, places.order_by("method", "since"), "method", "since", "posts_to")


def clearing(asked: Together, today: Mapping[int, Date]) -> list[Clearing]:
    """The methods whose money lies in clearing, up to the day of each company."""
    moves: dict[str, list[tuple[Date, str]]] = defaultdict(list)
    for method, since, posts_to in asked.rows_of(PLACES):
        moves[method].append((Date.fromisoformat(since), posts_to))
    found = []
    for method, company, posts_to in asked.rows_of(METHODS):
        last = today[int(company)]
        begun = [(Date.min, posts_to), *moves[method]]
        ends = [min(since - timedelta(days=1), last) for since, _ in begun[1:]]
        days = tuple(
            (since, until)
            for (since, lies), until in zip(begun, [*ends, last], strict=True)
            if lies == PaymentMethod.PostsTo.CLEARING and since <= until
        )
        if days:
            found.append(Clearing(int(company), int(method), days))
    return found


# --- How many ---------------------------------------------------------------------------------------


def ask_proposed(asked: Together, methods: Iterable[Clearing]) -> None:
    """Which groups there are of each method, as many as are counted."""
    for each in methods:
        paid = each.of(Payment).order_by(*OF_PAYMENTS).values(*OF_PAYMENTS).distinct()
        asked.rows((Payment, each.method), paid[: MOST + 1], *OF_PAYMENTS)
        back = each.of(Refund).order_by(*OF_REFUNDS).values(*OF_REFUNDS).distinct()
        asked.rows((Refund, each.method), back[: MOST + 1], *OF_REFUNDS)


def proposed(asked: Together, methods: Sequence[Clearing]) -> Proposed:
    """A payout holds several days; a refund joins the payout that its own reference names."""
    more, found = False, []
    for each in methods:
        paid, back = (asked.rows_of((model, each.method)) for model in (Payment, Refund))
        more = more or max(len(paid), len(back)) > MOST
        payouts = frozenset(payout for _, payout, _, _ in paid if payout)
        for day, payout, currency, bank in paid:
            on = Date.fromisoformat(day)
            found.append(Group(on, each.method, payout, bank or currency, currency))
        for day, named, currency in back:
            payout, on = named if named in payouts else "", Date.fromisoformat(day)
            found.append(Group(on, each.method, payout, currency, currency))
    first: dict[Hashable, Group] = {}
    for group in sorted(found):
        first.setdefault(group.key, group)
    return Proposed(tuple(first.values()), more)


# --- What lies in one -------------------------------------------------------------------------------


def members_of(method: Clearing, group: Group) -> "dict[type[Any], QuerySet[Any]]":
    """Its payments and its refunds."""
    paid, back = method.of(Payment), method.of(Refund)
    at_bank = [group.bank_currency, *([""] if group.bank_currency == group.currency else [])]
    alike = paid.filter(currency=group.currency, bank_currency__in=at_bank)
    there = back.filter(currency=group.currency)
    if group.currency != group.bank_currency:
        there = there.none()  # a refund leaves in its own currency
    if group.payout:
        return {
            Payment: alike.filter(payout_reference=group.payout),
            Refund: there.filter(reference=group.payout),
        }
    names_one = Exists(
        paid.filter(payout_reference=OuterRef("reference")).exclude(payout_reference="")
    )
    return {
        Payment: alike.filter(payout_reference="", date=group.day),
        Refund: there.filter(~names_one, date=group.day),
    }


def sums_of(groups: Sequence[Group], methods: Sequence[Clearing]) -> dict[Group, Sums]:
    """Of each group, in one statement."""
    asked, by_method = Together(), {each.method: each for each in methods}
    at_bank = {Payment: Coalesce("bank_amount", "amount"), Refund: -F("amount") - F("fee")}
    for group in groups:
        for model, rows in members_of(by_method[group.method], group).items():
            told = (
                rows.order_by()
                .values("company")
                .annotate(count=Count("pk"), total=Sum(at_bank[model]), last=Max("date"))
            )
            asked.rows((group, model), told, "count", "total", "last")
    asked.ask()
    found = {}
    for group in groups:
        told = [row for model in at_bank for row in asked.rows_of((group, model))]
        found[group] = Sums(
            count=sum(int(count) for count, _, _ in told),
            total=sum((Decimal(total) for _, total, _ in told), ZERO),
            last=max((Date.fromisoformat(last) for _, _, last in told), default=group.day),
        )
    return found


def waiting(
    methods: Sequence[Clearing],
    currency: str,
    most: int,
    also: Mapping[type[Any], Iterable[int]] | None = None,
) -> list[Payment | Refund]:
    """What waits in this currency of the bank: the oldest of all methods, and those of `also`, by their
    keys, that wait too; the oldest first."""
    asked, named = Together(), also or {}
    for each in methods:
        at_bank = Q(bank_currency=currency) | Q(bank_currency="", currency=currency)
        for model, fits in ((Payment, at_bank), (Refund, Q(currency=currency))):
            rows = each.of(model).filter(fits)
            in_order = ("date", "payout_reference") if model is Payment else ("date", "pk")
            asked.rows((model, each.method), rows.order_by(*in_order)[:most], "date", "pk")
            keys = list(named.get(model, ()))
            asked.rows((model, each.method, "also"), rows.filter(pk__in=keys).order_by(), "pk")
    asked.ask()
    found = [
        (day, int(key), model)
        for each in methods
        for model in (Payment, Refund)
        for day, key in asked.rows_of((model, each.method))
    ]
    chosen = {(model, key) for _, key, model in sorted(found, key=lambda each: each[:2])[:most]}
    chosen |= {
        (model, int(key))
        for each in methods
        for model in (Payment, Refund)
        for (key,) in asked.rows_of((model, each.method, "also"))
    }
    members: list[Payment | Refund] = []
    for model in (Payment, Refund):
        rows = model._base_manager.filter(pk__in=[key for of, key in chosen if of is model])
        members += rows.select_related("method__bank_account", "customer")
    return sorted(members, key=lambda each: (each.date, each.pk))
