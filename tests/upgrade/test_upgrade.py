"""A database that the first version filled is brought up to date, and its books say the same."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests.billing.test_concurrency import ROOT, environment
from tests.upgrade.rows import FIGURES, KEPT

pytestmark = [pytest.mark.processes, pytest.mark.slow]


@contextmanager
def empty_database(tmp_path: Path) -> Iterator[str]:
    """The address of a database of its own, of the kind that the tests run on."""
    if connection.vendor != "postgresql":
        yield f"sqlite:///{tmp_path / 'books.sqlite3'}"
        return
    of = connection.settings_dict
    name = f"{of['NAME']}_upgrade"
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    try:
        host, port = of["HOST"] or "localhost", of["PORT"] or 5432
        yield f"postgres://{of['USER']}:{of['PASSWORD']}@{host}:{port}/{name}"
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{name}"')


def upgraded(address: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.upgrade", str(KEPT)],
        cwd=ROOT,
        env=environment(address),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.mark.django_db(transaction=True)  # a database is made outside of any transaction
def test_books_of_the_first_version_say_the_same_after_every_migration_since(
    tmp_path: Path,
) -> None:
    with empty_database(tmp_path) as address:
        told = upgraded(address)
    assert told["made"]["billing.Invoice"] > 20, "the kept database holds real books"
    assert told["made"]["sync.SyncRecord"] > 50
    assert told["figures"] == json.loads(FIGURES.read_text())
