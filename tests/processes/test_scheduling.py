"""Two workers, killed at points drawn from a seed: each due time is made and mailed once."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes.apart import environment_apart

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.processes
def test_two_workers_killed_again_and_again_make_each_once() -> None:
    command = [sys.executable, "-m", "tests.processes.scheduling", "--kills", "12", "--seed", "8"]
    played = subprocess.run(
        command,
        cwd=ROOT,
        env=environment_apart("killed_schedules"),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert played.returncode == 0, played.stdout + played.stderr
    assert "killed 1" in played.stdout
