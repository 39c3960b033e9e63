"""What the audit trail said when the pack was made: its verification in words, and its heads."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from django.db.models import Max
from django.db.models.functions import TruncDate

from apps.trail.models import Entry
from apps.trail.pack.period import Period
from apps.trail.pack.tables import PORTION, Row
from apps.trail.verifying import Finding, Report

HEADINGS: Final = ("Day", "Sealed (UTC)", "Entry", "Link", "What")
ELSEWHERE: Final = "Something of no company, whose words may be another company's."


def verification(report: Report, period: Period, at: datetime) -> Iterator[str]:
    """Line by line. What was found in another company is counted, and not told."""
    number, link = report.head
    yield "Verification of the audit trail"
    yield "==============================="
    yield ""
    yield f"Made for:       {period.company.legal_name}, {period}"
    yield f"Verified:       {at:%Y-%m-%d %H:%M:%S} UTC"
    yield f"Entries read:   {report.entries:,}"
    yield f"Rows compared:  {report.rows:,}"
    yield f"Not sealed yet: {report.unsealed:,}"
    yield f"Head:           {number}:{link or '-'}"
    yield ""
    if report.is_good:
        yield "All is as it was sealed."
        return
    count = report.findings.count
    yield "1 thing is not as sealed." if count == 1 else f"{count:,} things are not as sealed."
    yield ""
    told = [each for each in report.findings.first if _is_told(each, period)]
    for each in told:
        yield f"{each.what.value}: {_said(each)}"
    if len(told) < count:
        yield f"{count - len(told):,} more: of other companies, or beyond what is told one by one."


def _is_told(finding: Finding, period: Period) -> bool:
    return finding.company in (None, period.company.pk)


def _said(finding: Finding) -> str:
    """What is of no company may quote one: it is told without what the row itself says."""
    return finding.sentence if finding.company is not None else finding.bare or ELSEWHERE


def heads(report: Report, period: Period) -> Iterator[Row]:
    """The last entry of each day from the period on, the one before it, and the verified head."""
    until = report.head[0]
    rows = Entry.objects.filter(number__lte=until).order_by()
    first = rows.filter(sealed_at__lt=period.begin).aggregate(last=Max("number"))["last"]
    by_day = rows.filter(sealed_at__gte=period.begin).annotate(day=TruncDate("sealed_at"))
    last = by_day.values("day").annotate(last=Max("number")).values_list("last", flat=True)
    wanted = sorted({*([first] if first else []), *last})
    for start in range(0, len(wanted), PORTION):
        told = Entry.objects.filter(number__in=wanted[start : start + PORTION]).order_by("number")
        for number, link, at in told.values_list("number", "link", "sealed_at"):
            yield at.date(), at, number, bytes(link).hex(), _place(number, first, until)


def _place(number: int, first: int | None, until: int) -> str:
    if number == until:
        return "Head when this pack was made"
    return "Last before the period" if number == first else "Last of its day"
