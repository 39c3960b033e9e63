"""Reads the plain rows of a sheet as a stream, in a process that cannot grow: `plain_child.py REQUEST`.

It is started by path, imports nothing of ours, and ends with what it was asked. A row is plain whose
cells are texts, numbers and days as most programs write them; at the first that is not, it stops, and
the rest is for the reader of whole workbooks. The request is JSON: path, part, styles and strings (parts,
or ""), rows and columns (the most), megabytes, seconds.

Standard output is lines. A batch of rows of one shape: JSON {"first": number, "rows": count,
"columns": [[place, kind], …]}, then a line for each column, its cells parted by 0x1F, line breaks in
them as 0x1D: no XML holds either. A kind is "t" (text), "n" (number as written), "d" (days since 1899). At the
end {"gone": last row that was given, "whole": whether that was all}.
"""

import json
import re
import resource
import sys
import zipfile
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

_BLOCK = 1 << 20
_LONGEST_ROW = 4_000_000  # bytes
_BATCH = 1_000  # rows
_SHAPES = 8  # of rows, that are remembered
_NUMBER = rb"-?\d{1,20}(?:\.\d{1,20})?(?:[eE][-+]?\d{1,2})?"
_DAY = rb"[1-9]\d{4}"  # a serial that every program counts alike: from 1927 on
_BEGIN, _END = b"<sheetData>", b"</sheetData>"
_NO_ROWS = re.compile(rb'<row r="(\d{1,7})"[^>]*/>')
_ROW = re.compile(rb'<row r="(\d{1,7})"(?:[^>]*[^/])?>')
_CELL = re.compile(
    rb'<c r="([A-Z]{1,3})(\d{1,7})"(?: s="(\d{1,5})")?(?: t="(s|n|inlineStr)")?'
    rb'(?:( ?/>)|>(<v>|<is><t(?: xml:space="preserve")?>)([^<]*)(?:</v>|</t></is>)</c>)'
)
_STRING = re.compile(r'<si><t(?: xml:space="preserve")?>([^<]*)</t></si>')
_BLANK_AT_AN_END = re.compile(r"<t>(?:\s|[^<]*\s</t>)")
_AT_AN_END = re.compile(r"\x1f\s|\s\x1f")
_ENTITY = re.compile(r"&(?:amp|lt|gt|quot|apos);")
_MEANT = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'"}
# What spreadsheets write for what XML cannot say, and control characters as such.
_STRANGE = re.compile(r"_x[0-9A-Fa-f]{4}_|[\0-\x08\x0b-\x1f\x7f]")
_DAYS_ALONE = re.compile(r"(?:\[\$-[0-9a-f]+\])?[dmy/\-., \\]*[dy][dmy/\-., \\]*(?:;@)?")
_BUILT_IN = {**dict.fromkeys([*range(5), *range(9, 14), *range(37, 41), 48, 49], "n"), 14: "d"}


class Odd(Exception):
    """Something that is not plain."""


def main() -> int:
    request = json.loads(sys.argv[1])
    memory, seconds = request["megabytes"] << 20, request["seconds"]
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    reading = Reading(request)
    try:
        reading.read()
        whole = True
    except (Odd, MemoryError, ValueError, KeyError, IndexError, OSError, zipfile.BadZipFile):
        whole = False  # whatever it is, the reader of whole workbooks names it
    except ElementTree.ParseError:
        whole = False
    sys.stdout.buffer.write(json.dumps({"gone": reading.gone, "whole": whole}).encode() + b"\n")
    return 0


