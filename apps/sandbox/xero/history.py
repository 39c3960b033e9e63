"""The history of an object: what Xero notes by itself, and notes that an app adds for good."""

from typing import Any

from ..clock import microseconds, moment_of
from . import wire
from .refusals import Refused
from .store import Content, Organisation

LONGEST = 2500


def add(org: Organisation, kind: str, identity: str, sent: Any, app: str) -> Content:
    """A note; it cannot be changed or taken back."""
    details = str(sent.get("Details") or "")
    if not details:
        raise Refused("Details must be supplied.")
    if len(details) > LONGEST:
        raise Refused(f"Details cannot exceed {LONGEST} characters.")
    note = {"changes": "Note", "details": details, "user": app, "at": microseconds(org.now)}
    content = org.edit(kind, identity, touch=False)
    content["history"] = [*content.get("history", ()), note]
    return note


def answer(note: Content, *, written: bool) -> Content:
    at = moment_of(note["at"] // 1000 * 1000)
    out: Content = {} if written else {"Changes": note["changes"]}
    out["DateUTCString"] = at.strftime("%Y-%m-%dT%H:%M:%S")
    # The answer of the write lacks the zone's part.
    out["DateUTC"] = wire.bare(at) if written else at
    if not written:
        out["User"] = note["user"]
    out["Details"] = note["details"]
    return out | ({"ValidationErrors": []} if written else {})


def newest_first(content: Content) -> list[Content]:
    return [answer(one, written=False) for one in reversed(content.get("history", ()))]
