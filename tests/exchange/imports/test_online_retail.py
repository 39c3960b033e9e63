"""Reading the Online Retail layout: every row ends in a document or in a stated refusal."""

import csv
import gzip
from collections import Counter
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from apps.exchange.documents import DocumentKind, Harvest
from apps.exchange.imports.assembling import Assembler
from apps.exchange.imports.harvesting import read
from apps.exchange.imports.opening import open_file
from apps.exchange.imports.tally import Outcome, Tally
from apps.exchange.profiles import ONLINE_RETAIL
from apps.exchange.tables.port import FileRefused

HEADING = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
REAL = Path(__file__).parents[4] / "shared/data/online-retail/online-retail.csv.gz"


def row(
    number: str = "536365",
    code: str = "85123A",
    description: str = "WHITE HANGING HEART",
    quantity: str = "6",
    day: str = "2010-12-01 08:26:00",
    price: str = "2.55",
    customer: str = "17850.0",
    country: str = "United Kingdom",
) -> str:
    return f"{number},{code},{description},{quantity},{day},{price},{customer},{country}"


@pytest.fixture
def reading(tmp_path: Path):
    def _read(*rows: str, limit: int | None = None) -> Harvest:
        path = tmp_path / "retail.csv"
        path.write_text("\n".join([HEADING, *rows, ""]), encoding="utf-8")
        return read(path, limit=limit)

    return _read


def sentences(harvest: Harvest) -> list[str]:
    return [f"{each.row} {each.document} {each.sentence}" for each in harvest.refusals]


def test_a_positive_document_is_an_invoice_with_its_lines_in_order(reading) -> None:
    harvest = reading(row(), row(code="71053", description="METAL LANTERN", price="3.39"))

    [invoice] = harvest.documents
    assert invoice.kind == DocumentKind.INVOICE
    assert invoice.number == "536365"
    assert invoice.dated == date(2010, 12, 1)
    assert invoice.currency == "GBP"
    assert [line.item_code for line in invoice.lines] == ["85123A", "71053"]
    assert [line.row for line in invoice.lines] == [2, 3]
    assert invoice.total == Decimal("35.64")
    assert harvest.customers["17850"].name == "Customer 17850"
    assert harvest.customers["17850"].country == "GB"


def test_a_c_document_is_a_credit_note_with_positive_amounts(reading) -> None:
    [note] = reading(row(number="C536379", quantity="-2")).documents

    assert note.kind == DocumentKind.CREDIT_NOTE
    assert note.lines[0].quantity == 2
    assert note.total == Decimal("5.10")


def test_a_sale_without_a_customer_goes_to_the_walk_in_customer(reading) -> None:
    harvest = reading(row(customer=""))

    assert harvest.documents[0].customer_code == "WALK-IN"
    assert harvest.customers["WALK-IN"].name == "Walk-in customer"


@pytest.mark.parametrize(
    ("refused", "why"),
    [
        (row(number="C537600", code="AMAZONFEE", quantity="-1"), "a fee document (AMAZONFEE)"),
        (row(number="536779", code="BANK CHARGES", quantity="1"), "a fee document (BANK CHARGES)"),
        (row(number="A563185", code="B", quantity="1"), "a bad-debt adjustment"),
        (row(number="536414", price="0.0", customer=""), "nil value"),
        (row(number="536999", quantity="-3"), "it comes to -7.65, yet is not numbered"),
        (row(number="C536999", quantity="3"), "it is numbered as a credit note, yet comes to 7.65"),
        (row(number="537000", quantity="six"), "row 2: Quantity “six” is not a number"),
        (row(number="537000", price="NaN"), "row 2: UnitPrice “NaN” is not a number"),
        (row(number="537000", day="yesterday"), "row 2: InvoiceDate “yesterday” is not a date"),
        (row(number="537000", code=""), "row 2: it names no item"),
    ],
)
def test_what_is_no_sale_is_refused_by_name_and_row(reading, refused: str, why: str) -> None:
    harvest = reading(refused, row())

    assert [each.number for each in harvest.documents] == ["536365"]
    [refusal] = harvest.refusals
    assert refusal.row == 2
    assert refusal.document == refused.split(",")[0]
    assert why in refusal.sentence


def test_every_row_of_a_refused_document_is_listed(reading) -> None:
    harvest = reading(
        row(number="568375", code="BANK CHARGES", price="0.001"),
        row(number="568375", code="BANK CHARGES", price="13.82"),
    )

    assert [each.row for each in harvest.refusals] == [2, 3]
    assert harvest.refused_documents == 1


def test_a_document_worth_less_than_a_penny_is_of_nil_value(reading) -> None:
    assert "nil value" in sentences(reading(row(quantity="1", price="0.001")))[0]


def test_codes_that_differ_in_case_alone_are_one_item(reading) -> None:
    harvest = reading(row(code="85123A"), row(code="85123a"))

    assert list(harvest.items) == ["85123A"]
    assert [line.item_code for line in harvest.documents[0].lines] == ["85123A", "85123A"]
    assert "“85123a” is read as item 85123A" in harvest.notes[0].sentence


def test_a_line_finer_than_a_penny_is_rounded_half_up_and_listed(reading) -> None:
    harvest = reading(row(), row(code="PADS", description="PADS", quantity="1", price="0.005"))

    assert harvest.documents[0].total == Decimal("15.31")
    [note] = harvest.notes
    assert (note.row, note.document) == (3, "536365")
    assert "booked as 0.01" in note.sentence


def test_an_item_sold_twice_on_one_invoice_stays_two_lines(reading) -> None:
    assert len(reading(row(), row()).documents[0].lines) == 2


