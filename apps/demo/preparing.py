"""The tables of a demo: made once, where several demos begin with the same."""

import contextlib
import os
import shutil
import sqlite3
from pathlib import Path

from django.core.management import call_command

from apps.demo.place import Place


def set_up_database(place: Place, prepared: Path | None) -> None:
    """Make the tables. Every migration of the product takes most of a minute, so where a prepared
    database is named the demo begins with a copy of it, and leaves one there where none stands.
    `migrate` runs over the copy too: what it lacked would be applied."""
    if prepared is not None and prepared.exists():
        shutil.copyfile(prepared, place.database)
    call_command("migrate", verbosity=0)
    if prepared is not None and not prepared.exists():
        _keep(place.database, prepared)


def _keep(database: Path, prepared: Path) -> None:
    beside = prepared.with_name(f"{prepared.name}.{os.getpid()}")
    # Not the file alone: the end of what was written may stand in the log beside it.
    with (
        contextlib.closing(sqlite3.connect(database)) as made,
        contextlib.closing(sqlite3.connect(beside)) as copy,
    ):
        made.backup(copy)
    beside.replace(prepared)  # whole, or not at all: another demo may look for it now
