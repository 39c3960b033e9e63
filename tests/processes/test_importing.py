"""Killed at points drawn from a seed, an import stands whole."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes.apart import environment_apart, kills

ROOT = Path(__file__).resolve().parents[2]
KILLS = kills(50)


@pytest.mark.slow
@pytest.mark.processes
def test_killed_at_fifty_points_each_row_stands_once() -> None:
    command = [
        sys.executable,
        "-m",
        "tests.processes.importing",
        "--kills",
        str(KILLS),
        "--seed",
        "8",
    ]
    played = subprocess.run(
        command,
        cwd=ROOT,
        env=environment_apart("killed_import"),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert played.returncode == 0, played.stdout + played.stderr
    found = re.search(r"killed (\d+) times writing", played.stdout)
    assert found is not None, played.stdout
    assert int(found[1]) >= KILLS
