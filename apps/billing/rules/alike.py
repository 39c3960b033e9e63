"""What may have been typed twice: whatever stands with the same customer, day, amount and reference."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from apps.billing.models import BankAccount, Customer, Deposit, Document, Payment, Refund


def payments_alike(
    customer: Customer, amount: Decimal, on: date, reference: str
) -> QuerySet[Payment]:
    return Payment.objects.filter(
        customer=customer,
        amount=amount,
        date=on,
        reference=reference,
        status=Payment.Status.RECEIVED,
    )


def refunds_alike(
    customer: Customer, amount: Decimal, on: date, reference: str
) -> QuerySet[Refund]:
    return Refund.objects.filter(
        customer=customer, amount=amount, date=on, reference=reference, status=Refund.Status.MADE
    )


def deposits_alike(account: BankAccount, on: date, reference: str) -> QuerySet[Deposit]:
    return Deposit.objects.filter(
        bank_account=account, date=on, reference=reference, status=Deposit.Status.MADE
    )


def issued_alike(of: Document, total: Decimal) -> QuerySet[Any]:
    """Issued documents like one that is about to be issued and will come to `total`."""
    model: Any = type(of)
    rows: QuerySet[Any] = model.objects.filter(
        customer=of.customer_id,
        issue_date=of.issue_date,
        total=total,
        currency=of.currency,
        purchase_order_number=of.purchase_order_number,
        status=Document.Status.ISSUED,
    )
    return rows.exclude(pk=of.pk).order_by("pk")
