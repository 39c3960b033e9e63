"""Which address to enter where, whether its key is given, and the handshakes that came."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.urls import reverse

from apps.connections.endpoints import REAL, setting_of
from apps.connectors.registry import systems
from apps.core.sealing import CannotOpen, Sealer
from apps.webhooks.keys import keys_of, takes_handshakes, webhooks_of
from apps.webhooks.models import Delivery
from apps.webhooks.views import owner_of


class Command(BaseCommand):
    help = "Tell the addresses that accounting systems may deliver to, and what signs them."

    def handle(self, *args: Any, **options: Any) -> None:
        for name, system in sorted(systems().items()):
            if system.webhooks is None:
                continue
            given = sorted({environment for environment, _ in keys_of(name)})
            self.stdout.write(f"{system.capabilities.name}")
            self.stdout.write(f"  address    {settings.SITE_URL}{reverse('webhook', args=[name])}")
            self.stdout.write(f"  key in     {setting_of(name, REAL, 'webhook_key')}")
            self.stdout.write(f"  given for  {', '.join(given) or 'nothing: no address yet'}")
            self.stdout.write(f"  where      {system.webhooks.where}")
            if system.webhooks.handshake is not None:
                taken = "taken" if takes_handshakes(name) else "not taken (WEBHOOK_HANDSHAKES)"
                self.stdout.write(f"  handshakes {taken}")
        for delivery in Delivery.objects.filter(state=Delivery.State.HANDSHAKE).order_by("id"):
            self.stdout.write(f"Handshake of {delivery}: {self._words(delivery)}")

    def _words(self, delivery: Delivery) -> str:
        webhooks = webhooks_of(delivery.system)
        try:
            sealed = bytes(delivery.body).decode()
            body = Sealer(settings.TOKEN_KEYS).open(sealed, owner_of(delivery.identity)).encode()
        except CannotOpen as reason:
            return str(reason)
        told = webhooks.brought(body) if webhooks and webhooks.brought else None
        if told is None:
            return "it cannot be read any more."
        return f"company {told.company}, registration {told.remote_id}, key {told.verifier}"
