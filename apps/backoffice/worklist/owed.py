"""What customers owe, per currency: outstanding, overdue, and money that lies on account."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Sum

from apps.backoffice.worklist.reading import Reading
from apps.billing.models import Invoice, Payment

OWED, REST = "owed", "on account"
NOTHING = Decimal(0)


@dataclass(frozen=True, kw_only=True)
class Owed:
    """Open money of one currency. Currencies are never added up."""

    currency: str
    outstanding: Decimal = NOTHING
    overdue: Decimal = NOTHING
    overdue_count: int = 0
    count: int = 0
    on_account: Decimal = NOTHING
    on_account_count: int = 0


def ask_owed(reading: Reading) -> None:
    """Put what `owed` reads: each from an index that holds nothing but what is open."""
    invoices = reading.of_companies(Invoice).filter(status="issued", balance_due__gt=0)
    late = reading.late
    sums = invoices.order_by().values("currency").annotate(
        count=Count("balance_due"),
        sum=Sum("balance_due"),
        late_count=Count("balance_due", filter=late),
        late=Sum("balance_due", filter=late),
    )  # fmt: skip
    reading.asked.rows(OWED, sums, "currency", "count", "sum", "late_count", "late")
    payments = reading.of_companies(Payment).filter(status="received", on_account__gt=0)
    rests = payments.order_by().values("currency").annotate(
        count=Count("on_account"), sum=Sum("on_account")
    )  # fmt: skip
    reading.asked.rows(REST, rests, "currency", "count", "sum")


def owed(reading: Reading) -> list[Owed]:
    found = {row[0]: row[1:] for row in reading.asked.rows_of(OWED)}
    rests = {row[0]: row[1:] for row in reading.asked.rows_of(REST)}
    lines = []
    for currency in sorted({*found, *rests}):
        count, total, late_count, late = found.get(currency, ("0", "0", "0", ""))
        rest_count, rest = rests.get(currency, ("0", "0"))
        lines.append(
            Owed(
                currency=currency,
                outstanding=Decimal(total),
                count=int(count),
                overdue=Decimal(late or 0),
                overdue_count=int(late_count),
                on_account=Decimal(rest),
                on_account_count=int(rest_count),
            )
        )
    return lines
