"""What staff read of events, of who gets them, and of what became of each."""

import json
from datetime import datetime
from typing import Any, Final

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.backoffice.frame.formatting import BAD, BUSY, GOOD, NOTHING, PLAIN, WARN, link, tag
from apps.connections.clock import now
from apps.triggers.models import Delivery, Endpoint, Event, EventType

DELIVERY_COLOURS: Final = {
    Delivery.State.WAITING: BUSY,
    Delivery.State.DELIVERED: GOOD,
    Delivery.State.FAILED: BAD,
    Delivery.State.CANCELLED: PLAIN,
}
# What an event is about → the page of it, and what staff call it.
_PAGES: Final = {
    "sync_record": ("sync_syncrecord", "Sync record"),
    "connection": ("connections_connection", "Connection"),
    "credit_note": ("billing_creditnote", "Credit note"),
    "invoice": ("billing_invoice", "Invoice"),
    "payment": ("billing_payment", "Payment"),
    "refund": ("billing_refund", "Refund"),
    "deposit": ("billing_deposit", "Bank deposit"),
    "customer": ("billing_customer", "Customer"),
    "item": ("billing_item", "Item"),
}


def moment_words(moment: datetime | None) -> str:
    return NOTHING if moment is None else f"{moment:%-d %b %Y %H:%M:%S} UTC"


def events_words(types: list[str]) -> str:
    """“All events”, or their names."""
    if not types:
        return "All events"
    return ", ".join(EventType(each).label for each in types if each in EventType.values)


def standing(endpoint: Endpoint) -> SafeString:
    if endpoint.state == Endpoint.State.GONE:
        return tag("Removed", PLAIN)
    if endpoint.state == Endpoint.State.OFF:
        return tag("Switched off", BAD if endpoint.failing_since else PLAIN)
    if endpoint.failing_since is not None:
        return tag("Failing", WARN)
    return tag("In use", GOOD)


def standing_sentence(endpoint: Endpoint) -> str:
    if endpoint.state != Endpoint.State.ON:
        return endpoint.reason or NOTHING
    if endpoint.failing_since is None:
        return "What happens is sent at once."
    paused = endpoint.paused_until
    again = f" It is tried again at {moment_words(paused)}." if paused and paused > now() else ""
    return (
        f"It has taken nothing since {moment_words(endpoint.failing_since)}.{again} After 5 days it "
        "is switched off."
    )


def delivery_state(delivery: Delivery) -> SafeString:
    state = Delivery.State(delivery.state)
    return tag(str(state.label), DELIVERY_COLOURS[state])


def tries_words(count: int) -> str:
    return "Not tried yet" if not count else f"{count} {'try' if count == 1 else 'tries'}"


def content_of(event: Event) -> dict[str, Any]:
    """What it tells; empty of a quiet one."""
    found: dict[str, Any] = json.loads(event.body) if event.body else {}
    return found


def record_link(event: Event) -> SafeString:
    """To the record as it stands, by the number or name that it had when it happened."""
    model, words = _PAGES.get(event.subject, ("", event.subject.replace("_", " ").capitalize()))
    data = content_of(event).get("data") or {}
    named = data.get("number") or data.get("name") or data.get("reference") or ""
    shown = f"{words} {named}".strip()
    if not model:
        return format_html("{}", shown)
    return link(reverse(f"admin:{model}_change", args=[event.subject_id]), shown)
