"""Workers killed at chosen points, per database: each document once and equal in the end."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes.apart import environment_apart

ROOT = Path(__file__).resolve().parents[2]
# Killed, stopped, refused and limited, restored: each at a step of its own. By ledger, of a table of
# so many schedules these.
HANDFUL = {
    "quickbooks": ("15", "0 1 5 7 12 13"),
    "xero": ("15", "0 1 6 10"),
    "freshbooks": ("15", "0 2 5 11"),
    "worked": ("60", "1 5 12"),
}


@pytest.mark.slow
@pytest.mark.processes
@pytest.mark.parametrize("ledger", HANDFUL)
def test_workers_killed_at_chosen_points_leave_each_document_once_and_equal(ledger: str) -> None:
    count, numbers = HANDFUL[ledger]
    chosen = ["--ledger", ledger, "--count", count, "--number", *numbers.split()]
    done = subprocess.run(
        [sys.executable, "-m", "tests.processes.crash", "--seed", "2026", *chosen],
        cwd=ROOT,
        env=environment_apart(f"crash_{ledger}"),
        capture_output=True,
        text=True,
        timeout=540,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert "runs, most" in done.stdout
