"""A bookkeeper who posts our records by hand, in home currency, the way any ledger does.

Written from the tables of docs/decisions/0001, from amounts, rates and allocations alone: what
comes out must be the tables, and the receivable what our own open amounts say.
"""

from collections import defaultdict
from decimal import Decimal

from apps.billing.models import (
    Adjustment,
    Allocation,
    Company,
    CreditNote,
    Deposit,
    Invoice,
    Payment,
    PaymentMethod,
    Refund,
)
from apps.billing.sums.home_values import home_left

RECEIVABLE, INCOME, TAX, GAIN = "receivable", "income", "tax", "exchange gain"
BANK, CLEARING = "bank", "clearing"
PENNY = Decimal("0.01")

Balances = dict[str, Decimal]


def balances(company: Company) -> Balances:
    """Debits less credits per account; accounts at nil are left out."""
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)

    def post(*entries: tuple[str, Decimal]) -> None:
        assert sum(amount for _, amount in entries) == 0, entries
        for account, amount in entries:
            sums[account] += amount

    for invoice in Invoice.objects.filter(company=company, status="issued"):
        post((RECEIVABLE, invoice.home_total), *_sold(invoice, -1))
    for note in CreditNote.objects.filter(company=company, status="issued"):
        post((RECEIVABLE, -note.home_total), *_sold(note, 1))
    for payment in Payment.objects.filter(company=company, status="received"):
        worth = _worth(payment.amount, payment.exchange_rate)
        post((_lies_in(payment.method), worth), (RECEIVABLE, -worth))
    for each in Adjustment.objects.filter(company=company, status="made"):
        worth = _worth(each.amount, each.exchange_rate)
        sign = 1 if each.side == "credit" else -1
        post((each.role, sign * worth), (RECEIVABLE, -sign * worth))
    for refund in Refund.objects.filter(company=company, status="made"):
        worth = _worth(refund.amount, refund.exchange_rate)
        fee = _worth(refund.fee, refund.exchange_rate)
        tax = _worth(refund.fee_tax, refund.exchange_rate)
        beside = [("bank_charge", fee - tax), ("input_tax", tax)]
        post((RECEIVABLE, worth), *beside, (_lies_in(refund.method), -worth - fee))
    for deposit in Deposit.objects.filter(company=company, status="made"):
        post((BANK, deposit.total), *_banked(deposit))
    for allocation in Allocation.objects.filter(company=company, reversed_on=None):
        realised = allocation.exchange_difference
        post((RECEIVABLE, realised), (GAIN, -realised))
    return {account: amount for account, amount in sums.items() if amount}


def receivable_by_open_amounts(company: Company) -> Decimal:
    """What our own open amounts say of the receivable, in home currency."""
    invoices = Invoice.objects.filter(company=company, status="issued")
    notes = CreditNote.objects.filter(company=company, status="issued")
    payments = Payment.objects.filter(company=company, status="received")
    owed = sum((home_left(each) for each in invoices), Decimal(0))
    return owed - sum((home_left(each) for each in [*notes, *payments]), Decimal(0))


def _sold(document: Invoice | CreditNote, sign: int) -> list[tuple[str, Decimal]]:
    return [
        (INCOME, sign * (document.home_total - document.home_tax)),
        (TAX, sign * document.home_tax),
    ]


def _banked(deposit: Deposit) -> list[tuple[str, Decimal]]:
    return [(line.role or CLEARING, -line.amount) for line in deposit.lines.all()]


def _lies_in(method: PaymentMethod | None) -> str:
    return BANK if method is not None and method.posts_to == "bank" else CLEARING


def _worth(amount: Decimal, rate: Decimal) -> Decimal:
    return (amount * rate).quantize(PENNY, rounding="ROUND_HALF_UP")
