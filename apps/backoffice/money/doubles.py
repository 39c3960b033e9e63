"""Maybe typed twice: what has the customer, day, amount and reference of something that stands."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from apps.backoffice.frame.days import spelled
from apps.backoffice.frame.formatting import amount_text
from apps.billing.models import (
    Adjustment,
    BankAccount,
    CreditNote,
    Customer,
    Invoice,
)
from apps.billing.rules.alike import deposits_alike, payments_alike, refunds_alike
from apps.core.money import ZERO


def payment(customer: Customer, amount: Decimal, on: date, reference: str) -> Iterator[str]:
    rows = payments_alike(customer, amount, on, reference)
    yield from _asked(rows, "payment", amount, customer.currency, on, reference)


def refund(customer: Customer, amount: Decimal, on: date, reference: str) -> Iterator[str]:
    rows = refunds_alike(customer, amount, on, reference)
    yield from _asked(rows, "refund", amount, customer.currency, on, reference)


def deduction(
    customer: Customer, role: str, amount: Decimal, on: date, invoice: Invoice | None = None
) -> Iterator[str]:
    """A deduction, a bad debt or a retainer of the same account, with the tax within it; of one
    invoice where it is said."""
    rows = Adjustment.objects.filter(
        customer=customer, role=role, amount__lte=amount, date=on, status="made"
    )
    if invoice is not None:
        rows = rows.filter(allocations__invoice=invoice)
    whole = {
        each.pk: each.amount + sum((tax.amount for tax in each.taxes.all()), ZERO)
        for each in rows.prefetch_related("taxes")
    }
    alike = [pk for pk, came_to in whole.items() if came_to == amount]
    rows = Adjustment.objects.filter(pk__in=alike)
    first = rows.first()
    what = str(first.get_role_display()).lower() if first else ""
    yield from _asked(rows, f"posting of {what}", amount, customer.currency, on, "")


def relief(invoice: Invoice, amount: Decimal, on: date) -> Iterator[str]:
    """A bad debt of the invoice, with its tax."""
    rows = invoice.reliefs.filter(total=amount, issue_date=on, status="issued")
    yield from _asked(rows, "write-off with its tax", amount, invoice.currency, on, "")


def recovery(note: CreditNote, amount: Decimal, on: date) -> Iterator[str]:
    """What came of a bad debt after all."""
    rows = note.recoveries.filter(
        total=amount, issue_date=max(on, note.issue_date), status="issued"
    )
    yield from _asked(rows, f"recovery of {note}", amount, note.currency, on, "")


def deposit(account: BankAccount, on: date, reference: str) -> Iterator[str]:
    for each in deposits_alike(account, on, reference)[:1]:
        total = f"{amount_text(each.total, each.currency)} {each.currency}"
        yield (
            f"A bank deposit on {account} of {spelled(on)}{named(reference)} stands already, "
            f"over {total}. Yes, this is another one."
        )


def _asked(
    rows: Any, what: str, amount: Decimal, currency: str, on: date, reference: str
) -> Iterator[str]:
    count = rows.count()
    if count:
        stands = "stands" if count == 1 else f"stands {count} times"
        yield (
            f"A {what} of {amount_text(amount, currency)} {currency}, {spelled(on)}"
            f"{named(reference)}, {stands} already. Yes, this is another one."
        )


def named(reference: str) -> str:
    """“, “PO-7””, to follow what it is the reference of."""
    return f", “{reference}”" if reference else ""
