"""Verifies the audit trail, for an operator or an auditor at a terminal."""

import csv
from argparse import ArgumentParser, ArgumentTypeError
from datetime import UTC, date, datetime, time
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError

from apps.core.numbers import whole
from apps.trail.verifying import Finding, verify

FOUND: Final = 1
SHORTEST: Final = 16  # hex digits of a link that tell it from any other


class Command(BaseCommand):
    help = (
        "Reads the audit trail and all that it is about, and names each row that was rewritten, cut out "
        "or put in later. Changes nothing. Exit status: 0 all is as it was sealed, 1 something is not."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--since",
            type=_day,
            metavar="YYYY-MM-DD",
            help="leave out what was sealed before this day",
        )
        parser.add_argument(
            "--head",
            type=_head,
            metavar="NUMBER:LINK",
            help="a head that a mail told, to be held against",
        )
        parser.add_argument(
            "--heads",
            type=_heads,
            default=[],
            metavar="FILE",
            help="trail-heads.csv of a pack for auditors, to be held against",
        )

    def handle(self, *args: Any, since: datetime | None, head: Any, **options: Any) -> None:
        known = [*([head] if head else []), *options["heads"]]

        def tell(finding: Finding) -> None:
            self.stdout.write(f"{finding.what}: {finding.sentence}")

        report = verify(since=since, known=known, tell=tell)
        number, link = report.head
        self.stdout.write(
            f"{report.entries:,} entries read, {report.rows:,} rows compared; {report.unsealed:,} rows "
            f"wait to be sealed. Head: {number}:{link or '-'}"
        )
        if not report.is_good:
            found = report.findings.count
            said = "1 thing is" if found == 1 else f"{found:,} things are"
            raise CommandError(f"{said} not as sealed.", returncode=FOUND)
        self.stdout.write("All is as it was sealed.")


def _day(text: str) -> datetime:
    return datetime.combine(date.fromisoformat(text), time(), UTC)


def _head(text: str) -> tuple[int, str]:
    number, _, link = text.strip().partition(":")
    if len(link) < SHORTEST:
        raise ValueError(text)
    bytes.fromhex(link + "0" * (len(link) % 2))
    found = whole(number)
    if found is None:
        raise ValueError(text)
    return found, link.lower()


def _heads(path: str) -> list[tuple[int, str]]:
    """Raises ArgumentTypeError, in a sentence, for a file that is none of a pack."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            found = [_head(f"{row['Entry']}:{row['Link']}") for row in csv.DictReader(file)]
    except (OSError, UnicodeDecodeError, csv.Error, KeyError, ValueError) as trouble:
        raise ArgumentTypeError(f"{path} is no trail-heads.csv that can be read.") from trouble
    if not found:
        raise ArgumentTypeError(f"{path} holds no head.")
    return found
