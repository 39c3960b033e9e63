"""A folder of files as a line: whole files or none, below one directory and never beside it."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from apps.billing.models import Company
from apps.connections import folders, lifecycle
from apps.connections.folders import FolderLine
from apps.connections.lines import line_of
from apps.connections.models import Connection, Grant
from apps.connectors.errors import ConnectionLost
from apps.connectors.moments import moment, within
from apps.connectors.port import Fate, Purpose, Reply, Request
from apps.staff.models import User
from tests.connections.bench.server import Guild

COMPANY = {"id": "journal", "name": "Willow Ltd", "country": "GB", "currency": "GBP"}


@pytest.fixture
def root(tmp_path: Path, settings: Any) -> Path:
    """The folder that an administrator allows, beside one that nobody does."""
    root = tmp_path / "journal"
    root.mkdir()
    (tmp_path / "secret.txt").write_text("not yours")
    settings.LEDGER_FOLDERS = {"journal": str(root)}
    return root


@pytest.fixture
def line(root: Path) -> FolderLine:
    return FolderLine.unsaved("journal")


def asked(line: FolderLine, method: str, path: str, body: bytes = b"", **headers: str) -> Reply:
    request = Request(
        method=method,
        path=path,
        body=body,
        headers=tuple((name.replace("_", "-"), value) for name, value in headers.items()),
        purpose=Purpose.DOCUMENTS,
    )
    return line.exchange(request, until=within(5))


def test_what_is_written_is_read_byte_by_byte(line: FolderLine, root: Path) -> None:
    content = bytes(range(256)) * 3
    written = asked(line, "PUT", "2026/11/entry-1.jsonl", content)
    assert (written.fate, written.status) == (Fate.ANSWERED, 201)
    assert (root / "2026/11/entry-1.jsonl").read_bytes() == content
    found = asked(line, "GET", "2026/11/entry-1.jsonl")
    assert (found.status, found.body) == (200, content)
    assert asked(line, "PUT", "2026/11/entry-1.jsonl", b"{}\n").status == 200
    assert asked(line, "GET", "2026/11/entry-1.jsonl").body == b"{}\n"


def test_a_file_that_was_written_too_late_does_not_take_its_name(
    line: FolderLine, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process stood still while it wrote: meanwhile others may have written a newer one."""
    asked(line, "PUT", "entry.jsonl", b"new")
    fsync = os.fsync

    def ten_minutes(file: int) -> None:
        fsync(file)
        monkeypatch.setattr(folders, "moment", lambda: moment() + 600)

    monkeypatch.setattr(os, "fsync", ten_minutes)
    assert asked(line, "PUT", "entry.jsonl", b"old").fate is Fate.UNSENT
    assert [each.name for each in root.iterdir()] == ["entry.jsonl"]
    assert (root / "entry.jsonl").read_bytes() == b"new"


def test_what_is_not_there_is_a_404_and_a_folder_is_listed(line: FolderLine, root: Path) -> None:
    assert asked(line, "GET", "none.jsonl").status == 404
    assert asked(line, "GET", "2026/none.jsonl").status == 404
    for name in ("b.jsonl", "a.jsonl"):
        asked(line, "PUT", f"in/{name}", b"x")
    (root / "in" / ".c.part").write_text("being written")
    assert asked(line, "GET", "in/").body == b"a.jsonl\nb.jsonl\n"
    assert asked(line, "GET", "").body == b""
    assert asked(line, "GET", "in").status == 404  # a folder is no file
    assert asked(line, "DELETE", "in/a.jsonl").status == 405


def test_a_conditional_read_is_answered_304(line: FolderLine) -> None:
    asked(line, "PUT", "a.json", b"1")
    tag = asked(line, "GET", "a.json").headers["etag"]
    same = asked(line, "GET", "a.json", if_none_match=tag)
    assert (same.status, same.body) == (304, b"")
    asked(line, "PUT", "a.json", b"2")
    assert asked(line, "GET", "a.json", if_none_match=tag).body == b"2"


def test_of_many_that_write_a_new_file_one_does(line: FolderLine, root: Path) -> None:
    def write(number: int) -> int:
        return asked(line, "PUT", "once.jsonl", b"%d" % number, if_none_match="*").status

    with ThreadPoolExecutor(8) as threads:
        statuses = sorted(threads.map(write, range(16)))
    assert statuses == [201] + [412] * 15
    assert [each.name for each in root.iterdir()] == ["once.jsonl"]


