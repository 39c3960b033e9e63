"""Makes the four roles have exactly the permissions of `apps/staff/roles.py`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.staff.access import set_up_roles


class Command(BaseCommand):
    help = "Set up the four roles; safe to run again."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            changes = set_up_roles()
        except LookupError as trouble:
            raise CommandError(str(trouble)) from None
        for change in changes:
            self.stdout.write(
                f"{change.role}: {len(change.given)} given, {len(change.taken)} taken away"
            )
