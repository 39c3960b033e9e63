"""Files as they come: a multipart body, each file a part with its words in another one."""

import base64
import binascii
import re
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from typing import Any

from ..models import StoredObject
from . import faults, operations, wire
from .book import Book
from .files import say_where
from .kinds import Options, kind_of

PART = re.compile(r"file_(metadata|content)_(\w+)")


@dataclass
class Coming:
    """One file of an upload: what is said of it, and its part with the bytes."""

    metadata: bytes | None = None
    headers: Message | None = None
    content: bytes | None = None


def upload(book: Book, content_type: str, body: bytes) -> list[str]:
    """Each file's answer as JSON text, in the order they came: its attachable, or why not."""
    coming: dict[str, Coming] = {}
    for headers, raw in parts_of(content_type, body):
        found = PART.fullmatch(str(headers.get_param("name", "", "content-disposition")))
        if found is None:
            raise faults.Refused("2010", "A part is named neither file_metadata nor file_content.")
        one = coming.setdefault(found[2], Coming())
        if found[1] == "metadata":
            one.metadata = raw
        else:
            one.headers, one.content = headers, raw
    if not coming:
        raise faults.missing("file_content")
    return [_taken(book, one) for one in coming.values()]


def _taken(book: Book, one: Coming) -> str:
    try:
        stored = _kept(book, one)
    except faults.Refused as refused:
        return f'{{"Fault":{wire.encode(refused.fault())}}}'
    say_where(book, [stored])
    return f'{{"Attachable":{wire.encode(stored.content)}}}'


def _kept(book: Book, one: Coming) -> StoredObject:
    if one.content is None or one.headers is None:
        raise faults.missing("file_content")
    sent = _said(one.metadata)
    # Without words about it, it is called what its part is called.
    sent = {
        "FileName": one.headers.get_filename(""),
        "ContentType": one.headers.get_content_type(),
        **{name: value for name, value in sent.items() if value not in (None, "")},
    }
    data = _decoded(one.headers, one.content)
    stored = operations.perform(
        book, kind_of("Attachable"), "create", sent, Options(size=len(data))
    )
    book.files[stored.object_id] = data
    return stored


def _said(metadata: bytes | None) -> dict[str, Any]:
    if metadata is None:
        return {}
    try:
        said = wire.decode(metadata)
    except ValueError:
        raise faults.Refused("2110", "file_metadata is not valid JSON.") from None
    if not isinstance(said, dict):
        raise faults.Refused("2010", "file_metadata must be an object.")
    return said


def _decoded(headers: Message, raw: bytes) -> bytes:
    if str(headers.get("Content-Transfer-Encoding", "")).lower() != "base64":
        return raw
    try:
        return base64.b64decode(b"".join(raw.split()), validate=True)
    except binascii.Error:
        raise faults.Refused("2090", "file_content is not valid base64.") from None


def parts_of(content_type: str, body: bytes) -> list[tuple[Message, bytes]]:
    """The parts of a multipart body; bare line feeds and blank lines around it are taken too."""
    boundary = HeaderParser().parsestr(f"Content-Type: {content_type}").get_boundary()
    if not boundary:
        raise faults.Refused("2010", "An upload is multipart/form-data with a boundary.")
    out = []
    pieces = re.split(rb"(?:\A|\r?\n)--" + re.escape(boundary.encode()), body)
    for piece in pieces[1:]:
        if piece.startswith(b"--"):
            break
        head, _, content = _halves(re.sub(rb"\A[ \t]*\r?\n", b"", piece, count=1))
        out.append((HeaderParser().parsestr(head.decode(errors="replace")), content))
    return out


def _halves(piece: bytes) -> tuple[bytes, bytes, bytes]:
    found = re.search(rb"\r?\n\r?\n", piece)
    if found is None:
        return piece, b"", b""
    return piece[: found.start()], found[0], piece[found.end() :]
