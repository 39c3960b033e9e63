"""Workers killed at chosen points, per database: each document once and equal in the end."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Of the worked ledger: killed, stopped, refused twice, restored, each at another step.
A_HANDFUL = ["1", "4", "11", "28"]


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
    if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
        environment.pop("DATABASE_URL", None)
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
