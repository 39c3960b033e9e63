"""Deliveries as the systems send them, signed with keys of the tests' own."""

import json
import uuid
from typing import Any

from django.test import Client

from apps.connectors.webhooks import digest

KEY = "simulated-webhook-key"


def cloud_event(realm: str, word: str, remote_id: str, **more: Any) -> dict[str, Any]:
    """An update that is later than anything that was read, unless told otherwise."""
    return {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "type": f"qbo.{word}.updated.v1",
        "time": "2099-09-10T21:31:25.179851517Z",
        "intuitentityid": remote_id,
        "intuitaccountid": realm,
        "data": {},
        **more,
    }


def post(
    system: str, body: bytes, *, key: str = KEY, header: str = "intuit-signature", **more: Any
) -> Any:
    name = "HTTP_" + header.upper().replace("-", "_")
    told = {name: digest(key, body), "content_type": "application/json", **more}
    return Client().post(f"/webhooks/{system}/", data=body, **told)


def deliver(*events: dict[str, Any], **more: Any) -> Any:
    return post("quickbooks", json.dumps(events).encode(), **more)
