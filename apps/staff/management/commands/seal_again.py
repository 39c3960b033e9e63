"""Seals every secret with the first of TOKEN_KEYS, so that older keys can be taken out.

    manage.py seal_again            seals, and says which keys are still needed
    manage.py seal_again --check    only says it

First put the new key in front of the others and restart everything; then run this; then take away the
keys that it names as needed no more. Broken off, it is run again. It ends with an error as long as a
secret needs an older key, or one that is gone. Kept files have `seal_files_again`; keys of the trail
stay as long as what they sealed is to be verified.
"""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.sealed_fields import FIELDS, Keys, SealedField, Standing, look, seal_again
from apps.staff.security import note_command

SHOWN = 10  # rows that are named of one field


class Command(BaseCommand):
    help = "Seal every secret with the first of TOKEN_KEYS, and say which keys are still needed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="Change nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        keys = Keys(settings.TOKEN_KEYS)
        does = look if options["check"] else seal_again
        needed, lost = dict.fromkeys(range(len(keys.names)), 0), []
        anew = 0
        for column in sorted(FIELDS, key=lambda each: each.name):
            found = does(column, keys)
            anew += found.anew
            for place, count in found.by_key.items():
                needed[place] += count
            lost += _lost(column, found)
            self.stdout.write(_line(column, found, only_looks=options["check"]))
        for place, count in needed.items():
            self.stdout.write(f"Key {keys.names[place]}: {_needed(place, count)}")
        if not options["check"]:
            note_command(f"seal_again: {anew} secrets were sealed anew.", anew=anew, lost=len(lost))
        old = sum(count for place, count in needed.items() if place)
        if old or lost:
            still = [f"{old} secrets still need an older key: run it again."] if old else []
            raise CommandError("\n".join(["Not done.", *still, *lost]))
        self.stdout.write("Done: the first key opens everything.")


def _line(column: SealedField, found: Standing, *, only_looks: bool) -> str:
    parts = [f"{sum(found.by_key.values())} can be opened"]
    if not only_looks:
        parts.append(f"{found.anew} rows sealed anew")
    if found.lost:
        parts.append(f"{len(found.lost)} cannot be opened")
    return f"{column.words} ({column.name}): {', '.join(parts)}."


def _lost(column: SealedField, found: Standing) -> list[str]:
    if not found.lost:
        return []
    rows = list(dict.fromkeys(found.lost))
    more = f" and {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
    named = ", ".join(str(each) for each in rows[:SHOWN])
    return [f"{column.name}, rows {named}{more}: no key here opens it. {column.lost}"]


def _needed(place: int, count: int) -> str:
    if place == 0:
        return f"the first, opens {count}."
    return f"still opens {count}: keep it." if count else "is needed no more: take it out."
