"""A payment method that posts elsewhere from a day on."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max

from apps.billing.changes import made_by
from apps.billing.models import (
    Company,
    Deposit,
    Payment,
    PaymentMethod,
    PaymentMethodPlace,
    Refund,
)
from apps.billing.rules.documents import day, require_reason


def post_elsewhere(
    method: PaymentMethod, *, posts_to: str, since: date, reason: str
) -> PaymentMethodPlace:
    """Money by this method posts to `posts_to` from `since` on; what came before stays put.

    Also for the same kind of place: another account over there is mapped to the new place. Raises
    ValidationError, in a sentence for staff, on a closed day, and on or before the last day on
    which money moved by it or was banked.
    """
    reason = require_reason(reason)
    if posts_to not in PaymentMethod.PostsTo.values:
        raise ValidationError("Money lies in a bank account, or in clearing until it is banked.")
    with transaction.atomic(), made_by(reason=reason):
        company = Company.locked(method.company_id)
        # Money that is about to move by it takes the same lock.
        method = PaymentMethod.objects.select_for_update().get(pk=method.pk)
        company.refuse_closed(since)
        last = method.places.aggregate(last=Max("since"))["last"]
        if last is not None and since <= last:
            raise ValidationError(
                f"“{method}” posts elsewhere from {day(last)} already: choose a later day."
            )
        _refuse_moved(method, since)
        return PaymentMethodPlace.objects.create(
            method=method, since=since, posts_to=posts_to, reason=reason[:200]
        )


def _refuse_moved(method: PaymentMethod, since: date) -> None:
    """Money of this day or later would lie elsewhere than it was put."""
    for rows, what in ((Payment, "A payment"), (Refund, "A refund")):
        used = rows._base_manager.filter(method=method).aggregate(last=Max("date"))["last"]
        if used is not None and since <= used:
            raise ValidationError(
                f"{what} by “{method}” is dated {day(used)}, and lies where it was put: choose a "
                "day after it."
            )
    banked = Deposit.objects.filter(
        status=Deposit.Status.MADE, lines__payment__method=method
    ).aggregate(last=Max("date"))["last"]
    if banked is not None and since < banked:
        raise ValidationError(
            f"Money by “{method}” was banked on {day(banked)}: choose that day or a later one."
        )
