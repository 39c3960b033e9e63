"""Events as rows, and where they go."""

import json
from typing import Any

from django.utils import timezone

from apps.billing.models import Company
from apps.triggers.delivery import endpoints
from apps.triggers.models import Delivery, Endpoint, Event, EventType
from tests.triggers.receiver import Receiver


def listen(company: Company, receiver: Receiver, **fields: Any) -> Endpoint:
    given = {"name": "Paid → #sales", "address": receiver.address, **fields}
    return endpoints.add(company, **given)


def happen(
    company: Company, *records: int, type: str = EventType.INVOICE_PAID, to: Endpoint | None = None
) -> list[Event]:
    """An event of each of these invoices, by their keys, in this order; with `to`, for it alone."""
    first = Event.objects.count()
    made = Event.objects.bulk_create(
        Event(
            company=company,
            type=type,
            subject="invoice",
            subject_id=record,
            key=f"{type} {record} {first + place}",
            happened_at=timezone.now(),
            made_at=timezone.now(),
            body=json.dumps({"type": type, "record": record, "place": first + place, "to": "Café"}),
        )
        for place, record in enumerate(records)
    )
    told = [to] if to is not None else list(Endpoint.objects.filter(company=company, state="on"))
    Delivery.objects.bulk_create(
        Delivery(endpoint=each, event=event, due_at=timezone.now())
        for event in made
        for each in told
        if each.wants(type)
    )
    return made


def states(endpoint: Endpoint) -> list[str]:
    """Of its deliveries, in the order of their events."""
    rows = Delivery.objects.filter(endpoint=endpoint).order_by("event_id", "number")
    return [str(each) for each in rows.values_list("state", flat=True)]
