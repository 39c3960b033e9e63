"""A witness outside the database: what was last sent to each set of books, as this host knows it.

A database that was restored from a copy, or a server that failed over and lost its last commits,
looks whole and has forgotten what the books over there hold. What it says is therefore held against
what every process remembers, and against a small file per connection that outlives the process: the
last call that wrote, and which server and timeline held it. Where that call is missing, or another
server answers, the database may be older than the books, and everything there is read before
anything is sent.

The file is written only by whoever has the connection's lease. A missing one is no alarm, and a
folder that cannot be written leaves the memory of the process alone.
"""

import json
import logging
import os
import time
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db import connection as database

from apps.connections.clock import now
from apps.connections.models import Connection
from apps.sync.models import Call

logger = logging.getLogger(__name__)

CALL_MISSING = (
    "Calls that Tieout made are missing in its database: it was restored from an older copy."
)
OTHER_SERVER = "The database server was replaced, or another one took over: it may lack the last of what was sent."


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of one connection. `call` is 0 before the first write."""

    call: int
    started: str  # of that call, in the database's time: an id alone may be given again
    until: str  # its last byte may have left until then; "" without one
    server: str  # system identifier and timeline, as far as the database says them
    noted: float  # this host's clock, to tell which of two is the newer

    @property
    def left_by(self) -> datetime | None:
        return datetime.fromisoformat(self.until) if self.until else None


_seen: dict[str, Seen] = {}
_read: set[str] = set()  # connections whose changes this process has read since it began
os.register_at_fork(after_in_child=_read.clear)


def note_leaving(call: Call) -> None:
    """Before a write leaves, and after its intent is committed: from now on it must be there."""
    until = call.may_have_left_until
    _keep(
        call.connection,
        Seen(
            call=call.pk,
            started=call.started_at.isoformat(),
            until=until.isoformat() if until else "",
            server=_server(),
            noted=time.time(),
        ),
    )


def note_over(connection: Connection) -> None:
    """At the end of a run: the exchanges of its calls are over, and nothing of them leaves any more.
    What was over before is not put off by a run that sent nothing."""
    seen = _seen.get(_name(connection))
    if seen is not None and seen.left_by is not None and seen.left_by > now():
        _keep(connection, replace(seen, until=now().isoformat(), noted=time.time()))


def is_unread(connection: Connection) -> bool:
    """Whether this process has not read these books since it began: what was restored before that
    left no trace in its memory."""
    return _name(connection) not in _read


def doubt_of(connection: Connection) -> str:
    """Why the database may be older than these books, in words; "" where nothing speaks for it."""
    seen = _latest(connection)
    if seen is None:
        return ""
    calls = Call.objects.filter(connection=connection, pk=seen.call)
    if seen.call and not calls.filter(started_at=datetime.fromisoformat(seen.started)).exists():
        return CALL_MISSING
    server = _server()
    return OTHER_SERVER if server and seen.server and server != seen.server else ""


def silent_in(connection: Connection) -> float:
    """Seconds until nothing of what was last sent can still arrive there; 0 when that has passed."""
    seen = _latest(connection)
    if seen is None or seen.left_by is None:
        return 0
    ripe = seen.left_by + timedelta(seconds=settings.SYNC_PROVIDER_TIMEOUT)
    # A time further away than that was written by a clock that is wrong.
    longest = settings.SYNC_CALL_DEADLINE + settings.SYNC_PROVIDER_TIMEOUT
    return min(max(0.0, (ripe - now()).total_seconds()), longest)


def is_read(connection: Connection) -> None:
    """What they hold has been read and taken: the database as it is now is believed again."""
    _read.add(_name(connection))
    seen, server = _latest(connection), _server()
    if seen is not None and seen.server == server and not doubt_of(connection):
        return
    last = (
        Call.objects.filter(connection=connection)
        .exclude(may_have_left_until=None)
        .order_by("-id")
        .first()
    )
    _keep(
        connection,
        Seen(
            call=last.pk if last else 0,
            started=last.started_at.isoformat() if last else "",
            until="",
            server=server,
            noted=time.time(),
        ),
    )


# --- Kept -------------------------------------------------------------------------------------


def _name(connection: Connection) -> str:
    return connection.public_id.hex


def _latest(connection: Connection) -> Seen | None:
    """The newer one of what this process and this host know."""
    known = [each for each in (_seen.get(_name(connection)), _from_file(connection)) if each]
    return max(known, key=lambda each: each.noted, default=None)


def _keep(connection: Connection, seen: Seen) -> None:
    _seen[_name(connection)] = seen
    if not settings.SYNC_WITNESS_DIR:
        return
    try:
        _replace(_file(connection), json.dumps(asdict(seen)))
    except OSError as trouble:
        logger.warning("the witness cannot be written: %s", trouble.strerror)


def _from_file(connection: Connection) -> Seen | None:
    if not settings.SYNC_WITNESS_DIR:
        return None
    try:
        return Seen(**json.loads(_file(connection).read_text()))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as trouble:
        logger.warning("the witness cannot be read: %s", type(trouble).__name__)
        return None


def _file(connection: Connection) -> Path:
    return Path(settings.SYNC_WITNESS_DIR) / f"{_name(connection)}.json"


def _replace(file: Path, content: str) -> None:
    """Whole or not at all, and on the disk before this returns."""
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_suffix(f".{os.getpid()}")
    with beside.open("w") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
    beside.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


# --- Which server answers ----------------------------------------------------------------------

_ASK_SERVER = (
    "SELECT system_identifier || ' ' || left(pg_walfile_name(pg_current_wal_lsn()), 8) "
    "FROM pg_control_system()"
)


def _server() -> str:
    """System identifier and timeline of PostgreSQL; "" where it has none or does not tell us."""
    if database.vendor != "postgresql":
        return ""
    try:
        with transaction.atomic(), database.cursor() as cursor:
            cursor.execute(_ASK_SERVER)
            return str(cursor.fetchone()[0])
    except DatabaseError as refused:
        logger.info("the server does not say which it is: %s", type(refused).__name__)
        return ""
