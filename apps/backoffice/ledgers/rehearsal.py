"""What an act on money would book: it is done, looked at, and taken back."""

import copy
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils.safestring import SafeString

from apps.backoffice.ledgers.effect import boxes
from apps.billing.models import Adjustment, CreditNote, Deposit, Invoice, Payment, Refund
from apps.sync.assemble.foretold_money import Record, foretold_together

# What an act may make, in the order in which it is told.
MADE: tuple[type[Record], ...] = (Payment, Refund, Adjustment, Deposit, Invoice, CreditNote)


def will_book(
    request: HttpRequest, record: Any, do: Callable[..., object], *given: Any
) -> SafeString:
    """A box for each set of books of what `do(*given)` makes for the company of this record; none
    where it makes nothing. Raises what it raises.

    Nothing of it stays: no row, and nothing in what is `given` either, of which it is handed copies.
    """
    company_id = record.company_id
    with transaction.atomic():
        before = {model: _last_of(model) for model in MADE}
        do(*copy.deepcopy(given))
        made: list[Record] = [
            each
            for model in MADE
            for each in model._base_manager.filter(
                company=company_id, pk__gt=before[model]
            ).order_by("pk")
        ]
        told = foretold_together(made)
        transaction.set_rollback(True)
    return boxes(request, told)


def _last_of(model: type[Record]) -> int:
    last = model._base_manager.order_by("-pk").values_list("pk", flat=True).first()
    return last or 0
