"""Plain admin stays one setting away."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.slow
@pytest.mark.processes
def test_every_page_opens_with_the_plain_theme_too() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    asked = ["tests/backoffice/frame/test_access.py", "-k", "Accountant or Otto"]
    done = subprocess.run(
        [*command, *asked],
        cwd=ROOT,
        # On SQLite: on a server its databases would bear the names of those in use around it.
        env={**os.environ, "TIEOUT_ADMIN_THEME": "plain", "DATABASE_URL": ""},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]
