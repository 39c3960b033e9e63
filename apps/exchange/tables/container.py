"""The container of a workbook (a ZIP file), judged by its directory before anything is unpacked."""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from apps.exchange.tables.files import HARMLESS
from apps.exchange.tables.port import FileRefused, Limits
from apps.exchange.tables.sentences import counted, megabytes, quoted

_BLOCK = 1 << 18
_MEMBERS = 5_000
_DIRECTORY_BYTES = 1_000_000
_END = b"PK\x05\x06"
_END_BYTES = 22
_END_64_LOCATOR = b"PK\x06\x07"
_END_64_LOCATOR_BYTES = 20
_END_64 = b"PK\x06\x06"
_COMMENT_BYTES = 65_535
_LOCAL_BYTES = 30
_ENCRYPTED = 0x1

_AS_XLSX = "Save it as .xlsx or CSV, and try again."
BOOK = "xl/workbook.xml"
_NO_WORKBOOKS = (
    ("xl/workbook.bin", f"The workbook is binary (.xlsb). {_AS_XLSX}"),
    ("word/document.xml", "The file is a Word document. Save its table as CSV or .xlsx."),
    (
        "ppt/presentation.xml",
        "The file is a presentation. Ask for the data itself, as CSV or .xlsx.",
    ),
    ("Index/Document.iwa", f"The file is of Numbers (Apple). {_AS_XLSX}"),
    ("content.xml", f"The file is of LibreOffice (.ods or another). {_AS_XLSX}"),
)


@dataclass(frozen=True, slots=True)
class Container:
    """A ZIP file whose directory was found in order: `members` by name."""

    path: Path
    members: dict[str, zipfile.ZipInfo]

    def blocks(self, name: str, limits: Limits) -> Iterator[bytes]:
        """A member's bytes in blocks, never more than its directory says.

        Raises `FileRefused` where it is damaged, larger than was said, or past the limit of one part.
        """
        member = self.members[name]
        if member.file_size > limits.xml_bytes:
            raise _too_large(name, limits.xml_bytes)
        given = 0
        with self.path.open("rb") as file:
            for block in _inflated(file, member):
                given += len(block)
                if given > member.file_size:
                    raise FileRefused(
                        "The workbook is not what its directory says: a part is larger than stated. "
                        "It was made by no spreadsheet; do not open it."
                    )
                yield block
        if given < member.file_size:
            raise _damaged(f"{name} ends early")

    def whole(self, name: str, limits: Limits, *, most: int) -> bytes:
        """A small member. Raises `FileRefused` above `most` bytes."""
        if self.members[name].file_size > most:
            raise _too_large(name, most)
        return b"".join(self.blocks(name, limits))


def opened(path: Path, limits: Limits) -> Container:
    """The container of a workbook. Raises `FileRefused` for what no spreadsheet writes.

    Sizes, ratios, names and number of the members are judged; nothing is unpacked.
    """
    with path.open("rb") as file:
        _refuse_large_directory(file, path.stat().st_size)
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, struct.error) as problem:
        raise _damaged(str(problem)) from None
    members = {info.filename: info for info in infos}
    if len(members) < len(infos):
        raise FileRefused(
            "The workbook has two parts of one name, as none that a spreadsheet wrote."
        )
    for info in infos:
        _refuse_member(info, limits)
    unpacked, packed = sum(i.file_size for i in infos), sum(i.compress_size for i in infos)
    if unpacked > limits.unpacked_bytes:
        raise FileRefused(
            f"The workbook unpacks to {megabytes(unpacked)}; at most "
            f"{megabytes(limits.unpacked_bytes)} are read. Save the sheet as CSV."
        )
    if packed > path.stat().st_size:
        raise FileRefused("The workbook's parts overlap: it was made to do harm. Do not open it.")
    _refuse_other_documents(members)
    return Container(path, members)


