"""On the page of files: when they are made, and when the folder was last looked at by itself."""

import json
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.dateparse import parse_time

from apps.backoffice.frame.permissions import may
from apps.connections.models import BroughtFile, BroughtRow, Connection, FolderLook
from apps.core.together import Together
from apps.exchange.coming_back.by_itself import EVERY, problems_of
from apps.staff.acts import ActName
from apps.sync.decide.timetable import hand_over_now, set_hour, waits_for_the_hour

EACH_RUN, DAILY = "each-run", "daily"
DEFAULT = time(18)


def times_of(request: HttpRequest, connection: Connection) -> dict[str, Any]:
    """What the page shows of it."""
    look = FolderLook.objects.filter(connection=connection).first()
    return {
        "files_at": connection.files_at,
        "hour_offered": connection.files_at or DEFAULT,
        "when_words": when_words(connection),
        "waits_for_hour": waits_for_the_hour(connection),
        "may_set_times": may(request, ActName.PAUSE),
        "may_make_now": may(request, ActName.RETRY),
        "looked_at": look.looked_at if look is not None else None,
        "look_every": EVERY,
        "folder_problems": problems_of(connection),
    }


def when_words(connection: Connection) -> str:
    """“Once a day at 18:00 (Europe/London), next on 30 November 2026.”"""
    if connection.files_at is None:
        return "With each run: what is due goes into one file of its kind."
    zone = connection.company.time_zone
    words = f"Once a day at {connection.files_at:%H:%M} ({zone})"
    if connection.files_next is None:
        return f"{words}."
    return f"{words}, next on {connection.files_next.astimezone(ZoneInfo(zone)):%-d %B %Y}."


def set_times(request: HttpRequest, connection: Connection) -> str:
    if not may(request, ActName.PAUSE):
        raise PermissionDenied
    at = None
    if request.POST.get("how") == DAILY:
        at = _time(request.POST.get("hour", ""))
    elif request.POST.get("how") != EACH_RUN:
        raise ValidationError("Choose when files are made.")
    changed = set_hour(connection, at)
    connection.refresh_from_db()
    return f"Files are made: {when_words(connection)}" if changed else "Nothing was different."


def make_now(request: HttpRequest, connection: Connection) -> str:
    if not may(request, ActName.RETRY):
        raise PermissionDenied
    if not connection.is_live:
        raise ValidationError("Nothing is handed over before these books are live.")
    hand_over_now(connection)
    return "What waits goes into files with a run that starts now."


def ask_to_look_at(asked: Together, connection: Connection) -> None:
    """Put what `to_look_at` reads."""
    rows = BroughtRow.objects.filter(brought__connection=connection)
    asked.count((connection, "rows that ask"), rows.filter(state=BroughtRow.State.ASKED))
    refused = rows.filter(brought__in=_last_files(connection), state=BroughtRow.State.REFUSED)
    asked.count((connection, "rows not taken"), refused)
    asked.rows((connection, "look"), FolderLook.objects.filter(connection=connection), "problems")


def to_look_at(asked: Together, connection: Connection) -> int:
    """How much of what came back waits for a person: rows that ask, rows not taken of the last file
    of each sort, and what was found in the folder and could not be read."""
    problems = sum(len(json.loads(text)) for (text,) in asked.rows_of((connection, "look")))
    rows = (asked.count_of((connection, what)) for what in ("rows that ask", "rows not taken"))
    return sum(rows) + problems


def _last_files(connection: Connection) -> "QuerySet[BroughtFile, Any]":
    """The file of each sort that was brought last."""
    files = BroughtFile.objects.filter(connection=connection)
    later = files.filter(sort=OuterRef("sort")).filter(
        Q(brought_at__gt=OuterRef("brought_at"))
        | Q(brought_at=OuterRef("brought_at"), pk__gt=OuterRef("pk"))
    )
    return files.filter(~Exists(later)).order_by().values("pk")


def _time(text: str) -> time:
    try:
        found = parse_time(text)
    except ValueError:
        found = None
    if found is None:
        raise ValidationError(f"“{text}” is no time of the day: write it as 18:00.")
    return found.replace(second=0, microsecond=0, tzinfo=None)
