"""A mailbox of ours for books without an interface: files go in once, under a number, and what came
back is read out of it."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, Self

from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils.text import slugify

from apps.connections.clock import now
from apps.connections.folders import FolderLine
from apps.connections.models import BatchFile, BroughtFile, Connection, Said
from apps.connections.sealed import connect_again, secrets_of
from apps.connections.tokens import refuse_ended
from apps.connectors.errors import ConnectionLost
from apps.connectors.moments import moment, within
from apps.connectors.port import Fate, Purpose, Reply, Request
from apps.core.numbers import whole
from apps.core.sealing import CannotOpen, Sealer

PLACING = 20.0  # seconds that writing one file into a folder may take
FILES_AT_ONCE = 50  # that are put into the folder when the line is opened


class FileDamaged(Exception):
    """What is kept of a file is not what was handed over; a sentence for staff."""


class MailboxLine:
    """Answers as a small file server would:

    - `PUT outbox/<what>/<key>.csv`: 201, and the file has the next number; 412 where it is there.
      `records` and `total.<currency>` in the query say what it holds.
    - `GET` of it: 200 with its bytes, 404.
    - `GET said/confirmations` (`version`, repeated), `said/payments` (`after` a position),
      `said/codes` (of the file that was brought last): 200 with lines of JSON.
    - `GET company.json`: what staff filled in.

    It reads and writes rows: it is called by the thread that carries the run, which opens no
    transaction around it (`in_flight` 1).
    """

    adds: frozenset[str] = frozenset()

    def __init__(self, connection: Connection) -> None:
        grant, name = connection.grant, connection.capabilities.name
        if grant is None:
            raise ConnectionLost(f"{name} is not connected.", remedy=f"Connect {name}.")
        grant.refresh_from_db()
        refuse_ended(grant)
        self._remedy = connect_again(grant)
        self._connection = connection
        self._filled_in: Mapping[str, str] = secrets_of(grant)
        if connection.pk is not None and grant.address:
            place_all(connection)

    @classmethod
    def unsaved(cls, filled_in: Mapping[str, str], folder: str) -> Self:
        line = cls.__new__(cls)
        line._connection, line._filled_in = Connection(), filled_in
        if folder:
            FolderLine.unsaved(folder)  # is it one of those that are allowed?
        return line

    def exchange(self, request: Request, *, until: float) -> Reply:
        began = moment()
        try:
            status, body = self._answer(request, until)
        except TimeoutError as late:
            return Reply(fate=Fate.UNSENT, seconds=moment() - began, problem=str(late))
        except DatabaseError as trouble:
            problem = type(trouble).__name__
            return Reply(fate=Fate.LOST, seconds=moment() - began, problem=problem)
        return Reply(fate=Fate.ANSWERED, status=status, body=body, seconds=moment() - began)

    def renew(self, *, seen_401: bool) -> None:
        """Nothing here ends by itself."""

    def close(self) -> None:
        """Nothing is kept open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _answer(self, request: Request, until: float) -> tuple[int, bytes]:
        match (request.method, *request.path.split("/")):
            case ("GET", "company.json"):
                return 200, json.dumps(dict(self._filled_in)).encode()
            case ("GET", "outbox", _, name):
                return self._looked_up(name)
            case ("PUT", "outbox", holds, name) if name:
                return self._put(holds, name, request, until), b""
            case ("GET", "said", sort):
                found = _SAID[sort](self._connection, request) if sort in _SAID else None
                return (200, _lines(found)) if found is not None else (404, b"")
        return 405, b""

    def _looked_up(self, name: str) -> tuple[int, bytes]:
        found = BatchFile.objects.filter(connection=self._connection, key=_key_of(name)).first()
        return (200, content_of(found)) if found is not None else (404, b"")

    def _put(self, holds: str, name: str, request: Request, until: float) -> int:
        """In one short transaction, under the lock of the connection: numbers have no gap."""
        key = _key_of(name)
        with transaction.atomic():
            connection = Connection.objects.select_for_update().get(pk=self._connection.pk)
            files = BatchFile.objects.filter(connection=connection)
            if files.filter(key=key).exists():
                return 412
            if moment() >= until:
                raise TimeoutError("its time was over before it was written")
            last = files.order_by("-number").values_list("number", flat=True).first() or 0
            file = _made(connection, last + 1, holds, key, request)
        if connection.grant is not None and connection.grant.address:
            place(file)
        return 201


