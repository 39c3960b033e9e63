"""A demo keeps to its own folder and database, whatever the machine's settings say."""

import os
import socket
from pathlib import Path

import pytest

from apps.demo.place import DemoRefused, alone_in, empty, new_place


def test_the_machines_own_database_is_never_the_demos(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://books.example/production")
    monkeypatch.setenv("TIEOUT_SANDBOX_DATABASE", "elsewhere.sqlite3")

    place = new_place(tmp_path)

    assert place.environment()["DATABASE_URL"] == f"sqlite:///{tmp_path}/tieout.sqlite3"
    assert "TIEOUT_SANDBOX_DATABASE" not in place.environment()
    assert "DATABASE_URL" not in place.environment_of_ledgers()


def test_plain_http_is_allowed_to_the_product_alone_and_on_loopback(tmp_path: Path) -> None:
    place = new_place(tmp_path)

    assert place.environment()["OAUTHLIB_INSECURE_TRANSPORT"] == "1"
    assert place.environment()["SITE_URL"].startswith("http://127.0.0.1:")
    assert "OAUTHLIB_INSECURE_TRANSPORT" not in place.environment_of_ledgers()
    assert place.web_port != place.ledgers_port


def test_a_demo_that_starts_now_is_not_given_the_port_another_has_just_chosen(
    tmp_path: Path,
) -> None:
    first, second = new_place(tmp_path / "first"), new_place(tmp_path / "second")
    try:
        assert first.web_port != second.web_port
        with pytest.raises(OSError, match="in use"), socket.socket() as other:
            other.bind(("127.0.0.1", first.web_port))
    finally:
        os.close(first.web_socket)
        os.close(second.web_socket)


def test_a_second_demo_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    with (
        alone_in(tmp_path),
        pytest.raises(DemoRefused, match="running already"),
        alone_in(tmp_path),
    ):
        pass


def test_an_earlier_demos_files_are_removed(tmp_path: Path) -> None:
    empty(tmp_path)
    (tmp_path / "tieout.sqlite3").touch()

    empty(tmp_path)

    assert not (tmp_path / "tieout.sqlite3").exists()


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")

    with pytest.raises(DemoRefused, match="not a demo's"):
        empty(tmp_path)

    assert (tmp_path / "thesis.txt").exists()
