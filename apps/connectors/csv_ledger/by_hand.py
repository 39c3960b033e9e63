"""What a person is told to do there, where something that was handed over is not as it was any more."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from apps.connectors.csv_ledger.cells import WORDS, by_hand_row
from apps.connectors.csv_ledger.objects import amount_of
from apps.connectors.port import Push
from apps.connectors.snapshots import Address, Snapshot, differences

VOID, CHANGE = "Void", "Change"


def is_taken_back(snapshot: Snapshot | None) -> bool:
    return bool(getattr(snapshot, "void", False) or getattr(snapshot, "cancelled", False))


def changes_nothing(push: Push) -> bool:
    """Whether they hold all of it that is ours to say."""
    return not any(True for _ in _told(push))


def rows_by_hand(push: Push) -> Iterator[str]:
    for what, act, field, before, now in _told(push):
        yield by_hand_row(
            what,
            act,
            WORDS[push.kind],
            _id(push),
            field,
            before,
            now,
            getattr(push.snapshot, "currency", ""),
            amount_of(push.snapshot),
            push.snapshot.marker,
        )


def _told(push: Push) -> Iterator[tuple[str, str, str, str, str]]:
    """What to do, in words; the act; field, value before and now."""
    record, stood = f"{WORDS[push.kind].lower()} {_id(push)}", _stood(push)
    if is_taken_back(push.snapshot):
        if not is_taken_back(stood):
            yield f"Void {record}: it was taken back here.", VOID, "", "", ""
        return
    if is_taken_back(stood):
        yield f"Enter {record} again: it stands here again.", CHANGE, "void", "yes", "no"
    for each in differences(stood, push.snapshot):
        if each.whose == "kept" or each.path in ("void", "cancelled"):
            continue
        name, before, now = each.path.replace("_", " "), _words(each.ours), _words(each.theirs)
        yield (
            f"Change the {name} of {record} from “{before}” to “{now}”.",
            CHANGE,
            name,
            before,
            now,
        )


def _id(push: Push) -> str:
    assert push.known is not None, "what is new there is no change"
    return push.known.remote_id


def _stood(push: Push) -> Snapshot:
    """What they were last told."""
    stood = push.agreed or (push.known.snapshot if push.known is not None else None)
    assert stood is not None, "what was handed over says what it was"
    return stood


def _words(value: Any) -> str:
    if value is None or value == "":
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Address):
        place = f"{value.postal_code} {value.city}".strip()
        parts = (*value.lines, place, value.region, value.country)
        return ", ".join(filter(None, parts)) or "nothing"
    if isinstance(value, tuple):
        return f"{len(value)} lines"
    return str(value)
