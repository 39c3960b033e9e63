"""Cells of any layout read as fields: numbers and days as the file writes them, or asked about."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter

from apps.connectors.profiles import Field, Profile
from apps.exchange.documents import DocumentKind
from apps.exchange.imports.assembling import Assembler
from apps.exchange.imports.opening import open_file, study
from apps.exchange.imports.reading import Line
from apps.exchange.tables.port import FileRefused

GERMAN = Profile(
    code="german",
    name="German",
    columns={
        Field.NUMBER: ("Rechnung",),
        Field.DATE: ("Datum",),
        Field.DUE_DATE: ("Fällig",),
        Field.CUSTOMER_NAME: ("Kunde",),
        Field.DESCRIPTION: ("Text",),
        Field.QUANTITY: ("Menge",),
        Field.UNIT_PRICE: ("Preis", "Einzelpreis"),
        Field.LINE_AMOUNT: ("Betrag",),
        Field.DISCOUNT_PERCENT: ("Rabatt",),
        Field.CURRENCY: ("Währung",),
        Field.TAX_CODE: ("Steuer",),
    },
    constants={Field.CURRENCY: "EUR"},
    values={Field.TAX_CODE: {"19 %": "DE19", "frei": "EXEMPT"}},
    fills_down=True,
)
HEADING = "Rechnung;Datum;Fällig;Kunde;Text;Menge;Preis;Betrag;Rabatt;Währung;Steuer"


def read(path: Path, *rows: str, encoding: str = "utf-8", **options: object) -> list[Line]:
    path = path / "rechnungen.csv"
    path.write_bytes("\r\n".join([HEADING, *rows, ""]).encode(encoding))
    return list(open_file(path, GERMAN, **options))  # type: ignore[arg-type]


def test_a_german_file_is_read_as_it_is_written(tmp_path: Path) -> None:
    [first, second] = read(
        tmp_path,
        'R-1;31.03.2026;30.04.2026;"Möwe & Söhne";Laterne;1,5;1.083,33;1.462,50;10%;;19 %',
        ";;;;Docht;3;0,1;0,30;;;frei",
        encoding="cp1252",
    )
    assert (first.day, first.more[Field.DUE_DATE]) == (date(2026, 3, 31), date(2026, 4, 30))
    assert (first.quantity, first.unit_price) == (Decimal("1.5"), Decimal("1083.33"))
    assert first.more[Field.DISCOUNT_PERCENT] == 10
    assert (first.text(Field.TAX_CODE), first.currency) == ("DE19", "EUR")
    assert first.trouble == ""  # 1.5 × 1,083.33 less 10 % is 1,462.50, rounded
    # What the second row leaves empty stands on the first.
    assert (second.number, second.day, second.customer_name) == (
        "R-1",
        date(2026, 3, 31),
        "Möwe & Söhne",
    )
    assert second.trouble == ""


def test_an_amount_that_is_not_what_quantity_and_price_come_to_is_told(tmp_path: Path) -> None:
    [line] = read(tmp_path, "R-1;31.03.2026;;Möwe;Laterne;2;10,00;21,00;;;")
    assert line.trouble == "Betrag 21.00 is not what quantity and price come to, 20.00"


def test_every_cell_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    [line, _] = read(
        tmp_path,
        "R-1;30.02.2026;morgen;Möwe;Laterne;zwei;1,2,3;;;;",
        "R-2;31.03.2026;;Möwe;Laterne;1;1,50;;;;",
    )
    assert [each.split(" ")[0] for each in line.trouble.split("; ")] == [
        "Datum",
        "Menge",
        "Preis",
        "Fällig",
    ]


def test_a_row_with_more_cells_than_headings_is_refused(tmp_path: Path) -> None:
    [line] = read(tmp_path, "R-1;31.03.2026;;Möwe;Laterne;1;10,00;;;;;extra")
    assert line.trouble == "it has more cells than there are headings"


def test_what_the_file_leaves_open_is_asked_and_what_is_said_holds(tmp_path: Path) -> None:
    rows = "R-1;03.04.2026;;Möwe;Laterne;1;1,500;;;;"
    with pytest.raises(FileRefused, match="may be a thousand"):
        read(tmp_path, rows)
    path = tmp_path / "rechnungen.csv"
    assert [each.field for each in study(path, GERMAN).doubts] == ["decimal_mark", "day_order"]
    [line] = read(tmp_path, rows, said={"decimal_mark": ",", "day_order": "dmy"})
    assert (line.unit_price, line.day) == (Decimal("1.500"), date(2026, 4, 3))
    [line] = read(tmp_path, rows, said={"decimal_mark": ".", "day_order": "mdy"})
    assert (line.unit_price, line.day) == (Decimal(1500), date(2026, 3, 4))


def test_what_one_column_of_days_proves_holds_for_the_others(tmp_path: Path) -> None:
    [line] = read(tmp_path, "R-1;03.04.2026;13.04.2026;Möwe;Laterne;1;1,50;;;;")
    assert (line.day, line.more[Field.DUE_DATE]) == (date(2026, 4, 3), date(2026, 4, 13))
    rows = "R-1;03.04.2026;04.13.2026;Möwe;Laterne;1;1,50;;;;"
    [line] = read(tmp_path, rows)
    assert line.day == date(2026, 3, 4)
    with pytest.raises(FileRefused, match="Choose which order is right"):
        read(tmp_path, rows, "R-2;03.04.2026;13.04.2026;Möwe;Laterne;1;1,50;;;;")


def test_a_day_is_that_of_the_company(tmp_path: Path) -> None:
    """Half past three in the night of 1 April in London is 31 March in New York."""
    path = tmp_path / "moments.csv"
    path.write_text(f"{HEADING}\nR-1;2026-04-01T03:12:00Z;;Möwe;Laterne;1;10.00;;;;\n")
    assert [each.day for each in open_file(path, GERMAN, zone="America/New_York")] == [
        date(2026, 3, 31)
    ]


def test_a_workbooks_numbers_and_days_are_no_texts(tmp_path: Path) -> None:
    path = tmp_path / "rechnungen.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet, day = book.add_worksheet(), book.add_format({"num_format": "dd.mm.yyyy"})
        sheet.write_row(0, 0, HEADING.split(";"))
        sheet.write_row(1, 0, ["R-007", None, None, "Möwe", "Laterne", 3, 0.1, 0.3, None, "eur"])
        sheet.write_datetime(1, 1, datetime(2026, 3, 31), day)  # noqa: DTZ001 - as a workbook has it
    [line] = open_file(path, GERMAN)
    assert (line.number, line.day) == ("R-007", date(2026, 3, 31))
    assert (line.quantity, line.unit_price, line.trouble) == (3, Decimal("0.1"), "")
    assert line.currency == "EUR"


def test_documents_of_a_layout_without_items_or_codes(tmp_path: Path) -> None:
    lines = read(
        tmp_path,
        "R-1;31.03.2026;;Möwe;Laterne;2;10,00;;;;",
        "R-2;31.03.2026;;Möwe;Docht;1;5,00;;;;",
        "R-1;31.03.2026;;Möwe;Glas;1;5,00;;;;",
    )
    found = list(Assembler(GERMAN).documents(lines))
    assert [each.document.number for each in found if each.document] == ["R-1", "R-2"]
    first = found[0].document
    assert first is not None
    assert (first.kind, first.customer_code, first.total) == (DocumentKind.INVOICE, "Möwe", 20)
    assert found[0].items == []
    # Its rows lie apart: no half of an invoice is taken for one.
    assert "with other documents between" in found[2].refusals[0].sentence
