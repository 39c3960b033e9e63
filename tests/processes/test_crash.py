"""Workers killed at chosen points, per database: each document once and equal in the end."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

ROOT = Path(__file__).resolve().parents[2]
# Killed, stopped, refused and limited, restored: each at a step of its own. By ledger, of a table of
# so many schedules these.
HANDFUL = {
    "quickbooks": ("15", "0 1 5 7 12 13"),
    "xero": ("15", "0 1 6 10"),
    "freshbooks": ("15", "0 2 5 11"),
    "worked": ("60", "1 5 12"),
}


def database_of_its_own(address: str, word: str) -> str:
    """The commands migrate theirs, and two of them may be played at once."""
    server, _, _ = address.rpartition("/")
    name = f"crash_{word}"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    return f"{server}/{name}"


@pytest.mark.slow
@pytest.mark.processes
@pytest.mark.parametrize("ledger", HANDFUL)
def test_workers_killed_at_chosen_points_leave_each_document_once_and_equal(ledger: str) -> None:
    environment = {**os.environ}
    address = environment.pop("DATABASE_URL", "")
    if address.startswith("postgres"):
        environment["DATABASE_URL"] = database_of_its_own(address, ledger)
    count, numbers = HANDFUL[ledger]
    chosen = ["--ledger", ledger, "--count", count, "--number", *numbers.split()]
    done = subprocess.run(
        [sys.executable, "-m", "tests.processes.crash", "--seed", "2026", *chosen],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=540,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert "runs, most" in done.stdout
