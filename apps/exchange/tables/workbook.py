"""A workbook of Excel (.xlsx): judged by its parts, then read by a process of its own."""

import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from posixpath import join, normpath
from xml.etree import ElementTree

from apps.exchange.tables.child import Sheet, read_sheet
from apps.exchange.tables.container import BOOK, Container, opened
from apps.exchange.tables.csv_rows import fitted, title_row
from apps.exchange.tables.headings import (
    SEARCHED,
    FoundHeader,
    found_header,
    is_filled,
    written_heading,
)
from apps.exchange.tables.kinds import Kinds
from apps.exchange.tables.plain import plain_rows
from apps.exchange.tables.port import (
    Cell,
    Dialect,
    Doubt,
    FileFormat,
    FileRefused,
    Limits,
    Look,
    Row,
    RowKind,
)
from apps.exchange.tables.sentences import counted, quoted
from apps.exchange.tables.sheet_scan import Scan, column_letters, refuse_dangerous_xml, scan

_TOP = 2 * SEARCHED  # rows of each sheet that a look reads
_SMALL = 4_000_000  # bytes of the parts that say what is where
_RELATIONS = "xl/_rels/workbook.xml.rels"
_READ_ALWAYS = (BOOK, _RELATIONS, "_rels/.rels", "xl/styles.xml", "[Content_Types].xml")
_STRINGS, _STYLES = "xl/sharedStrings.xml", "xl/styles.xml"
_SHEET_TAG = re.compile(rb"<(?:\w+:)?sheet[\s/>]")
_RELATION_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_ID = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"


@dataclass(frozen=True, slots=True)
class _Book:
    """The parts of a workbook that its first pages name."""

    container: Container
    parts: dict[str, str]  # the part that holds a sheet, by its name, in the order of the book
    hidden: tuple[str, ...]  # sheets
    date_1904: bool
    notices: tuple[str, ...]

    @property
    def is_plain(self) -> bool:
        """Whether its rows may be read the quick way."""
        return not self.date_1904

    @property
    def shown(self) -> list[str]:
        return [name for name in self.parts if name not in self.hidden]


@dataclass(frozen=True, slots=True)
class _Top:
    """The first rows of a sheet, and which of them are its headings."""

    name: str
    scan: Scan
    sheet: Sheet
    rows: list[list[Cell]]
    header: FoundHeader


def look_at_workbook(
    path: Path, known: frozenset[str], limits: Limits, dialect: Dialect | None, *, first: int
) -> Look:
    """What `look` says of a workbook: the sheet with most known headings, of those that are shown."""
    book = _opened(path, limits)
    escapes = dialect is None or dialect.escapes
    count = _TOP + (dialect.header_row if dialect else 0)
    tops = [_top(book, name, known, limits, escapes, count) for name in _asked(book, dialect)]
    filled = [top for top in tops if top.sheet.height]
    if not filled:
        raise FileRefused("The workbook's sheets are empty.")
    best = max(filled, key=lambda top: top.header.known)  # the first of those alike
    found = dialect or Dialect(
        format=FileFormat.XLSX,
        sheet=best.name,
        date_1904=book.date_1904,
        header_row=best.header.row,
    )
    doubts = () if dialect else (*_doubt_of_sheet(best, filled), *best.header.doubts)
    head = best.rows[found.header_row - 1] if found.header_row <= len(best.rows) else []
    shown = list(_rows_of(iter(best.rows), found))[:first]
    return Look(
        dialect=found,
        headings=tuple(map(written_heading, head)),
        first=tuple(shown),
        sheets=tuple(book.parts),
        doubts=doubts,
        notices=(*book.notices, *_notices(best)),
    )


def workbook_rows(path: Path, dialect: Dialect, limits: Limits) -> Iterator[Row]:
    """Every row of the sheet but that of the headings. Raises `FileRefused`."""
    book = _opened(path, limits)
    [name] = _asked(book, dialect)
    yield from _rows_of(_sheet_rows(book, name, limits, dialect.escapes), dialect)


def _asked(book: _Book, dialect: Dialect | None) -> list[str]:
    """The sheets to read: the one that was told, or all that are shown."""
    if dialect is None:
        return book.shown or list(book.parts)
    if dialect.sheet not in book.parts:
        raise FileRefused(
            f"The workbook has no sheet {quoted(dialect.sheet)}. Choose one of "
            f"{', '.join(quoted(each) for each in list(book.parts)[:10])}."
        )
    return [dialect.sheet]


