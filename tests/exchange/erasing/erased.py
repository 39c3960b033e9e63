"""A customer whom two people erase, and the queue's part done at once."""

from datetime import date
from typing import Any

from apps.billing.models import Customer, Erasure
from apps.exchange.erasing import asking, tasks
from apps.staff.models import User
from tests.factories import make_invoice, make_payment


def paid_invoice(customer: Customer, **fields: Any) -> Any:
    """Nothing is open afterwards."""
    invoice = make_invoice(customer=customer, **fields)
    make_payment(invoice=invoice)
    return invoice


def agreed(customer: Customer, asker: User, second: User) -> Erasure:
    """Asked for and agreed to; the queue has not begun."""
    asked = asking.ask(customer, asker, "They wrote to us")
    asking.agree(asked, second)
    return Erasure.objects.get(pk=asked.pk)


def erased(customer: Customer, asker: User, second: User) -> Erasure:
    asked = agreed(customer, asker, second)
    assert tasks.go_on(asked.pk) == "Done."
    customer.refresh_from_db()
    return Erasure.objects.get(pk=asked.pk)


LONG_AFTER = date(2037, 1, 1)  # ten years of 2026 are over
