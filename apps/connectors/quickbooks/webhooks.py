"""Intuit's deliveries: CloudEvents in an array, and the older form. Several companies in one."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from apps.connectors.quickbooks.feed import WATCHED
from apps.connectors.webhooks import Event, Headers, Webhooks, digest, same

SIGNATURE = "intuit-signature"
# After these an object is no more, or is not what its own time says.
ENDED = frozenset({"deleted", "merged", "void", "delete", "merge"})


def signed(key: str, body: bytes, headers: Headers) -> bool:
    return same(headers.get(SIGNATURE, ""), digest(key, body))


def events(body: bytes) -> tuple[Event, ...]:
    """Raises ValueError for what is neither form. An event without a company or an id is none."""
    content = json.loads(body)
    if isinstance(content, list):
        found = [each for one in content for each in _cloud_event(one)]
    elif isinstance(content, dict) and isinstance(content.get("eventNotifications"), list):
        found = [each for one in content["eventNotifications"] for each in _notification(one)]
    else:
        raise ValueError("neither an array of events nor eventNotifications")
    return tuple(each for each in found if each.company and each.remote_id)


def _cloud_event(told: Any) -> Iterator[Event]:
    """`qbo.<entity>.<operation>.v1`; a merge names the one that is no more in its data."""
    if not isinstance(told, dict):
        return
    _, word, operation, *_ = [*_text(told, "type").split("."), "", "", ""]
    company, identity = _text(told, "intuitaccountid"), _text(told, "id")
    at = None if operation in ENDED else _moment(_text(told, "time"))
    ids = [_text(told, "intuitentityid")]
    data = told.get("data")
    if isinstance(data, dict):
        ids += [_text(data, "deletedId")]
    for remote_id in dict.fromkeys(ids):
        own = identity and f"{identity} {remote_id}"
        yield Event(company=company, word=word, remote_id=remote_id, identity=own, at=at)


def _notification(told: Any) -> Iterator[Event]:
    """The older form names no event: company, entity, operation and time are its identity."""
    change = told.get("dataChangeEvent") if isinstance(told, dict) else None
    listed = change.get("entities") if isinstance(change, dict) else None
    for one in listed if isinstance(listed, list) else ():
        if not isinstance(one, dict):
            continue
        company, word = _text(told, "realmId"), _text(one, "name").lower()
        operation, time = _text(one, "operation").lower(), _text(one, "lastUpdated")
        at = None if operation in ENDED else _moment(time)
        for remote_id in dict.fromkeys([_text(one, "id"), _text(one, "deletedId")]):
            identity = " ".join([company, word, remote_id, operation, time]) if time else ""
            yield Event(company=company, word=word, remote_id=remote_id, identity=identity, at=at)


def _text(told: dict[str, Any], name: str) -> str:
    value = told.get(name)
    return str(value) if isinstance(value, str | int) else ""


def _moment(words: str) -> datetime | None:
    """Nine digits behind the second, as they send it; what is no time with a zone is none."""
    whole, dot, rest = words.partition(".")
    if dot:
        digits = rest[: next((at for at, sign in enumerate(rest) if not sign.isdigit()), len(rest))]
        words = f"{whole}.{digits[:6]:0<6}{rest[len(digits) :]}"
    try:
        found = datetime.fromisoformat(words)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


WEBHOOKS = Webhooks(
    signed=signed,
    events=events,
    kinds={each.lower(): each for each in WATCHED},
    where=(
        "developer.intuit.com: the app, Webhooks, Endpoint URL; the key is its Verifier Token. "
        "Subscribe to customers, items, invoices, credit memos, payments, refund receipts, deposits, "
        "purchases and journal entries."
    ),
)
