"""Maybe issued twice: what has the customer, day, amount and order number of one that stands."""

from collections.abc import Iterator

from apps.backoffice.frame.days import spelled
from apps.backoffice.frame.formatting import amount_text
from apps.backoffice.money.doubles import named
from apps.billing.models import Document
from apps.billing.rules.alike import issued_alike


def issued(of: Document) -> Iterator[str]:
    """An issued document like this one, which is about to be issued."""
    first = issued_alike(of, of.total).first()
    if first is not None:
        yield (
            f"{first}, {amount_text(of.total, of.currency)} {of.currency} to {of.customer} of "
            f"{spelled(of.issue_date)}{named(of.purchase_order_number)}, is issued already. "
            "Yes, this is another one."
        )
