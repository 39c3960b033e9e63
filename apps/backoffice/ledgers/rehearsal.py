"""What an act on money would book: it is done, looked at, and taken back."""

import copy
from collections.abc import Callable, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest
from django.utils.safestring import SafeString

from apps.backoffice.ledgers.effect import boxes
from apps.billing.models import (
    Adjustment,
    Allocation,
    Change,
    Company,
    CreditNote,
    Deposit,
    Invoice,
    Payment,
    Refund,
)
from apps.connectors.snapshots import Kind
from apps.sync.assemble.foretold_money import Record, foretold_together

# What an act may make, in the order in which it is told.
MADE: tuple[type[Record], ...] = (Payment, Refund, Adjustment, Deposit, Invoice, CreditNote)


def will_book(
    request: HttpRequest, record: Any, do: Callable[..., object], *given: Any
) -> SafeString:
    """A box for each set of books of what `do` makes for the company of this record; none where it
    makes nothing. Nothing of it stays: it is done to copies of what is `given`, so that the page
    shows these as they stand. Raises what `do` raises.
    """
    company_id = record.company_id
    with transaction.atomic():
        # What another makes meanwhile is not taken for a part of it.
        Company.locked(company_id)
        before: dict[type[Model], int] = {
            model: _last_of(model) for model in (*MADE, Allocation, Change)
        }
        do(*copy.deepcopy(given))
        made: list[Record] = [
            each
            for model in MADE
            for each in model._base_manager.filter(
                company=company_id, pk__gt=before[model]
            ).order_by("pk")
        ]
        told = foretold_together(made, _moved_beside(company_id, before))
        transaction.set_rollback(True)
    return boxes(request, told)


def _moved_beside(company_id: int, before: Mapping[type[Model], int]) -> list[Allocation]:
    """What it applies and un-applies, whatever of it was there before."""
    touched = Change.objects.filter(
        company=company_id, kind=Kind.ALLOCATION, pk__gt=before[Change]
    ).values("subject_id")
    rows = Allocation._base_manager.filter(pk__in=touched)
    made_and_ended = rows.filter(pk__gt=before[Allocation]).exclude(reversed_on=None)
    return list(rows.exclude(pk__in=made_and_ended.values("pk")).order_by("pk"))


def _last_of(model: type[Model]) -> int:
    last = model._base_manager.order_by("-pk").values_list("pk", flat=True).first()
    return last or 0
