"""A sheet's XML gone through as bytes, for what the reader of workbooks does not tell.

How large it is, before it is held in memory as a whole; the cells that show an error, which would be
read as blank; formulas without a saved value; columns and rows that are hidden.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from apps.exchange.tables.child import too_many_columns, too_many_rows
from apps.exchange.tables.port import FileRefused, Limits

_HEAD = 65_536  # bytes in which the sheet's size and its columns are told
_ROW_BYTES = 20  # the least that a row takes which holds a value
_ERRORS = 10_000  # cells with one; more is no table
_DIMENSION = re.compile(rb'<(?:\w+:)?dimension\s[^>]*ref=["\'](?:[A-Z]+\d+:)?([A-Z]+)(\d+)["\']')
_ROOT = re.compile(rb"<(?:(\w+):)?worksheet[\s>]")
_HIDDEN = re.compile(rb"<(?:\w+:)?col\s[^>]*hidden=[\"'](?:1|true)[\"'][^>]*>")
_BOUND = re.compile(rb'\b(min|max)=["\'](\d+)["\']')
_PLACE = re.compile(rb'\br=["\']([A-Z]{1,3})(\d{1,7})["\']')
_VALUE = re.compile(rb"<(?:\w+:)?v>([^<]{1,40})<")
_IS_ERROR = re.compile(rb"\bt=[\"']e[\"']")
_IS_TEXT = re.compile(rb"\bt=[\"']str[\"']")


@dataclass(slots=True)
class Scan:
    """What was seen. Rows and columns count from 1. `errors`: the error a cell shows, by its place."""

    rows: int = 0
    width: int = 0  # of the last column that is filled
    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    hidden: tuple[int, ...] = ()
    hidden_rows: int = 0


def refuse_dangerous_xml(blocks: Iterator[bytes], part: str) -> Iterator[bytes]:
    """The same blocks, as long as they hold no DTD, no entity and no text without end.

    Raises `FileRefused`. Excel writes UTF-8 and none of these.
    """
    before = b""
    first = True
    for block in blocks:
        if first and (block[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in block[:64]):
            raise FileRefused(
                f"A part of the workbook ({part}) is not UTF-8. Save it in Excel again."
            )
        joined = before + block if before else block
        if b"<!" in joined and re.search(rb"<!(?:DOCTYPE|ENTITY|--)", joined, re.IGNORECASE):
            raise FileRefused(
                f"A part of the workbook ({part}) defines entities or has comments, as none that a "
                "spreadsheet wrote. Do not open it."
            )
        if len(block) > 200_000 and b"<" not in block:
            raise FileRefused(
                "A cell of the workbook is longer than Excel allows (32,767 characters). Shorten it."
            )
        before = block[-16:]
        first = False
        yield block


def scan(blocks: Iterator[bytes], limits: Limits, *, unpacked: int) -> Scan:
    """Goes through a sheet of `unpacked` bytes. Raises `FileRefused` as soon as it is too large."""
    found = Scan()
    rest = b""
    prefix = None
    for block in blocks:
        part = rest + block if rest else block
        if prefix is None:
            if len(part) < _HEAD and len(part) < unpacked:
                rest = part
                continue
            prefix = _look_at_head(found, part[:_HEAD], limits, unpacked)
        # All before the last cell that begins here is whole.
        cut = part.rfind(b"<" + prefix + b"c ")
        cut = cut if cut > 0 else len(part)
        rest = part[cut:]
        _take(found, part[:cut], prefix, limits)
    if rest:
        prefix = prefix if prefix is not None else _look_at_head(found, rest, limits, unpacked)
        _take(found, rest, prefix, limits)
    return found


def _look_at_head(found: Scan, head: bytes, limits: Limits, unpacked: int) -> bytes:
    """Takes in what stands before the rows; gives the prefix of the sheet's elements (b"x:")."""
    root = _ROOT.search(head)
    if root is None:
        raise FileRefused("The workbook is damaged: a sheet of it is none. Save it in Excel again.")
    size = _DIMENSION.search(head)
    # A format on whole columns makes the size huge, and nothing is in them.
    may_be_full = unpacked > limits.xlsx_rows * _ROW_BYTES
    if size and may_be_full and int(size[2]) > limits.xlsx_rows + 1:
        raise too_many_rows(limits)
    columns: list[int] = []
    for each in _HIDDEN.findall(head):
        bounds = {name: int(value) for name, value in _BOUND.findall(each)}
        low, high = bounds.get(b"min", 1), bounds.get(b"max", 1)
        columns.extend(range(low, min(high, low + limits.columns, 16_384) + 1))
    found.hidden = tuple(columns)
    return (root[1] + b":") if root[1] else b""