def _opened(path: Path, limits: Limits) -> _Book:
    container = opened(path, limits)
    whole = {
        name: b"".join(
            refuse_dangerous_xml(iter([container.whole(name, limits, most=_SMALL)]), name)
        )
        for name in _READ_ALWAYS
        if name in container.members
    }
    count = len(_SHEET_TAG.findall(whole[BOOK]))
    if count > limits.sheets:
        raise FileRefused(
            f"The workbook has {count:,} sheets; at most {limits.sheets:,} are read. "
            "Keep those that are needed."
        )
    _judge_strings(container, limits)
    return _book(container, whole[BOOK], whole.get(_RELATIONS, b"<none/>"))


def _judge_strings(container: Container, limits: Limits) -> None:
    if _STRINGS not in container.members:
        return
    if container.members[_STRINGS].file_size > limits.strings_bytes:
        raise FileRefused("The workbook holds too much text to be read. Save the sheet as CSV.")
    for _ in refuse_dangerous_xml(container.blocks(_STRINGS, limits), _STRINGS):
        pass


def _book(container: Container, pages: bytes, relations: bytes) -> _Book:
    try:
        root = ElementTree.fromstring(pages)
        related = ElementTree.fromstring(relations)
    except ElementTree.ParseError as problem:
        raise FileRefused(
            f"The workbook is damaged ({problem}). Open it in Excel, save it once more."
        ) from None
    targets = {each.get("Id", ""): each.get("Target", "") for each in related}
    parts: dict[str, str] = {}
    hidden: list[str] = []
    for each in root.iterfind(".//{*}sheets/{*}sheet"):
        name = each.get("name", "")
        target = targets.get(each.get(_RELATION_ID) or each.get(_STRICT_ID) or "", "")
        part = target.lstrip("/") if target.startswith("/") else normpath(join("xl", target))
        # A chart on a page of its own is a sheet as well, and holds no rows.
        if part in container.members and "chartsheets/" not in part:
            parts[name] = part
            if each.get("state", "visible") != "visible":
                hidden.append(name)
    if not parts:
        raise FileRefused("The workbook has no sheet with rows.")
    properties = root.find("{*}workbookPr")
    counts_from_1904 = properties is not None and properties.get("date1904") in ("1", "true")
    notices = _notices_of_book(container, hidden, date_1904=counts_from_1904)
    return _Book(container, parts, tuple(hidden), counts_from_1904, notices)


def _notices_of_book(
    container: Container, hidden: list[str], *, date_1904: bool
) -> tuple[str, ...]:
    notices = []
    if hidden:
        names = ", ".join(map(quoted, hidden[:10]))
        notices.append(f"Hidden sheets are not read unless they are chosen: {names}.")
    if date_1904:
        notices.append("The workbook counts its days from 1904; its dates are read so.")
    if any(name.startswith("xl/externalLinks/") for name in container.members):
        notices.append(
            "The workbook takes values from other files; they are read as they were last saved in it."
        )
    if "xl/vbaProject.bin" in container.members:
        notices.append("The workbook holds macros; none was run.")
    return tuple(notices)


def _top(
    book: _Book, name: str, known: frozenset[str], limits: Limits, escapes: bool, count: int
) -> _Top:
    seen = _scanned(book, name, limits)
    path = book.container.path
    with closing(read_sheet(path, name, limits, rows=count, escapes=escapes)) as answers:
        sheet = next(answers)
        assert isinstance(sheet, Sheet)
        rows = [row for batch in answers if isinstance(batch, list) for row in batch]
    rows = list(_with_errors(iter(rows), seen))
    header = found_header(rows, known) if rows else FoundHeader(1)
    return _Top(name, seen, sheet, rows, header)


def _scanned(book: _Book, name: str, limits: Limits) -> Scan:
    part = book.parts[name]
    size = book.container.members[part].file_size
    blocks = refuse_dangerous_xml(book.container.blocks(part, limits), part)
    return scan(blocks, limits, unpacked=size)


