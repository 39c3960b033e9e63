"""What a person does in the weekly review: takes a row on, says something, ends it, signs a week."""

from collections.abc import Container, Iterable
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Min, Q, QuerySet
from django.utils import timezone

from apps.billing.models import Company
from apps.connections.models import Connection
from apps.reconciliation.figures import shown
from apps.reconciliation.models import ReviewItem, ReviewLook, ReviewRemark, ReviewWeek
from apps.staff.models import User

BY_PEOPLE = (
    ReviewItem.Outcome.LINKED,
    ReviewItem.Outcome.LEFT_OUT,
    ReviewItem.Outcome.NOTED,
)
WEEK = timedelta(days=7)
MOST_WEEKS = 12
KEPT_UP = timedelta(hours=1)


def assign(item: ReviewItem, owner: User, due_on: date | None, *, by: int) -> None:
    """Somebody takes it on, until a day. Raises ValidationError of what has ended."""
    with transaction.atomic():
        row = _open(item)
        row.owner, row.due_on = owner, due_on
        row.save(update_fields=["owner", "due_on"])
        until = f", due {due_on:%-d %b %Y}" if due_on else ""
        ReviewRemark.objects.create(item=row, by_id=by, text=f"For {owner}{until}.")
    item.refresh_from_db()


def remark(item: ReviewItem, text: str, *, by: int) -> None:
    """Somebody says something about it, also after its end. Raises ValidationError of nothing."""
    if not text.strip():
        raise ValidationError("Write something.")
    ReviewRemark.objects.create(item=item, by_id=by, text=text.strip()[:500])


def end(item: ReviewItem, outcome: ReviewItem.Outcome, reason: str, *, by: int) -> None:
    """A person ends it though its cause stands: with a reason, and as long as it does not grow.

    Raises ValidationError without a reason, of another outcome, and of what has ended.
    """
    if outcome not in BY_PEOPLE:
        raise ValidationError("Say how it ends.")
    if not reason.strip():
        raise ValidationError("Give a reason: it stays listed with the row.")
    with transaction.atomic():
        row = _open(item)
        row.outcome, row.reason = outcome, reason.strip()[:200]
        row.ended_at, row.ended_by_id = timezone.now(), by
        row.save(update_fields=["outcome", "reason", "ended_at", "ended_by"])
    item.refresh_from_db()


def _open(item: ReviewItem) -> ReviewItem:
    row = ReviewItem.objects.select_for_update().get(pk=item.pk)
    if not row.is_open:
        raise ValidationError(f"It has ended already: {row.get_outcome_display()}.")
    return row


# --- Weeks ----------------------------------------------------------------------------------------


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def weeks_to_sign(company: Company) -> list[date]:
    """The Mondays of weeks that are over and that nobody signed, oldest first: since the first books
    were connected, and at most twelve weeks back."""
    begun = Connection.objects.filter(company=company).aggregate(first=Min("created_at"))["first"]
    signed = set(weeks_signed([company]).values_list("monday", flat=True))
    return weeks_unsigned(company, begun, signed)


def weeks_signed(companies: "Iterable[Company]") -> "QuerySet[ReviewWeek]":
    """Of these companies, as far back as one is asked for."""
    since = timezone.now().date() - WEEK * (MOST_WEEKS + 2)
    return ReviewWeek.objects.filter(company__in=companies, monday__gte=since)


def weeks_unsigned(company: Company, begun: datetime | None, signed: Container[date]) -> list[date]:
    """`weeks_to_sign`, of what is known: when its first books were connected, and the weeks that are
    signed."""
    if begun is None:
        return []
    this = monday_of(company.today())
    first = monday_of(begun.astimezone(ZoneInfo(company.time_zone)).date())
    weeks = [this - WEEK * back for back in range(MOST_WEEKS, 0, -1)]
    return [each for each in weeks if each >= first and each not in signed]


def sign_week(company: Company, monday: date, text: str, *, by: int) -> ReviewWeek:
    """Sign a week that is over: what is open now is known, and each has an owner and a day.

    Raises ValidationError of a week that is not over, was signed, or of which a row has no owner or
    no day, and where the list was not kept up for an hour: what is signed is what staff saw.
    """
    if monday.weekday():
        raise ValidationError("A week begins on a Monday.")
    if monday + WEEK > company.today():
        raise ValidationError(f"The week of {monday:%-d %b %Y} is not over.")
    look = ReviewLook.objects.filter(company=company, at__gt=timezone.now() - KEPT_UP)
    if not look.exists():
        raise ValidationError(
            "The list was not kept up for an hour: see whether the task queue runs, or press “Look "
            "again now” on one of its rows."
        )
    still = open_items(company).select_related("owner")
    unowned = still.filter(Q(owner=None) | Q(due_on=None)).count()
    if unowned:
        raise ValidationError(
            f"{unowned:,} {'row has' if unowned == 1 else 'rows have'} no owner or no due date. Take "
            "them on, or end them with a reason."
        )
    zone = ZoneInfo(company.time_zone)
    begins, ends = (datetime.combine(day, time.min, zone) for day in (monday, monday + WEEK))
    ended = ReviewItem.objects.filter(company=company, ended_at__gte=begins, ended_at__lt=ends)
    found = {
        "open": [_as_it_reads(each) for each in still],
        "ended": [_as_it_reads(each) for each in ended.select_related("owner", "ended_by")],
    }
    try:
        with transaction.atomic():
            return ReviewWeek.objects.create(
                company=company,
                monday=monday,
                found=found,
                remark=text.strip()[:500],
                signed_by_id=by,
            )
    except IntegrityError as taken:
        raise ValidationError(f"The week of {monday:%-d %b %Y} was signed already.") from taken


def open_items(company: Company) -> "QuerySet[ReviewItem]":
    """Oldest first, of one age the largest."""
    rows = ReviewItem.objects.filter(company=company, ended_at=None)
    return rows.order_by("since", "-count", "pk")


def _as_it_reads(item: ReviewItem) -> dict[str, Any]:
    return {
        "kind": item.get_kind_display(),
        "sentence": item.sentence,
        "records": item.count,
        "amount": "" if item.amount is None else shown(item.amount, item.currency),
        "since": item.since.isoformat(),
        "owner": str(item.owner or ""),
        "due": item.due_on.isoformat() if item.due_on else "",
        "outcome": item.get_outcome_display(),
        "reason": item.reason,
        "ended_by": str(item.ended_by or ""),
    }
