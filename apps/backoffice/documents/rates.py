"""The exchange rate of a draft: typed by a person, or looked up for its date."""

from decimal import Decimal
from typing import Any

from apps.billing.models import Document
from apps.billing.sums.exchange_rates import take_rate

TYPED = "Typed in"
ONE = Decimal(1)


def give_rate(document: Document, form: Any) -> bool:
    """Set rate, date and source on a draft in memory; False where there is no rate yet."""
    typed = form.cleaned_data.get("exchange_rate")
    home = document.currency == document.company.home_currency
    if (
        home
        or typed is None
        or {"customer", "exchange_rate"} & {*form.changed_data} == {"customer"}
    ):
        document.exchange_rate = ONE
        document.exchange_rate_date, document.exchange_rate_source = None, ""
    elif "exchange_rate" in form.changed_data:
        if "exchange_rate_date" not in form.changed_data:
            document.exchange_rate_date = document.issue_date
        if "exchange_rate_source" not in form.changed_data:
            document.exchange_rate_source = TYPED
    take_rate(document, document.company)
    return home or document.exchange_rate_date is not None
