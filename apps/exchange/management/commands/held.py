"""Writes what is held of a person into a file, for them.

    manage.py held bell@example.com --to bell.json

Rows about them whole; of every other row in which their address stands, where it stands and how long it
stays. The file is theirs: hand it over and delete it. That it was made is kept as a security event.
"""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.exchange.held import as_text, told_of
from apps.staff.security import mark_of, note_command


class Command(BaseCommand):
    help = "Write what is held of a person, known by an e-mail address, into a file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--to", type=Path, required=True, help="The file; it is not there yet.")

    def handle(self, *args: Any, **options: Any) -> None:
        told = told_of(options["email"])
        if not told["found"]:
            raise CommandError(f"Nothing is held of {options['email']}.")
        path: Path = options["to"]
        try:
            # For nobody else of this host to read, and in the place of no other file.
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise CommandError(f"There is a file {path} already.") from None
        except OSError as trouble:
            raise CommandError(f"It cannot be written: {trouble}.") from trouble
        with os.fdopen(file, "w", encoding="utf-8") as into:
            into.write(as_text(told))
        places = len(told["stands_also_in"])
        note_command(
            "held: what is held of a person was written into a file.", of=mark_of(options["email"])
        )
        self.stdout.write(
            f"{len(told['customers'])} customers and {len(told['staff'])} members of staff with this "
            f"address, which stands in {places:,} rows, are in {path}."
        )
