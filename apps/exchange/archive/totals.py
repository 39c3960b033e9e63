"""Control totals of a company: what an archive says that it holds, reckoned from the database.

Added up in exact decimals, row by row: SQLite's own sums are binary fractions.
"""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from django.db import models

from apps.billing.models import (
    Adjustment,
    CreditNote,
    Customer,
    Deposit,
    Document,
    Invoice,
    OutsideEntry,
    Payment,
    Refund,
)
from apps.exchange.archive.cells import line
from apps.exchange.archive.rows import AT_ONCE

# Model → the amounts that are added up, by its status and currency.
SUMMED: Final[dict[type[models.Model], tuple[str, ...]]] = {
    Invoice: ("net", "tax", "total", "home_total", "home_tax", "paid", "credited", "written_off",
              "balance_due"),
    CreditNote: ("net", "tax", "total", "home_total", "home_tax", "applied", "open_credit"),
    Payment: ("amount", "applied", "on_account"),
    Adjustment: ("amount",),
    Refund: ("amount", "fee", "fee_tax"),
    Deposit: ("total",),
}  # fmt: skip


def totals(company: int) -> dict[str, dict[str, Any]]:
    """Kind → “status currency” → how many, and the sum of each amount as a text."""
    found: dict[str, dict[str, Any]] = {}
    for model, amounts in SUMMED.items():
        sums: dict[str, list[Any]] = {}
        rows: models.QuerySet[Any] = models.QuerySet(model).filter(company=company).order_by()
        for status, currency, *values in rows.values_list("status", "currency", *amounts).iterator(
            chunk_size=AT_ONCE
        ):
            held = sums.setdefault(f"{status} {currency}", [0, *[Decimal(0)] * len(amounts)])
            held[0] += 1
            for place, value in enumerate(values, start=1):
                held[place] += value
        found[model._meta.label] = {
            key: {"count": count, **dict(zip(amounts, map(_text, added), strict=True))}
            for key, (count, *added) in sorted(sums.items())
        }
    found[OutsideEntry._meta.label] = {
        "count": models.QuerySet(OutsideEntry).filter(company=company).count()
    }
    return found


def receivables(company: int) -> Iterator[bytes]:
    """What each customer owes by currency, as lines: what is open of invoices, less open credit and
    money on account. In the order of customers and currencies."""
    owed: dict[int, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    parts = (
        (Invoice, Document.Status.ISSUED, "balance_due", 1),
        (CreditNote, Document.Status.ISSUED, "open_credit", -1),
        (Payment, Payment.Status.RECEIVED, "on_account", -1),
    )
    for model, status, name, sign in parts:
        rows: models.QuerySet[Any] = models.QuerySet(model).filter(company=company, status=status)
        figures = rows.exclude(**{name: 0}).order_by().values_list("customer", "currency", name)
        for customer, currency, amount in figures.iterator(chunk_size=AT_ONCE):
            owed[customer][currency] += sign * amount
    customers: models.QuerySet[Any] = (
        models.QuerySet(Customer).filter(company=company).order_by("pk")
    )
    for key, public_id in customers.values_list("pk", "public_id").iterator(chunk_size=AT_ONCE):
        for currency, amount in sorted(owed.pop(key, {}).items()):
            yield line([public_id, currency, _text(amount)])


def _text(amount: Decimal) -> str:
    return f"{amount:f}"
