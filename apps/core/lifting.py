"""The triggers of the database that refuse to alter or delete what is kept, lifted for a moment.

For what empties whole tables (`flush`, in tests) and for rules that erase. Who does that tells it as
a deed (`apps.core.deeds`), or the audit trail names it. It holds for the connection at hand alone.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

SETTING: Final = "tieout.lifted"  # of a session of PostgreSQL
FUNCTION: Final = (
    "tieout_lifted"  # of a connection to SQLite; another program has none, and is refused
)
_lifted: ContextVar[bool] = ContextVar("lifted", default=False)


@contextmanager
def lifted() -> Iterator[None]:
    """Rows that are kept can be altered and deleted within."""
    before = _lifted.set(True)
    _tell_postgresql("on")
    try:
        yield
    finally:
        _lifted.reset(before)
        if not _lifted.get() and connection.connection is not None:
            _tell_postgresql("off")


def teach(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Let a new connection to SQLite answer its triggers. Receives `connection_created`."""
    if connection.vendor == "sqlite":
        connection.connection.create_function(FUNCTION, 0, lambda: int(_lifted.get()))


def _tell_postgresql(word: str) -> None:
    # In a transaction that has failed nothing can be said; it takes the word with it when it ends.
    if connection.vendor != "postgresql" or connection.needs_rollback:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, false)", [SETTING, word])
