"""Four worker processes meet a token that has ended."""

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.connections.paper import Paper, paper_server

ROOT = Path(__file__).resolve().parents[2]


def worker(paper: Paper, database: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.connections.renewing", paper.url, *arguments],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database, "OAUTHLIB_INSECURE_TRANSPORT": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def said(child: subprocess.Popen[str]) -> str:
    out, err = child.communicate(timeout=300)
    assert child.returncode == 0, err
    return out.strip()


@pytest.mark.slow
@pytest.mark.processes
def test_four_workers_that_meet_an_ended_token_renew_it_once(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/race.sqlite3"
    with paper_server() as paper:
        given = paper.new_pair()

        def slowly() -> tuple[int, Any] | None:
            time.sleep(0.5)  # so that the others surely come while the first one calls
            return None

        paper.on_refresh = slowly
        grant = said(worker(paper, database, "prepare", given["refresh_token"]))
        children = [worker(paper, database, "meet", grant) for _ in range(4)]
        answers = [said(child) for child in children]

    newest = next(token for token in paper.issued[2:] if token.startswith("access-"))
    assert paper.asked["refresh_token"] == 1
    assert answers == [f"2 {hashlib.sha256(newest.encode()).hexdigest()}"] * 4
