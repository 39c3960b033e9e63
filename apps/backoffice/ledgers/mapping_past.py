"""Who chose what, when, from what to what and why; and what waits for one choice."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.mappings.models import THINGS, Mapping, RemoteCode
from apps.mappings.names import Key
from apps.sync.mapped.completeness import waiting_for
from apps.sync.mapped.impact import in_force, in_force_since, sent_since
from apps.sync.models import SUBJECTS
from apps.sync.wording import called, capital

CHANGES_SHOWN = 30
WAITING_SHOWN = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class Choosing:
    """One choice of the past. `old` is "" for a first one; it holds from `at` on."""

    what: str
    old: str
    new: str
    who: str
    at: datetime
    reason: str


def choosings(connection: Connection) -> list[Choosing]:
    """The latest, newest first, in a few queries."""
    model: Any = Mapping.history.model
    rows = list(
        model.objects.filter(connection_id=connection.pk)
        .select_related("history_user")
        .order_by("-history_date", "-history_id")[: CHANGES_SHOWN * 2]
    )
    mapped = Mapping.objects.filter(pk__in={row.id for row in rows}).select_related(*THINGS)
    words = {each.pk: each.of_what() for each in mapped}
    before = _codes_before(model, rows)
    codes = RemoteCode.objects.in_bulk({*(row.code_id for row in rows), *before.values()} - {None})
    found = [
        Choosing(
            what=words.get(row.id, ""),
            old=str(codes[old]) if old else "",
            new=str(codes[row.code_id]),
            who=str(row.history_user or "Tieout"),
            at=row.history_date,
            reason=row.history_change_reason or "",
        )
        for row in rows
        if (old := before[row.history_id]) != row.code_id
    ]
    return found[:CHANGES_SHOWN]


def _codes_before(model: Any, rows: list[Any]) -> dict[int, int | None]:
    """By history row, the code that its mapping had before; None of its first."""
    before: dict[int, int | None] = {}
    later: dict[int, int] = {}  # mapping → the history row after the one looked at
    for row in rows:
        if row.id in later:
            before[later[row.id]] = row.code_id
        later[row.id] = row.history_id
    # Of the oldest row of each mapping that is shown: one look at what came before all of them.
    older = model.objects.filter(id__in=later, history_id__lt=min(later.values(), default=0))
    latest = {row.id: row.code_id for row in older.order_by("history_id")}
    for mapping, history in later.items():
        before[history] = latest.get(mapping)
    return before


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """Records that wait for one choice: those shown, each with its page, and how many there are."""

    rows: list[tuple[str, str]]
    count: int


def records_that_wait(connection: Connection, key: Key) -> Waiting:
    """Exactly those that the figure counts, up to a limit."""
    rows: list[tuple[str, str]] = []
    count = 0
    for kind, found in waiting_for(connection, key).items():
        count += found.count()
        if kind is not Kind.DEPOSIT:
            found = found.select_related("customer")
        for record in found.order_by("-pk")[: WAITING_SHOWN - len(rows)]:
            rows.append((capital(called(record)), _page_of(kind, record.pk)))
    return Waiting(rows=rows, count=count)


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """A choice in force: since when it holds, and how many records went over under it."""

    code: str
    since: datetime
    sent: int


def held(connection: Connection, key: Key) -> Held | None:
    """None where nothing is chosen."""
    row = in_force(connection, key)
    if row is None:
        return None
    return Held(code=str(row.code), since=in_force_since(row), sent=sent_since(connection, row))


def _page_of(kind: Kind, pk: int) -> str:
    options = SUBJECTS[kind]._meta
    return reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[pk])
