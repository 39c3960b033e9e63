"""Two processes seal while two others write: nothing twice, no number left out, nobody is kept waiting."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes.apart import environment_apart

ROOT = Path(__file__).resolve().parents[2]
EVENTS = 150  # of each writer


@pytest.mark.slow
@pytest.mark.processes
def test_two_seal_while_two_write(tmp_path: Path) -> None:
    environment = {**environment_apart("trail_at_once"), "TRAIL_HEADS_DIR": str(tmp_path / "heads")}
    environment.setdefault("DATABASE_URL", f"sqlite:///{tmp_path}/trail.sqlite3")

    def child(*given: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "tests.trail.at_once", *given],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ended(process: "subprocess.Popen[str]") -> str:
        said, trouble = process.communicate(timeout=300)
        assert process.returncode == 0, trouble
        return said

    ended(child("migrate"))
    running = [child("write", name, str(EVENTS)) for name in ("first", "second")]
    running += [child("seal", "6"), child("seal", "6")]
    for each in running:
        ended(each)

    told = json.loads(ended(child("told")))
    assert told == {
        "findings": [],
        "events": 2 * EVENTS,
        "sealed": 2 * EVENTS,
        "once": True,
        "no gap": True,
    }
