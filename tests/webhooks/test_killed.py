"""A process that is killed between storing a delivery and reading its object loses nothing."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections

from apps.connections.models import Connection
from apps.sync.tasks import read_deliveries
from apps.webhooks.models import Delivery, Notice
from tests.books import Books
from tests.sandbox_server import SandboxServer
from tests.sync.theirs import pay_there
from tests.webhooks.letters import cloud_event, deliver

ROOT = Path(__file__).resolve().parents[2]
# Where the child is killed: before it sorts, inside the sorting, with notices, inside the reading.
POINTS = {
    "before": "die()",
    "sorting": "from apps.webhooks import sorting; sorting._notices = lambda told: die(); read()",
    "sorted": "read(); die()",
    "reading": (
        "from apps.sync.pull import noticed; noticed.store = lambda *a, **k: die(); read(); run()"
    ),
}
CHILD = """
import os, signal, sys
import django
from django.conf import settings
django.setup()
settings.DATABASES["default"]["NAME"] = sys.argv[1]
settings.SIMULATED_LEDGERS_URL = sys.argv[2]
settings.SYNC_WITNESS_DIR = ""
from apps.sync.run import run_connection
from apps.sync.tasks import read_deliveries as read
def die(*_): os.kill(os.getpid(), signal.SIGKILL)
def run(): run_connection(int(sys.argv[3]))
"""


@pytest.mark.slow
@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("point", POINTS)
def test_killed_at_any_point_what_was_told_is_read_by_the_next(
    ledger: SandboxServer, tmp_path: Path, point: str
) -> None:
    books = Books(ledger)
    invoice = books.go_live()
    books.run()
    payment = pay_there(books, invoice)
    assert deliver(cloud_event(books.realm, "payment", payment)).status_code == 200
    name = str(connection.settings_dict["NAME"])
    copied = connection.vendor == "sqlite"
    if copied:  # the tests' database lies in memory: the child has a file of its own
        name = str(tmp_path / "killed.sqlite3")
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [name])
    assert child(point, name, ledger.url, books.connection.pk) == -signal.SIGKILL
    with reading_from(name if copied else ""):
        assert Delivery.objects.count() == 1
        assert not Notice.objects.filter(state=Notice.State.READ).exists()
        Connection.objects.update(lease_until=None, woken_at=None)  # the lease has run out
        read_deliveries()
        books.run(get=None)
        invoice.refresh_from_db()
        assert invoice.balance_due == 0
        assert set(Notice.objects.values_list("state", flat=True)) == {Notice.State.READ}


def child(point: str, name: str, url: str, pk: int) -> int:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "OAUTHLIB_INSECURE_TRANSPORT": "1",
    }
    words = [sys.executable, "-c", f"{CHILD}\n{POINTS[point]}", name, url, str(pk)]
    done = subprocess.run(
        words, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    return done.returncode


class reading_from:
    """Inside, this process works with that file; with its own database for ""."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> None:
        if self.name:
            self.own: Any = connections["default"]
            told = {**self.own.settings_dict, "NAME": self.name}
            connections["default"] = type(self.own)(told, "default")

    def __exit__(self, *_: object) -> None:
        if self.name:
            connections["default"].close()
            connections["default"] = self.own
