"""Brings a company back from the file that `manage.py archive` wrote.

    manage.py restore thornfield.tieout

It becomes a new company, whole and as it was, or nothing is written. All of it is read back and held
against the archive before anybody sees it. Nobody is told of it, nothing is sent: its books over
there are disconnected until a person connects them again. On SQLite others wait while it is written.
"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.exchange.archive.asking import passphrase_from
from apps.exchange.archive.reading import Archive, CannotRestore
from apps.exchange.archive.restoring import restore
from apps.exchange.management.commands.archive import told
from apps.staff.security import note_command


class Command(BaseCommand):
    help = "Bring a company back from an archive, as a new company."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path)
        parser.add_argument(
            "--name", default="", help="Its legal name here, where its own is taken."
        )
        parser.add_argument(
            "--passphrase-file", type=Path, help="Its first line; else it is asked."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            file = options["path"].open("rb")
        except OSError as trouble:
            raise CommandError(f"The archive cannot be read: {trouble}.") from trouble
        with file:
            passphrase = passphrase_from(options["passphrase_file"], twice=False)
            try:
                archive = Archive(file, passphrase)
                company = restore(archive, name=options["name"])
            except CannotRestore as refusal:
                raise CommandError(str(refusal)) from refusal
        note_command(f"restore: {company} was brought back from an archive.", company=company.pk)
        self.stdout.write(told(archive.manifest))
        self.stdout.write(
            f"{company} was restored: every row was read back and is as it was, and the control "
            "totals are equal."
        )
        inactive = len(company.connections.all())
        if inactive:
            self.stdout.write(
                f"Its {inactive} connection{'s are' if inactive > 1 else ' is'} disconnected. Connect "
                "the same books again: they are read before anything is sent."
            )
