"""Comparisons that are asked for, carried out by a worker, and kept with what they found."""

import dataclasses
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.connections.models import Connection
from apps.connections.times import today_in
from apps.connectors.errors import ConnectorError
from apps.reconciliation.compare import compare, refuse_unreadable, summary
from apps.reconciliation.figures import Comparison
from apps.reconciliation.holds import (
    OPEN,
    WAITS,
    Hold,
    State,
    Superseded,
    mend,
    queue,
    queue_the_next,
    take,
)
from apps.reconciliation.journal import Journal
from apps.reconciliation.models import KeptComparison

DAILY = timedelta(hours=23)
AGAIN = timedelta(hours=1)  # after one that was stopped
# Sentences of a comparison, by the heading that staff read over them; the first three block.
LISTS = {
    "differences": "Differences",
    "doubles": "Stands there twice",
    "only_here": "Only here",
    "only_there": "Only there",
    "recoded": "Given another account there",
    "due_elsewhere": "Due on another day there, and left so",
    "left_out": "Left out, for a stated reason",
    "opening": "Open at the cut-off, and linked",
}


def ask(connection: Connection, by: int | None, on: date | None = None) -> KeptComparison:
    """Have both sides compared as of the end of a day (today), by a worker; or the one that is under way.

    Raises `CannotTell` of books that cannot be read.
    """
    refuse_unreadable(connection)
    mend()
    try:
        with transaction.atomic():
            asked = KeptComparison.objects.create(
                connection=connection,
                asked_by_id=by,
                on=on or today_in(connection.company),
                held_until=timezone.now() + WAITS,
            )
            queue(asked.pk)
    except IntegrityError:
        return KeptComparison.objects.get(connection=connection, state__in=OPEN)
    return asked


def carry_out(key: int) -> KeptComparison | None:
    """Read their books and compare; None where another worker has it or it has ended."""
    hold = take(key)
    if hold is None:
        return None
    try:
        _carry_out(hold)
    except Superseded:
        return None
    finally:
        queue_the_next()
    return KeptComparison.objects.get(pk=key)


def _carry_out(hold: Hold) -> None:
    kept = KeptComparison.objects.select_related("connection__company", "connection__grant").get(
        pk=hold.key
    )
    # By the timetable it is made every day: what a person asked for alone keeps its postings.
    journal = Journal(kept.on) if kept.asked_by_id is not None else None
    try:
        found = compare(kept.connection, on=kept.on, journal=journal, hold=hold)
    except Superseded:
        raise
    except ConnectorError as trouble:
        hold.end(state=State.STOPPED, sentence=trouble.sentence, remedy=trouble.remedy[:300])
        return
    except Exception as fault:
        # Its class alone: what it says may quote a record.
        said = f"It broke off by a fault of Tieout ({type(fault).__name__})."
        hold.end(state=State.STOPPED, sentence=said)
        raise
    hold.end(
        state=State.DONE,
        sentence=summary(found),
        agrees=found.tied_out,
        found=to_json(found),
        open_count=len(found.refusals),
        journal=journal.packed() if journal is not None and found.accounts else None,
    )


def ask_the_due() -> int:
    """Ask for each live connection that was not compared for a day; the number."""
    mend()
    now, count = timezone.now(), 0
    live = Connection.objects.filter(stage=Connection.Stage.LIVE)
    for connection in live.select_related("company", "grant"):
        if not connection.capabilities.reads_back or not _is_due(connection, now):
            continue
        ask(connection, None)
        count += 1
    return count


def _is_due(connection: Connection, now: datetime) -> bool:
    rows = KeptComparison.objects.filter(connection=connection)
    if rows.filter(state__in=OPEN).exists():
        return False
    done = rows.filter(state=State.DONE, ended_at__gt=now - DAILY)
    stopped = rows.filter(state=State.STOPPED, ended_at__gt=now - AGAIN)
    return not done.exists() and not stopped.exists()


def newest(connection: Connection) -> KeptComparison | None:
    """The last one that found out whether both sides agree."""
    done = KeptComparison.objects.filter(connection=connection, state=State.DONE)
    return done.defer("found", "journal").order_by("-ended_at", "-id").first()


def to_json(found: Comparison) -> dict[str, Any]:
    """Amounts and days are texts, and so are questions, which have rows of their own."""
    told = {each.name: getattr(found, each.name) for each in dataclasses.fields(found)}
    del told["journal"]  # which has a place of its own
    told["questions"] = [str(each) for each in found.questions]
    told["answered"] = [
        f"{each} {each.get_answer_display()}: {each.reason}" for each in found.answered
    ]
    told["totals"] = [
        {
            **_plain(line),
            "difference": _plain(line.difference),
            "unexplained": _plain(line.unexplained),
        }
        for line in found.totals
    ]
    told["accounts"] = [
        {**_plain(line), "difference": _plain(line.difference)} for line in found.accounts
    ]
    return {name: _plain(value) for name, value in told.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date):
        return value.isoformat()
    if dataclasses.is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value
