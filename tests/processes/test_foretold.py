"""What is foretold of real documents is what the ledger's journal holds of them, by the cent."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes.real_documents import real_file

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.processes
@pytest.mark.skipif(
    real_file() is None, reason="the online-retail file is not beside the repository"
)
@pytest.mark.parametrize("ledger", ["quickbooks", "xero"])
def test_forty_real_documents_are_booked_as_foretold(ledger: str, tmp_path: Path) -> None:
    done = _played(ledger, tmp_path)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert f"{ledger}: documents 40, foretold 40, equal 40" in done.stdout


@pytest.mark.slow
@pytest.mark.processes
@pytest.mark.skipif(
    real_file() is None, reason="the online-retail file is not beside the repository"
)
def test_a_ledger_without_rates_says_before_what_it_will_not_hold(tmp_path: Path) -> None:
    """It works the tax out itself: what it made a cent otherwise was held, and nothing else is."""
    said = _played("freshbooks", tmp_path).stdout
    assert "  differs" not in said, said
    assert "foretold 29, equal 29, foretold to stay here 8" in said, said


def _played(ledger: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TMPDIR": str(folder)}
    environment.pop("DATABASE_URL", None)
    return subprocess.run(
        [sys.executable, "-m", "tests.processes.foretold", "--ledger", ledger, "--count", "40"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=540,
        check=False,
    )
