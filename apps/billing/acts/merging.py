"""Two customers become one: the one is an alias of the other from then on."""

from django.core.exceptions import ValidationError
from django.db import transaction

from apps.billing.changes import made_by
from apps.billing.models import Company, Customer
from apps.billing.rules.documents import require_reason
from apps.billing.rules.families import stands_for


def merge_customers(loser: Customer, survivor: Customer, *, reason: str) -> None:
    """Make a customer an alias of another: no new work for it, what is issued keeps it.

    Raises ValidationError, in a sentence for staff, where the two cannot be one: another company,
    currency or tax number, sub-customers, or one of them is an alias of the other already.
    """
    reason = require_reason(reason)
    with transaction.atomic(), made_by(reason=reason):
        Company.locked(loser.company_id)
        rows = Customer.objects.select_for_update().order_by("pk")
        both = rows.in_bulk([loser.pk, survivor.pk])
        _refuse_unlike(both[loser.pk], both[survivor.pk])
        gone = both[loser.pk]
        gone.merged_into, gone.active = both[survivor.pk], False
        gone.save()
        loser.refresh_from_db()


def _refuse_unlike(loser: Customer, survivor: Customer) -> None:
    if loser.company_id != survivor.company_id:
        raise ValidationError(f"{survivor} belongs to another company.")
    if loser.merged_into is not None:
        raise ValidationError(f"{loser} was merged into {loser.merged_into} already.")
    if stands_for(survivor).pk == loser.pk:
        raise ValidationError(f"{survivor} is {loser}, or was merged into it.")
    if loser.currency != survivor.currency:
        raise ValidationError(
            f"{loser} is invoiced in {loser.currency}, {survivor} in {survivor.currency}: they "
            "cannot be one customer."
        )
    if loser.tax_number and survivor.tax_number and loser.tax_number != survivor.tax_number:
        raise ValidationError(
            f"{loser} has the tax number {loser.tax_number}, {survivor} has "
            f"{survivor.tax_number}: they are two persons, and cannot be one customer."
        )
    if loser.children.exists():
        raise ValidationError(f"{loser} has sub-customers. Put them under another customer first.")
