"""`manage.py webhooks`: which address to enter where, and whether its key is given."""

from typing import Any

from django.core.management.base import BaseCommand

from apps.connections.endpoints import REAL, setting_of
from apps.connectors.registry import systems
from apps.webhooks.keys import keys_of
from apps.webhooks.models import Registration
from apps.webhooks.registering import address_of


class Command(BaseCommand):
    help = "Tell the addresses that accounting systems may deliver to, and what signs them."

    def handle(self, *args: Any, **options: Any) -> None:
        for name, system in sorted(systems().items()):
            if system.webhooks is None:
                continue
            self.stdout.write(f"{system.capabilities.name}")
            self.stdout.write(f"  address    {address_of(name)}")
            if system.webhooks.registering is None:
                given = sorted({environment for environment, _ in keys_of(name)})
                self.stdout.write(f"  key in     {setting_of(name, REAL, 'webhook_key')}")
                self.stdout.write(f"  given for  {', '.join(given) or 'nothing: no address yet'}")
            self.stdout.write(f"  where      {system.webhooks.where}")
            rows = Registration.objects.filter(connection__system=name).order_by("pk")
            for each in rows.select_related("connection"):
                self.stdout.write(f"  registered {each.connection}: {_standing(each)}")


def _standing(row: Registration) -> str:
    if row.confirmed_at:
        return f"its key came and was told back on {row.confirmed_at:%d %B %Y}"
    return row.problem or "its key has not come yet"
