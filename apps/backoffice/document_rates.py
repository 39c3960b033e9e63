"""The exchange rate of a draft: typed by a person, or looked up for its date."""

from decimal import Decimal
from typing import Any

from apps.billing.exchange_rates import rate_for
from apps.billing.models import Document

TYPED = "Typed in"


def give_rate(document: Document, *, typed: Decimal | None, form: Any) -> bool:
    """Set rate, date and source on a draft in memory; False where there is no rate yet."""
    if document.currency == document.company.home_currency:
        document.exchange_rate = Decimal(1)
        document.exchange_rate_date, document.exchange_rate_source = None, ""
        return True
    if typed and "exchange_rate" in form.changed_data:
        document.exchange_rate_date = document.exchange_rate_date or document.issue_date
        if "exchange_rate_source" not in form.changed_data:
            document.exchange_rate_source = TYPED
        return True
    moved = {"issue_date", "customer"} & set(form.changed_data)
    if typed and document.exchange_rate_date and not moved:
        return True
    if typed and document.exchange_rate_source == TYPED:
        return True
    found = rate_for(document.company, document.currency, document.issue_date)
    document.exchange_rate = found.rate if found else Decimal(1)
    document.exchange_rate_date = found.date if found else None
    document.exchange_rate_source = found.source if found else ""
    return found is not None
