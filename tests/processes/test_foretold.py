"""What is foretold of real documents, and of the money that settles them, is what the ledger's journal
holds of them, by the cent."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes.real_documents import real_file

ROOT = Path(__file__).resolve().parents[2]
ALL_OF_THEM = "documents 24, foretold 24, equal 24, listed to stay here 0"


@pytest.mark.slow
@pytest.mark.processes
@pytest.mark.skipif(
    real_file() is None, reason="the online-retail file is not beside the repository"
)
def test_real_documents_and_their_money_are_booked_as_foretold() -> None:
    """In three ledgers. FreshBooks holds no euro and no receipt beyond an invoice: both are said
    before, and listed."""
    environment = dict(os.environ)
    environment.pop("DATABASE_URL", None)
    done = subprocess.run(
        [sys.executable, "-m", "tests.processes.foretold", "--ledger", "quickbooks", "xero",
         "freshbooks", "--count", "24"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=540,
        check=False,
    )  # fmt: skip
    said = done.stdout
    assert done.returncode == 0, f"{said}\n{done.stderr}"
    assert f"quickbooks: {ALL_OF_THEM}" in said
    assert f"xero: {ALL_OF_THEM}" in said
    assert "freshbooks: documents 24, foretold 20, equal 20, listed to stay here 4" in said
    for acts, equal, stays in ((20, 20, 0), (18, 16, 2)):
        assert (
            f"money: acts {acts}, equal {equal}, equal but for the cents that were said 0, "
            f"foretold to stay here {stays}, different 0"
        ) in said
