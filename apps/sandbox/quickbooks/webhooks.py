"""Intuit's webhooks: CloudEvents in an array, or the older form; several companies in one body."""

import json
import uuid
from datetime import UTC
from typing import Any

from .. import asking
from ..clock import clock
from ..controlling import forgetters
from ..deliveries import KEY, Event, Sender
from ..models import StoredObject

TOLD = frozenset(
    [
        "Account",
        "Class",
        "CreditMemo",
        "Customer",
        "Deposit",
        "Department",
        "Invoice",
        "Item",
        "JournalEntry",
        "Payment",
        "PaymentMethod",
        "Purchase",
        "RefundReceipt",
        "SalesReceipt",
        "Term",
        "Vendor",
    ]
)
POINTING: asking.Spec = {
    "address": asking.text,
    "key": asking.words,
    "form": asking.one_of("cloud", "older"),
}
FORMS = {"form": "cloud"}


def compose(events: list[Event]) -> bytes:
    if FORMS["form"] == "cloud":
        return json.dumps([_cloud(each) for each in events]).encode()
    by_realm: dict[str, list[Event]] = {}
    for each in events:
        by_realm.setdefault(each["realm"], []).append(_older(each))
    told = [
        {"realmId": realm, "dataChangeEvent": {"entities": entities}}
        for realm, entities in by_realm.items()
    ]
    return json.dumps({"eventNotifications": told}).encode()


def _cloud(event: Event) -> Event:
    return {
        "specversion": "1.0",
        "id": event["id"],
        "source": "intuit.dsnBgbseACLLRZNxo2dfc4evmEJdxde58xeeYcZliOU=",
        "type": f"qbo.{event['kind'].lower()}.{event['operation']}.v1",
        "datacontenttype": "application/json",
        "time": f"{event['at']:%Y-%m-%dT%H:%M:%S.%f}000Z",
        "intuitentityid": event["object"],
        "intuitaccountid": event["realm"],
        "data": {},
    }


def _older(event: Event) -> Event:
    words = {"created": "Create", "updated": "Update", "deleted": "Delete"}
    return {
        "name": event["kind"],
        "id": event["object"],
        "operation": words[event["operation"]],
        "lastUpdated": f"{event['at']:%Y-%m-%dT%H:%M:%S.000Z}",
    }


sender = Sender("intuit-signature", compose)


def _forget() -> None:
    sender.forget()
    FORMS["form"] = "cloud"


forgetters.append(_forget)


def note(realm: str, rows: list[StoredObject]) -> None:
    """What one request left changed, the API's own writes included."""
    events = [
        {
            "realm": realm,
            "id": str(uuid.uuid4()),
            "kind": each.kind,
            "object": str(each.object_id),
            "operation": "deleted" if each.deleted else "updated" if each.sync_token else "created",
            "at": clock.now().astimezone(UTC),
        }
        for each in rows
        if each.kind in TOLD
    ]
    sender.note(realm, events)


def point(told: dict[str, Any]) -> dict[str, str]:
    FORMS["form"] = told.get("form", "cloud")
    sender.point(told.get("address", ""), told.get("key", KEY))
    return {"address": sender.address, "form": FORMS["form"]}


def deliver(told: dict[str, Any]) -> list[int | None]:
    return sender.deliver(told)
