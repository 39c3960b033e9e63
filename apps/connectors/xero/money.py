"""Payments, batches, over- and prepayments and lines of the bank as money in and out. Pure.

A receipt is one `Payment`, one `BatchPayment`, several `Payment`s, or a whole `Overpayment`; what
it is set against are its parts, one for each document. The payments inside a batch are no objects
of their own.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from apps.connectors.snapshots import (
    AllocationSnapshot,
    Kind,
    PaymentSnapshot,
    RefundSnapshot,
)
from apps.connectors.xero.documents import (
    BY_THE_BANK,
    DELETED,
    FEE,
    FEE_TAX,
    INVOICE,
    VOIDED,
    currency_of,
    customer_id_of,
    rate_of,
    status_of,
)
from apps.connectors.xero.wire import (
    NIL,
    Raw,
    Unread,
    beginning_in,
    day,
    day_or_none,
    figure,
    helper_in,
    mark_in,
    members,
    text,
    within,
    without_mark,
    without_short,
)

PAYMENT, BATCH = "Payment", "BatchPayment"
OVERPAYMENT, PREPAYMENT = "Overpayment", "Prepayment"
BANK_TRANSACTION = "BankTransaction"
ON_ACCOUNT = {OVERPAYMENT: "RECEIVE-OVERPAYMENT", PREPAYMENT: "RECEIVE-PREPAYMENT"}
SPEND, RECEIVE = "SPEND", "RECEIVE"
ID = {
    PAYMENT: "PaymentID",
    BATCH: "BatchPaymentID",
    OVERPAYMENT: "OverpaymentID",
    PREPAYMENT: "PrepaymentID",
    BANK_TRANSACTION: "BankTransactionID",
}
# Payment types of sales: money in, and money out of a credit, an overpayment, a prepayment.
MONEY_IN = "ACCRECPAYMENT"
PAID_OUT = {
    "ARCREDITPAYMENT": ("CreditNote", Kind.CREDIT_NOTE),
    "AROVERPAYMENTPAYMENT": (OVERPAYMENT, Kind.PAYMENT),
    "ARPREPAYMENTPAYMENT": (PREPAYMENT, Kind.PAYMENT),
}
SALES_BATCH = "RECBATCH"

Target = tuple[str, str]  # our word for what it is set against, and their id


def account_of(raw: Raw, name: str) -> str:
    """An account by its code; one that has none (a bank account may) by its id."""
    account = within(raw, name)
    return text(account, "Code") or text(account, "AccountID")


def is_off(raw: Raw) -> bool:
    return status_of(raw) in (DELETED, VOIDED)


def is_reconciled(raw: Raw) -> bool:
    return raw.get("IsReconciled") is True


def target_of(invoice: Raw) -> Target:
    """An invoice of ours, or what a number of ours says that it stands for."""
    helper = helper_in(text(invoice, "InvoiceNumber"))
    word = {"refund": Kind.REFUND.value, "adjustment": Kind.ADJUSTMENT.value}.get(helper)
    return word or Kind.INVOICE.value, text(invoice, "InvoiceID")


# --- One payment ------------------------------------------------------------------------------


def is_money_in(raw: Raw) -> bool:
    return text(raw, "PaymentType").upper() in ("", MONEY_IN) and "Invoice" in raw


def invoice_of(raw: Raw) -> Raw:
    return within(raw, "Invoice")


def payment_of(raw: Raw, home: str) -> PaymentSnapshot:
    """One payment of one invoice, which is the allocation, too."""
    invoice = invoice_of(raw)
    currency = currency_of(invoice, home)
    amount, cancelled = figure(raw, "Amount"), is_off(raw)
    settles = {target_of(invoice): amount}
    return PaymentSnapshot(
        marker="",
        customer_id=customer_id_of(invoice),
        paid_on=day(raw, "Date"),
        currency=currency,
        amount=NIL if cancelled else amount,
        account_id=account_of(raw, "Account"),
        exchange_rate=rate_of(raw, currency, home),
        reference=without_short(text(raw, "Reference")),
        allocations=()
        if cancelled
        else _allocations(raw, PAYMENT, settles, currency, customer_id_of(invoice)),
        cancelled=cancelled,
    )


def _allocations(
    raw: Raw, kind: str, settles: Mapping[Target, Decimal], currency: str, customer_id: str
) -> tuple[AllocationSnapshot, ...]:
    """Dated as they say, which is by the later of both documents; else by the receipt."""
    received, dated = day(raw, "Date"), _dates(raw)
    return tuple(
        AllocationSnapshot(
            marker="",
            source=Kind.PAYMENT,
            source_id=text(raw, ID[kind]),
            target_kind=target_kind,
            target_id=target_id,
            amount=amount,
            currency=currency,
            applied_on=dated.get((target_kind, target_id), received),
            customer_id=customer_id,
        )
        for (target_kind, target_id), amount in sorted(settles.items())
        if amount
    )


def _dates(raw: Raw) -> dict[Target, date]:
    """Of several of one document the last."""
    found: dict[Target, date] = {}
    for each in allocations_in(raw):
        on = day_or_none(each, "Date")
        if on is not None:
            target = target_of(invoice_of(each))
            found[target] = max(on, found.get(target, on))
    return found


# --- A batch ----------------------------------------------------------------------------------


def is_receipt(raw: Raw) -> bool:
    return text(raw, "Type").upper() in ("", SALES_BATCH)


def batch_of(raw: Raw, home: str) -> PaymentSnapshot:
    """One receipt over several invoices, in home currency. Whose it is says the first invoice: the
    batch itself does not, so that whoever reads one puts it there."""
    cancelled = is_off(raw)
    customer_id = customer_id_of(raw)
    return PaymentSnapshot(
        marker="",
        customer_id=customer_id,
        paid_on=day(raw, "Date"),
        currency=home,
        amount=NIL if cancelled else batch_amount(raw),
        account_id=account_of(raw, "Account"),
        reference="",
        allocations=() if cancelled else _allocations(raw, BATCH, in_batch(raw), home, customer_id),
        cancelled=cancelled,
    )


def batch_amount(raw: Raw) -> Decimal:
    if raw.get("TotalAmount") is not None:
        return figure(raw, "TotalAmount")
    return sum(in_batch(raw).values(), NIL)


def in_batch(raw: Raw) -> dict[Target, Decimal]:
    found: dict[Target, Decimal] = {}
    for each in members(raw, "Payments"):
        target = target_of(invoice_of(each))
        if not target[1]:
            raise Unread("Payments", each.get("Invoice"))
        found[target] = found.get(target, NIL) + figure(each, "Amount")
    return found


def batch_marks(raw: Raw) -> tuple[str, ...]:
    """The texts in which our short marker may stand, by country."""
    return tuple(text(raw, name).strip() for name in ("Details", "Reference", "Narrative"))


def begins(raw: Raw) -> str:
    """The beginning of our mark, of a payment or a batch: there is no room for all of it."""
    return next(filter(None, map(beginning_in, batch_marks(raw))), "")


# --- On account -------------------------------------------------------------------------------


def on_account_of(kind: str, raw: Raw, home: str) -> PaymentSnapshot:
    """A whole receipt of which something is, or was, on account. The text of its line bears our
    mark; the bank account stands with its bank transaction, where that was read beside it."""
    currency, cancelled = currency_of(raw, home), is_off(raw)
    words = _words_of(raw)
    customer_id = customer_id_of(raw)
    return PaymentSnapshot(
        marker=mark_in(words)[0],
        customer_id=customer_id,
        paid_on=day(raw, "Date"),
        currency=currency,
        amount=NIL if cancelled else figure(raw, "Total"),
        account_id=account_of(raw, "BankAccount"),
        exchange_rate=rate_of(raw, currency, home),
        reference=without_mark(words),
        allocations=()
        if cancelled
        else _allocations(raw, kind, settled_by(kind, raw), currency, customer_id),
        cancelled=cancelled,
    )


def _words_of(raw: Raw) -> str:
    lines = members(raw, "LineItems")
    return (text(lines[0], "Description") if lines else "") or text(raw, "Reference")


def settled_by(kind: str, raw: Raw) -> dict[Target, Decimal]:
    """What it is set against, added up for each document; and what was paid back of it."""
    found: dict[Target, Decimal] = {}
    for each in allocations_in(raw):
        target = target_of(invoice_of(each))
        found[target] = found.get(target, NIL) + figure(each, "Amount")
    for each in members(raw, "Payments"):
        if not is_off(each):
            target = (Kind.REFUND.value, text(each, "PaymentID"))
            found[target] = found.get(target, NIL) + figure(each, "Amount")
    return found


def allocations_in(raw: Raw) -> list[Raw]:
    """Those that stand."""
    return [each for each in members(raw, "Allocations") if each.get("IsDeleted") is not True]


# --- Money out --------------------------------------------------------------------------------


def paid_out_of(raw: Raw, home: str) -> RefundSnapshot:
    """A payment of theirs out of a credit note, an overpayment or a prepayment."""
    source = source_of(raw)[2]
    currency, cancelled = currency_of(source, home), is_off(raw)
    return RefundSnapshot(
        marker="",
        customer_id=customer_id_of(source),
        paid_on=day(raw, "Date"),
        currency=currency,
        amount=NIL if cancelled else figure(raw, "Amount"),
        account_id=account_of(raw, "Account"),
        exchange_rate=rate_of(raw, currency, home),
        reference=without_short(text(raw, "Reference")),
        cancelled=cancelled,
    )


def source_of(raw: Raw) -> tuple[str, Kind, Raw]:
    """What a payment paid out: their kind, ours, and the object. One out of an overpayment shows it
    under `Invoice`, its id as that of an invoice."""
    name, like = PAID_OUT[text(raw, "PaymentType").upper()]
    return name, like, within(raw, name) or within(raw, INVOICE)


def source_id_of(raw: Raw) -> str:
    name, _, source = source_of(raw)
    return text(source, f"{name}ID") or text(source, "InvoiceID")


def is_ours_spent(raw: Raw) -> bool:
    """Whether a line of the bank is that of a refund of ours."""
    return mark_in(_words_of(raw))[1] == "refund"


def bank_line_of(raw: Raw, home: str) -> RefundSnapshot:
    """The line of the bank of a refund: what was paid back, its fee, the tax in it."""
    currency, cancelled = currency_of(raw, home), is_off(raw)
    sums = {FEE: NIL, FEE_TAX: NIL}
    accounts: dict[str, str] = {}
    paid = NIL
    for each in members(raw, "LineItems"):
        words = text(each, "Description").strip()
        if words in sums:
            sums[words] += figure(each, "LineAmount")
            accounts[words] = text(each, "AccountCode")
        else:
            paid += figure(each, "LineAmount")
    return RefundSnapshot(
        marker=mark_in(_words_of(raw))[0],
        customer_id=customer_id_of(raw),
        paid_on=day(raw, "Date"),
        currency=currency,
        amount=NIL if cancelled else paid,
        account_id=account_of(raw, "BankAccount"),
        fee=NIL if cancelled else sums[FEE],
        fee_account_id=accounts.get(FEE, ""),
        fee_tax=NIL if cancelled else sums[FEE_TAX],
        fee_tax_account_id=accounts.get(FEE_TAX, ""),
        exchange_rate=rate_of(raw, currency, home),
        memo=without_short(text(raw, "Reference")),
        cancelled=cancelled,
    )


def refund_words(marker_text: str) -> str:
    """The text of the line that pays back: it bears the mark of the whole."""
    return f"{BY_THE_BANK} {marker_text}".strip()
