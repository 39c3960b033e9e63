"""Xero's deliveries: events of several organisations, and the intent to receive, which has none."""

import json
from datetime import UTC, datetime
from typing import Any

from apps.connectors.port import RemoteObject
from apps.connectors.webhooks import Event, Headers, Webhooks, digest, same
from apps.connectors.xero.documents import CREDIT_NOTE, INVOICE, is_sale
from apps.connectors.xero.objects import CONTACT

SIGNATURE = "x-xero-signature"
# What a payment, a prepayment or an overpayment is, the batch and the bank transaction beside it
# tell: their changes are read together.
KINDS = {
    "CONTACT": CONTACT,
    "INVOICE": INVOICE,
    "CREDITNOTE": CREDIT_NOTE,
    "PAYMENT": "",
    "PREPAYMENT": "",
    "OVERPAYMENT": "",
}


def signed(key: str, body: bytes, headers: Headers) -> bool:
    """The key is the portal's text as it stands there, not what its base64 means."""
    return same(headers.get(SIGNATURE, ""), digest(key, body))


def events(body: bytes) -> tuple[Event, ...]:
    """None in an intent to receive. Raises ValueError for a body of another shape."""
    content = json.loads(body)
    listed = content.get("events") if isinstance(content, dict) else None
    if not isinstance(listed, list):
        raise ValueError("no list of events")
    return tuple(_event(each) for each in listed if _is_of_an_organisation(each))


def _is_of_an_organisation(told: Any) -> bool:
    """Of one sale or customer: subscriptions are of the app, and purchases are none of ours."""
    if not isinstance(told, dict) or told.get("tenantType") != "ORGANISATION":
        return False
    data = told.get("data")
    bought = isinstance(data, dict) and str(data.get("Type", "")).startswith("ACCPAY")
    return bool(told.get("tenantId") and told.get("resourceId")) and not bought


def _event(told: dict[str, Any]) -> Event:
    company, remote_id = str(told["tenantId"]), str(told["resourceId"])
    word, time = str(told.get("eventCategory", "")).upper(), str(told.get("eventDateUtc", ""))
    return Event(
        company=company,
        word=word,
        remote_id=remote_id,
        identity=f"{company} {word} {remote_id} {time}" if time else "",
        at=_moment(time),
    )


def _moment(words: str) -> datetime | None:
    """They leave the zone out; it is UTC."""
    try:
        found = datetime.fromisoformat(words)
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def belongs(remote: RemoteObject) -> bool:
    """Invoices are announced with bills among them, which no feed of ours asks for."""
    return remote.kind not in (INVOICE, CREDIT_NOTE) or is_sale(remote.kind, remote.raw)


WEBHOOKS = Webhooks(
    signed=signed,
    events=events,
    kinds=KINDS,
    belongs=belongs,
    where=(
        "developer.xero.com: My Apps, the app, Webhooks, Delivery URL; the key is its Webhooks key. "
        "Tick contacts, invoices, credit notes, prepayments and payments, then Send intent to receive."
    ),
)
