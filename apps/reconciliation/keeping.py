"""Comparisons that are asked for, carried out by a worker, and kept with what they found."""

import dataclasses
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.connections.models import Connection
from apps.connections.times import today_in
from apps.connectors.errors import ConnectorError
from apps.reconciliation.compare import compare, refuse_unreadable, summary, why_not_as_of
from apps.reconciliation.figures import Comparison
from apps.reconciliation.findings import Finding
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
from apps.reconciliation.models import KeptComparison, Question

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
    "set_off_elsewhen": "Applied on another day there, and equal now",
    "left_out": "Left out, for a stated reason",
    "opening": "Open at the cut-off, and linked",
}


def ask(connection: Connection, by: int | None, as_of: date | None = None) -> KeptComparison:
    """Have both sides compared by a worker, as they stand now or as of the end of a day; or the one that
    is under way.

    Raises `CannotTell` of books that cannot be read, and ValidationError, in words for staff, of a day
    that cannot be compared and where one of another day is under way.
    """
    refuse_unreadable(connection)
    if as_of is not None and (why := why_not_as_of(connection, as_of)):
        raise ValidationError(why)
    mend()
    try:
        with transaction.atomic():
            asked = KeptComparison.objects.create(
                connection=connection,
                asked_by_id=by,
                on=as_of or today_in(connection.company),
                of_now=as_of is None,
                held_until=timezone.now() + WAITS,
            )
            queue(asked.pk)
    except IntegrityError:
        under_way = KeptComparison.objects.get(connection=connection, state__in=OPEN)
        if (under_way.of_now, as_of or under_way.on) != (as_of is None, under_way.on):
            raise ValidationError(
                f"Both sides are being compared {words_of_day(under_way)}. Ask again when that is done."
            ) from None
        return under_way
    return asked


def words_of_day(kept: KeptComparison) -> str:
    """“as of 31 Mar 2026”, or “as of now (30 Nov 2026)”."""
    return f"as of now ({kept.on:%-d %b %Y})" if kept.of_now else f"as of {kept.on:%-d %b %Y}"


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
        as_of = None if kept.of_now else kept.on
        found = compare(kept.connection, as_of=as_of, journal=journal, hold=hold)
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
    of_now = rows.filter(of_now=True)
    done = of_now.filter(state=State.DONE, ended_at__gt=now - DAILY)
    stopped = of_now.filter(state=State.STOPPED, ended_at__gt=now - AGAIN)
    return not done.exists() and not stopped.exists()


def newest(connection: Connection) -> KeptComparison | None:
    """The last one that found out whether both sides agree now."""
    return done_of(connection).defer("found", "journal").first()


def done_of(connection: Connection) -> "QuerySet[KeptComparison]":
    """Those that found out whether both sides agree now, the last first."""
    done = KeptComparison.objects.filter(connection=connection, state=State.DONE, of_now=True)
    return done.order_by("-ended_at", "-id")


def to_json(found: Comparison) -> dict[str, Any]:
    """Amounts and days are texts, and so are questions, which have rows of their own. `findings` are
    what each sentence knows: rows of it go on to change, and as of a day there is none."""
    told = {each.name: getattr(found, each.name) for each in dataclasses.fields(found)}
    del told["journal"]  # which has a place of its own
    told["questions"] = [str(each) for each in found.questions]
    told["answered"] = [in_words(each) for each in found.answered]
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
    told["customers"] = [
        {
            **_plain(line),
            "difference": _plain(line.difference),
            "unexplained": _plain(line.unexplained),
        }
        for line in found.customers
    ]
    told["findings"] = [_known(each) for each in (*found.findings, *found.set_off_elsewhen)]
    return {name: _plain(value) for name, value in told.items()}


def in_words(answered: Question) -> str:
    """A question with its answer, as a comparison keeps it."""
    return f"{answered} {answered.get_answer_display()}: {answered.reason}"


def _known(each: Finding) -> dict[str, Any]:
    return {
        "sentence": str(each),
        "why": each.why.label,
        "ours": each.ours,
        "theirs": each.theirs,
        "kind": each.ours[0][0] if each.ours else "",
        "figure": each.figure,
        "here": each.here,
        "there": each.there,
        "amount": "" if each.amount is None else each.amount,
        "currency": each.currency,
    }


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