@pytest.mark.parametrize(
    "path",
    [
        "../secret.txt",
        "in/../../secret.txt",
        "/../secret.txt",
        "//etc/passwd",
        "./a",
        "a//b",
        "..",
        ".hidden",
        "in/.hidden/a",
        "..\\secret.txt",
        "a\x00b",
        "a\nb",
    ],
)
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_no_path_leads_out(line: FolderLine, root: Path, method: str, path: str) -> None:
    reply = asked(line, method, path, b"mine now")
    assert (reply.fate, reply.status) == (Fate.ANSWERED, 403)
    assert (root.parent / "secret.txt").read_text() == "not yours"
    assert list(root.iterdir()) == []


def test_no_link_leads_out(line: FolderLine, root: Path) -> None:
    outside = root.parent / "outside"
    outside.mkdir()
    (root / "file").symlink_to(root.parent / "secret.txt")
    (root / "folder").symlink_to(outside)
    assert asked(line, "GET", "file").status == 403
    for method in ("GET", "PUT"):
        assert asked(line, method, "folder/a", b"x").status == 403
    assert asked(line, "GET", "folder/").status == 403
    assert list(outside.iterdir()) == []
    # A write takes the place of the link itself: what it pointed to stays as it is.
    assert asked(line, "PUT", "file", b"ours").status == 200
    assert (root.parent / "secret.txt").read_text() == "not yours"
    assert (root / "file").read_bytes() == b"ours"


def test_a_pipe_is_not_waited_for_and_a_folder_not_written_over(
    line: FolderLine, root: Path
) -> None:
    os.mkfifo(root / "pipe")
    (root / "taken").mkdir()
    assert asked(line, "GET", "pipe").status == 404
    assert asked(line, "PUT", "taken", b"x").status == 403
    assert asked(line, "GET", "").body == b""


def test_a_write_that_breaks_leaves_the_file_as_it_was_and_was_never_sent(
    line: FolderLine, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(line, "PUT", "a.json", b"as it was")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folders.os, "fsync", full)
    reply = asked(line, "PUT", "a.json", b"half of it")
    assert (reply.fate, reply.status, reply.problem) == (Fate.UNSENT, 0, "OSError")
    assert (root / "a.json").read_bytes() == b"as it was"
    assert [each.name for each in root.iterdir()] == ["a.json"]


def test_a_write_that_may_stand_is_lost_not_unsent(
    line: FolderLine, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync, calls = os.fsync, []

    def breaks_at_the_folder(number: int) -> None:
        calls.append(number)
        if len(calls) == 2:
            raise OSError(5, "Input/output error")
        sync(number)

    monkeypatch.setattr(folders.os, "fsync", breaks_at_the_folder)
    assert asked(line, "PUT", "a.json", b"x").fate is Fate.LOST
    assert (root / "a.json").read_bytes() == b"x"


def test_a_folder_that_is_not_there_now_means_unsent(line: FolderLine, root: Path) -> None:
    root.rmdir()
    for method in ("GET", "PUT"):
        assert asked(line, method, "a.json", b"x").fate is Fate.UNSENT
    assert not root.exists()


# --- As books -----------------------------------------------------------------------------------


@pytest.fixture
def connected(client: Client, fay: User, guild: Guild, root: Path, company: Company) -> Connection:
    """Fay chooses the folder."""
    (root / "company.json").write_text(json.dumps(COMPANY))
    client.force_login(fay)
    page = client.get(f"/connections/start/{company.pk}/guild_folder/test/")["Location"]
    assert str(root) not in client.get(page).content.decode()
    client.post(page, {"address": "journal"})
    return Connection.objects.get()


@pytest.mark.django_db
def test_books_in_a_folder_are_connected_read_and_disconnected(
    connected: Connection, root: Path
) -> None:
    assert (connected.remote_company_id, connected.name) == ("journal", "Willow Ltd")
    (root / "company.json").write_text(json.dumps(COMPANY | {"name": "Willow (UK) Ltd"}))
    lifecycle.refresh_company(connected)
    assert connected.name == "Willow (UK) Ltd"
    assert lifecycle.disconnect(connected) == ""
    assert Grant.objects.get().status == Grant.Status.REVOKED
    assert (root / "company.json").exists()


@pytest.mark.django_db
def test_a_folder_that_is_allowed_no_more_opens_no_line(
    connected: Connection, settings: Any
) -> None:
    settings.LEDGER_FOLDERS = {}
    with pytest.raises(ConnectionLost, match="none of those that Tieout may use"):
        line_of(connected)


@pytest.mark.django_db
def test_a_folder_that_nobody_allows_cannot_be_chosen(
    client: Client, fay: User, guild: Guild, root: Path, company: Company
) -> None:
    client.force_login(fay)
    page = f"/connections/enter/{company.pk}/guild_folder/test/"
    answer = client.post(page, {"address": "../secret"})
    assert answer.status_code == 400
    assert not Grant.objects.exists()
