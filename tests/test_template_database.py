"""Workers that begin side by side run the migrations once."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from contextlib import closing
from pathlib import Path

import pytest

from tests import template_database


def tables_of_a_copy() -> list[str]:
    copied = template_database.copy_in()
    assert copied is not None
    with closing(copied):
        return [name for (name,) in copied.execute("SELECT name FROM sqlite_master")]


def test_who_finds_none_kept_makes_it_and_the_others_wait_for_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "kept.sqlite3"
    monkeypatch.setattr(template_database, "template", lambda: kept)
    monkeypatch.setattr(template_database, "IN_MEMORY", "file:another?mode=memory&cache=shared")
    monkeypatch.setattr(template_database, "_making", [])
    assert template_database.copy_in() is None, "the first is to make it"
    with ThreadPoolExecutor(1) as beside:
        other = beside.submit(tables_of_a_copy)
        with pytest.raises(NotYet):
            other.result(timeout=0.2)
        with closing(sqlite3.connect(kept)) as made:
            made.execute("CREATE TABLE migrated (id)")
        template_database.keep()
        assert other.result(timeout=20) == ["migrated"]
