"""What the accounts must say as of a day, from stored sums: apart from the entries, so that a wrong
figure in either shows.

The receivable of each customer is what `billing` says is owed; sales, tax, money and each role are
sums over columns.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Case, F, Q, QuerySet, Sum, When
from django.db.models.expressions import Combinable

from apps.billing.models import (
    Adjustment,
    Allocation,
    Company,
    CreditNote,
    Customer,
    DepositLine,
    Invoice,
    Payment,
    Refund,
)
from apps.billing.sums.as_of import as_of
from apps.core.money import ZERO
from apps.exchange.exports.plain_text.entries import (
    EXCHANGE,
    MONEY,
    ROLES,
    SALES,
    TAX,
    Account,
    Assertion,
    receivable,
)

STORED = Decimal("0.0001")  # SQLite adds in binary fractions: rounded to what is stored
Sums = dict[tuple[Account, str], Decimal]


def assertions(company: Company, day: date, *, is_cut: Callable[[], bool]) -> Iterator[Assertion]:
    """Every account of the ledger. `is_cut` tells, after the entries, whether a part had less room
    than its amount: then no stored sum says what was realised."""
    for (customer_id, currency), amount in _owed(company, day):
        yield Assertion(receivable(customer_id), currency, amount)
    found: Sums = defaultdict(Decimal)
    _sales(company, day, found)
    _money(company, day, found)
    if not is_cut() and not _foreign_deposits(company, day):
        standing = _allocations(company, day)
        realised = standing.aggregate(sum=Sum("exchange_difference"))["sum"]
        found[EXCHANGE, company.home_currency] -= _exact(realised)
    for (account, currency), amount in found.items():
        yield Assertion(account, currency, amount)


def _owed(company: Company, day: date) -> Iterator[tuple[tuple[Customer, str], Decimal]]:
    customers = Customer.objects.filter(company=company).in_bulk()
    for (customer_id, currency), amount in sorted(as_of(company, day).balances.items()):
        yield (customers[customer_id], currency), amount


def _sales(company: Company, day: date, found: Sums) -> None:
    home = company.home_currency
    for model, sign, lost in ((Invoice, -1, "recovers"), (CreditNote, 1, "relieves")):
        rows = model.objects.filter(company=company, status="issued", issue_date__lte=day)
        for is_lost, account in ((False, SALES), (True, ROLES["bad_debt"])):
            some = rows.filter(**{f"{lost}__isnull": not is_lost})
            net = some.aggregate(sum=Sum(F("home_total") - F("home_tax")))["sum"]
            if net is not None:
                found[account, home] += sign * _exact(net)
        found[TAX, home] += sign * _exact(rows.aggregate(sum=Sum("home_tax"))["sum"])


def _money(company: Company, day: date, found: Sums) -> None:
    payments = Payment.objects.filter(company=company, status="received", date__lte=day)
    in_ours = Q(bank_amount=None) | Q(bank_currency="")
    for currency, amount in _sums(payments.filter(in_ours), "currency", F("amount")):
        found[MONEY, currency] += amount
    for currency, amount in _sums(payments.exclude(in_ours), "bank_currency", F("bank_amount")):
        found[MONEY, currency] += amount
    refunds = Refund.objects.filter(company=company, status="made", date__lte=day)
    for currency, amount in _sums(refunds, "currency", F("amount") + F("fee")):
        found[MONEY, currency] -= amount
    for currency, amount in _sums(refunds, "currency", F("fee") - F("fee_tax")):
        found[ROLES["bank_charge"], currency] += amount
    for currency, amount in _sums(refunds, "currency", F("fee_tax")):
        found[ROLES["input_tax"], currency] += amount
    fees = DepositLine.objects.filter(
        deposit__company=company, deposit__status="made", deposit__date__lte=day
    ).exclude(role="")
    entries = Adjustment.objects.filter(company=company, status="made", date__lte=day)
    signed = Case(When(side="credit", then=F("amount")), default=-F("amount"))
    for role, account in ROLES.items():
        for currency, amount in _sums(fees.filter(role=role), "deposit__currency", F("amount")):
            found[MONEY, currency] += amount
            found[account, currency] -= amount
        for currency, amount in _sums(entries.filter(role=role), "currency", signed):
            found[account, currency] += amount


def _sums(rows: "QuerySet[Any]", currency: str, of: Combinable) -> Iterator[tuple[str, Decimal]]:
    for each, amount in rows.order_by().values_list(currency).annotate(sum=Sum(of)):
        yield each, _exact(amount)


def _exact(amount: Decimal | None) -> Decimal:
    return ZERO if amount is None else Decimal(amount).quantize(STORED) + ZERO


def _foreign_deposits(company: Company, day: date) -> bool:
    deposits = company.deposits.filter(status="made", date__lte=day)
    return bool(deposits.exclude(currency=company.home_currency).exists())


def _allocations(company: Company, day: date) -> "QuerySet[Allocation]":
    rows: QuerySet[Allocation] = Allocation.objects.filter(
        Q(reversed_on=None) | Q(reversed_on__gt=day),
        company=company,
        date__lte=day,
        outside_id="",
    )
    return rows
