"""Django's `flush`, which empties every table: those that are written once, too, if one says so."""

from typing import Any

from django.core.management.commands.flush import Command as Flush

from apps.core.lifting import lifted


class Command(Flush):
    def handle(self, **options: Any) -> None:
        with lifted():
            super().handle(**options)
