"""Files at rest: sealed, bound to their names, whole or refused."""

import base64
import hashlib
import os
import stat
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.exchange.storage import vault
from apps.exchange.storage.checks import files_are_sealed
from apps.exchange.storage.sealing import CHUNK, TAG, CannotOpen, KeyRefused, Keys

OLD, NEW = (base64.urlsafe_b64encode(bytes([n]) * 32).decode() for n in (1, 2))
TEXT = b"Bell & Daughters owe 1,234.50. " * 9000  # four chunks and a part


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.PRIVATE_FILES_DIR, settings.FILE_KEYS = str(tmp_path), [OLD]
    return tmp_path


def keep(name: str, text: bytes = TEXT) -> str:
    with vault.written(name) as file:
        for start in range(0, len(text), 10_000):
            file.write(text[start : start + 10_000])
    assert file.size == len(text)
    return file.sha256


def read(name: str, sha256: str = "") -> bytes:
    with vault.verified(name, sha256) if sha256 else vault.opened(name) as file:
        return file.read()


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_what_is_kept_comes_back_and_is_nowhere_in_plain(folder: Path, size: int) -> None:
    text = TEXT[:size]
    sha256 = keep("a/b", text)
    assert read("a/b", sha256) == text
    assert sha256 == hashlib.sha256(text).hexdigest()
    assert [each.name for each in (folder / "a").iterdir()] == ["b"]
    assert b"Daughters" not in (folder / "a/b").read_bytes()


def test_two_files_cannot_be_swapped(folder: Path) -> None:
    keep("a"), keep("b")
    (folder / "a").rename(folder / "c")
    (folder / "b").rename(folder / "a")
    with pytest.raises(CannotOpen, match="in the place of another"):
        read("a")


HEAD = 32


@pytest.mark.parametrize(
    "torn",
    [
        lambda whole: whole[:-1],
        lambda whole: whole[: HEAD + CHUNK + TAG],  # at the end of a chunk
        lambda whole: whole[:HEAD],
        lambda whole: whole[:10],
        lambda whole: b"",
        lambda whole: whole + b"x",
        lambda whole: whole[:HEAD] + whole[HEAD + CHUNK + TAG :],  # without its first chunk
        lambda whole: whole[:100] + bytes([whole[100] ^ 1]) + whole[101:],
        lambda whole: whole[:20] + bytes([whole[20] ^ 1]) + whole[21:],  # of the salt
        lambda whole: TEXT,
    ],
)
def test_a_torn_or_changed_file_is_refused(folder: Path, torn: Any) -> None:
    keep("a")
    (folder / "a").write_bytes(torn((folder / "a").read_bytes()))
    with pytest.raises(CannotOpen, match="not what was kept"):
        read("a")


def test_another_file_under_the_same_name_is_told_by_its_checksum() -> None:
    sha256 = keep("a")
    keep("a", b"other")
    with pytest.raises(vault.Changed):
        read("a", sha256)


@pytest.mark.django_db
def test_a_newer_key_seals_and_an_older_one_opens_until_all_is_sealed_again(
    settings: Any,
) -> None:
    keep("a")
    settings.FILE_KEYS = [NEW, OLD]
    keep("b")
    assert read("a") == read("b") == TEXT
    settings.FILE_KEYS = [NEW]
    assert read("b") == TEXT
    with pytest.raises(CannotOpen, match="FILE_KEYS"):
        read("a")
    settings.FILE_KEYS = [NEW, OLD]
    call_command("seal_files_again")
    settings.FILE_KEYS = [NEW]
    assert read("a") == TEXT


@pytest.mark.django_db
def test_what_does_not_open_is_named_and_keeps_no_other_from_being_sealed_again(
    settings: Any, folder: Path
) -> None:
    (folder / "laid here.csv").write_bytes(TEXT)
    keep("z")
    settings.FILE_KEYS = [NEW, OLD]
    with pytest.raises(CommandError, match=r"laid here\.csv: .*\nKeep the old key"):
        call_command("seal_files_again")
    settings.FILE_KEYS = [NEW]
    assert read("z") == TEXT


def test_one_that_breaks_off_leaves_nothing_behind(folder: Path) -> None:
    def killed() -> None:
        with vault.written("a") as file:
            file.write(TEXT)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        killed()
    assert list(folder.iterdir()) == []


def test_the_folder_is_forced_to_the_disk_once_the_file_bears_its_name(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a row may name a file that a host which lost its power does not have."""
    order: list[str] = []
    fsync = os.fsync

    def noted(place: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(place).st_mode)
        order.append(f"{'folder' if is_folder else 'file'} {vault.is_there('kept/x')}")
        fsync(place)

    monkeypatch.setattr(vault.os, "fsync", noted)
    with vault.written("kept/x") as written:
        written.write(b"figures")
    assert order == ["file False", "folder True"]


def test_no_name_leads_out_of_the_folder() -> None:
    for name in ("../a", "/etc/passwd", "a/../../b"):
        with pytest.raises(ValueError, match="out of the folder"):
            vault.path_of(name)


def test_memory_is_flat_at_any_size() -> None:
    tracemalloc.start()
    with vault.written("a") as file:
        for _ in range(256):
            file.write(bytes(CHUNK))
    with vault.verified("a", file.sha256) as opened:
        while opened.read(CHUNK):
            pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert file.size == 16 << 20
    assert peak < 6 << 20


@pytest.mark.parametrize(
    "keys", [[], ["short"], ["é"], [OLD, ""], [base64.b64encode(b"x").decode()]]
)
def test_keys_that_are_none_are_refused(keys: list[str], settings: Any) -> None:
    with pytest.raises(KeyRefused):
        Keys(keys)
    settings.FILE_KEYS = keys
    assert [each.id for each in files_are_sealed(None)] == ["exchange.E002"]
