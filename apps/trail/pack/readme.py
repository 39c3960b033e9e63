"""README.txt of a pack: what each file is, what was checked, and how an auditor checks it herself."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from apps.trail.pack.books import journal_name
from apps.trail.pack.contents import TABLES
from apps.trail.pack.period import Period
from apps.trail.verifying import Report

WIDTH: Final = 78
OTHERS: Final = {
    "trail.txt": (
        "The verification of the audit trail, which was run when this pack was made: what was read, and "
        "each thing that is not as it was sealed, in a sentence."
    ),
    "trail-heads.csv": (
        "Heads of the audit trail: number and link of the last entry of each day since the period "
        "began, of the one before, and of the last entry when this pack was made. Each link is over all "
        "entries before it. Whoever rewrites the trail later, even with its keys, makes other links "
        "than these."
    ),
}
CHECKED: Final = (
    (
        "The whole audit trail of this installation was verified before anything was written here: that "
        "its entries follow from each other, that each row that was sealed is still the row that was "
        "sealed, that each record is what the newest row of its history says, and that no row was put in "
        "later. Then all files were written from one state of the database."
    ),
    (
        "What this pack cannot say: what somebody did with the database in the minute before it was "
        "sealed; what was done in the ledgers themselves and was not read yet; and that the documents are "
        "true. Security events are kept for 400 days and are gone after that."
    ),
)
HOW: Final = (
    ("Is the pack whole? Unpack it, and in its folder run", "sha256sum -c SHA256SUMS"),
    (
        (
            "Is it the pack that Tieout made? Compare the checksum of the ZIP with the one that Tieout shows "
            "on the page of the pack, which it keeps when the file itself is gone"
        ),
        "sha256sum THE-PACK.zip",
    ),
    (
        (
            "Was the trail rewritten since? Have whoever runs Tieout hold the heads of this pack against it, "
            "at any time later. It names each head that does not stand any more"
        ),
        "manage.py verify_trail --heads trail-heads.csv",
    ),
)


def readme(
    period: Period,
    report: Report,
    members: Sequence[dict[str, Any]],
    *,
    at: datetime,
    by: str,
) -> Iterator[str]:
    """Line by line, of the files that were written so far."""
    company = period.company
    yield f"Pack for auditors: {company.legal_name}"
    yield f"{period.first_day} to {period.last_day}, both days included"
    yield ""
    yield from _filled(
        f"Made by Tieout on {at:%Y-%m-%d %H:%M} UTC, asked for by {by}. Days are those of "
        f"{company.time_zone}, times are UTC, amounts in the currency of their document or in "
        f"{company.home_currency}. It holds nothing of any other company."
    )
    yield from _headed("What was checked")
    for each in CHECKED:
        yield from _filled(each)
        yield ""
    found = report.findings.count
    yield "Result: " + (
        "all is as it was sealed."
        if not found
        else f"{found:,} thing{'s are' if found > 1 else ' is'} not as sealed; see trail.txt."
    )
    yield from _headed("The files")
    means = {each.name: each.means for each in TABLES} | OTHERS
    for member in members:
        rows = member["rows"]
        count = "" if rows is None else f" ({rows:,} {'row' if rows == 1 else 'rows'})"
        yield f"{member['name']}{count}"
        yield from _filled(_means(member["name"], period, means), "    ")
        yield ""
    yield "SHA256SUMS"
    yield from _filled("The checksum of each of these files, and of this page.", "    ")
    yield from _headed("How you check it yourself")
    for place, (words, command) in enumerate(HOW, 1):
        yield from _filled(f"{place}. {words}:")
        yield f"       {command}"
        yield ""
    yield from _filled(
        "The tables are CSV in UTF-8 with commas. A text that a spreadsheet could take for a formula "
        "has an apostrophe in front of it."
    )


def _means(name: str, period: Period, means: Mapping[str, str]) -> str:
    if name == journal_name(period):
        return (
            f"Every posting of receivables up to {period.last_day} as a journal of hledger, and what each "
            f"account must say at the end of that day: hledger -f {name} check --strict reckons it anew; "
            f"with -b {period.first_day} it shows the period alone."
        )
    return means.get(name, "A proof as it was signed; see proofs.csv.")


def _headed(words: str) -> Iterator[str]:
    yield from ("", words, "-" * len(words), "")


def _filled(text: str, indent: str = "") -> Iterator[str]:
    yield from textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent)
