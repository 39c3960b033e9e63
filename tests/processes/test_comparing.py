"""A comparison whose worker is killed or stalls is begun anew, and one worker alone compares."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes.apart import environment_apart

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.processes
def test_a_killed_comparison_is_begun_anew_and_by_one_worker() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.processes.comparing"],
        cwd=ROOT,
        env=environment_apart("killed_comparison"),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert "it wrote nothing when it woke" in done.stdout
