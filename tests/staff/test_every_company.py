"""Who was here before people had companies sees every one, as before."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.billing.test_concurrency import ROOT, environment

BEFORE = "0002_security_events"


@pytest.mark.slow
@pytest.mark.processes
def test_whoever_is_here_keeps_every_company_and_who_comes_later_is_asked(tmp_path: Path) -> None:
    file = tmp_path / "books.sqlite3"

    def migrate(*to: str) -> None:
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--verbosity=0", "staff", *to],
            cwd=ROOT,
            env=environment(f"sqlite:///{file}"),
            check=True,
        )

    migrate(BEFORE)
    with sqlite3.connect(file) as books:
        books.execute(
            "INSERT INTO staff_user (password, is_superuser, email, name, is_active, is_staff,"
            " date_joined) VALUES ('', 0, 'fay@example.com', 'Fay', 1, 1, '2026-11-28')"
        )
    migrate()
    with sqlite3.connect(file) as books:
        assert books.execute("SELECT email, every_company FROM staff_user").fetchall() == [
            ("fay@example.com", 1)
        ]
