"""Who agreed to what: approvals, limits, and limits that a second administrator was asked for."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from django.db.models import Q

from apps.billing.models import ActLimit, Approval
from apps.billing.models.approvals import SUBJECTS
from apps.billing.models.limit_requests import LimitRequest
from apps.exchange.exports.cells import Cell, Money
from apps.staff.acts import act_words
from apps.trail.pack.period import Period
from apps.trail.pack.tables import PORTION, Row, Table
from apps.trail.pack.words import Words

NO_LIMIT: Final = "no limit"
BESIDE: Final = tuple(f"allocation__{each}" for each in ("invoice", "refund", "charge"))


def approvals_and_limits(period: Period, words: Words) -> Iterator[Row]:
    """Amounts in home currency."""
    home = period.company.home_currency
    yield from _approvals(period, words, home)
    yield from _limits(period, words, home)
    yield from _asked(period, words, home)


def _during(period: Period, *fields: str) -> Q:
    found = Q()
    for name in fields:
        found |= Q(**{f"{name}__gte": period.begin, f"{name}__lt": period.end})
    return found


def _approvals(period: Period, words: Words, home: str) -> Iterator[Row]:
    rows = Approval.objects.filter(
        _during(period, "requested_at", "decided_at"), company=period.company
    )
    rows = rows.order_by("pk").prefetch_related(*SUBJECTS, *BESIDE)
    for each in rows.iterator(chunk_size=PORTION):
        yield ("Approval", act_words(each.act), str(each.subject), "", Money(each.amount, home),
               Money(each.limit, home), each.get_state_display(),
               words.person(each.requested_by_id), each.requested_at,
               words.person(each.decided_by_id), each.decided_at,
               str(each.answers.get("reason") or ""), each.decision_reason)  # fmt: skip


def _limits(period: Period, words: Words, home: str) -> Iterator[Row]:
    rows = ActLimit.history.filter(company=period.company, history_date__lt=period.end)
    before: Any = None
    for row in rows.order_by("id", "history_id").iterator(chunk_size=PORTION):
        last = before if before is not None and before.id == row.id else None
        before = row
        is_gone = row.history_type == "-"
        moved = is_gone or last is None or last.amount != row.amount
        if not moved or not period.holds(row.history_date):
            continue
        yield ("Limit", act_words(row.act), row.role,
               "none was set" if last is None else _amount(last.amount, home),
               "none is set" if is_gone else _amount(row.amount, home), None, "In force",
               words.person(row.history_user_id), row.history_date, "", None,
               row.history_change_reason or "", "")  # fmt: skip


def _asked(period: Period, words: Words, home: str) -> Iterator[Row]:
    rows = LimitRequest.objects.filter(
        _during(period, "asked_at", "decided_at"), limit__company=period.company
    )
    for each in rows.select_related("limit").order_by("pk").iterator(chunk_size=PORTION):
        yield ("Limit asked for", act_words(each.limit.act), each.limit.role,
               _amount(each.before, home), _amount(each.amount, home), None,
               each.get_state_display(), words.person(each.asked_by_id), each.asked_at,
               words.person(each.decided_by_id), each.decided_at, "", each.reason)  # fmt: skip


def _amount(amount: Decimal | None, home: str) -> Cell:
    return NO_LIMIT if amount is None else Money(amount, home)


DECIDED: Final = Table(
    name="approvals-and-limits.csv",
    means=(
        "What was asked of a second person in the period, or decided by one; each limit that was set or "
        "moved, and each that waited for a second administrator. Amounts are in home currency."
    ),
    headings=(
        "What", "Act", "Record or role", "From", "To or amount", "Limit then", "State", "Asked by",
        "Asked (UTC)", "Decided by", "Decided (UTC)", "Reason", "Reason of the decision",
    ),
    rows=approvals_and_limits,
)  # fmt: skip
