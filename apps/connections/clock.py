"""The engine's time is the database's: hosts whose clocks differ share one row and one notion of now.

A time that one process writes and another compares (a lease, a due time, a pause) would otherwise
mean something else to each: a worker an hour ahead would hold a dead lease for an hour, and take a
call that is under way for long lost.
"""

from datetime import UTC, datetime, timedelta

from django.db import connection
from django.utils import timezone

# Clocks this near are one: what lies between is the way to the database and back.
SAME = timedelta(seconds=1)

_ASK = {
    "postgresql": "SELECT clock_timestamp()",
    "sqlite": "SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now')",
}
_ahead = timedelta()  # of the database, by this host's clock, as last measured


def now() -> datetime:
    """The database's time as this process last measured it; its own where it never did."""
    return timezone.now() + _ahead


def measure() -> datetime:
    """Ask the database for its time and go by it from now on: one statement, before each run."""
    global _ahead
    with connection.cursor() as cursor:
        cursor.execute(_ASK[connection.vendor])
        (said,) = cursor.fetchone()
    theirs = said if isinstance(said, datetime) else datetime.fromisoformat(said)
    theirs = theirs if timezone.is_aware(theirs) else theirs.replace(tzinfo=UTC)
    ahead = theirs - timezone.now()
    _ahead = ahead if abs(ahead) > SAME else timedelta()
    return now()


def forget() -> None:
    """Go by this host's own clock until the next `measure`, as a process that has just begun."""
    global _ahead
    _ahead = timedelta()
