"""What is held of a customer, as a file for them."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from apps.backoffice.frame.acts import ButtonAct
from apps.backoffice.frame.downloads import attached
from apps.backoffice.frame.once import nothing_done
from apps.billing.models import Customer
from apps.exchange.held import as_text, told_of_customer
from apps.staff.acts import ActName

MEANS = (
    "Makes a file of what is held of this customer, to be handed to them when they ask for it: the "
    "record as it is and as it was, and each document, payment and entry that names it. Whoever has "
    "the file reads all of that: delete your copy once they have theirs. That you took it is noted."
)


def _take(request: HttpRequest, customer: Customer, answers: dict[str, Any]) -> HttpResponse:
    response = HttpResponse(as_text(told_of_customer(customer)))
    # Not named after them: names of files are noted, and stay where browsers put them.
    attached(response, f"held-customer-{customer.pk}.json", "application/json")
    # Pressed again, it is taken again: the first may have broken off on its way.
    return nothing_done(response)


TAKE_HELD = ButtonAct(
    name="held",
    words="What is held of them",
    permission=ActName.TAKE_HELD,
    means=MEANS,
    do=_take,
)
