"""What happened to money: payments received, refunds and returned payments, bank deposits made.

What was cancelled again before anybody was told of it did not happen.
"""

from collections.abc import Iterator
from typing import Any, Final

from apps.billing.models import Deposit, Payment, Refund, Synced
from apps.triggers.events.facts import Changes, Fact, made
from apps.triggers.models import EventType

STANDS: Final[tuple[tuple[type[Synced], str], ...]] = (
    (Payment, Payment.Status.RECEIVED),
    (Refund, Refund.Status.MADE),
    (Deposit, Deposit.Status.MADE),
)


def money_facts(changes: Changes) -> Iterator[Fact]:
    for model, stands in STANDS:
        keys = changes.keys(model.kind)
        if not keys:
            continue
        why = ["why"] if model is Refund else []
        rows: Any = model._base_manager.filter(pk__in=keys)  # each has a status of its own
        standing = rows.filter(status=stands).order_by("pk")
        for row in standing.values("pk", "revision", "created_at", *why):
            first = changes.of(model.kind, row["pk"])[0]
            if first.revision == 1:
                yield made(
                    _type(model, row.get("why", "")),
                    first,
                    happened_at=row["created_at"],
                    revision=row["revision"],
                )


def _type(model: type[Synced], why: str) -> EventType:
    if model is Payment:
        return EventType.PAYMENT_RECEIVED
    if model is Deposit:
        return EventType.DEPOSIT_MADE
    return EventType.REFUND_PAID if why == Refund.Why.REFUND else EventType.PAYMENT_RETURNED
