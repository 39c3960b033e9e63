"""Seals every kept file with the newest key, so that an older one can be taken out of FILE_KEYS.

    manage.py seal_files_again

First put the new key in front of the others and restart everything; then run this; then take the old
key away. Run again after it was broken off, it begins anew and harms nothing.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.exchange.storage import vault
from apps.exchange.storage.sealing import CannotOpen
from apps.staff.security import note_command


class Command(BaseCommand):
    help = "Seal every kept file with the newest of FILE_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        done, refused = 0, []
        for name in list(vault.every_name()):
            try:
                vault.sealed_again(name)
                done += 1
            except FileNotFoundError:
                continue  # its time was over meanwhile
            except CannotOpen as refusal:
                refused.append(f"{name}: {refusal}")
        note_command(f"seal_files_again: {done} files were sealed.", refused=len(refused))
        self.stdout.write(f"{done} files are sealed with the newest key.")
        if refused:
            raise CommandError("\n".join([*refused, "Keep the old key until these are gone."]))
