"""Invoices that were amended after a report told them: what they were then, from their history."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import F, OuterRef, QuerySet, Subquery

from apps.billing.models import Company, Invoice

Moments = tuple[datetime, datetime]  # from the first to before the second


class Amended(NamedTuple):
    """An invoice whose total or date of issue is another than at the beginning of the days."""

    invoice: Invoice
    total_before: Decimal
    dated_before: date


def amended(company: Company, moments: Moments) -> Iterator[Amended]:
    """Those that were issued before these days and amended in them, as they stood at their end."""
    begins, ends = moments
    before = Invoice.history.filter(id=OuterRef("id"), history_date__lt=begins)
    before = before.order_by("-history_date", "-history_id")
    written = Invoice.history.filter(
        company_id=company.pk, status="issued", issued_at__lt=begins,
        history_date__gte=begins, history_date__lt=ends,
    ).annotate(
        total_before=Subquery(before.values("total")[:1]),
        dated_before=Subquery(before.values("issue_date")[:1]),
    )  # fmt: skip
    moved = written.exclude(total=F("total_before"), issue_date=F("dated_before"))
    for key in moved.order_by("id").values_list("id", flat=True).distinct():
        last = written.filter(id=key).order_by("-history_date", "-history_id")[0]
        if (last.total, last.issue_date) != (last.total_before, last.dated_before):
            yield Amended(last.instance, last.total_before, last.dated_before)


def told_before(rows: "QuerySet[Invoice]", company: Company, first: date) -> list[int]:
    """Keys of those that a report of a day before `first` told, under the date they had then."""
    zone = ZoneInfo(company.time_zone)
    begins = datetime.combine(first, time(), zone)
    earlier = Invoice.history.filter(
        id__in=rows.filter(issued_at__lt=begins).order_by().values("pk"),
        status="issued",
        history_date__lt=begins,
    )
    re_dated = earlier.filter(issue_date__lt=first).values("id")
    versions = earlier.filter(id__in=re_dated).order_by("id", "history_date", "history_id")
    found: list[int] = []
    told = versions.values_list("id", "issue_date", "history_date")
    for key, own in groupby(told, key=itemgetter(0)):
        dated = [(issued, written.astimezone(zone)) for _, issued, written in own]
        until = [written for _, written in dated[1:]] + [begins]
        for (issued, written), ended in zip(dated, until, strict=True):
            day = max(issued, written.date())
            if day < first and ended >= datetime.combine(day + timedelta(days=1), time(), zone):
                found.append(key)
                break
    return found