def _take(found: Scan, part: bytes, prefix: bytes, limits: Limits) -> None:
    found.rows += part.count(b"<" + prefix + b"row")
    if found.rows > limits.xlsx_rows + 1:
        raise too_many_rows(limits)
    if b"hidden=" in part:
        found.hidden_rows += len(_hidden_rows(prefix).findall(part))
    start = 0
    while place := _beyond(found.width).search(part, start):
        start = place.start() + 1
        if int(place[2]) > limits.xlsx_rows + 1:
            raise too_many_rows(limits)
        found.width = max(found.width, column_number(place[1].decode()))
        if found.width > limits.columns:
            raise too_many_columns(limits)
    if found.rows * found.width > limits.xlsx_cells:
        raise FileRefused(
            f"The sheet has more than {limits.xlsx_cells:,} cells ({found.width:,} columns). Keep the "
            "columns that are needed, or save the sheet as CSV."
        )
    if b't="e"' in part or b"t='e'" in part:
        _take_errors(found, part, prefix)
    if b"<" + prefix + b"f" in part:
        _refuse_unsaved(part, prefix)


def _take_errors(found: Scan, part: bytes, prefix: bytes) -> None:
    for attributes, inside in _cells(prefix).findall(part):
        if not _IS_ERROR.search(attributes):
            continue
        place, value = _PLACE.search(attributes), _VALUE.search(inside)
        if place is None or len(found.errors) >= _ERRORS:
            raise FileRefused(
                f"More than {_ERRORS:,} cells of the sheet show an error, or one whose place is not "
                "said. Mend it in Excel first."
            )
        shown = value[1].decode("ascii", "replace") if value else "#ERROR!"
        found.errors[int(place[2]), column_number(place[1].decode())] = shown


def _refuse_unsaved(part: bytes, prefix: bytes) -> None:
    """Of formulas, values are read as last saved; a program may have written none."""
    for match in _unsaved(prefix).finditer(part):
        if _IS_TEXT.search(match[1]):
            continue  # its value is a text of no letters
        place = _PLACE.search(match[1])
        where = (place[1] + place[2]).decode() if place else "a cell"
        raise FileRefused(
            f"The formula in {where} has no saved value: the workbook was written by a program and "
            "never opened. Open it in Excel or LibreOffice, save it, and try again."
        )


@cache
def _cells(prefix: bytes) -> re.Pattern[bytes]:
    tag = re.escape(prefix) + b"c"
    return re.compile(rb"<" + tag + rb"\s([^>]*[^/>])>(.*?)</" + tag + rb">", re.DOTALL)


@cache
def _hidden_rows(prefix: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"<" + re.escape(prefix) + rb"row\s[^>]*hidden=[\"'](?:1|true)[\"']")


@cache
def _unsaved(prefix: bytes) -> re.Pattern[bytes]:
    p = re.escape(prefix)
    formula = rb"<" + p + rb"f(?:\s[^>]*)?(?:/>|>[^<]*</" + p + rb"f>)"
    nothing = rb"(?:<" + p + rb"v\s*/>|<" + p + rb"v></" + p + rb"v>)?"
    return re.compile(rb"<" + p + rb"c\s([^>]*)>" + formula + nothing + rb"</" + p + rb"c>")


@cache
def _beyond(column: int) -> re.Pattern[bytes]:
    """A filled cell to the right of this column (0: any), or in a row of six figures.

    Its column and row are the groups. Without a blank before `r`: it costs a third of the speed, and
    no other attribute of a cell ends so.
    """
    letters = column_letters(column)
    longer = [rb"[A-Z]{%d}" % size for size in range(len(letters) + 1, 4)]
    same = [
        letters[:index].encode()
        + b"[%c-Z]" % (ord(letter) + 1)
        + b"[A-Z]" * (len(letters) - index - 1)
        for index, letter in enumerate(letters)
        if letter != "Z"
    ]
    columns = b"|".join([*longer, *same])
    low_row = rb"(?=[A-Z]{1,3}[0-9]{6})[A-Z]{1,3}"
    return re.compile(rb'r="(' + columns + rb"|" + low_row + rb')([0-9]{1,7})"(?:[^>]*[^/>])?>')


def column_letters(number: int) -> str:
    """1 → "A", 28 → "AB"."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_number(letters: str) -> int:
    """ "A" → 1, "AB" → 28."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number