class Shape:
    """How a row is written: the columns that are filled, and of which kind each is."""

    def __init__(self, row: bytes, kinds: dict[int, str]) -> None:
        begin = _ROW.match(row)
        if begin is None:
            raise Odd
        self.columns: list[tuple[int, str]] = []
        pattern = [rb'<row r="(\d{1,7})"(?:[^>]*[^/])?>']
        place, last = begin.end(), -1
        while cell := _CELL.match(row, place):
            letters, number, style, kind, empty, opening, _ = cell.groups()
            column = _column(letters)
            if number != begin[1] or column <= last:
                raise Odd
            last, place = column, cell.end()
            start = rb'<c r="' + letters + rb'\1"'
            start += (rb' s="' + style + rb'"' if style else b"") + (
                rb' t="' + kind + rb'"' if kind else b""
            )
            if empty:
                pattern.append(start + re.escape(empty))
            elif kind == b"s" and opening == b"<v>":
                pattern.append(start + rb"><v>(\d{1,9})</v></c>")
                self.columns.append((column, "s"))
            elif kind == b"inlineStr" and opening != b"<v>":
                pattern.append(start + rb">" + opening + rb"([^<]*)</t></is></c>")
                self.columns.append((column, "p" if b"preserve" in opening else "i"))
            elif kind in (None, b"n") and opening == b"<v>":
                of = kinds[int(style or 0)]
                figures = _NUMBER if of == "n" else _DAY
                pattern.append(start + rb"><v>(" + figures + rb")</v></c>")
                self.columns.append((column, of))
            else:
                raise Odd
        if row[place:] != b"</row>":
            raise Odd
        self.width = last + 1
        compiled = re.compile(b"".join([*pattern, b"</row>"]))
        self.match, self.find_all = compiled.match, compiled.findall


class Reading:
    def __init__(self, request: dict[str, Any]) -> None:
        self.request = request
        self.gone = 0  # the last row that was given
        self._shapes: list[Shape] = []
        self._shape: Shape | None = None
        self._held: list[tuple[bytes, ...]] = []
        self._last = 0  # the last row that was read
        self._kinds: dict[int, str] = {}
        self._said: list[str] = []

    def read(self) -> None:
        with zipfile.ZipFile(self.request["path"]) as book:
            self._kinds = kinds_of_styles(_part(book, self.request["styles"]))
            self._said = strings(_part(book, self.request["strings"]))
            self._rows(_in_blocks(book, self.request["part"]))
        self._give()

    def _rows(self, blocks: Iterator[bytes]) -> None:
        data, place = b"", -1
        for block in blocks:
            data = data[max(place, 0) :] + block
            place = self._take(data, 0 if place >= 0 else _begin(data))
            if data.startswith(_END, place):
                return
            if len(data) - place > _LONGEST_ROW:
                raise Odd
        raise Odd  # it has no end

    def _take(self, data: bytes, place: int) -> int:
        """Read the whole rows from this place on; where the rest begins."""
        place = self._take_alike(data, place)
        shape = self._shape
        while True:
            found = shape.match(data, place) if shape is not None else None
            if found is None:
                end = data.find(b">", place) + 1
                empty = _NO_ROWS.match(data, place, end) if end else None
                if empty:
                    self._number(empty[1])
                    place = end
                    continue
                if data.startswith(_END, place):
                    return place
                end = data.find(b"</row>", place) + 6
                if end < 6:
                    return place
                self._give()
                self._shape = shape = self._shape_of(data, place, end)
                found = shape.match(data, place)
                if found is None:
                    raise Odd
            assert shape is not None
            told = found.groups()
            number = int(told[0])
            if number != self._last + 1:
                self._give()
                self._number(told[0])
            else:
                self._last = number
            if len(told) > 1:
                self._held.append(told)
                if len(self._held) == _BATCH:
                    self._give()
            elif self._held:
                self._give()
            place = found.end()

    def _take_alike(self, data: bytes, place: int) -> int:
        """The same, as long as they are all of the shape of the last one: in one go."""
        end = data.rfind(b"</row>", place) + 6
        if self._shape is None or not self._shape.columns or end < 6:
            return place
        found = self._shape.find_all(data, place, end)
        first = self._last + 1
        if len(found) != data.count(b"<row", place, end):
            return place
        if [int(each[0]) for each in found] != [*range(first, first + len(found))]:
            return place
        for start in range(0, len(found), _BATCH):
            self._give()
            self._held = found[start : start + _BATCH]
        self._last += len(found)
        self._give()
        return end

    def _number(self, said: bytes) -> None:
        number = int(said)
        if not self._last < number <= self.request["rows"]:
            raise Odd
        self._give()
        self._last = number

    def _shape_of(self, data: bytes, place: int, end: int) -> Shape:
        for each in self._shapes:
            if each.match(data, place):
                return each
        shape = Shape(data[place:end], self._kinds)
        if shape.width > self.request["columns"]:
            raise Odd
        self._shapes = [shape, *self._shapes[: _SHAPES - 1]]
        return shape

    def _give(self) -> None:
        """Write the rows that are held; none of them where one is odd."""
        held, self._held = self._held, []
        if not held:
            return
        assert self._shape is not None
        first = int(held[0][0])
        if int(held[-1][0]) > self.request["rows"]:
            raise Odd
        columns = list(zip(*held, strict=True))[1:]
        lines: list[bytes] = []
        told: list[list[object]] = []
        for (place, kind), cells in zip(self._shape.columns, columns, strict=True):
            told.append([place, kind if kind in "nd" else "t"])
            lines.append(self._line(kind, cells))
        head = json.dumps({"first": first, "rows": len(held), "columns": told}).encode()
        sys.stdout.buffer.write(b"\n".join([head, *lines, b""]))
        self.gone = int(held[-1][0])

    def _line(self, kind: str, cells: tuple[bytes, ...]) -> bytes:
        if kind in "nd":
            return b"\x1f".join(cells)
        if kind == "s":
            text = "\x1f".join(map(self._said.__getitem__, map(int, cells)))
        else:
            text = b"\x1f".join(cells).decode()
            refuse_strange(text.replace("\x1f", ""))
            if text.count("\x1f") != len(cells) - 1:
                raise Odd
            if kind == "i" and _AT_AN_END.search(f"\x1f{text}\x1f"):
                raise Odd
            text = meant(text)
        return text.replace("\n", "\x1d").encode()


