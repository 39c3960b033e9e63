"""Each customer's balance on both sides of a comparison, with the way to its documents."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode

from django.urls import reverse

from apps.core.money import ZERO
from apps.exchange.exports.cells import Money
from apps.exchange.exports.writing import Row
from apps.reconciliation.models import KeptComparison

SHOWN: Final = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Balance:
    """Of one customer in one currency, or of all; `known` is what explains a difference and is none."""

    words: str
    currency: str
    ours: Decimal
    theirs: Decimal
    known: Decimal = ZERO
    here_url: str = ""
    there_url: str = ""

    @property
    def difference(self) -> Decimal:
        return self.theirs - self.ours

    @property
    def left(self) -> Decimal:
        return self.difference - self.known


@dataclass(frozen=True, kw_only=True, slots=True)
class Balances:
    rows: Sequence[Balance]  # the first of them
    count: int
    differing: int
    totals: Sequence[Balance]


def balances(kept: KeptComparison) -> Balances:
    """Those that differ first, as they are kept; together they are as far apart as the receivable."""
    told = kept.found.get("customers", ())
    return Balances(
        rows=[_balance(kept, each) for each in told[:SHOWN]],
        count=len(told),
        differing=sum(1 for each in told if Decimal(each["difference"])),
        totals=list(_totals(told, kept.connection.company.home_currency)),
    )


def _balance(kept: KeptComparison, told: Mapping[str, Any]) -> Balance:
    return Balance(
        words=told["name"],
        currency=told["currency"],
        ours=Decimal(told["ours"]),
        theirs=Decimal(told["theirs"]),
        known=Decimal(told["explained"]),
        here_url=_account(kept, told["name"]) if told["customer_id"] else "",
        there_url=_objects(kept, told["remote_ids"]) if told["remote_ids"] else "",
    )


def _account(kept: KeptComparison, name: str) -> str:
    """Every entry of its account here, up to that day."""
    since = kept.connection.starts_on or kept.on.replace(month=1, day=1)
    query = {
        "company": kept.connection.company_id,
        "customer": name,
        "since": min(since, kept.on).isoformat(),
        "on": kept.on.isoformat(),
    }
    address = reverse("admin:billing_company_report", args=["customer-account"])
    return f"{address}?{urlencode(query)}"


def _objects(kept: KeptComparison, ids: Sequence[str]) -> str:
    """Its documents as they were read over there."""
    query = {"connection__id__exact": kept.connection_id, "whose": ",".join(ids)}
    return f"{reverse('admin:sync_remoterecord_changelist')}?{urlencode(query)}"


def _totals(told: Sequence[Mapping[str, Any]], home: str) -> Iterator[Balance]:
    """In home currency where their ledger tells its accounts in it, else in each currency."""
    ours: dict[str, Decimal] = defaultdict(Decimal)
    theirs: dict[str, Decimal] = defaultdict(Decimal)
    for each in told:
        currency = home if each["home"] else each["currency"]
        both = each["home"] or each
        ours[currency] += Decimal(both["ours"])
        theirs[currency] += Decimal(both["theirs"])
    for currency, amount in ours.items():
        yield Balance(
            words=f"All, in {currency}", currency=currency, ours=amount, theirs=theirs[currency]
        )


def of_customers() -> list[str]:
    return [
        *("Customer", "Currency", "Here", "There", "Difference", "Known", "Not explained"),
        *("Here at home", "There at home", "Difference at home"),
    ]


def customers(kept: KeptComparison) -> Iterator[Row]:
    home = kept.connection.company.home_currency
    for each in kept.found.get("customers", ()):
        currency = each["currency"]
        figures = ("ours", "theirs", "difference", "explained", "unexplained")
        at_home: list[Money | None] = [None, None, None]
        if each["home"]:
            here, there = Decimal(each["home"]["ours"]), Decimal(each["home"]["theirs"])
            at_home = [Money(amount, home) for amount in (here, there, there - here)]
        amounts = (Money(Decimal(each[name]), currency) for name in figures)
        yield [each["name"], currency, *amounts, *at_home]
