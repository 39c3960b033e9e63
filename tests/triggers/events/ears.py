"""Somebody who listens, and what was told to them."""

import json
from collections.abc import Sequence
from typing import Any

from apps.billing.models import Company
from apps.triggers.events.reader import read_changes
from apps.triggers.models import Delivery, Endpoint, Event, Listening


def listen(company: Company, *types: str, **fields: Any) -> Endpoint:
    """An endpoint that wants these types (all), from now on."""
    Listening.objects.get_or_create(company=company)
    endpoint = Endpoint(company=company, name="Paid → #sales", types=list(types), **fields)
    endpoint.address = "https://hooks.example.com/hooks/catch/1/"
    endpoint.take_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    endpoint.save()
    return endpoint


class Ears:
    """What is told of one company since it was last asked."""

    def __init__(self, company: Company, *types: str) -> None:
        self.company = company
        self.endpoint = listen(company, *types)
        self._heard = 0

    def heard(self) -> list[dict[str, Any]]:
        """The bodies of what is told now, in the order in which they are delivered."""
        read_changes(self.company.pk)
        rows = Delivery.objects.filter(endpoint=self.endpoint, pk__gt=self._heard).order_by("pk")
        found = list(rows.select_related("event"))
        self._heard = found[-1].pk if found else self._heard
        assert all(each.due_at is not None for each in found)
        return [json.loads(each.event.body) for each in found]

    def types(self) -> list[str]:
        return [each["type"] for each in self.heard()]


def events_of(company: Company) -> Sequence[Event]:
    return list(Event.objects.filter(company=company).order_by("pk"))
