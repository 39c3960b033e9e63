"""A season's company comes back whole: after a kill, and from one database to the other."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes.apart import environment_apart, kills

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.processes]


def played(*words: str, env: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tests.processes.archiving", *words],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_killed_while_it_is_restored_nothing_of_it_stands() -> None:
    number = kills(4)
    told = played("kill", "--kills", str(number), env=environment_apart("killed_restore"))

    assert f"killed {number} times restoring" in told


@pytest.mark.skipif(
    not os.environ.get("DATABASE_URL", "").startswith("postgres"),
    reason="needs PostgreSQL beside SQLite: set DATABASE_URL",
)
def test_from_one_database_to_the_other_and_back(tmp_path: Path) -> None:
    sqlite = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    played("write", str(tmp_path), env=sqlite)
    played("read", str(tmp_path), env=environment_apart("restored_from_sqlite"))
    played("read", str(tmp_path), env=sqlite)
