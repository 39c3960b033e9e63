"""A demo in processes of its own, started as a stranger starts it; but for the database, which begins
as the copy that tests keep: `.ci/run` shows one that runs every migration."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from apps.demo.visitor import Visitor, forms_of
from tests.template_database import template

ROOT = Path(__file__).parents[2]
START_SECONDS = 180.0


def start_demo(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            *(sys.executable, "manage.py", "demo", "--folder", str(folder)),
            *("--prepared", str(template()), *arguments),
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        env={name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
    )


def processes_of(folder: Path) -> list[str]:
    """Processes whose environment names this demo's folder: its children and theirs."""
    found = []
    for each in Path("/proc").glob("[0-9]*/environ"):
        try:
            if str(folder).encode() in each.read_bytes():
                found.append(each.parent.name)
        except OSError:
            continue  # it ended meanwhile, or is not ours to look into
    return found


class RunningDemo:
    """A demo that has told its story and keeps running."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        self.process = start_demo(folder, *arguments)
        self.said = self._listen()
        self.ledgers = self._find(r"(http://127\.0\.0\.1:\d+)/quickbooks/app/")
        self.realm = self._find(r"/quickbooks/app/(\d+)")
        self.web = self._find(r"Back office +(http://127\.0\.0\.1:\d+)/admin/")

    def run_now(self) -> None:
        """Fay signs in and presses “Run now” on the page of her books."""
        ((connection,),) = self.ask("SELECT id FROM connections_connection")
        visitor = Visitor(self.web)
        visitor.sign_in(self._find(r"Sign in as +(\S+)"), self._find(r"Password +(\S+)"))
        page = visitor.open(f"/admin/connections/connection/{connection}/")
        (form, *_) = (each for each in forms_of(page.text) if "/sync-now/" in each.action)
        visitor.send(page, form)

    def stop(self) -> None:
        """Tell it to stop, unless it has ended, and wait until it has."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=60)

    def ask(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Read the product's own database, as it stands now."""
        address = f"file:{self.folder / 'tieout.sqlite3'}?mode=ro"
        with closing(sqlite3.connect(address, uri=True)) as connection:
            return connection.execute(query, values).fetchall()

    def wait_for(self, query: str, *values: Any, seconds: float = 150.0) -> list[tuple[Any, ...]]:
        """Until the query finds a row."""
        until = time.monotonic() + seconds
        while not (rows := self.ask(query, *values)):
            assert time.monotonic() < until, f"nothing came: {query} {values}"
            assert self.process.poll() is None, "the demo ended"
            time.sleep(0.5)
        return rows

    def _listen(self) -> str:
        assert self.process.stdout is not None
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if "Everything keeps running" in line:
                return "".join(lines)
        raise AssertionError("The demo ended:\n" + "".join(lines))

    def _find(self, pattern: str) -> str:
        found = re.search(pattern, self.said)
        assert found, self.said
        return found.group(1)
