"""FreshBooks' callbacks: a signed form with an id and nothing else.

Nothing tells one change of an object from the next, nor when it was. The key is the verifier that a
first form brings, signed by itself; it counts once FreshBooks was told it back.
"""

import json
from urllib.parse import parse_qsl

from apps.connectors.freshbooks import callbacks
from apps.connectors.webhooks import (
    Event,
    Handshake,
    Headers,
    Registering,
    Webhooks,
    digest,
    same,
)

SIGNATURE = "x-freshbooks-hmac-sha256"
VERIFY = "callback.verify"
# Their noun → the kind that the connector reads by its id.
KINDS = {
    "client": "client",
    "invoice": "invoice",
    "payment": "payment",
    "credit_note": "credit_note",
    "item": "item",
}


def form(body: bytes) -> dict[str, str]:
    """Raises ValueError for what is no form. Its order is the body's: the signature is over it."""
    if not body:
        raise ValueError("no field")
    return dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=True))


def signed(key: str, body: bytes, headers: Headers) -> bool:
    """Over the fields as JSON, in their order, as Python writes it by default."""
    try:
        message = json.dumps(form(body)).encode()
    except ValueError:
        return False
    return same(headers.get(SIGNATURE, ""), digest(key, message))


def events(body: bytes) -> tuple[Event, ...]:
    told = form(body)
    word = told.get("name", "").partition(".")[0]
    if told.get("name") == VERIFY or not (told.get("account_id") and told.get("object_id")):
        return ()
    return (Event(company=told["account_id"], word=word, remote_id=told["object_id"]),)


def brought(body: bytes) -> Handshake | None:
    """What asks whether the address is ours, whoever sent it; else None."""
    try:
        told = form(body)
    except ValueError:
        return None
    if told.get("name") != VERIFY or not told.get("verifier"):
        return None
    return Handshake(
        company=told.get("account_id", ""),
        remote_id=told.get("object_id", ""),
        verifier=told["verifier"],
    )


def handshake(body: bytes, headers: Headers) -> Handshake | None:
    """The same, where it is signed by what it brings."""
    found = brought(body)
    return found if found is not None and signed(found.verifier, body, headers) else None


def company(body: bytes) -> str:
    try:
        return form(body).get("account_id", "")
    except ValueError:
        return ""


WEBHOOKS = Webhooks(
    signed=signed,
    events=events,
    kinds=KINDS,
    repeats=True,
    registering=Registering(
        register=callbacks.register,
        handshake=handshake,
        brought=brought,
        tell_back=callbacks.tell_back,
        withdraw=callbacks.withdraw,
        company=company,
    ),
    where=(
        "Tieout enters its address there by itself, and tells the key back that comes: the button "
        "“Be told of changes” on the page of the connection."
    ),
)
