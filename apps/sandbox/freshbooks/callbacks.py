"""Webhooks: registered with a verifier, delivered as signed forms, unordered and doubled on demand."""

import json
import secrets
import threading
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlencode, urlsplit

from . import searching, wire
from .execute import Call
from .refusals import Reply, event_error
from .signing import HEADER, signature
from .store import Business, Content, working

NOUNS = wire.names(
    "bill bill_vendor category client credit_note estimate expense invoice item payment project "
    "recurring service tax time_entry"
)
EVENTS = frozenset(
    ["all", *NOUNS, "invoice.sendByEmail", "estimate.sendByEmail"]
    + [f"{noun}.{verb}" for noun in NOUNS for verb in ("create", "update", "delete")]
)
SECONDS = 5
# Deliveries in waiting by business, oldest first: (uri, verifier, fields in the order of the body).
_waiting: dict[int, list[tuple[str, str, dict[str, str]]]] = {}
_lock = threading.Lock()


def forget(business: int | None = None) -> None:
    with _lock:
        for one in [business] if business else list(_waiting):
            _waiting.pop(one, None)


# --- the API -----------------------------------------------------------------------------------
def answer(books: Business, callback: Content) -> Content:
    return {
        "callbackid": callback["id"],
        "verified": callback["verified"],
        "uri": callback["uri"],
        "event": callback["event"],
        "updated_at": wire.stamp_utc(callback["updated_us"]).replace(" ", "T") + "Z",
    }


def execute(books: Business, call: Call) -> Reply:
    """`events/callbacks`, and one of them; who registers is told its verifier by a delivery."""
    if call.method == "GET" and not call.identity:
        with books.lock:
            rows, told = searching.page(books, "callbacks", call.query)
            found = [answer(books, one) for one in rows]
        return Reply(200, {"response": {"result": {"callbacks": found, **told}}})
    if call.method == "POST" and not call.identity:
        return create(books, call)
    callback = books.find("callbacks", call.identity)
    if callback is None or call.method not in ("GET", "PUT", "DELETE"):
        return event_error(404, "Requested resource could not be found.")
    if call.method == "DELETE":
        with working(books):
            books.remove("callbacks", callback["id"])
        return Reply(204)
    if call.method == "PUT":
        return update(books, callback, call)
    return shown(books, callback)


def shown(books: Business, callback: Content) -> Reply:
    return Reply(200, {"response": {"result": {"callback": answer(books, callback)}}})


def sent(call: Call) -> Content:
    try:
        content = json.loads(call.body)
    except ValueError:
        return {}
    found = content.get("callback") if isinstance(content, dict) else None
    return found if isinstance(found, dict) else {}


def create(books: Business, call: Call) -> Reply:
    told = sent(call)
    if wrong := problems(told):
        words = "The request was well-formed but was unable to be followed due to semantic errors."
        return event_error(422, words, *wrong)
    with working(books):
        kept = {name: told[name] for name in ("event", "uri")}
        verifier = secrets.token_urlsafe(24)
        callback = books.add("callbacks", {**kept, "verifier": verifier, "verified": False})
    verify(books, callback)
    return shown(books, callback)


def problems(told: Content) -> list[str]:
    out = []
    if told.get("event") not in EVENTS:
        out.append("event: Value error, Unrecognized event.")
    if not urlsplit(str(told.get("uri", ""))).scheme:
        out.append("uri: Input should be a valid URL, relative URL without a base")
    return out


def update(books: Business, callback: Content, call: Call) -> Reply:
    """A verifier proves the uri, `resend` sends it again; else event and uri change."""
    told = sent(call)
    if told.get("resend"):
        verify(books, callback)
        return shown(books, callback)
    with working(books):
        changed = books.edit("callbacks", callback["id"])
        if "verifier" in told:
            if told["verifier"] != callback["verifier"]:
                return event_error(422, "The verifier does not match.")
            changed["verified"] = True
        changed |= {name: told[name] for name in ("event", "uri") if name in told}
    return shown(books, changed)


# --- deliveries --------------------------------------------------------------------------------
def fields(books: Business, event: str, identity: int) -> dict[str, str]:
    return {
        "name": event,
        "object_id": str(identity),
        "account_id": books.account,
        "business_id": str(books.id),
        "identity_id": "1234",
        "user_id": "1",
    }


def verify(books: Business, callback: Content) -> None:
    """Before the answer of the call that asked for it, or after it."""
    told = fields(books, "callback.verify", callback["id"]) | {"verifier": callback["verifier"]}
    one = (callback["uri"], callback["verifier"], told)
    if books.switch("verification") == "before":
        deliver_one(*one)
    else:
        threading.Thread(target=deliver_one, args=one, daemon=True).start()


def collect(books: Business) -> None:
    """Queue what was done for whoever registered for it; at once, where the business says so."""
    with books.lock:
        events, books.events = books.events, []
        verified = [one for one in books.all("callbacks") if one["verified"]]
        made = [
            (one["uri"], one["verifier"], fields(books, event, identity))
            for event, identity in events
            for one in verified
            if one["event"] in ("all", event, event.partition(".")[0])
        ]
    with _lock:
        _waiting.setdefault(books.id, []).extend(made)
    if made and books.switch("webhooks") == "at_once":
        threading.Thread(target=deliver, args=(books.id,), daemon=True).start()


def deliver(business: int, *, backwards: bool = False, doubled: bool = False) -> list[Content]:
    """Send what waits, the newest first or each twice if told so; what the receivers answered."""
    with _lock:
        waiting = _waiting.pop(business, [])
    if backwards:
        waiting.reverse()
    out = []
    for uri, verifier, told in waiting:
        for _ in range(2 if doubled else 1):
            status = deliver_one(uri, verifier, told)
            out.append({"name": told["name"], "object_id": told["object_id"], "status": status})
    return out


def deliver_one(uri: str, verifier: str, told: dict[str, str]) -> Any:
    """The receiver's status; nothing where none was reached. Only this machine is ever called."""
    target = urlsplit(uri)
    if target.hostname not in ("localhost", "127.0.0.1", "::1") or target.scheme != "http":
        return None
    request = urllib.request.Request(
        uri,
        data=urlencode(told).encode(),
        headers={
            "Content-Type": "application/x-www-form-urlencoded",
            HEADER: signature(verifier, told),
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as response:
            return int(response.status)
    except urllib.error.HTTPError as wrong:
        return wrong.code
    except OSError:
        return None
