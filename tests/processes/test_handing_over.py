"""Killed at points drawn from a seed, a run hands each record over once."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes.apart import environment_apart, kills

ROOT = Path(__file__).resolve().parents[2]
KILLS = kills(50)


@pytest.mark.slow
@pytest.mark.processes
def test_killed_at_fifty_points_nothing_is_handed_over_twice() -> None:
    command = [
        sys.executable,
        "-m",
        "tests.processes.handing_over",
        "--kills",
        str(KILLS),
        "--seed",
        "8",
    ]
    played = subprocess.run(
        command,
        cwd=ROOT,
        env=environment_apart("killed_hand_over"),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert played.returncode == 0, played.stdout + played.stderr
    assert f"killed {KILLS} times" in played.stdout
