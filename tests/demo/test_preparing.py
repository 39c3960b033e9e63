"""Demos that begin with the same tables: the first makes them and leaves a copy, the next takes it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from apps.demo import preparing
from apps.demo.place import Place


def place_in(folder: Path) -> Place:
    folder.mkdir()
    return Place(folder=folder, web_port=1, web_socket=1, ledgers_port=2)


def test_the_first_leaves_a_copy_that_the_next_begins_with_and_migrates_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = place_in(tmp_path / "first"), place_in(tmp_path / "second")
    prepared, at_work, found = tmp_path / "empty.sqlite3", [first], []

    def migrated(command: str, **_: object) -> None:
        with closing(sqlite3.connect(at_work[-1].database)) as books, books:
            books.execute("PRAGMA journal_mode=wal")
            found.append(books.execute("SELECT name FROM sqlite_master").fetchall())
            books.execute("CREATE TABLE IF NOT EXISTS migrated (id)")

    monkeypatch.setattr(preparing, "call_command", migrated)
    preparing.set_up_database(first, prepared)
    with closing(sqlite3.connect(first.database)) as books, books:
        books.execute("CREATE TABLE of_this_demo (id)")
    at_work.append(second)
    preparing.set_up_database(second, prepared)

    assert found == [[], [("migrated",)]]
    assert sorted(each.name for each in tmp_path.iterdir()) == ["empty.sqlite3", "first", "second"]
