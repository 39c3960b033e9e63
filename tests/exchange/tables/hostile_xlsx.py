"""The hostile files that are, or call themselves, workbooks."""

import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

from tests.exchange.tables.hostile import Hostile
from tests.exchange.tables.workbooks import MAIN, book_xml, parts_of, sheet_xml, zipped

HEAD = '<row r="1"><c r="A1" t="str"><v>Name</v></c><c r="B1" t="str"><v>Amount</v></c></row>'
BODY = '<row r="2"><c r="A2" t="str"><v>Smith</v></c><c r="B2"><v>5</v></c></row>'
LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1 or str()};" * 10}">' for n in range(1, 12))
    + "]>"
)
Parts = dict[str, str | bytes]
Writer = Callable[[Path], object]


def parts(data: str = HEAD + BODY, **more: str | bytes) -> Parts:
    return {**parts_of(sheet_xml(data)), **more}


def book(data: str = HEAD + BODY, *, stored: bool = False, other: Parts | None = None) -> Writer:
    """A workbook with this in its sheet, and other parts beside or instead."""
    return lambda path: zipped(path, {**parts(data), **(other or {})}, stored=stored)


def later(make: Callable[[], Writer]) -> Writer:
    """What is large is made when it is written: its text would lie in the memory of every session."""
    return lambda path: make()(path)


def changed(change: Callable[[bytes], bytes]) -> Writer:
    """A good workbook whose bytes were changed."""

    def write(path: Path) -> None:
        zipped(path, parts())
        path.write_bytes(change(path.read_bytes()))

    return write


def duplicated(path: Path) -> None:
    zipped(path, {**parts(), SHEET.replace("sheet1", "sheetX"): "x"})
    path.write_bytes(path.read_bytes().replace(b"sheetX", b"sheet1"))


def lying(path: Path) -> None:
    """A sheet of 60 MB whose directory says 600 bytes."""
    zipped(path, parts(HEAD + BODY + " " * 60_000_000))
    data = bytearray(path.read_bytes())
    place = data.rfind(b"PK\x01\x02", 0, data.rfind(b"xl/worksheets/sheet1.xml"))
    struct.pack_into("<L", data, place + 24, 600)
    path.write_bytes(data)


def overlapping(path: Path) -> None:
    """Every part of the directory is the same bytes, many times over."""
    kernel = zipped(path, {"x": b"0" * 3_000_000}).read_bytes()
    end = kernel.rfind(b"PK\x05\x06")
    start = kernel.rfind(b"PK\x01\x02", 0, end)
    entry = kernel[start:end]
    entries = b"".join(
        entry[:28]
        + struct.pack("<H", 24)
        + entry[30:46]
        + b"xl/worksheets/sheet%04d.xml"[:0]
        + (b"%024d" % n)
        for n in range(150)
    )
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 150, 150, len(entries), start, 0)
    path.write_bytes(kernel[:start] + entries + tail)


def many_members(path: Path) -> None:
    """A directory of 300,000 parts: reading it would take hundreds of megabytes."""
    entry = struct.pack(
        "<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 0, 0, 33, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0
    )
    entries = b"".join(entry + b"%08d" % n for n in range(300_000))
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 5, 5, len(entries), 0, 0)
    path.write_bytes(b"PK\x03\x04" + entries + tail)


def directory_64(path: Path) -> None:
    """A directory of 64 bits that lies beyond the file."""
    zipped(path, parts())
    data = path.read_bytes()
    end = data.rfind(b"PK\x05\x06")
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, 2**62, 1)
    path.write_bytes(data[:end] + locator + data[end:])


def named(name: str) -> Writer:
    return book(other={name: "x"})


def nul_in_a_name(path: Path) -> None:
    zipped(path, {**parts(), "xl/aXb.xml": "x"})
    path.write_bytes(path.read_bytes().replace(b"xl/aXb.xml", b"xl/a\0b.xml"))


def encrypted(data: bytes) -> bytes:
    """The flag of a password on the first part."""
    place = data.find(b"PK\x01\x02") + 8
    return data[:place] + b"\x01\x00" + data[place + 2 :]


def with_method(method: int) -> Writer:
    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w", method) as archive:
            for name, data in parts().items():
                archive.writestr(name, data)

    return write


def nested_zips() -> bytes:
    data = b"0" * 1_000_000
    for _ in range(5):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(10):
                archive.writestr(f"{number}.zip", data)
        data = out.getvalue()
    return data


def many_rows(count: int) -> str:
    return HEAD + "".join(
        f'<row r="{n}"><c r="A{n}"><v>{n}</v></c></row>' for n in range(2, count + 2)
    )


def strings(data: bytes) -> Parts:
    head = f'<?xml version="1.0"?><sst xmlns="{MAIN}"><si><t>'.encode()
    return {"xl/sharedStrings.xml": head + data + b"</t></si></sst>"}


