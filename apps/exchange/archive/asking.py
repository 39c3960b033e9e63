"""How the commands ask for a passphrase: typed unseen, or in a file that only its owner reads."""

import getpass
import sys
from pathlib import Path

from django.core.management.base import CommandError

LONGEST = 1000  # characters


def passphrase_from(path: Path | None, *, twice: bool) -> str:
    if path is not None:
        try:
            with path.open(encoding="utf-8") as file:
                return file.readline(LONGEST).rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as trouble:
            raise CommandError(
                f"The passphrase cannot be read from {path}: {trouble}."
            ) from trouble
    if not sys.stdin.isatty():
        raise CommandError(
            "Nobody is here to type a passphrase. Name a file of it by --passphrase-file."
        )
    typed = getpass.getpass("Passphrase: ")
    if twice and getpass.getpass("The same again: ") != typed:
        raise CommandError("The two were not the same. Nothing was written.")
    return typed