def _sheet_rows(book: _Book, name: str, limits: Limits, escapes: bool) -> Iterator[Sequence[Cell]]:
    """Those that are plain by the quick way, the others behind them by the reader of workbooks."""
    gone, whole = 0, False
    if book.is_plain:
        members = book.container.members
        styles, strings = (each if each in members else "" for each in (_STYLES, _STRINGS))
        path, part = book.container.path, book.parts[name]
        gone, whole = yield from plain_rows(path, part, styles, strings, limits, escapes=escapes)
    if whole:
        return
    seen = _scanned(book, name, limits)
    with closing(read_sheet(book.container.path, name, limits, escapes=escapes)) as answers:
        batches = (batch for batch in answers if isinstance(batch, list))
        rows = (row for batch in batches for row in batch)
        yield from islice(_with_errors(rows, seen) if seen.errors else rows, gone, None)


def _with_errors(rows: Iterator[list[Cell]], seen: Scan) -> Iterator[list[Cell]]:
    """The rows with the errors that cells show, which would be blank: what is read must refuse them."""
    by_row: dict[int, list[tuple[int, str]]] = {}
    for (row, column), shown in seen.errors.items():
        by_row.setdefault(row, []).append((column, shown))
    number = 0
    for number, cells in enumerate(rows, start=1):
        for column, shown in by_row.pop(number, ()):
            cells.extend([None] * (column - len(cells)))
            cells[column - 1] = shown
        yield cells
    # Past the last row with a value, and a row of errors alone is no end of the data.
    for row in sorted(each for each in by_row if each > number):
        yield from ([] for _ in range(row - number - 1))
        cells = []
        for column, shown in by_row[row]:
            cells.extend([None] * (column - len(cells)))
            cells[column - 1] = shown
        yield cells
        number = row


def _rows_of(found: Iterator[Sequence[Cell]], dialect: Dialect) -> Iterator[Row]:
    above: list[Sequence[Cell]] = []
    for cells in found:
        if len(above) == dialect.header_row - 1:
            break
        above.append(cells)
    else:
        raise FileRefused(
            f"Row {dialect.header_row:,} was named as the row of the headings, and the sheet ends "
            "before it. Choose another row."
        )
    width = _width(cells)
    for number, title in enumerate(above, start=1):
        yield title_row(number, title, width)
    kinds = Kinds(cells[:width])
    suspects, body = kinds.suspects, RowKind.BODY
    learning = True
    for number, cells in enumerate(found, start=dialect.header_row + 1):
        kind = body
        first = cells[0] if cells else None
        if (
            learning
            or first is None
            or (type(first) is str and first[:1] in suspects and kinds.is_suspect(first))
        ):
            kind = kinds.of(cells)
            learning = kinds.learning
        if len(cells) == width:
            yield Row(number, kind, tuple(cells))
        else:
            yield fitted(number, kind, cells, width)


def _width(headings: Sequence[Cell]) -> int:
    """Columns to the last heading; a sheet is as wide as its widest row, a title or a note perhaps."""
    return max((index + 1 for index, cell in enumerate(headings) if is_filled(cell)), default=0)


def _doubt_of_sheet(best: _Top, filled: list[_Top]) -> tuple[Doubt, ...]:
    alike = [top.name for top in filled if top.header.known == best.header.known]
    if len(alike) < 2:
        return ()
    sentence = "More than one sheet may be the one. Choose which is to be read."
    return (Doubt(field="sheet", sentence=sentence, choices=tuple(alike)),)


def _notices(top: _Top) -> list[str]:
    notices = []
    if hidden := [column for column in top.scan.hidden if column <= top.sheet.width]:
        names = ", ".join(map(column_letters, hidden[:20]))
        notices.append(f"Hidden columns were read as well: {names}.")
    if top.scan.hidden_rows:
        rows = counted(top.scan.hidden_rows, "hidden row was", "hidden rows were")
        notices.append(f"{rows} read as well (perhaps left out by a filter).")
    below = [each for each in top.sheet.merged if each[1][0] >= top.header.row]
    if below:
        (row, column), _ = below[0]
        place = f"{column_letters(column + 1)}{row + 1}"
        notices.append(
            f"Cells are merged below the headings (first at {place}): the value is in the first, the "
            "others are blank."
        )
    if top.scan.errors:
        (row, column), shown = min(top.scan.errors.items())
        notices.append(
            f"{counted(len(top.scan.errors), 'cell shows', 'cells show')} an error, first {shown} in "
            f"{column_letters(column)}{row}: rows that need it are refused."
        )
    return notices