XXE = '<?xml version="1.0"?><!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
SHEET = "xl/worksheets/sheet1.xml"
WIDE = (
    HEAD
    + '<row r="2">'
    + "".join(f'<c r="{c}2"><v>1</v></c>' for c in ("A", "SR", "SS", "XFD"))
    + "</row>"
)
BOX = HEAD + '<row r="2"><c r="SR2"><v>1</v></c></row>' + "<row/>" * 20_000
# A size that is held in full: cells that are far from one another, in rows that are there.
FAR = HEAD + '<row r="2"><c r="IV99999"><v>1</v></c></row>'

CONTAINERS = (
    Hostile(name="cut.xlsx", write=changed(lambda data: data[: len(data) // 2]), refused="damaged"),
    Hostile(name="head-alone.xlsx", write=changed(lambda data: data[:100]), refused="damaged"),
    Hostile(name="directory-alone.xlsx", write=changed(lambda data: b"PK\x03\x04" + data[data.find(b"PK\x01\x02") :]), refused="overlap"),
    Hostile(name="bytes-changed.xlsx", write=changed(lambda data: data[:700] + bytes(200) + data[900:]), refused="damaged"),
    Hostile(name="directory-64.xlsx", write=directory_64, refused="beyond its end"),
    Hostile(name="many-members.xlsx", write=many_members, refused="parts; at most"),
    Hostile(name="overlap.xlsx", write=overlapping, refused="overlap"),
    Hostile(name="duplicates.xlsx", write=duplicated, refused="two parts of one name"),
    Hostile(name="climbs.xlsx", write=named("../../etc/cron.d/x"), refused="as none that a spreadsheet wrote"),
    Hostile(name="absolute.xlsx", write=named("/etc/passwd"), refused="as none that a spreadsheet wrote"),
    Hostile(name="backslash.xlsx", write=named("xl\\..\\..\\x"), refused="as none that a spreadsheet wrote"),
    Hostile(name="drive.xlsx", write=named("C:/x"), refused="as none that a spreadsheet wrote"),
    Hostile(name="nul-name.xlsx", write=nul_in_a_name, refused="as none that a spreadsheet wrote"),
    Hostile(name="password.zip", write=changed(encrypted), refused="with a password"),
    Hostile(name="lzma.xlsx", write=with_method(zipfile.ZIP_LZMA), refused="packed in a way"),
    Hostile(name="bzip2.xlsx", write=with_method(zipfile.ZIP_BZIP2), refused="packed in a way"),
    Hostile(name="nested.zip", write=lambda path: path.write_bytes(nested_zips()), refused="no workbook"),
    Hostile(name="csv.zip", write=lambda path: zipped(path, {"a.csv": "a,b\n"}), refused="no workbook"),
    Hostile(name="letter.docx", write=lambda path: zipped(path, {"word/document.xml": "<w/>"}), refused="Word"),
    Hostile(name="sheet.ods", write=lambda path: zipped(path, {"mimetype": "x", "content.xml": "<o/>"}), refused="LibreOffice"),
    Hostile(name="binary.xlsb", write=lambda path: zipped(path, {"xl/workbook.bin": "x"}), refused=".xlsb"),
    Hostile(name="no-members.zip", write=lambda path: zipped(path, {}), refused="no workbook"),
)  # fmt: skip

SHEETS = (
    Hostile(name="laughs-book.xlsx", write=book(other={"xl/workbook.xml": LAUGHS + book_xml(["S"])[38:]}), refused="defines entities"),
    Hostile(name="laughs-sheet.xlsx", write=book(other={SHEET: LAUGHS + sheet_xml(HEAD + BODY)[38:]}), refused="defines entities"),
    Hostile(name="entity-file.xlsx", write=book(other={"xl/sharedStrings.xml": XXE + "<sst/>"}), refused="defines entities"),
    Hostile(name="entity-small-letters.xlsx", write=book(other={SHEET: XXE.lower() + sheet_xml(HEAD)[38:]}), refused="defines entities"),
    Hostile(name="utf16-xml.xlsx", write=book(other={SHEET: (XXE + sheet_xml(HEAD)[38:]).encode("utf-16")}), refused="not UTF-8"),
    Hostile(name="columns.xlsx", write=book(WIDE), refused="more than 512 columns"),
    Hostile(name="last-cell.xlsx", write=book(HEAD + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'), refused="more than 100,000 rows"),
    Hostile(name="box.xlsx", write=book(BOX), refused="more than 4,000,000 cells"),
    Hostile(name="far.xlsx", write=book(FAR), refused="too large"),
    Hostile(name="size-lies.xlsx", write=lambda path: zipped(path, dict(parts_of(sheet_xml(HEAD + BODY, '<dimension ref="A1:XFD1048576"/>')))), body=1, holds=("Smith",)),
    Hostile(name="sheets.xlsx", write=book(other={"xl/workbook.xml": book_xml([f"S{n}" for n in range(5000)])}), refused="5,000 sheets"),
    Hostile(name="no-sheet.xlsx", write=book(other={"xl/workbook.xml": book_xml([])}), refused="no sheet with rows"),
    Hostile(name="sheet-missing.xlsx", write=lambda path: zipped(path, {n: d for n, d in parts().items() if n != SHEET}), refused="no sheet with rows"),
    Hostile(name="empty-sheet.xlsx", write=book(""), refused="sheets are empty"),
    Hostile(name="no-xml.xlsx", write=book(other={SHEET: b"\x01\x02 not xml"}), refused="a sheet of it is none"),
    Hostile(name="xml-cut.xlsx", write=book(other={SHEET: sheet_xml(HEAD + BODY)[:-60]}), refused="damaged"),
    Hostile(name="book-cut.xlsx", write=book(other={"xl/workbook.xml": book_xml(["S"])[:-20]}), refused="damaged"),
    Hostile(name="string-missing.xlsx", write=book(HEAD + '<row r="2"><c r="A2" t="s"><v>999999</v></c></row>'), refused="damaged"),
    Hostile(name="formula-unsaved.xlsx", write=book(HEAD + '<row r="2"><c r="A2"><f>1+1</f></c></row>'), refused="no saved value"),
    Hostile(name="formula-web.xlsx", write=book(HEAD + '<row r="2"><c r="A2" t="str"><f>WEBSERVICE("http://x.example")</f><v>kept</v></c><c r="B2"><v>1</v></c></row>'), body=1, holds=("kept",)),
    Hostile(name="formula-text.xlsx", write=book(HEAD + '<row r="2"><c r="A2" t="inlineStr"><is><t>=cmd|x!A0</t></is></c></row>'), body=1, holds=("=cmd|x!A0",)),
    Hostile(name="errors.xlsx", write=book(HEAD + '<row r="2"><c r="A2" t="e"><v>#REF!</v></c><c r="B2"><v>1</v></c></row>'), body=1, holds=("#REF!",)),
    Hostile(name="infinity.xlsx", write=book(HEAD + '<row r="2"><c r="A2" t="str"><v>x</v></c><c r="B2"><v>1E+400</v></c></row>'), body=1, holds=("inf",)),
    Hostile(name="not-a-number.xlsx", write=book(HEAD + '<row r="2"><c r="A2" t="str"><v>x</v></c><c r="B2"><v>NaN</v></c></row>'), body=1, holds=("nan",)),
    Hostile(name="nul-cell.xlsx", write=book(HEAD + '<row r="2"><c r="A2" t="inlineStr"><is><t>a_x0000_b</t></is></c></row>'), refused="NUL character"),
    Hostile(name="macros.xlsm", write=book(other={"xl/vbaProject.bin": b"macro" * 99}), body=1, holds=("Smith",)),
    Hostile(name="other-files.xlsx", write=book(other={"xl/externalLinks/externalLink1.xml": "<x/>"}), body=1, holds=("Smith",)),
    Hostile(name="hidden-columns.xlsx", write=lambda path: zipped(path, dict(parts_of(sheet_xml(HEAD + BODY, '<cols><col min="1" max="4294967295" hidden="1"/></cols>')))), body=1),
    Hostile(name="long-cell.xlsx", write=book(HEAD + f'<row r="2"><c r="A2" t="str"><v>{"x" * 40_000}</v></c></row>'), refused="40,000 characters"),
)  # fmt: skip

LARGE = (
    Hostile(name="ratio.xlsx", write=later(lambda: book(HEAD + BODY + " " * 50_000_000)), refused="200 times", large=True),
    Hostile(name="lying.xlsx", write=lying, refused="larger than stated", large=True),
    Hostile(name="cell-100mb.xlsx", write=later(lambda: book(HEAD + f'<row r="2"><c r="A2" t="str"><v>{"x" * 100_000_000}</v></c></row>', stored=True)), refused="longer than Excel allows", large=True),
    Hostile(name="strings-100mb.xlsx", write=later(lambda: book(other=strings(b"x" * 100_000_000), stored=True)), refused="too much text", large=True),
    Hostile(name="strings-one.xlsx", write=later(lambda: book(other=strings(b"x" * 60_000_000), stored=True)), refused="longer than Excel allows", large=True),
    Hostile(name="a-million-names.xlsx", write=later(lambda: book(other={"xl/workbook.xml": book_xml(["S"] * 1_000_000)}, stored=True)), refused="more than 4 MB", large=True),
    Hostile(name="rows.xlsx", write=later(lambda: book(many_rows(120_000))), refused="more than 100,000 rows", large=True),
    Hostile(name="sheet-160mb.xlsx", write=later(lambda: book(HEAD + "<y/>" * 40_000_000, stored=True)), refused="more than 150 MB", large=True),
)  # fmt: skip
CASES = (*CONTAINERS, *SHEETS, *LARGE)