def test_other_words_for_an_item_stay_on_the_line_and_are_noted_once(reading) -> None:
    harvest = reading(row(), row(description="WHITE  HEART"), row(description="WHITE HEART"))

    assert harvest.items["85123A"].name == "WHITE HANGING HEART"
    assert [line.description for line in harvest.documents[0].lines[1:]] == ["WHITE HEART"] * 2
    assert len(harvest.notes) == 1


def test_a_missing_description_takes_the_name_of_the_item(reading) -> None:
    harvest = reading(row(), row(description=""))

    assert harvest.documents[0].lines[1].description == "WHITE HANGING HEART"
    assert "no description" in harvest.notes[0].sentence


def test_an_item_never_described_is_named_by_its_code_until_it_is(reading) -> None:
    harvest = reading(row(number="1", description=""), row(number="2"))

    assert harvest.documents[0].lines[0].description == "85123A"
    assert harvest.items["85123A"].name == "WHITE HANGING HEART"


def test_rows_of_one_document_may_lie_apart_within_their_day(reading) -> None:
    harvest = reading(row(), row(number="536366"), row())

    assert [(each.number, len(each.lines)) for each in harvest.documents] == [
        ("536365", 2),
        ("536366", 1),
    ]


def test_a_number_that_appears_again_another_day_is_refused_not_merged(reading) -> None:
    harvest = reading(row(), row(number="536370", day="2010-12-02 09:00:00"), row())

    assert [len(each.lines) for each in harvest.documents] == [1, 1]
    assert harvest.refusals[0].row == 4
    assert "on an earlier day already" in harvest.refusals[0].sentence


def test_the_limit_counts_documents_of_the_file_and_keeps_them_whole(reading) -> None:
    harvest = reading(
        row(number="1"),
        row(number="536414", price="0"),
        row(number="3"),
        row(number="1"),
        row(number="4", day="2010-12-02 09:00:00"),
        limit=2,
    )

    assert [(each.number, len(each.lines)) for each in harvest.documents] == [("1", 2)]
    assert harvest.refused_documents == 1
    assert harvest.documents_seen == 2


def test_a_customer_in_two_countries_keeps_the_first_and_it_is_noted(reading) -> None:
    harvest = reading(row(), row(number="536370", country="EIRE"))

    assert harvest.customers["17850"].country == "GB"
    assert "is in IE here and in GB before" in harvest.notes[0].sentence


def test_a_file_without_the_columns_is_refused_with_their_names(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("Number,Amount\n1,2\n", encoding="utf-8")

    with pytest.raises(FileRefused, match="no column InvoiceNo, StockCode"):
        read(path)


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "picture.csv"
    path.write_bytes(b"\x89PNG\xff\xfe\x00")

    with pytest.raises(FileRefused, match="is a picture"):
        read(path)


def test_a_gzip_file_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cut.csv.gz"
    whole = gzip.compress("\n".join([HEADING, *[row(number=str(n)) for n in range(99)]]).encode())
    path.write_bytes(whole[: len(whole) // 2])

    with pytest.raises(FileRefused, match="cut short"):
        read(path)


@pytest.mark.skipif(not REAL.exists(), reason=f"the real file is not beside this clone: {REAL}")
def test_the_first_thousand_real_documents_lose_no_row() -> None:
    harvest = read(REAL, limit=1000)

    assert harvest.documents_seen == 1000
    assert len(harvest.documents) == 897
    assert harvest.refused_documents == 103
    taken = sum(len(each.lines) for each in harvest.documents)
    assert taken + len(harvest.refusals) == harvest.rows_seen == 21_466


@pytest.mark.slow
@pytest.mark.skipif(not REAL.exists(), reason=f"the real file is not beside this clone: {REAL}")
def test_the_whole_real_file_loses_no_row_and_no_penny() -> None:
    """As a stream: what is taken and what is refused come, day by day, to what the file does."""
    tally, assembler = Tally(), Assembler(ONLINE_RETAIL)
    reasons = Counter[str]()
    finer = 0
    for gathered in assembler.documents(open_file(REAL, ONLINE_RETAIL)):
        finer += sum("finer than a penny" in each.sentence for each in gathered.notes)
        if gathered.document is not None:
            tally.take(gathered.document, Outcome.NEW, gathered.rows)
        else:
            tally.refuse(gathered.refusals)
            reasons[gathered.refusals[0].sentence.split("(")[0].strip()] += 1

    assert tally.rows == {"new": 539_720, "refused": 2_189}
    assert tally.documents == {"new": 23_725, "refused": 2_175}
    assert len([each for each in assembler.customers if each != "WALK-IN"]) == 4_371
    assert reasons == {
        "a document of nil value books nothing": 2_102,
        "a fee document": 70,
        "a bad-debt adjustment is neither an invoice nor a credit note": 3,
    }
    assert finer == 3
    days = {day: sum(of_day.values()) for day, of_day in tally.amounts["GBP"].items()}
    assert days == sums_of_the_file()


def sums_of_the_file() -> dict[str, Decimal]:
    """By day, its lines rounded to the penny, half away from zero; read and reckoned apart."""
    days: dict[str, Decimal] = {}
    with gzip.open(REAL, "rt", encoding="utf-8", newline="") as lines:
        for each in csv.DictReader(lines):
            exact = Decimal(each["Quantity"]) * Decimal(each["UnitPrice"])
            day = each["InvoiceDate"][:10]
            rounded = exact.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
            days[day] = days.get(day, Decimal(0)) + rounded
    assert sum(days.values()) == Decimal("9747747.93")
    return days
