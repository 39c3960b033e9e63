"""What became of documents after they were issued."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import islice
from typing import Any, Final

from apps.billing.models import Approval, CreditNote, Invoice
from apps.trail.pack.period import Period
from apps.trail.pack.tables import PORTION, Row, Table
from apps.trail.pack.words import EMPTY, Step, Words

AT_HOME: Final = frozenset({"home_total", "home_tax"})
# An approval is decided at the end of the transaction in which its act is done.
SAME_ACT: Final = timedelta(minutes=2)


def changes_after_issue(period: Period, words: Words) -> Iterator[Row]:
    for model in (Invoice, CreditNote):
        yield from _of(model, period, words)


def _of(model: Any, period: Period, words: Words) -> Iterator[Row]:
    """Each row of history against the one before, of documents that have one of the period."""
    rows = model.history.filter(company=period.company, history_date__lt=period.end)
    of_period = rows.filter(history_date__gte=period.begin).exclude(history_type="+")
    of_period = of_period.exclude(status="draft").order_by()
    touched = rows.filter(id__in=of_period.values("id")).order_by("id", "history_id")
    told = touched.iterator(chunk_size=PORTION)
    before: Any = None
    while portion := list(islice(told, PORTION)):
        approvals = _approvals(model, [each.id for each in portion], period)
        for row in portion:
            last, before = before, row
            is_later = last is not None and last.id == row.id and last.status != "draft"
            if is_later and period.holds(row.history_date):
                yield from _told(model, last, row, approvals[row.id], period, words)


def _told(
    model: Any, last: Any, row: Any, approvals: Sequence[Approval], period: Period, words: Words
) -> Iterator[Row]:
    apart = frozenset(model.SUM_FIELDS)
    if row.currency == period.company.home_currency:
        apart |= AT_HOME  # the same once more
    if row.history_type == "-":
        found = [Step("Document", str(row.number), EMPTY)]
    else:
        found = list(words.steps(last, row, but=apart))
    if not found:
        return
    origin, reason = words.came_from(row.history_change_reason)
    approval = _of_this_act(approvals, row)
    for step in found:
        yield (
            str(row.number),
            str(model._meta.verbose_name).capitalize(),
            step.field,
            step.old,
            step.new,
            row.history_date,
            words.person(row.history_user_id),
            origin,
            reason,
            words.person(approval.decided_by_id) if approval else "",
            approval.decided_at if approval else None,
        )


def _approvals(model: Any, keys: Sequence[int], period: Period) -> dict[int, list[Approval]]:
    """By document, those that were given."""
    rows = Approval.objects.filter(
        company=period.company,
        state=Approval.State.APPROVED,
        decided_at__gte=period.begin,
        **{f"{model.kind}__in": set(keys)},
    )
    found: dict[int, list[Approval]] = defaultdict(list)
    for each in rows.order_by("decided_at", "pk"):
        found[getattr(each, f"{model.kind}_id")].append(each)
    return found


def _of_this_act(approvals: Sequence[Approval], row: Any) -> Approval | None:
    """The second person's word for this change, where it needed one: the act is done in the name of
    whoever asked, in the transaction of the decision."""
    for each in approvals:
        assert each.decided_at is not None  # a decision
        at_once = each.decided_at - SAME_ACT <= row.history_date <= each.decided_at
        if at_once and each.requested_by_id == row.history_user_id:
            return each
    return None


CHANGES: Final = Table(
    name="changes-after-issue.csv",
    means=(
        "Each change in the period of an invoice or credit note that was issued already, one line per "
        "field: from what, to what, when, by whom, whence it came, why, and who agreed where a second "
        "person had to. What is paid, credited or applied is no change of the document. An amendment "
        "above somebody's limit is refused and never approved: what it would have changed is credited "
        "and issued anew."
    ),
    headings=(
        "Document", "Kind", "Field", "From", "To", "When (UTC)", "By", "Came from", "Reason",
        "Approver", "Approved (UTC)",
    ),
    rows=changes_after_issue,
)  # fmt: skip
