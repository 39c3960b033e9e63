"""Keeps what was erased from coming back by a backup or an archive.

    manage.py erased --to erased.json
    manage.py erased --from erased.json

The first writes a list of the customers that were erased: keys, and no names. Write it with each backup,
and keep the newest. The second reads it after a backup was put back, or into another installation before
an archive is restored there: whoever is on it and stands here is erased again by the queue. What an archive
brings is looked at when it is restored.
"""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.billing.models import Tombstone
from apps.exchange.erasing.tombstones import LARGEST, NoList, as_text, erase_again, learn
from apps.staff.security import note_command


class Command(BaseCommand):
    help = "Write the list of customers that were erased, or read it and erase them again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--to", type=Path, help="The file to write; what stood there goes.")
        which.add_argument("--from", type=Path, dest="read", help="The file to read.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["read"] is not None:
            self._read(options["read"])
        else:
            self._write(options["to"])

    def _write(self, path: Path) -> None:
        part = path.with_name(f"{path.name}.part")
        try:
            part.write_text(as_text(), encoding="utf-8")
            os.replace(part, path)
        except OSError as trouble:
            raise CommandError(f"It cannot be written: {trouble}.") from trouble
        count = Tombstone.objects.count()
        self.stdout.write(f"{count:,} erased customers are named by their keys in {path}.")

    def _read(self, path: Path) -> None:
        try:
            if path.stat().st_size > LARGEST:
                raise CommandError(f"{path} is larger than {LARGEST >> 20} MB.")
            new = learn(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as trouble:
            raise CommandError(f"It cannot be read: {trouble}.") from trouble
        except NoList as refusal:
            raise CommandError(str(refusal)) from refusal
        count = erase_again()
        note_command("erased: a list of what was erased was read.", new=new, again=count)
        self.stdout.write(f"{new:,} were not known; {count:,} that had come back are erased again.")
