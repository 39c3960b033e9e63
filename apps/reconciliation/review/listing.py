"""The review kept up: a row for each cause that stands, ended when its cause is gone."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.billing.models import Company
from apps.core.money import ZERO
from apps.reconciliation.models import ReviewItem, ReviewLook
from apps.reconciliation.review.causes import Standing, causes_of

Outcome = ReviewItem.Outcome
MOVES = (
    "sentence", "count", "amount", "currency", "since",
    "standing", "outcome", "reason", "ended_at",
)  # fmt: skip
GONE = "Its cause is gone."


def refresh(company: Company) -> int:
    """Look what stands now, and write down what moved; how many rows are open.

    A row whose cause is gone ends as fixed. What a person ended stays ended as long as its cause is no
    larger than it was then; once it grows, it is listed again as another row.
    """
    now = timezone.now()
    found = {(each.kind.value, each.key): each for each in causes_of(company)}
    with transaction.atomic():
        Company.locked(company.pk)  # one writes at a time
        standing = ReviewItem.objects.filter(company=company, standing=True)
        known = {(row.kind, row.key): row for row in standing}
        moved, fresh = [], []
        for place, row in known.items():
            cause = found.get(place)
            if row.is_open and _differs(row, news := _news(row, cause, now)):
                moved.append(_with(row, news))
            elif not row.is_open and (cause is None or _has_grown(row, cause)):
                moved.append(_with(row, {"standing": False}))
                fresh += [] if cause is None else [cause]
        fresh += [cause for place, cause in found.items() if place not in known]
        # Those that stood first, before a cause of the same key is listed again.
        ReviewItem.objects.bulk_update(moved, MOVES, batch_size=500)
        ReviewItem.objects.bulk_create([_row(company, each, now) for each in fresh], batch_size=500)
        standing.update(seen_at=now)
        ReviewLook.objects.update_or_create(company=company, defaults={"at": now})
        return standing.filter(ended_at=None).count()


def refresh_all() -> int:
    """Of every company; how many rows are open."""
    return sum(refresh(each) for each in Company.objects.order_by("pk"))


def _news(row: ReviewItem, cause: Standing | None, now: datetime) -> dict[str, Any]:
    if cause is None:
        return {"standing": False, "outcome": Outcome.FIXED, "reason": GONE, "ended_at": now}
    return {**_told(cause), "since": min(row.since, cause.since)}


def _told(cause: Standing) -> dict[str, Any]:
    return {
        "sentence": cause.sentence,
        "count": cause.count,
        "amount": cause.amount,
        "currency": cause.currency,
    }


def _has_grown(row: ReviewItem, cause: Standing) -> bool:
    more = cause.count > row.count
    dearer = abs(cause.amount or ZERO) > abs(row.amount or ZERO) or cause.currency != row.currency
    return more or dearer


def _differs(row: ReviewItem, news: dict[str, Any]) -> bool:
    return any(getattr(row, name) != value for name, value in news.items())


def _with(row: ReviewItem, news: dict[str, Any]) -> ReviewItem:
    for name, value in news.items():
        setattr(row, name, value)
    return row


def _row(company: Company, cause: Standing, now: datetime) -> ReviewItem:
    return ReviewItem(
        company=company,
        connection_id=cause.connection_id,
        kind=cause.kind,
        key=cause.key,
        since=cause.since,
        seen_at=now,
        **_told(cause),
    )
