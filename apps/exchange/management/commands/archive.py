"""Writes a whole company into one sealed file.

    manage.py archive "Thornfield Ltd" --to thornfield.tieout

Customers, documents, money, history, kept prints, and what is known of its books over there: all as
of one moment, while work goes on. What lets us into those books stays behind. Without the passphrase
nobody can open the file, Tieout's makers included. `manage.py restore` brings it back.
"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from apps.billing.models import Company
from apps.exchange.archive.asking import passphrase_from
from apps.exchange.archive.manifest import Manifest
from apps.exchange.archive.taking import taken_to
from apps.staff.security import note_command


class Command(BaseCommand):
    help = "Write a whole company into one file, sealed by a passphrase."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("company", help="Its legal name.")
        parser.add_argument("--to", type=Path, required=True, help="The file; it is not there yet.")
        parser.add_argument(
            "--passphrase-file", type=Path, help="Its first line; else it is asked."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        company = Company.objects.filter(legal_name=options["company"]).first()
        if company is None:
            names = ", ".join(f"“{each}”" for each in Company.objects.all()[:10])
            raise CommandError(
                f"There is no company “{options['company']}”. There is: {names or '–'}."
            )
        passphrase = passphrase_from(options["passphrase_file"], twice=True)
        try:
            manifest = taken_to(options["to"], company, passphrase)
        except ValidationError as refusal:
            raise CommandError(refusal.messages[0]) from refusal
        except FileExistsError:
            raise CommandError(
                f"There is a file {options['to']} already, and an archive takes the place of none."
            ) from None
        except OSError as trouble:
            raise CommandError(f"The archive cannot be written: {trouble}.") from trouble
        note_command(f"archive: {company} was written into a file.", company=company.pk)
        self.stdout.write(told(manifest))
        self.stdout.write(
            f"{company} is in {options['to']}. Keep the passphrase apart from it: without it nobody "
            "can open the file."
        )


def told(manifest: Manifest) -> str:
    """What an archive holds, in figures that can be held against a list."""
    rows = sum(each.rows for each in manifest.members.values())
    lines = [f"{rows:,} rows, as of {manifest.made_at[:16].replace('T', ' ')} UTC"]
    for label, sums in manifest.totals.items():
        for key, found in sums.items():
            if isinstance(found, dict):
                status, currency = key.split(" ")
                amount = found.get("total", found.get("amount"))
                name = label.split(".")[1]
                lines.append(f"  {name} {status}: {found['count']:,}, {amount} {currency}")
    return "\n".join(lines)