def _made(connection: Connection, number: int, holds: str, key: str, request: Request) -> BatchFile:
    asked = dict(request.query)
    books = slugify(connection.name)[:40] or "books"
    return BatchFile.objects.create(
        connection=connection,
        number=number,
        key=key,
        holds=holds,
        name=f"{books}-{number:06d}-{holds}.csv",
        records=whole(asked.get("records")) or len(request.members),
        totals={
            name.removeprefix("total."): value
            for name, value in asked.items()
            if name.startswith("total.")
        },
        size=len(request.body),
        sha256=hashlib.sha256(request.body).hexdigest(),
        sealed=sealed(connection, request.body),
    )


# --- At rest --------------------------------------------------------------------------------------


def sealed(connection: Connection, content: bytes) -> str:
    """For a row of this connection alone. One byte is one character, so that any bytes are kept."""
    return Sealer(settings.TOKEN_KEYS).seal(content.decode("latin-1"), connection.public_id)


def content_of(file: BatchFile | BroughtFile) -> bytes:
    """Its bytes, as they were. Raises `FileDamaged` where they are not what was kept."""
    try:
        opened = Sealer(settings.TOKEN_KEYS).open(file.sealed, file.connection.public_id)
    except CannotOpen as reason:
        raise FileDamaged(f"{file.name} cannot be opened: {reason}") from None
    content = opened.encode("latin-1")
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise FileDamaged(
            f"The checksum of {file.name} is not that of what was handed over. It is not given out: "
            "tell whoever runs Tieout."
        )
    return content


# --- In the folder --------------------------------------------------------------------------------


def place_all(connection: Connection) -> None:
    """Put what does not lie in the folder yet there: a worker may have died before it could."""
    files = BatchFile.objects.filter(connection=connection, placed_at=None).order_by("number")
    for each in files[:FILES_AT_ONCE]:
        place(each)


def place(file: BatchFile) -> bool:
    """Put a file into the folder of its connection under its name, byte for byte, be it for the
    first time or because it is lost; whether it lies there now. Another one of its name stays, and
    the row says so."""
    grant = file.connection.grant
    if grant is None or not grant.address:
        return False
    try:
        problem = _placed(FolderLine.unsaved(grant.address), file)
    except (ConnectionLost, FileDamaged) as trouble:
        problem = str(trouble)
    file.problem = problem[:300]
    if not problem:
        file.placed_at = now()
    file.save(update_fields=["problem", "placed_at"])
    return not problem


def _placed(folder: FolderLine, file: BatchFile) -> str:
    """Why it does not lie there; "" where it does."""
    write = Request(
        method="PUT",
        path=file.name,
        headers=(("If-None-Match", "*"),),
        body=content_of(file),
        purpose=Purpose.DOCUMENTS,
        writes=True,
    )
    reply = folder.exchange(write, until=within(PLACING))
    if reply.fate is Fate.ANSWERED and reply.status in (200, 201):
        return ""
    if reply.fate is Fate.ANSWERED and reply.status == 412:
        read = Request(method="GET", path=file.name, purpose=Purpose.READS)
        there = folder.exchange(read, until=within(PLACING))
        if hashlib.sha256(there.body).hexdigest() == file.sha256:
            return ""
        return f"Another file lies in the folder as {file.name}. Take it away, then make this one again."
    return f"It could not be written into the folder ({reply.problem or reply.status})."


# --- What came back -------------------------------------------------------------------------------


def _confirmations(connection: Connection, request: Request) -> Iterator[Any]:
    versions = [value for name, value in request.query if name == "version"]
    rows = Said.objects.filter(
        connection=connection, sort=BroughtFile.Sort.CONFIRMATION, version__in=versions
    )
    yield from rows.order_by("pk").values_list("said", flat=True)


def _payments(connection: Connection, request: Request) -> Iterator[Any]:
    after = whole(dict(request.query).get("after")) or 0
    rows = Said.objects.filter(
        connection=connection, sort=BroughtFile.Sort.PAYMENTS, pk__gt=after
    ).order_by("pk")
    for pk, said in rows.values_list("pk", "said"):
        yield {"position": pk, **said}


def _codes(connection: Connection, request: Request) -> Iterator[Any]:
    files = BroughtFile.objects.filter(connection=connection, sort=BroughtFile.Sort.CODES)
    last = files.order_by("-pk").first()
    if last is not None:
        yield from last.rows.filter(state="taken").values_list("said", flat=True)


_SAID = {"confirmations": _confirmations, "payments": _payments, "codes": _codes}


def _lines(found: Iterator[Any]) -> bytes:
    return "".join(f"{json.dumps(each)}\n" for each in found).encode()


def _key_of(name: str) -> str:
    return name.removesuffix(".csv")
