"""The same task in two real processes at once: the lease lets one of them work."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes.apart import environment_apart

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.processes
def test_two_workers_with_the_same_task_send_each_document_once() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.processes.two_workers"],
        cwd=ROOT,
        env=environment_apart("two_workers"),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    # Rounds in which both were at work: the second found the lease taken and left.
    assert "left: " in done.stdout
    assert int(done.stdout.rsplit("left: ", 1)[1].split()[0]) > 0, done.stdout
