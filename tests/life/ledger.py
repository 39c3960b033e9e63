"""What a ledger would hold of our records: each as a snapshot, its debits and credits by account.

Accounts are called what they are: "receivable", "income", "bank" …, where a ledger has ids.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from apps.billing.models import (
    Adjustment,
    Company,
    CreditNote,
    Deposit,
    Document,
    Invoice,
    Payment,
    PaymentMethod,
    Refund,
)
from apps.connectors.port import Settings
from apps.connectors.registry import system
from apps.connectors.snapshots import (
    AdjustmentSnapshot,
    CreditNoteSnapshot,
    DepositLineSnapshot,
    DepositSnapshot,
    InvoiceSnapshot,
    Line,
    PaymentSnapshot,
    RefundSnapshot,
    Snapshot,
    TaxAmount,
)

Amounts = dict[str, Decimal]


def books(company: Company, name: str = "quickbooks") -> Amounts:
    """Debit less credit of every account that is not nil."""
    connector = system(name).connect(
        Settings(
            remote_company_id="1",
            home_currency=company.home_currency,
            today=lambda: date(2026, 11, 21),
            now=lambda: datetime(2026, 11, 21, tzinfo=UTC),
            tax_regime="by_line",
        )
    )
    sums: Amounts = {}
    for snapshot in snapshots(company):
        for posting in connector.effect(snapshot):
            account = "tax" if posting.account_id.startswith("tax:") else posting.account_id
            sums[account] = sums.get(account, Decimal(0)) + posting.debit - posting.credit
    return {account: amount for account, amount in sums.items() if amount}


def snapshots(company: Company) -> Iterator[Snapshot]:
    for invoice in Invoice.objects.filter(company=company).exclude(status="draft"):
        yield InvoiceSnapshot(**_document(invoice))
    for note in CreditNote.objects.filter(company=company).exclude(status="draft"):
        yield CreditNoteSnapshot(**_document(note))
    for payment in Payment.objects.filter(company=company):
        yield _payment(payment)
    for adjustment in Adjustment.objects.filter(company=company):
        yield _adjustment(adjustment)
    for refund in Refund.objects.filter(company=company):
        yield _refund(refund)
    for deposit in Deposit.objects.filter(company=company):
        yield _deposit(deposit)


def _document(document: Document) -> dict[str, Any]:
    return {
        "marker": str(document.public_id),
        "number": document.number or "",
        "customer_id": "1",
        "issue_date": document.issue_date,
        "currency": document.currency,
        "exchange_rate": document.exchange_rate,
        "home_total": document.home_total,
        "lines": tuple(
            Line(
                key=str(line.position),
                net=line.net,
                tax=line.tax,
                quantity=line.quantity,
                unit_price=line.unit_price,
                item_id="1",
                account_id="income",
                tax_code_id=line.tax_code,
            )
            for line in document.lines.all()
        ),
        "net": document.net,
        "tax": document.tax,
        "total": document.total,
        "taxes": tuple(
            TaxAmount(rate_id=str(one.component_id), net=one.base, tax=one.tax)
            for one in document.shares
        ),
        "void": document.status == Document.Status.VOID,
    }


def _account(method: PaymentMethod | None) -> str:
    return "bank" if method and method.posts_to == PaymentMethod.PostsTo.BANK else "clearing"


def _payment(payment: Payment) -> PaymentSnapshot:
    return PaymentSnapshot(
        marker=str(payment.public_id),
        customer_id="1",
        paid_on=payment.date,
        currency=payment.currency,
        amount=payment.amount,
        account_id=_account(payment.method),
        exchange_rate=payment.exchange_rate,
        cancelled=not payment.is_received,
    )


def _adjustment(adjustment: Adjustment) -> AdjustmentSnapshot:
    return AdjustmentSnapshot(
        marker=str(adjustment.public_id),
        customer_id="1",
        dated=adjustment.date,
        currency=adjustment.currency,
        amount=adjustment.amount,
        debits=adjustment.side == Adjustment.Side.DEBIT,
        account_id=adjustment.role.replace("_", " "),
        receivable_id="receivable",
        exchange_rate=adjustment.exchange_rate,
        cancelled=not adjustment.is_made,
    )


def _refund(refund: Refund) -> RefundSnapshot:
    return RefundSnapshot(
        marker=str(refund.public_id),
        customer_id="1",
        paid_on=refund.date,
        currency=refund.currency,
        amount=refund.amount,
        account_id=_account(refund.method),
        receivable_id="receivable",
        fee=refund.fee_net,
        fee_account_id="bank charge" if refund.fee else "",
        fee_tax=refund.fee_tax,
        fee_tax_account_id="input tax" if refund.fee_tax else "",
        exchange_rate=refund.exchange_rate,
        cancelled=not refund.is_made,
    )


def _deposit(deposit: Deposit) -> DepositSnapshot:
    lines = []
    for line in deposit.lines.all():
        if line.payment_id:
            lines.append(DepositLineSnapshot(payment_id=str(line.payment_id), amount=line.amount))
        else:
            account = line.role.replace("_", " ") or "clearing"
            lines.append(DepositLineSnapshot(account_id=account, amount=line.amount))
    return DepositSnapshot(
        marker=str(deposit.public_id),
        account_id="bank",
        dated=deposit.date,
        currency=deposit.currency,
        lines=tuple(lines),
        total=deposit.total,
        exchange_rate=deposit.exchange_rate,
        cancelled=not deposit.is_made,
    )
