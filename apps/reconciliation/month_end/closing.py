"""Close a month: once nothing stands in its way, and a person looked at what needs a look."""

from collections.abc import Collection
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from apps.billing.actions import set_closing_date
from apps.billing.models import Company
from apps.reconciliation.models import ClosedMonth
from apps.reconciliation.month_end.checks import Check, Verdict, checks_of, months_to_close
from apps.reconciliation.month_end.figures import roll_forward
from apps.reconciliation.proof.signing import sign_month


def close_month(
    company: Company, last: date, *, looked_at: Collection[str], reason: str, by: int
) -> ClosedMonth:
    """Move the closing date to the end of a month, and keep what was asked and found, with its proof.

    `looked_at` are the keys of the checks that a person looked at. Raises ValidationError, in words
    for staff, of a month that is not the next one, of what blocks, and of what nobody looked at.
    """
    with transaction.atomic():
        Company.locked(company.pk)  # nothing is dated into the month meanwhile
        found = _found_ready(company, last, looked_at)
        set_closing_date(company, last, reason=reason)
        closed = ClosedMonth.objects.create(
            company=company,
            last=last,
            found=[_as_it_reads(each) for each in found],
            figures=roll_forward(company, last),
            reason=reason.strip()[:200],
            closed_by_id=by,
        )
        sign_month(closed)
        return closed


def _found_ready(company: Company, last: date, looked_at: Collection[str]) -> list[Check]:
    months = months_to_close(company)
    if not months or last != months[0]:
        raise ValidationError(_not_next(last, months))
    found = checks_of(company, last)
    if blocking := [each for each in found if each.verdict == Verdict.BLOCKS]:
        raise ValidationError([each.sentence for each in blocking])
    unseen = [each for each in found if each.verdict == Verdict.LOOK and each.key not in looked_at]
    if unseen:
        raise ValidationError([f"Say that you looked at it: {each.sentence}" for each in unseen])
    return found


def _not_next(last: date, months: list[date]) -> str:
    if not months:
        return "No month that is over is open."
    return f"{months[0]:%B %Y} comes first." if last > months[0] else f"{last:%B %Y} is closed."


def _as_it_reads(check: Check) -> dict[str, Any]:
    return {
        "topic": check.topic.value,
        "verdict": check.verdict.value,
        "sentence": check.sentence,
        "comparison": check.comparison.pk if check.comparison else None,
    }