def _refuse_large_directory(file: BinaryIO, size: int) -> None:
    """By the record at the file's end: reading a directory of a million members takes a gigabyte."""
    tail_bytes = min(size, _END_BYTES + _COMMENT_BYTES + _END_64_LOCATOR_BYTES)
    file.seek(size - tail_bytes)
    tail = file.read(tail_bytes)
    place = tail.rfind(_END)
    if place < 0 or len(tail) - place < _END_BYTES:
        raise _damaged("its directory is missing")
    count, directory = struct.unpack_from("<HL", tail, place + 10)
    locator = place - _END_64_LOCATOR_BYTES
    if locator >= 0 and tail.startswith(_END_64_LOCATOR, locator):
        (offset,) = struct.unpack_from("<Q", tail, locator + 8)
        if offset > size:
            raise _damaged("its directory lies beyond its end")
        file.seek(offset)
        record = file.read(56)
        if len(record) < 56 or not record.startswith(_END_64):
            raise _damaged("its directory is missing")
        count, directory = struct.unpack_from("<QQ", record, 32)
    if count > _MEMBERS or directory > _DIRECTORY_BYTES:
        raise FileRefused(
            f"The workbook has {counted(count, 'part', 'parts')}; at most {_MEMBERS:,} are read. "
            "Save the sheet as CSV."
        )


def _refuse_member(info: zipfile.ZipInfo, limits: Limits) -> None:
    name = info.filename
    parts = name.replace("\\", "/").split("/")
    # `orig_filename` still has what zipfile cut away: all from a NUL on.
    if ".." in parts or name.startswith(("/", "\\")) or ":" in name or "\0" in info.orig_filename:
        raise FileRefused(
            f"The workbook holds a part called {quoted(info.orig_filename)}, as none that a "
            "spreadsheet wrote. Do not open it."
        )
    if info.flag_bits & _ENCRYPTED:
        raise FileRefused("The file is a ZIP archive with a password. Unpack it, and try again.")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise FileRefused(f"The workbook is packed in a way no spreadsheet uses. {_AS_XLSX}")
    if info.file_size > HARMLESS and info.file_size > limits.ratio * info.compress_size:
        raise FileRefused(
            f"A part of the workbook ({quoted(name)}) unpacks to more than {limits.ratio} times its "
            "size, as no table does. Save the sheet as CSV."
        )


def _refuse_other_documents(members: dict[str, zipfile.ZipInfo]) -> None:
    if BOOK in members:
        return
    for name, sentence in _NO_WORKBOOKS:
        if name in members:
            raise FileRefused(sentence)
    if any(name.startswith("xl/") for name in members):
        raise FileRefused(
            "The workbook's pages are not where they are looked for. Open it in Excel, save it once "
            "more, and try again."
        )
    raise FileRefused(
        "The file is a ZIP archive, and no workbook of Excel. Unpack it, and take the CSV or .xlsx "
        "inside."
    )


def _inflated(file: BinaryIO, member: zipfile.ZipInfo) -> Iterator[bytes]:
    file.seek(member.header_offset)
    header = file.read(_LOCAL_BYTES)
    if len(header) < _LOCAL_BYTES or not header.startswith(b"PK\x03\x04"):
        raise _damaged(f"{member.filename} is not where its directory says")
    name_bytes, extra_bytes = struct.unpack_from("<HH", header, 26)
    file.seek(name_bytes + extra_bytes, 1)
    left = member.compress_size
    inflate = zlib.decompressobj(-15) if member.compress_type == zipfile.ZIP_DEFLATED else None
    while left > 0:
        piece = file.read(min(_BLOCK, left))
        if not piece:
            raise _damaged(f"{member.filename} is cut short")
        left -= len(piece)
        if inflate is None:
            yield piece
            continue
        try:
            while piece:
                if block := inflate.decompress(piece, _BLOCK):
                    yield block
                piece = inflate.unconsumed_tail
        except zlib.error as problem:
            raise _damaged(f"{member.filename}: {problem}") from None
    if inflate is not None:
        yield inflate.flush()


def _too_large(name: str, most: int) -> FileRefused:
    return FileRefused(
        f"A part of the workbook ({quoted(name)}) has more than {megabytes(most)} unpacked. "
        "Save the sheet as CSV."
    )


def _damaged(why: str) -> FileRefused:
    return FileRefused(
        f"The workbook is damaged or not whole ({why}). Get it again, or open it in Excel and save it "
        "once more."
    )
