"""Writes a pack: the trail is verified first, then everything is read as of one moment."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import timezone

from apps.core.moment import one_moment
from apps.exchange.storage.sealing import SealingWriter
from apps.staff.models import User
from apps.trail.models import Verification
from apps.trail.pack.books import contents, journal, journal_name
from apps.trail.pack.contents import TABLES
from apps.trail.pack.period import Period
from apps.trail.pack.readme import readme
from apps.trail.pack.trail import HEADINGS, heads, verification
from apps.trail.pack.words import Words
from apps.trail.pack.zipped import PackZip
from apps.trail.sealing import seal
from apps.trail.verifying import Report, keep, verify


@dataclass(frozen=True, kw_only=True)
class Made:
    """What is in it, and what the verification said."""

    members: list[dict[str, Any]]
    report: Report


def make(period: Period, into: SealingWriter, *, by: User) -> Made:
    """Write the ZIP, as a stream. No transaction may be open: what is new is sealed first. What the
    verification finds is kept as every other is, so that it alerts."""
    seal(settings.SYNC_TASK_BUDGET)
    row = Verification(asked_by=by, begun_at=timezone.now())
    report = verify()
    keep(row, report)
    at = timezone.now()
    pack = PackZip(into, at)
    with one_moment():
        words = Words(period)
        for table in TABLES:
            pack.table(table.name, table.headings, table.rows(period, words))
        for name, content in contents(period):
            pack.data(name, [content])
        pack.data(journal_name(period), journal(period))
        pack.text("trail.txt", verification(report, period, at))
        pack.table("trail-heads.csv", HEADINGS, heads(report, period))
    pack.text("README.txt", readme(period, report, pack.members, at=at, by=str(by)))
    pack.end()
    return Made(members=pack.members, report=report)
