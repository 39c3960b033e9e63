"""Workbooks made for the tests: by a library, and by hand where no library writes such."""

import zipfile
from pathlib import Path
from typing import Any

import xlsxwriter

CONTENT_TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/'
    '2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Default '
    'Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    "</Types>"
)
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def workbook(path: Path, rows: list[list[Any]], *, sheet: str = "Sheet1", **options: Any) -> Path:
    """A workbook of one sheet, written by XlsxWriter."""
    with xlsxwriter.Workbook(path, {"strings_to_numbers": False, **options}) as book:
        page = book.add_worksheet(sheet)
        for number, row in enumerate(rows):
            page.write_row(number, 0, row)
    return path


def sheet_xml(data: str, before: str = "") -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="{MAIN}">{before}<sheetData>{data}</sheetData></worksheet>'


def book_xml(names: list[str]) -> str:
    sheets = "".join(
        f'<sheet name="{name}" sheetId="{number}" r:id="rId{number}"/>'
        for number, name in enumerate(names, start=1)
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}">'
        f"<sheets>{sheets}</sheets></workbook>"
    )


def relations_xml(count: int) -> str:
    each = "".join(
        f'<Relationship Id="rId{number}" Type="{RELATIONS}/worksheet" '
        f'Target="worksheets/sheet{number}.xml"/>'
        for number in range(1, count + 1)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.'
        f'openxmlformats.org/package/2006/relationships">{each}</Relationships>'
    )


ROOT_RELATIONS = (
    '<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/'
    f'package/2006/relationships"><Relationship Id="rId1" Type="{RELATIONS}/officeDocument" '
    'Target="xl/workbook.xml"/></Relationships>'
)


def parts_of(*sheets: str) -> dict[str, str]:
    """The parts of a workbook with these sheets (their XML)."""
    names = [f"Sheet{number}" for number in range(1, len(sheets) + 1)]
    return {
        "[Content_Types].xml": CONTENT_TYPES,
        "_rels/.rels": ROOT_RELATIONS,
        "xl/workbook.xml": book_xml(names),
        "xl/_rels/workbook.xml.rels": relations_xml(len(sheets)),
        **{f"xl/worksheets/sheet{n}.xml": xml for n, xml in enumerate(sheets, start=1)},
    }


def zipped(path: Path, parts: dict[str, str | bytes], *, stored: bool = False) -> Path:
    how = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(path, "w", how, compresslevel=None if stored else 1) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return path


def by_hand(path: Path, data: str, before: str = "") -> Path:
    """A workbook whose one sheet holds this."""
    return zipped(path, dict(parts_of(sheet_xml(data, before))))
