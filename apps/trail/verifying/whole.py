"""One verification: the chain, what it is about, records and their history, heads and guards."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.db import connection

from apps.trail import heads
from apps.trail.guards import unguarded
from apps.trail.models import Entry
from apps.trail.ruled import Covered
from apps.trail.verifying.entries import Walk
from apps.trail.verifying.findings import Finding, Findings, Found, Names, when
from apps.trail.verifying.records import Records
from apps.trail.verifying.rows import Rows


@dataclass(kw_only=True, slots=True)
class Report:
    """What was read, and what was found. `head` is number and link of the last entry."""

    findings: Findings = field(default_factory=Findings)
    entries: int = 0
    rows: int = 0
    unsealed: int = 0
    head: tuple[int, str] = (0, "")

    @property
    def is_good(self) -> bool:
        return self.findings.count == 0


def verify(
    *,
    since: datetime | None = None,
    known: Sequence[tuple[int, str]] = (),
    tell: Callable[[Finding], None] = lambda finding: None,
) -> Report:
    """Read everything, in portions, and name what is wrong. `since` leaves out what was sealed before;
    `known` are heads (number, link as hex) that somebody has kept outside. Nothing is written."""
    report = Report(findings=Findings(tell))
    names, covered = Names(), Covered()
    walk, rows = Walk(report.findings, since), Rows(report.findings, covered, names)
    for forged in covered.forged:
        report.findings.add(
            Found.PUT_IN,
            f"Row {forged} of trail_ruleddeed says that a rule took rows away, and was not written by "
            "Tieout: what it names counts as taken away by somebody.",
        )
    for portion in walk.portions():
        rows.hold_against(portion)
    report.unsealed = rows.without_entry()
    records = Records(report.findings, names)
    records.hold_all()
    report.entries, report.rows = walk.count, rows.count + records.count
    report.head = (walk.number, walk.link.hex() if walk.number else "")
    _tail(report, known)
    _guards(report)
    return report


def _tail(report: Report, known: Sequence[tuple[int, str]]) -> None:
    """Heads that were kept outside the database: of this host, and what a mail or a pack said."""
    try:
        seen = heads.kept()
    except (OSError, ValueError) as trouble:
        seen = []
        report.findings.add(
            Found.UNCHECKED,
            f"The heads that this host kept in {settings.TRAIL_HEADS_DIR} cannot be read "
            f"({type(trouble).__name__}).",
        )
    wrong = [each for each in seen if not each.stands]
    if wrong:
        first, last = wrong[0], wrong[-1]
        more = f", and {len(wrong) - 1:,} more" if len(wrong) > 1 else ""
        report.findings.add(
            Found.TAIL,
            f"This host saw entry {first.number:,} on {when(first.at)}{more} (last {last.number:,} on "
            f"{when(last.at)}), and the trail does not hold it: its tail was cut off, or the database was "
            "restored from an older copy.",
        )
    gone = [number for number, link in known if not _holds(number, link)]
    if gone:
        more = f" (and {len(gone) - 1:,} more up to {gone[-1]:,})" if len(gone) > 1 else ""
        report.findings.add(
            Found.TAIL,
            f"The trail does not hold entry {gone[0]:,}{more} as the head that you gave says it: its tail was "
            "cut off, the database was restored from an older copy, or the entry was altered.",
        )


def _holds(number: int, link: str) -> bool:
    links = Entry.objects.filter(number=number).values_list("link", flat=True)
    return any(bytes(each).hex().startswith(link) for each in links) and len(link) >= 16


def _guards(report: Report) -> None:
    if not settings.TRAIL_TRIGGERS:
        return
    missing = unguarded()
    if missing:
        where = sorted({table for table, _ in missing})
        shown = ", ".join(where[:5]) + (f" and {len(where) - 5} more" if len(where) > 5 else "")
        report.findings.add(
            Found.UNGUARDED,
            f"The triggers of {connection.vendor} that refuse changes are missing or switched off on "
            f"{shown}. Run manage.py migrate, which makes them, and see who took them away.",
        )
