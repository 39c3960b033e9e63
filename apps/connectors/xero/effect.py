"""The debits and credits that Xero will make, in home currency. Pure."""

from decimal import Decimal

from apps.connectors.port import Posting
from apps.connectors.snapshots import (
    AdjustmentSnapshot,
    CreditNoteSnapshot,
    DepositSnapshot,
    InvoiceSnapshot,
    PaymentSnapshot,
    RefundSnapshot,
    Snapshot,
)
from apps.connectors.xero.money import PAYMENT
from apps.connectors.xero.receipts import form_of
from apps.connectors.xero.wire import NIL
from apps.core.money import rounded

RECEIVABLE = "receivable"  # one for all currencies there
ROUNDING = "rounding"
Document = InvoiceSnapshot | CreditNoteSnapshot


def effect(snapshot: Snapshot, home: str) -> tuple[Posting, ...]:
    """One for each account; a void books nothing.

    An invoice debits the receivable its worth at home, credits each line's account its net, and
    "tax:<their tax type>" its tax (their account of it is one for all types, which only they know)
    and "rounding" the cents of home currency that its lines and its tax do not make up [U];
    a credit note the reverse. A payment debits where the money lies and credits the receivable,
    whatever its form. An adjustment is a document without tax between the receivable and its
    account. A refund debits the receivable and its fee, and credits where the money came from: its
    charge and its line of the bank meet on an account that they leave at nil. A bank deposit debits
    the bank and credits each account that it takes money from. An allocation books
    nothing; where the rates of both differ Xero moves the difference to its realised gains.
    """
    match snapshot:
        case InvoiceSnapshot() | CreditNoteSnapshot() if not snapshot.void:
            return _document(snapshot, home)
        case PaymentSnapshot() if not snapshot.cancelled:
            amount = _received(snapshot, home)
            return _postings({snapshot.account_id or "clearing": amount, RECEIVABLE: -amount})
        case AdjustmentSnapshot() if not snapshot.cancelled:
            amount = _at_home(snapshot.amount, snapshot.exchange_rate, home)
            amount = amount if snapshot.debits else -amount
            return _postings({RECEIVABLE: amount, snapshot.account_id or "other": -amount})
        case RefundSnapshot() if not snapshot.cancelled:
            return _refund(snapshot, home)
        case DepositSnapshot() if not snapshot.cancelled:
            return _deposit(snapshot, home)
    return ()


def _received(payment: PaymentSnapshot, home: str) -> Decimal:
    """Where it becomes several payments each is rounded by itself."""
    parts = [payment.amount]
    if form_of(payment, home) == PAYMENT:
        parts = [each.amount for each in payment.allocations]
    return sum((_at_home(each, payment.exchange_rate, home) for each in parts), NIL)


def _refund(refund: RefundSnapshot, home: str) -> tuple[Posting, ...]:
    booked: dict[str, Decimal] = {}
    for account, amount in (
        (RECEIVABLE, refund.amount),
        (refund.fee_account_id or "fee", refund.fee),
        (refund.fee_tax_account_id or "tax", refund.fee_tax),
    ):
        worth = _at_home(amount, refund.exchange_rate, home)
        booked[account] = booked.get(account, NIL) + worth
    source = refund.account_id or "bank"
    booked[source] = booked.get(source, NIL) - sum(booked.values(), NIL)
    return _postings(booked)


def _deposit(deposit: DepositSnapshot, home: str) -> tuple[Posting, ...]:
    """What rounding at home leaves falls on the first line."""
    booked: dict[str, Decimal] = {}
    for each in deposit.lines:
        account = each.account_id or "clearing"
        worth = _at_home(each.amount, deposit.exchange_rate, home)
        booked[account] = booked.get(account, NIL) - worth
    total = _at_home(deposit.total, deposit.exchange_rate, home)
    if booked:
        booked[next(iter(booked))] -= total + sum(booked.values(), NIL)
    bank = deposit.account_id or "bank"
    return _postings({bank: total + booked.pop(bank, NIL), **booked})


def _document(document: Document, home: str) -> tuple[Posting, ...]:
    sign = -1 if isinstance(document, CreditNoteSnapshot) else 1
    rate = document.exchange_rate
    owed = document.home_total
    if owed is None:
        owed = _at_home(document.total, rate, home)
    incomes: dict[str, Decimal] = {}
    for line in document.lines:
        account = line.account_id or "income"
        incomes[account] = incomes.get(account, NIL) + _at_home(line.net, rate, home)
    taxes = {f"tax:{each.rate_id}": _at_home(each.tax, rate, home) for each in document.taxes}
    # Their account of tax is one, and so is its worth: what its types leave is on the largest.
    tax = _at_home(document.tax, rate, home)
    if taxes:
        taxes[max(taxes, key=lambda name: abs(taxes[name]))] += tax - sum(taxes.values(), NIL)
    else:
        taxes = {"tax": tax}
    left = owed - sum(incomes.values(), NIL) - tax
    credited = incomes | taxes | {ROUNDING: left}
    booked = {RECEIVABLE: owed, **{name: -amount for name, amount in credited.items()}}
    return _postings({account: sign * amount for account, amount in booked.items()})


def _at_home(amount: Decimal, rate: Decimal, home: str) -> Decimal:
    return amount if rate == 1 or not home else rounded(amount * rate, home)


def _postings(balances: dict[str, Decimal]) -> tuple[Posting, ...]:
    """Positive is a debit."""
    return tuple(
        Posting(account_id=account, debit=max(amount, NIL), credit=max(-amount, NIL))
        for account, amount in balances.items()
        if amount
    )
