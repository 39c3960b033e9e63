"""What else befalls a company while workers die: a ledger that is down, an older database, clocks apart.

Each schedule that disturbs more than its own company has a ledger, or a database, of its own.
"""

import os
import shutil
import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

OWN_LEDGER = ("ledger_down", "clocks_apart")


@contextmanager
def ledger_of(point: str, shared: Any, folder: Path, number: int) -> Iterator[Any]:
    """The ledger that all share; one of its own where the schedule stops it or moves its clock."""
    from tests.sandbox_server import SandboxServer

    if point not in OWN_LEDGER:
        yield shared
        return
    own = folder / f"ledger-{number}"
    own.mkdir()
    server = SandboxServer(own).start()
    try:
        yield server
    finally:
        server.stop()


def down_and_up(server: Any, while_down: Callable[[], None]) -> None:
    """Connections are refused for a while; then the same ledger answers at the same port."""
    import requests

    port = int(server.url.rsplit(":", 1)[1])
    server.stop()
    server.http = requests.Session()
    with holding(port):
        while_down()
    server.start(port)


@contextmanager
def holding(port: int) -> Iterator[None]:
    """Nobody else is given this port meanwhile, and who asks there is refused: nobody listens."""
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", port))
        yield


@contextmanager
def host_ahead(seconds: float) -> Iterator[None]:
    """A worker's host whose clock is that far ahead."""
    import time_machine

    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=seconds), tick=True):
        yield


# --- A database of its own, its copy, and the copy put back -------------------------------------


class Database:
    """The database of one schedule, made from the migrated one. SQLite file or PostgreSQL."""

    def __init__(self, folder: Path, number: int) -> None:
        from django.db import connections

        self.settings = connections["default"].settings_dict
        self.is_file = self.settings["ENGINE"].endswith("sqlite3")
        word = f"restored_{os.getpid()}_{number}"
        base = self.settings["NAME"]
        self.name = str(folder / word) if self.is_file else word
        self.copied = f"{self.name}_copy"
        connections.close_all()
        self._clone(base if self.is_file else template_of(base), self.name)
        self.settings["NAME"] = self.name

    def copy(self) -> None:
        from django.db import connections

        connections.close_all()
        self._clone(self.name, self.copied)

    def restore(self) -> None:
        """What was committed since the copy is gone, and its keys are given again."""
        from django.db import connections

        connections.close_all()
        if self.is_file:
            for beside in ("-wal", "-shm"):
                Path(self.name + beside).unlink(missing_ok=True)
            shutil.copyfile(self.copied, self.name)
            return
        administer(self.settings, f'DROP DATABASE "{self.name}" WITH (FORCE)')
        administer(self.settings, f'ALTER DATABASE "{self.copied}" RENAME TO "{self.name}"')

    def _clone(self, source: str, target: str) -> None:
        if not self.is_file:
            administer(self.settings, f'CREATE DATABASE "{target}" TEMPLATE "{source}"')
            return
        with sqlite3.connect(source) as opened, sqlite3.connect(target) as copy:
            opened.backup(copy)
        opened.close()
        copy.close()


def template_of(database: str) -> str:
    """On PostgreSQL: the copy that nobody visits."""
    return f"{database}_template"


def make_template() -> None:
    """On PostgreSQL a database that is cloned may have no visitor: a copy that nobody visits."""
    from django.db import connections

    settings = connections["default"].settings_dict
    connections.close_all()
    if not settings["ENGINE"].endswith("sqlite3"):
        copy = template_of(settings["NAME"])
        administer(settings, f'DROP DATABASE IF EXISTS "{copy}"')
        administer(settings, f'CREATE DATABASE "{copy}" TEMPLATE "{settings["NAME"]}"')


def administer(settings: Any, statement: str) -> None:
    import psycopg

    with psycopg.connect(
        host=settings["HOST"],
        port=settings["PORT"],
        user=settings["USER"],
        password=settings["PASSWORD"] or None,
        dbname="template1",
        autocommit=True,
    ) as server:
        server.execute(statement)
