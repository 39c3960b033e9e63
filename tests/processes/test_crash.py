"""Workers killed at chosen points, per database: each document once and equal in the end."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

ROOT = Path(__file__).resolve().parents[2]
# Of the worked ledger: killed, stopped, refused twice, each at another step.
A_HANDFUL = ["1", "5", "12"]


def database_of_its_own(address: str, word: str) -> str:
    """The commands migrate theirs, and two of them may be played at once."""
    server, _, _ = address.rpartition("/")
    name = f"crash_{word.replace('-', '')}"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    return f"{server}/{name}"


@pytest.mark.slow
@pytest.mark.processes
@pytest.mark.parametrize(
    "chosen",
    [
        pytest.param(["--count", "10"], id="in batches"),
        pytest.param(
            ["--ledger", "worked", "--count", "60", "--number", *A_HANDFUL], id="in steps"
        ),
    ],
)
def test_workers_killed_at_chosen_points_leave_each_document_once_and_equal(
    tmp_path: Path, chosen: list[str]
) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    address = environment.pop("DATABASE_URL", "")
    if address.startswith("postgres"):
        environment["DATABASE_URL"] = database_of_its_own(address, "_".join(chosen[:2]).strip("-"))
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
