"""What the books of a database say, by the code of today: the same before and after an upgrade."""

from datetime import date
from typing import Any

from django.db.models import Count

# A day after everything in the kept database.
DAY = date(2030, 1, 1)


def figures() -> dict[str, Any]:
    """Balances by customer, how complete each series is, documents added up anew, and what stands
    in their books."""
    from apps.billing.models import Company
    from apps.sync.models import SyncRecord

    records = SyncRecord.objects.values_list("kind", "state").annotate(Count("pk"))
    return {
        "companies": {each.legal_name: _of(each) for each in Company.objects.order_by("pk")},
        "records": {f"{kind} {state}": count for kind, state, count in records.order_by("kind")},
    }


def _of(company: Any) -> dict[str, Any]:
    from apps.billing.models import CreditNote, Invoice, NumberSeries
    from apps.billing.sums.as_of import as_of
    from apps.billing.sums.series_report import report_on

    then = as_of(company, DAY)
    documents = [
        *Invoice.objects.filter(company=company),
        *CreditNote.objects.filter(company=company),
    ]
    return {
        "balances": {
            f"{customer} {currency}": str(amount)
            for (customer, currency), amount in sorted(then.balances.items())
        },
        "on_account": {
            f"{customer} {currency}": str(amount)
            for (customer, currency), amount in sorted(then.on_account.items())
        },
        "series": {
            str(each): [(report := report_on(each)).first, report.last, report.count]
            for each in NumberSeries.objects.filter(company=company).order_by("pk")
        },
        "lines": {
            str(each): str(sum((line.net for line in each.lines.all()), each.total * 0))
            for each in documents
        },
        "history": sum(each.history.count() for each in documents),
    }
