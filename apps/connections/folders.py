"""A line to a folder of files: written and read whole, below one directory and never beside it."""

import errno
import hashlib
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from django.conf import settings

from apps.connections.models import Connection
from apps.connections.sealed import connect_again
from apps.connections.tokens import refuse_ended
from apps.connectors.errors import ConnectionLost
from apps.connectors.moments import moment
from apps.connectors.port import Fate, Reply, Request

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # a pipe is not waited for
# A link on the way, which may lead anywhere (ENOTDIR: a link where a folder was meant).
_OUTSIDE = (errno.ELOOP, errno.EMLINK, errno.ENOTDIR)


class FolderLine:
    """Answers as a small file server would, so that a connector reads it as any other:

    - `GET` a file: 200 with its bytes and an `etag`, 304 where `if-none-match` names that, 404.
      A path that ends in a slash (or is empty) lists the files in it, one name a line.
    - `PUT` writes a file whole or not at all: 201, or 200 where it replaces one; with
      `if-none-match: *` 412 where there is one. Folders on the way are made.
    - A path that leads out, or through a link: 403. Another method: 405.

    Raises `ConnectionLost` where the folder is none of those that an administrator allows (now).
    """

    adds: frozenset[str] = frozenset()

    def __init__(self, connection: Connection) -> None:
        grant, name = connection.grant, connection.capabilities.name
        if grant is None:
            raise ConnectionLost(f"{name} is not connected.", remedy=f"Connect {name}.")
        grant.refresh_from_db()
        refuse_ended(grant)
        self._root = allowed(grant.address, remedy=connect_again(grant))

    @classmethod
    def unsaved(cls, folder: str) -> Self:
        line = cls.__new__(cls)
        line._root = allowed(folder)
        return line

    def exchange(self, request: Request, *, until: float) -> Reply:
        began = moment()
        try:
            status, headers, body = self._answer(request, until)
        except _MaybeDone as trouble:
            return Reply(fate=Fate.LOST, seconds=moment() - began, problem=str(trouble))
        except OSError as trouble:
            if trouble.errno in _OUTSIDE:
                return _reply(began, 403)
            if isinstance(trouble, FileNotFoundError) and self._root.is_dir():
                return _reply(began, 404)
            problem = type(trouble).__name__
            return Reply(fate=Fate.UNSENT, seconds=moment() - began, problem=problem)
        return _reply(began, status, headers, body)

    def renew(self, *, seen_401: bool) -> None:
        """Nothing here ends by itself."""

    def close(self) -> None:
        """Nothing is kept open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _answer(self, request: Request, until: float) -> tuple[int, dict[str, str], bytes]:
        *folders, name = request.path.removeprefix("/").split("/")
        if not all(_is_plain(each) for each in [*folders, *filter(None, [name])]):
            return 403, {}, b""
        asked = {each.lower(): value for each, value in request.headers}
        if request.method == "GET":
            with self._within(folders) as folder:
                return _read(folder, name, asked) if name else (200, {}, _listed(folder))
        if request.method == "PUT" and name:
            with self._within(folders, make=True) as folder:
                return _written(folder, name, request.body, asked, until), {}, b""
        return 405, {}, b""

    @contextmanager
    def _within(self, folders: list[str], *, make: bool = False) -> Iterator[int]:
        """The directory below the root, opened step by step, so that no step is a link."""
        held = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for name in folders:
                if make:
                    with suppress(FileExistsError):
                        os.mkdir(name, dir_fd=held)
                        os.fsync(held)
                inner = os.open(name, _DIRECTORY, dir_fd=held)
                os.close(held)
                held = inner
            yield held
        finally:
            os.close(held)


class _MaybeDone(Exception):
    """It broke when the file may stand there already."""


def allowed(name: str, remedy: str = "") -> Path:
    """The folder that an administrator allows by this name."""
    found = settings.LEDGER_FOLDERS.get(name)
    if not found:
        raise ConnectionLost(
            f"The folder “{name}” is none of those that Tieout may use.",
            remedy=remedy or "An administrator allows it in LEDGER_FOLDERS.",
        )
    return Path(found)


def _is_plain(name: str) -> bool:
    """Whether this is the name of a file, and of no hidden one: those are files being written."""
    return bool(name) and not name.startswith(".") and name.isprintable() and "\\" not in name


def _listed(folder: int) -> bytes:
    with os.scandir(folder) as entries:
        names = [
            each.name
            for each in entries
            if each.is_file(follow_symlinks=False) and _is_plain(each.name)
        ]
    return "".join(f"{name}\n" for name in sorted(names)).encode()


def _read(folder: int, name: str, asked: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
    found = os.open(name, _READ, dir_fd=folder)
    if not stat.S_ISREG(os.fstat(found).st_mode):
        os.close(found)
        return 404, {}, b""
    with os.fdopen(found, "rb") as file:
        content = file.read()
    tag = f'"{hashlib.sha256(content).hexdigest()}"'
    if asked.get("if-none-match") == tag:
        return 304, {"etag": tag}, b""
    return 200, {"etag": tag}, content


def _written(folder: int, name: str, content: bytes, asked: dict[str, str], until: float) -> int:
    """Write beside it, bring it to the disk, and let it take the name in one step, in time: what
    wakes up late would lay an old file over a new one."""
    beside = f".{secrets.token_hex(8)}.part"
    only_new = asked.get("if-none-match") == "*"
    try:
        with os.fdopen(os.open(beside, _NEW_FILE, 0o640, dir_fd=folder), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        stood = _stands(folder, name)
        if moment() >= until:
            raise TimeoutError("the file has not taken its name, and does not any more")
        try:
            if only_new:
                # A second name of a file is refused where it is taken, whoever was quicker.
                os.link(beside, name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
            else:
                os.replace(beside, name, src_dir_fd=folder, dst_dir_fd=folder)
            os.fsync(folder)
        except FileExistsError:
            return 412
        except (IsADirectoryError, PermissionError):
            return 403
        except OSError as trouble:
            raise _MaybeDone(type(trouble).__name__) from None
    finally:
        with suppress(OSError):  # it has its name; what is left over is hidden and harms nobody
            os.unlink(beside, dir_fd=folder)
    return 200 if stood else 201


def _stands(folder: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _reply(
    began: float, status: int, headers: dict[str, str] | None = None, body: bytes = b""
) -> Reply:
    return Reply(
        fate=Fate.ANSWERED,
        status=status,
        headers=headers or {},
        body=body,
        seconds=moment() - began,
    )
