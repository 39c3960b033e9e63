"""Payments laid over a company's invoices, from a fixed seed: as customers really pay."""

import random
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from apps.billing.actions import receive_payment
from apps.billing.models import Company, Customer, Invoice, PaymentMethod
from apps.core.money import minor_unit, rounded

SEED = 20262
# Of a hundred customers' open invoices: paid in full, in part, several at once; the rest stays open.
FULL, PART, SEVERAL = 45, 15, 20
ON_ACCOUNT_EVERY = 12  # one payment in so many brings money without an invoice beside it


@dataclass(slots=True)
class Laid:
    """What was laid over the invoices."""

    full: int = 0
    part: int = 0
    several: int = 0
    on_account: int = 0

    @property
    def all(self) -> int:
        return self.full + self.part + self.several + self.on_account


def lay_payments(company: Company, *, until: date | None = None, one_each: bool = False) -> Laid:
    """Receive payments for about three quarters of the open invoices, none dated after `until`.
    `one_each`: each pays one invoice, and nothing stays on account."""
    dice = random.Random(SEED)
    methods = list(PaymentMethod.objects.filter(company=company).order_by("pk"))
    # Nobody counts foreign notes here: what is in another currency comes through the bank.
    banks = [each for each in methods if each.posts_to == PaymentMethod.PostsTo.BANK]
    laid = Laid()
    for customer, invoices in _open_by_customer(company).items():
        while invoices:
            usual = methods if customer.currency == company.home_currency else banks
            _pay(customer, invoices, dice, usual, banks, until, laid, one_each=one_each)
    return laid


def _open_by_customer(company: Company) -> dict[Customer, list[Invoice]]:
    found: dict[Customer, list[Invoice]] = defaultdict(list)
    rows = Invoice.objects.filter(
        company=company, status=Invoice.Status.ISSUED, balance_due__gt=0
    ).select_related("customer")
    for invoice in rows.order_by("customer_id", "issue_date", "pk"):
        found[invoice.customer].append(invoice)
    return found


def _pay(
    customer: Customer,
    invoices: list[Invoice],
    dice: random.Random,
    methods: list[PaymentMethod],
    banks: list[PaymentMethod],
    until: date | None,
    laid: Laid,
    *,
    one_each: bool,
) -> None:
    """Decide what happens to the customer's oldest open invoice, and perhaps to its neighbours."""
    chance = dice.randrange(100)
    first = invoices.pop(0)
    apply: list[tuple[Invoice, Decimal]] = [(first, first.balance_due)]
    if chance < FULL:
        laid.full += 1
    elif chance < FULL + PART and first.balance_due > minor_unit(first.currency):
        share = Decimal(dice.randint(10, 90)) / 100
        part = max(rounded(first.balance_due * share, first.currency), minor_unit(first.currency))
        apply = [(first, part)]
        laid.part += 1
    elif chance < FULL + PART + SEVERAL and invoices and not one_each:
        more = [invoices.pop(0) for _ in range(min(dice.randint(1, 3), len(invoices)))]
        apply += [(each, each.balance_due) for each in more]
        laid.several += 1
    else:
        return
    dated = _paid_on(max(each.issue_date for each, _ in apply), dice, until)
    amount = sum((part for _, part in apply), Decimal(0))
    _receive(customer, amount, dated, dice, methods, apply)
    if dice.randrange(ON_ACCOUNT_EVERY) == 0 and not one_each:
        laid.on_account += 1
        # What lies on account came by transfer: some ledgers keep it in a bank alone.
        _receive(customer, Decimal(dice.randint(2000, 50000)) / 100, dated, dice, banks, [])


def _paid_on(billed: date, dice: random.Random, until: date | None) -> date:
    dated = billed + timedelta(days=dice.randint(0, 45))
    return dated if until is None else max(billed, min(dated, until))


def _receive(
    customer: Customer,
    amount: Decimal,
    dated: date,
    dice: random.Random,
    methods: list[PaymentMethod],
    apply: list[tuple[Invoice, Decimal]],
) -> None:
    receive_payment(
        customer=customer,
        amount=amount,
        date=dated,
        method=dice.choice(methods),
        reference=f"REM-{dice.randint(100000, 999999)}",
        apply=apply,
    )
