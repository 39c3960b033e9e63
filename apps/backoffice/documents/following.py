"""What a draft takes from its customer, when it is saved and while it is typed."""

from typing import Any

from apps.backoffice.documents.rates import give_rate
from apps.billing.models import Document, Invoice


def follow_customer(document: Document, form: Any, *, new: bool) -> bool:
    """Give a draft in memory its currency, terms and exchange rate; False where there is no rate yet.

    A customer has one currency and its own terms, and its draft follows them.
    """
    document.currency = document.customer.currency
    if new and isinstance(document, Invoice) and document.terms is None:
        document.terms = document.customer.terms
    return give_rate(document, form)
