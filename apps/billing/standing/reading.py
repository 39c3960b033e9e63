"""Which rows stand on a day, as known at a moment.

Every record has two dates. Its accounting date says on which day it counts; its history says when we
knew. A reading takes what is dated on or before the end of a day, as the rows were at a moment: no
moment means now, and then the rows themselves are read. Nothing is read from a stored report.

What was void or cancelled when it was known counts on no day: ledgers empty it at its own date.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import models
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from apps.billing.models import (
    Adjustment,
    Allocation,
    Company,
    CreditNote,
    Deposit,
    Invoice,
    Payment,
    Refund,
)

AT_ONCE: Final = 2000  # rows
SLICE: Final = 500  # keys in one statement

# Kind → (model, the status in which it stands, its accounting date).
STANDS: Final[dict[str, tuple[type[Any], str, str]]] = {
    "invoice": (Invoice, "issued", "issue_date"),
    "credit_note": (CreditNote, "issued", "issue_date"),
    "payment": (Payment, "received", "date"),
    "refund": (Refund, "made", "date"),
    "adjustment": (Adjustment, "made", "date"),
    "deposit": (Deposit, "made", "date"),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """The books of a company at the end of the day `on`, as known at `known_at` (aware; None: now)."""

    company: Company
    on: date
    known_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.known_at is not None and timezone.is_naive(self.known_at):
            raise ValueError("When we knew is a moment with its time zone.")

    @property
    def home(self) -> str:
        return self.company.home_currency

    def as_of(self, on: date) -> "Reading":
        """Of another day, as known at the same moment."""
        return replace(self, on=on)

    @property
    def day_before(self) -> "Reading":
        return self.as_of(self.on - timedelta(days=1))

    def rows(self, model: type[Any]) -> "QuerySet[Any]":
        """All rows of the company as known then; `id` is the record's key in both cases."""
        if self.known_at is None:
            return model._default_manager.filter(company=self.company)
        past = model.history.model
        newest = past.objects.filter(id=OuterRef("id"), history_date__lte=self.known_at)
        found: QuerySet[Any] = past.objects.filter(
            company=self.company,
            # Rows of one record are written under its lock, so the last of them is the newest.
            history_id=Subquery(newest.order_by("-history_id").values("history_id")[:1]),
        ).exclude(history_type="-")
        return found

    def standing(self, kind: str, since: date | None = None) -> "QuerySet[Any]":
        """Records of a kind that count on the day, by key; of those dated `since` or later."""
        model, status, dated = STANDS[kind]
        rows = self.rows(model).filter(status=status, **{f"{dated}__lte": self.on})
        if since is not None:
            rows = rows.filter(**{f"{dated}__gte": since})
        return rows.order_by("id")

    def allocations(self) -> "QuerySet[Any]":
        """Those that stand on the day: dated by then, and not reversed by then."""
        dated = self.rows(Allocation).filter(date__lte=self.on)
        return dated.filter(Q(reversed_on=None) | Q(reversed_on__gt=self.on))


def among(rows: "QuerySet[Any]", field: str, keys: Any) -> Iterator["QuerySet[Any]"]:
    """The rows whose `field` is one of these keys, by statements that a database takes."""
    ordered = sorted(keys)
    for start in range(0, len(ordered), SLICE):
        yield rows.filter(**{f"{field}__in": ordered[start : start + SLICE]})


def streamed(rows: "models.QuerySet[Any]", *fields: str) -> Iterator[tuple[Any, ...]]:
    """Tuples of these fields, a chunk in memory at a time."""
    return rows.values_list(*fields).iterator(AT_ONCE)
