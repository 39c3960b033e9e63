"""Workers killed at chosen points, on each ledger: each record once and equal in the end."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.processes
@pytest.mark.parametrize(("ledger", "count", "jobs"), [("batches", 10, 4), ("worked", 12, 6)])
def test_workers_killed_at_chosen_points_leave_each_record_once_and_equal(
    tmp_path: Path, ledger: str, count: int, jobs: int
) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
        environment.pop("DATABASE_URL", None)
    done = subprocess.run(
        [sys.executable, "-m", "tests.processes.crash", "--ledger", ledger]
        + ["--count", str(count), "--jobs", str(jobs), "--seed", "2026"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=540,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert "before_send" in done.stdout
