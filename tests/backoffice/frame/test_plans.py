"""No page reads a table that grows with the invoices: each statement of each page, over 50,000 of them."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes.apart import environment_apart
from tests.started import ROOT


@pytest.mark.slow
def test_no_page_reads_more_rows_than_it_may(tmp_path: Path) -> None:
    environment = environment_apart("plans_of_pages")
    environment.setdefault("DATABASE_URL", f"sqlite:///{tmp_path}/filled.sqlite3")
    asked = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.plans", "fill"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=580,
    )
    assert asked.returncode == 0, asked.stdout[-6000:] + asked.stderr[-3000:]
    assert "0 statements read too much." in asked.stdout
