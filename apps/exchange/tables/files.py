"""What a file is by its first bytes, and its bytes unpacked: no more of them than the limits say."""

import zlib
from collections.abc import Iterator
from pathlib import Path

from apps.exchange.tables.port import FileFormat, FileRefused, Limits
from apps.exchange.tables.sentences import megabytes

BLOCK = 1 << 18
# A packed file this small unpacked is harmless, whatever its ratio.
HARMLESS = 4_000_000

_GZIP = b"\x1f\x8b"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_WEB_PAGE = (b"<html", b"<!doctype html", b"<table", b"<head", b"<body", b"<meta", b"<style")
_AS_XLSX = "Open it in Excel or LibreOffice, save it as .xlsx or CSV, and try again."
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")  # a stream's name, in a container of old kind
_OTHERS = (
    (b"%PDF", "a PDF. Ask for the data itself, as CSV or .xlsx."),
    (b"{\\rtf", "a text document (RTF). Save its table as CSV or .xlsx."),
    (b"\x89PNG", "a picture. Ask for the data itself, as CSV or .xlsx."),
    (b"\xff\xd8\xff", "a picture. Ask for the data itself, as CSV or .xlsx."),
    (b"GIF8", "a picture. Ask for the data itself, as CSV or .xlsx."),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive. Unpack it, and take the CSV or .xlsx inside."),
    (b"Rar!\x1a\x07", "a RAR archive. Unpack it, and take the CSV or .xlsx inside."),
    (b"BZh", "packed by bzip2. Unpack it, and take the CSV inside."),
    (b"\xfd7zXZ\x00", "packed by xz. Unpack it, and take the CSV inside."),
    (b"\x28\xb5\x2f\xfd", "packed by zstd. Unpack it, and take the CSV inside."),
    (b"SQLite format 3\x00", "a database. Export its table as CSV."),
    (b"\x7fELF", "a program, not a table."),
    (b"MZ\x90\x00", "a program, not a table."),
)


def format_of(path: Path, limits: Limits) -> FileFormat:
    """What the file is by what stands in it; its name says nothing.

    Raises `FileRefused` for what is neither CSV (plain or `.gz`) nor a workbook of Excel, for an
    empty file and for one above the size.
    """
    size = path.stat().st_size
    if not size:
        raise FileRefused("The file is empty.")
    if size > limits.file_bytes:
        raise FileRefused(
            f"The file has {megabytes(size)}; at most {megabytes(limits.file_bytes)} are read. "
            "Split it into several."
        )
    with path.open("rb") as file:
        start = file.read(4096)
    if start.startswith(_ZIP):
        return FileFormat.XLSX
    if start.startswith(_OLE):
        raise FileRefused(_of_old_kind(path))
    _refuse_others(start)
    if start.startswith(_GZIP):
        _refuse_packed_twice(path, limits)
    return FileFormat.CSV


def blocks(path: Path, limits: Limits, block: int = BLOCK) -> Iterator[bytes]:
    """The bytes of a CSV file, unpacked where it is a `.gz`, in blocks.

    Raises `FileRefused` where a packed file is damaged or unpacks to too much.
    """
    with path.open("rb") as file:
        packed = file.read(2) == _GZIP
        file.seek(0)
        raw = iter(lambda: file.read(block), b"")
        yield from _unpacked(raw, limits, block) if packed else raw


def _unpacked(raw: Iterator[bytes], limits: Limits, block: int) -> Iterator[bytes]:
    """What gzip packed, member after member, as `gunzip` reads it."""
    taken = given = 0
    member = zlib.decompressobj(wbits=31)
    rest = b""
    begun = False
    for piece in raw:
        taken += len(piece)
        rest += piece
        while rest:
            if member.eof:
                rest = rest.lstrip(b"\0")  # tapes fill their last block with them
                if not rest:
                    break
                member, begun = zlib.decompressobj(wbits=31), False
            try:
                data = member.decompress(rest, block)
            except zlib.error as problem:
                raise FileRefused(
                    f"The packed file is damaged ({problem}). Get it again."
                ) from None
            begun = True
            rest = member.unused_data if member.eof else member.unconsumed_tail
            given += len(data)
            _refuse_bomb(taken, given, limits)
            if data:
                yield data
            elif not rest:
                break
    if begun and not member.eof:
        raise FileRefused("The packed file is cut short. Get it again.")


def _refuse_bomb(taken: int, given: int, limits: Limits) -> None:
    if given > limits.unpacked_bytes:
        raise FileRefused(
            f"The file unpacks to more than {megabytes(limits.unpacked_bytes)}. "
            "Split it into several."
        )
    if given > HARMLESS and given > taken * limits.ratio:
        raise FileRefused(
            f"The file unpacks to more than {limits.ratio} times its size, as no table does. "
            "Unpack it, and see what is in it."
        )


def _refuse_others(start: bytes) -> None:
    for mark, what in _OTHERS:
        if start.startswith(mark):
            raise FileRefused(f"The file is {what}")
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith(_WEB_PAGE):
        raise FileRefused(f"The file is a web page, whatever its name says. {_AS_XLSX}")
    if text.startswith((b"<?xml", b"<workbook")):
        raise FileRefused(f"The file is XML, and no table as Excel saves it today. {_AS_XLSX}")


def _refuse_packed_twice(path: Path, limits: Limits) -> None:
    start = next(blocks(path, limits, 4096), b"")
    if start.startswith((_GZIP, *_ZIP, _OLE)):
        raise FileRefused("The file is packed twice. Unpack it once, and try again.")
    if start[257:262] == b"ustar":
        raise FileRefused("The file is a tar archive. Unpack it, and take the CSV or .xlsx inside.")
    _refuse_others(start)


def _of_old_kind(path: Path) -> str:
    with path.open("rb") as file:
        for block in iter(lambda: file.read(BLOCK), b""):
            if _ENCRYPTED in block:
                return (
                    "The workbook is protected by a password. Open it in Excel, take the password "
                    "away (File, Info, Protect Workbook), save it, and try again."
                )
    return f"The file is of Excel's old kind (.xls) or another document of its time. {_AS_XLSX}"