def refuse_strange(text: str) -> None:
    """Raises `Odd` where programs do not agree what is meant."""
    if _STRANGE.search(text):
        raise Odd


def meant(text: str) -> str:
    """A text without entities. Raises `Odd` where one is none of XML's own."""
    if "&" not in text:
        return text
    if text.count("&") != len(_ENTITY.findall(text)):
        raise Odd
    return _ENTITY.sub(lambda found: _MEANT[found[0]], text)


def strings(part: bytes) -> list[str]:
    """The texts that sheets share."""
    text = part.decode()
    begin = text.find("<si>")
    if begin < 0:
        return []
    refuse_strange(text[begin:])
    if _BLANK_AT_AN_END.search(text, begin) or text.count("<", begin) != 4 * text.count("<si>") + 1:
        raise Odd
    found = _STRING.findall(text, begin)
    if len(found) != text.count("<si>") or not text.rstrip().endswith("</si></sst>"):
        raise Odd
    return list(map(meant, found)) if "&" in text else found


def kinds_of_styles(part: bytes) -> dict[int, str]:
    """By number of a cell's style whether its figure is a number ("n") or a day ("d"); others are odd."""
    if not part:
        return {0: "n"}
    root = ElementTree.fromstring(part)
    formats = {
        int(each.get("numFmtId", "0")): each.get("formatCode", "")
        for each in root.iterfind("./{*}numFmts/{*}numFmt")
    }
    found: dict[int, str] = {}
    for number, each in enumerate(root.iterfind("./{*}cellXfs/{*}xf")):
        of = int(each.get("numFmtId", "0"))
        kind = _kind_of_format(formats[of]) if of in formats else _BUILT_IN.get(of)
        if kind:
            found[number] = kind
    return found or {0: "n"}


def _kind_of_format(code: str) -> str | None:
    lowered = code.lower()
    if not set(lowered) & set("dmyhs"):
        return "n"
    return "d" if _DAYS_ALONE.fullmatch(lowered) else None


def _begin(data: bytes) -> int:
    """Where the rows begin, in the first block."""
    begin = data.find(_BEGIN)
    head = data[:begin]
    if begin < 0 or b"<worksheet" not in head or b"<!" in head:
        raise Odd
    return begin + len(_BEGIN)


def _part(book: zipfile.ZipFile, name: str) -> bytes:
    return book.read(name) if name else b""


def _in_blocks(book: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    with book.open(name) as part:
        while block := part.read(_BLOCK):
            yield block


def _column(letters: bytes) -> int:
    """ "A" → 0, "AB" → 27."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


if __name__ == "__main__":
    sys.exit(main())
