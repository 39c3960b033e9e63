"""When what waits to leave will be over there, at the pace of late and within their limits."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from django.db.models import DurationField, ExpressionWrapper, F, Sum

from apps.connections.budget import Budget, Line, budget_of
from apps.connections.clock import now
from apps.connections.models import Connection
from apps.connectors.limits import CALL
from apps.sync.models import OPEN_STATES, Run, SyncRecord

LATELY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Draining:
    """`waiting` records in about so many calls; `until` is None where nothing waits."""

    waiting: int
    calls: int
    until: datetime | None


def draining(connection: Connection, budget: Budget | None = None) -> Draining:
    """An estimate, of rows alone: what is read meanwhile, or retried, is not in it. `budget`: where it is
    known already."""
    due = SyncRecord.objects.filter(
        connection=connection, state__in=OPEN_STATES, due_at__lte=now()
    ).count()
    return drained(connection, due, budget)


def drained(connection: Connection, due: int, budget: Budget | None = None) -> Draining:
    """The same of so many records, whether they wait already or would with the next run."""
    moment = now()
    if not due:
        return Draining(waiting=0, calls=0, until=None)
    calls_each, seconds_each = _pace(connection, moment)
    calls = ceil(due * calls_each)
    budget = budget or budget_of(connection)
    seconds = [due * seconds_each]
    seconds += [
        _seconds_for(calls, line, moment) for line in budget.limits if line.limit.counts == CALL
    ]
    begins = max(moment, budget.blocked_until or moment)
    until = max(moment + timedelta(seconds=max(seconds)), begins + timedelta(seconds=seconds[0]))
    return Draining(waiting=due, calls=calls, until=until)


def _pace(connection: Connection, moment: datetime) -> tuple[float, float]:
    """Calls and seconds that a record took lately; before the first, as many a call as they take."""
    took = ExpressionWrapper(F("ended_at") - F("started_at"), output_field=DurationField())
    lately = Run.objects.filter(
        connection=connection, pushed__gt=0, ended_at__gte=moment - LATELY
    ).aggregate(records=Sum("pushed"), calls=Sum("calls"), took=Sum(took))
    if not lately["records"]:
        return 1 / connection.capabilities.push_batch, 0.0
    records = lately["records"]
    return lately["calls"] / records, lately["took"].total_seconds() / records


def _seconds_for(calls: int, line: Line, moment: datetime) -> float:
    """Until so many more may have left by one limit."""
    span, amount = line.limit.span, max(1, line.amount - line.limit.reserve)
    if not span.is_long:
        return calls / amount * span.longest
    left = max(0, line.left - line.limit.reserve)
    if calls <= left:
        return 0.0
    first = (line.next_at - moment).total_seconds() if line.next_at else span.longest
    return first + (ceil((calls - left) / amount) - 1) * span.longest
