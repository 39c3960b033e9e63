"""The trial balance: sums of postings by account, for control, pages and the report's endpoint."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from ..models import Posting
from . import faults, wire
from .book import Book
from .fields import day


@dataclass(frozen=True)
class Row:
    """One account with its balance on one of the two sides, in the home currency."""

    account: str
    name: str
    type: str
    debit: Decimal
    credit: Decimal


def trial_balance(book: Book, until: date | None = None) -> list[Row]:
    """Accounts with a balance, in the order of the chart; debits and credits sum to the same."""
    rows = Posting.objects.filter(realm=book.company.realm)
    if until:
        rows = rows.filter(txn_date__lte=until)
    sums = dict(rows.values_list("account").annotate(total=Sum("cents")))
    out = []
    for account in book.objects("Account").order_by("object_id"):
        cents = sums.get(account.object_id, 0)
        if cents:
            out.append(
                Row(
                    account=str(account.object_id),
                    name=account.content["FullyQualifiedName"],
                    type=account.content["AccountType"],
                    debit=wire.from_cents(max(cents, 0)),
                    credit=wire.from_cents(max(-cents, 0)),
                )
            )
    return out


def run(book: Book, name: str, params: Mapping[str, str]) -> dict[str, Any]:
    """`reports/TrialBalance`, in the Report shape; amounts are texts with two decimals."""
    if name != "TrialBalance":
        raise faults.Refused("500", f"Report {name} is not supported.")
    until = date.fromisoformat(day(params.get("end_date", book.today), "end_date"))
    rows = trial_balance(book, until)
    debit = sum((row.debit for row in rows), Decimal(0))
    credit = sum((row.credit for row in rows), Decimal(0))
    return {
        "Header": {
            "Time": wire.stamp(book.now, book.zone),
            "ReportName": "TrialBalance",
            "ReportBasis": "Accrual",
            "StartPeriod": params.get("start_date", f"{until.year}-01-01"),
            "EndPeriod": until.isoformat(),
            "SummarizeColumnsBy": "Total",
            "Currency": book.company.home_currency,
            "Option": [{"Name": "NoReportData", "Value": "false" if rows else "true"}],
        },
        "Columns": {
            "Column": [
                {"ColTitle": "", "ColType": "Account"},
                {"ColTitle": "Debit", "ColType": "Money"},
                {"ColTitle": "Credit", "ColType": "Money"},
            ]
        },
        "Rows": {
            "Row": [
                *(
                    {
                        "ColData": [
                            {"value": row.name, "id": row.account},
                            {"value": _amount(row.debit)},
                            {"value": _amount(row.credit)},
                        ]
                    }
                    for row in rows
                ),
                {
                    "Summary": {
                        "ColData": [
                            {"value": "TOTAL"},
                            {"value": _amount(debit)},
                            {"value": _amount(credit)},
                        ]
                    },
                    "type": "Section",
                    "group": "GrandTotal",
                },
            ]
        },
    }


def _amount(value: Decimal) -> str:
    return f"{value:.2f}" if value else ""
