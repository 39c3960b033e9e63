"""What was changed here: the history of the record, told field by field."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any, TypeAlias

from django.db.models import Q, QuerySet

from apps.backoffice.frame.formatting import BAD, GOOD, PLAIN, amount_text
from apps.backoffice.frame.history_words import (
    EMPTY,
    SIGNED_BY_BOOKS,
    Step,
    currency_of,
    reason_in_words,
    steps_between,
)
from apps.backoffice.ledgers.timeline.entries import Cells, Entry, Found, Source
from apps.billing.models import Synced
from apps.connections.models import Connection

Lines: TypeAlias = dict[int, Mapping[str, Any]]

HISTORY = "history"
# Sums over what is set against it, each of which has an entry of its own.
SUMS = frozenset({"Paid", "Credited", "Written off", "Applied"})
SAID_ANYWAY = frozenset({*SUMS, "Issued at"})  # the moment of the entry itself
STANDING = "Status"
COLOURS = {"Issued": GOOD, "Received": GOOD, "Void": BAD, "Cancelled": BAD, "Undone": BAD}


def source(subject: Synced) -> Source:
    rows: QuerySet[Any] = subject.history.all()  # type: ignore[attr-defined] # every synced model keeps one
    return Source(name=HISTORY, rows=rows, at="history_date", tell=_not_by_itself)


def _not_by_itself(at: datetime, cells: Cells) -> Entry | None:
    raise AssertionError("History is told by its rows, each held against the one before it.")


def told(
    subject: Synced, found: Sequence[Found], books: Mapping[int, Connection]
) -> dict[int, Entry]:
    """The entry of each row of history, by its key; one that says nothing to staff has none.

    They follow one upon another, so one question finds them with the row before the oldest.
    """
    ours = [each for each in found if each.source.name == HISTORY]
    if not ours:
        return {}
    last = subject.history.model  # type: ignore[attr-defined] # as above
    held = [each.name for each in last.tracked_fields if each.is_relation]
    newest = ours[0].mark
    rows = subject.history.filter(  # type: ignore[attr-defined] # as above
        Q(history_date__lt=newest.at) | Q(history_date=newest.at, pk__lte=newest.key)
    )
    rows = rows.select_related("history_user", *held).order_by("-history_date", "-pk")
    kept = list(rows[: len(ours) + 1])
    entries = {}
    for row, before in pairwise([*kept, None]):
        assert row is not None
        entry = _entry(row, before, books)
        if entry is not None:
            entries[row.pk] = entry
    return entries


def _entry(row: Any, before: Any, books: Mapping[int, Connection]) -> Entry | None:
    said, came_from = reason_and_books(row.history_change_reason, books)
    who = str(row.history_user or (came_from.system_name if came_from else "Tieout"))
    common: dict[str, Any] = {
        "at": row.history_date,
        "who": who,
        "books": came_from.name if came_from else "",
        "reason": said,
    }
    if row.history_type == "+":
        return Entry(what="Made", **common)
    if row.history_type == "-":
        return Entry(what="Deleted", colour=BAD, **common)
    if before is None:
        return Entry(what="Changed", **common)
    steps = [each for each in steps_between(row, before) if each.field not in SAID_ANYWAY]
    lines = line_steps(row, before)
    if not steps and not lines:
        return None
    what, colour = _called(row, before, steps, amended=bool(lines))
    return Entry(what=what, colour=colour, steps=[*steps, *lines], **common)


def _called(row: Any, before: Any, steps: Sequence[Step], *, amended: bool) -> tuple[str, str]:
    """“Issued” where its status moved, else whether what had been issued was amended."""
    moved = next((each.new for each in steps if each.field == STANDING), "")
    if moved:
        return moved, COLOURS.get(moved, PLAIN)
    was = getattr(before, "status", "")
    return ("Amended" if amended and was == "issued" else "Changed"), PLAIN


def reason_and_books(
    reason: str | None, books: Mapping[int, Connection]
) -> tuple[str, Connection | None]:
    """The reason without the sign of the books that it came from, and those books."""
    signed = SIGNED_BY_BOOKS.match(reason or "")
    if signed is None:
        return reason or "", None
    return reason_in_words(reason), books.get(int(signed[1]))


def line_steps(row: Any, before: Any) -> list[Step]:
    """The lines that were added, changed or taken away, by their place."""
    now, then = (_by_place(getattr(each, "lines_then", [])) for each in (row, before))
    currency = currency_of(row)
    both = {
        place: (_line(_named(then, now, place), currency), _line(now.get(place), currency))
        for place in sorted({*now, *then})
    }
    return [
        Step(field=f"Line {place}", old=old, new=new)
        for place, (old, new) in both.items()
        if old != new
    ]


def _named(then: Lines, now: Lines, place: int) -> Mapping[str, Any] | None:
    """The line as it was: issuing copies the item's text onto it, which changes nothing."""
    old, new = then.get(place), now.get(place)
    if old is None or new is None or old.get("description") or old.get("item_code"):
        return old
    return {**old, "description": new.get("description"), "item_code": new.get("item_code")}


def _by_place(lines: Sequence[Mapping[str, Any]]) -> Lines:
    return {int(line.get("position") or place): line for place, line in enumerate(lines, start=1)}


def _line(line: Mapping[str, Any] | None, currency: str) -> str:
    """“Brass lantern, 4 × 12.50 = 50.00, tax VAT20”."""
    if line is None:
        return EMPTY
    parts = [str(line.get("description") or line.get("role") or line.get("item_code") or "a line")]
    if "unit_price" in line:
        price, net = (_amount(line[name], currency) for name in ("unit_price", "net"))
        parts.append(f"{line['quantity']} × {price} = {net}")
    elif "amount" in line:
        parts.append(_amount(line["amount"], currency))
    if line.get("tax_code"):
        parts.append(f"tax {line['tax_code']}")
    return ", ".join(parts)


def _amount(text: str, currency: str) -> str:
    return amount_text(Decimal(text), currency)
