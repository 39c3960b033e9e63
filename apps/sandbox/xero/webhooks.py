"""Xero's webhooks: events in numbered order, and the intent to receive, part of it wrongly signed."""

import json
import secrets
from datetime import UTC
from typing import Any

from .. import asking
from ..clock import moment_of
from ..controlling import forgetters
from ..deliveries import KEY, Event, Sender

CATEGORIES = {
    "Contacts": ("CONTACT", ""),
    "Invoices": ("INVOICE", ""),
    "CreditNotes": ("CREDITNOTE", "type"),
    "Prepayments": ("PREPAYMENT", ""),
}
POINTING: asking.Spec = {"address": asking.text, "key": asking.words}
ADDRESS = "https://api.xero.com/api.xro/2.0"
SEQUENCE = {"last": 0}


def compose(events: list[Event]) -> bytes:
    first = SEQUENCE["last"] + 1
    SEQUENCE["last"] += len(events)
    told = {
        "events": events,
        "firstEventSequence": first,
        "lastEventSequence": SEQUENCE["last"],
        "entropy": secrets.token_hex(10).upper(),
    }
    return json.dumps(told).encode()


sender = Sender("x-xero-signature", compose)
forgetters.append(sender.forget)


def note(tenant: str, changed: list[tuple[str, dict[str, Any] | None]]) -> None:
    """What one request left changed, the API's own writes included."""
    if not sender.address:
        return
    events = []
    for kind, content in changed:
        if content is None or kind not in CATEGORIES:
            continue
        category, typed = CATEGORIES[kind]
        at = moment_of(content["updated"]).astimezone(UTC)
        event: Event = {
            "resourceUrl": f"{ADDRESS}/{kind}/{content['id']}",
            "resourceId": content["id"],
            "tenantId": tenant,
            "tenantType": "ORGANISATION",
            "eventCategory": category,
            "eventType": "CREATE" if content["updated"] == content["created"] else "UPDATE",
            "eventDateUtc": f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}",
        }
        if typed:
            event["data"] = {"Type": content["type"], "Status": content["status"]}
        events.append(event)
    sender.note(tenant, events)


def point(told: dict[str, Any]) -> dict[str, str]:
    sender.point(told.get("address", ""), told.get("key", KEY))
    return {"address": sender.address}


def deliver(told: dict[str, Any]) -> list[int | None]:
    return sender.deliver(told)


def probe(told: dict[str, Any]) -> list[int | None]:
    """The intent to receive: right, wrong, wrong, right. Spaces stand after some colons only."""
    body = (
        b'{"events":[],"firstEventSequence": 0,"lastEventSequence": 0, "entropy": "S0m3r4Nd0mt3xt"}'
    )
    return [sender.post(body, key) for key in (sender.key, "wrong", "", sender.key)]
