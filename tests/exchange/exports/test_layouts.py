"""Files of each layout are such as the product takes in, and hold every penny that went out."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from apps.billing.models import CreditNote, Invoice
from apps.connectors.layouts import Credits, Formulas, Holds, Layout
from apps.exchange.exports.codes import TypedCodes
from apps.exchange.exports.files import Export, Outlook, zipped
from apps.exchange.exports.laying import Laying
from apps.exchange.exports.layouts import layouts
from apps.exchange.exports.records import Choice
from apps.exchange.exports.sources import NAMES, Terms
from apps.exchange.exports.writing import Tally
from apps.exchange.tables.formulas import read_back
from tests.exchange.exports import validator
from tests.exchange.exports.varied import HOSTILE, Varied

MACHINES = [code for code in layouts() if not code.startswith("native-")]
NATIVE = [code for code in layouts() if code.startswith("native-")]


def codes_of(varied: Varied) -> TypedCodes:
    standard, reduced = varied.rates
    named = {standard.pk: "T1", reduced.pk: "T5", None: "T9"}
    return TypedCodes(sales_account="4000", tax_codes=named)


def export_of(
    varied: Varied, code: str, formulas: Formulas | None = None, **changed: Any
) -> Export:
    layout = replace(layouts()[code], **changed)
    terms = Terms(layout=layout, codes=codes_of(varied), home="GBP")
    return Export(Laying(terms, formulas or layout.formulas), Choice(company=varied.company))


def written(export: Export, folder: Path) -> tuple[list[bytes], Outlook]:
    paths, outlook = export.write(folder, export.layout.code)
    return [each.read_bytes() for each in paths], outlook


def rows_of(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("code", MACHINES)
def test_the_product_takes_the_file_in(code: str, varied: Varied, tmp_path: Path) -> None:
    files, outlook = written(export_of(varied, code), tmp_path)
    assert [validator.faults(code, each) for each in files] == [[]]
    assert outlook.documents >= 2
    assert len(rows_of(files[0])) == outlook.rows


def test_the_validator_covers_every_layout_that_is_offered() -> None:
    assert set(validator.RULES) == set(MACHINES)


@pytest.mark.parametrize("code", sorted(layouts()))
def test_every_column_comes_from_something(code: str) -> None:
    layout = layouts()[code]
    assert {each.source for each in layout.columns if each.source} <= NAMES[layout.holds]
    headings = [each.heading for each in layout.columns]
    assert len(set(headings)) == len(headings)


def spoilt(data: bytes, old: str, new: str) -> bytes:
    assert old in data.decode()
    return data.decode().replace(old, new, 1).encode()


@pytest.mark.parametrize(
    ("code", "old", "new"),
    [
        ("xero-invoices", "*TaxType", "TaxType"),
        ("xero-invoices", "02/03/2026", "2026-03-02"),
        ("xero-invoices", ",12.50,", ",12.51,"),
        ("xero-invoices", ",4000,", ",,"),
        ("qbo-invoices-intl", ",50.00,", ',"50,00",'),
        ("qbo-invoices-intl", "Thank you", "=1+1"),
        ("qbo-invoices-intl", "Thank you", "'=1+1"),
        ("sage50-audit-trail", ",92.00,", ",-92.00,"),
        ("sage50-audit-trail", ",T1,", ",20%,"),
        ("wave-customers", "customer_name", "Customer name"),
    ],
)
def test_the_validator_finds_what_a_product_would_refuse(
    code: str, old: str, new: str, varied: Varied, tmp_path: Path
) -> None:
    files, _ = written(export_of(varied, code), tmp_path)
    old = old if old in files[0].decode() else old.replace("92.00", "50.00")
    assert validator.faults(code, spoilt(files[0], old, new))


def sums_by_currency(varied: Varied, left_out: set[str]) -> dict[str, Decimal]:
    """Net of what went out, from the stored documents alone."""
    found: dict[str, Decimal] = {}
    for model, sign, word in ((Invoice, 1, "Invoice"), (CreditNote, -1, "Credit note")):
        for each in model.objects.filter(company=varied.company, status="issued"):
            if f"{word} {each.number}" not in left_out:
                found[each.currency] = found.get(each.currency, Decimal(0)) + sign * each.net
    return found


@pytest.mark.parametrize(
    ("code", "net", "currency", "number"),
    [
        ("qbo-invoices-us", "*ItemAmount", None, "*InvoiceNo"),
        ("qbo-invoices-intl", "*ItemAmount", "Currency", "*InvoiceNo"),
        ("zoho-invoices", "Item Total", "Currency Code", "Invoice Number"),
        ("sage-quick-entries", "Net amount", None, "Reference"),
        ("sage50-audit-trail", "Net Amount", None, "Reference"),
        ("native-documents", "Net", "Currency", "Number"),
    ],
)
def test_every_penny_is_in_the_file_or_named_as_left_out(
    code: str, net: str, currency: str | None, number: str, varied: Varied, tmp_path: Path
) -> None:
    files, outlook = written(export_of(varied, code), tmp_path)
    rows = [row for each in files for row in rows_of(each)]
    found: dict[str, Decimal] = {}
    for row in rows:
        into = row[currency] if currency else "GBP"
        back = row.get("Type", row.get("Document", "")) in ("SC", "Cr Note", "Credit note")
        found[into] = found.get(into, Decimal(0)) + Decimal(row[net]) * (-1 if back else 1)
    left_out = {each.what for each in outlook.objections if each.left_out}
    assert len(left_out) == outlook.left_out
    assert {key: each for key, each in found.items() if each} == {
        key: each for key, each in sums_by_currency(varied, left_out).items() if each}  # fmt: skip
    assert outlook.documents == len({(row[number], row.get("Document")) for row in rows})


def sentences(outlook: Outlook) -> Iterator[str]:
    return (f"{each.what}: {each.sentence}" for each in outlook.objections)


def test_what_a_product_cannot_hold_is_named_with_document_and_field(varied: Varied) -> None:
    intl = "\n".join(sentences(export_of(varied, "qbo-invoices-intl").outlook()))
    one, two, three, *_ = [each.number for each in varied.invoices]
    assert (
        f"Credit note {varied.credits[0].number}: QuickBooks Online takes no credit notes" in intl
    )
    assert (
        f"Invoice {varied.invoices[5].number}: Customer “{HOSTILE[:40]}…” does not fit there."
        in intl
    )
    assert f"Invoice {two}: line 1: written as 3 × 8.49" in intl
    assert f"Invoice {three}: line 1: written as" in intl
    assert one not in intl.replace(varied.credits[0].number, "")
    audit = "\n".join(sentences(export_of(varied, "sage50-audit-trail").outlook()))
    assert f"Invoice {varied.invoices[8].number}: it is in EUR, and this file of Sage 50" in audit
    assert (
        "Account Reference is empty, and Sage 50 asks for it. Give the customer the reference"
        in audit
    )


def test_a_text_like_a_formula_is_refused_or_written_as_it_is_by_choice(
    varied: Varied, tmp_path: Path
) -> None:
    refused = export_of(varied, "wave-customers").outlook()
    told = (
        f"{HOSTILE}: customer_name “{HOSTILE[:40]}…” begins as a formula does. "
        "Change the text, or choose to write it as it is."
    )
    assert told in list(sentences(refused))
    kept, outlook = written(export_of(varied, "wave-customers", Formulas.KEEP), tmp_path)
    assert HOSTILE in {row["customer_name"] for row in rows_of(kept[0])}
    assert outlook.left_out == 0
    assert any("open the file in no spreadsheet" in each for each in sentences(outlook))


def test_a_discount_is_a_percentage_where_there_is_a_column_for_it(
    varied: Varied, tmp_path: Path
) -> None:
    files, _ = written(export_of(varied, "xero-invoices"), tmp_path)
    row = next(
        row for row in rows_of(files[0]) if row["*InvoiceNumber"] == varied.invoices[1].number
    )
    assert (row["*Quantity"], row["*UnitAmount"], row["Discount"]) == ("3", "9.99", "15")
    credit = next(
        row for row in rows_of(files[0]) if row["*InvoiceNumber"] == varied.credits[1].number
    )
    assert (credit["*UnitAmount"], credit["TaxAmount"], credit["Total"]) == (
        "-12.34",
        "-2.47",
        "-14.81",
    )


def test_books_of_the_united_states_get_the_month_first(varied: Varied, tmp_path: Path) -> None:
    export = export_of(varied, "xero-invoices")
    us = replace(export.laying.terms, layout=export.layout.dated(month_first=True))
    files, _ = written(Export(Laying(us, Formulas.REFUSE), export.choice), tmp_path)
    assert validator.faults("xero-invoices", files[0], month_first=True) == []
    assert "03/02/2026" in files[0].decode()


# --- Limits ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "limit", [{"most_documents": 3}, {"most_rows": 5}, {"most_bytes": 9_500}], ids=str
)
def test_files_are_cut_between_documents_and_numbered(
    limit: dict[str, int], varied: Varied, tmp_path: Path
) -> None:
    whole, told = written(export_of(varied, "xero-invoices"), tmp_path)
    export = export_of(varied, "xero-invoices", **limit)
    outlook = export.outlook()
    paths, found = export.write(tmp_path, "invoices")
    assert [each.name for each in paths] == [
        f"invoices-{place}-of-{len(paths)}.csv" for place in range(1, len(paths) + 1)]  # fmt: skip
    assert (found.files, found.documents, found.totals) == (
        outlook.files, outlook.documents, outlook.totals)  # fmt: skip
    assert len(paths) > 1
    assert found.documents == told.documents
    holders: dict[str, set[str]] = {}
    for each in paths:
        assert validator.faults("xero-invoices", each.read_bytes()) == []
        rows = rows_of(each.read_bytes())
        assert len(each.read_bytes()) <= limit.get("most_bytes", 10**9)
        assert len(rows) < limit.get("most_rows", 10**9)
        for row in rows:
            holders.setdefault(row["*InvoiceNumber"] + row["Total"], set()).add(each.name)
    assert {len(names) for names in holders.values()} == {1}
    with (tmp_path / "all.zip").open("wb") as into:
        zipped(paths, into)
    assert ZipFile(tmp_path / "all.zip").namelist() == [each.name for each in paths]
    assert sum(len(rows_of(each.read_bytes())) for each in paths) == len(rows_of(whole[0]))


def test_a_document_larger_than_a_file_stays_out_and_says_so(varied: Varied) -> None:
    outlook = export_of(varied, "xero-invoices", most_rows=2).outlook()
    number = varied.invoices[0].number
    assert f"Invoice {number}: it has 2 lines, and a file of Xero 1." in list(sentences(outlook))


# --- Our own files --------------------------------------------------------------------------------


def texts_of(data: bytes) -> list[dict[str, str]]:
    return [{name: read_back(text) for name, text in row.items()} for row in rows_of(data)]


def test_what_our_own_files_hold_is_read_back_as_it_was(varied: Varied, tmp_path: Path) -> None:
    files, outlook = written(export_of(varied, "native-customers"), tmp_path)
    assert files[0].startswith(b"\xef\xbb\xbf")
    assert outlook.objection_count == 0
    customers = {row["Name"]: row for row in texts_of(files[0])}
    bell = customers["Bell & Daughters, Ltd"]
    assert bell["Phone"] == varied.bell.phone
    assert bell["Address"] == varied.bell.address_lines
    assert HOSTILE in customers
    assert customers["Bell Branch"]["Parent"] == "Bell & Daughters, Ltd"
    (items,), _ = written(export_of(varied, "native-items"), tmp_path)
    lantern = next(row for row in texts_of(items) if row["Code"] == "007")
    assert (lantern["Description"], lantern["Unit price"], lantern["Tax rate"]) == (
        varied.lantern.description, "12.50", "S20")  # fmt: skip
    (rates,), _ = written(export_of(varied, "native-tax-rates"), tmp_path)
    assert [(row["Code"], row["Percent"]) for row in texts_of(rates)] == [
        ("R5", "5"),
        ("S20", "20"),
    ]


def test_our_own_documents_say_all_that_they_were_typed_with(
    varied: Varied, tmp_path: Path
) -> None:
    (data,), _ = written(export_of(varied, "native-documents"), tmp_path)
    rows = texts_of(data)
    for invoice in varied.invoices:
        mine = [
            row for row in rows if (row["Document"], row["Number"]) == ("Invoice", invoice.number)
        ]
        lines = list(invoice.lines.order_by("position"))
        assert [(Decimal(row["Quantity"]), Decimal(row["Unit price"]), Decimal(row["Net"]), row["Description"])
                for row in mine] == [(each.quantity, each.unit_price, each.net, each.description) for each in lines]  # fmt: skip
        first = mine[0]
        assert Decimal(first["Document total"]) == invoice.total
        assert (first["Customer"], first["Date"], first["Currency"]) == (
            invoice.customer.name, invoice.issue_date.isoformat(), invoice.currency)  # fmt: skip
        assert (
            first["Amounts are"]
            == {"exclusive": "without tax", "inclusive": "with tax"}[invoice.tax_mode]
        )
    credit = next(row for row in rows if row["Document"] == "Credit note")
    assert credit["Credits invoice"] == varied.invoices[0].number
    assert b'"\'=1+1"' in data


def test_payments_come_with_what_they_settle(varied: Varied, tmp_path: Path) -> None:
    (data,), outlook = written(export_of(varied, "native-payments"), tmp_path)
    rows = texts_of(data)
    by_card = next(row for row in rows if row["Reference"].startswith("="))
    assert (by_card["Invoice"], by_card["Applied"], by_card["Amount"]) == (
        varied.invoices[2].number, "50.00", "50.00")  # fmt: skip
    foreign = next(row for row in rows if row["Currency"] == "EUR")
    assert (foreign["Applied"], foreign["On account"], foreign["Exchange rate"]) == (
        "80.00", "10.00", "0.86")  # fmt: skip
    assert outlook.totals == {"GBP": Decimal("180.00"), "EUR": Decimal("90.00")}


def test_one_stream_holds_what_the_file_does(varied: Varied, tmp_path: Path) -> None:
    tally = Tally()
    export = export_of(varied, "native-documents")
    (data,), outlook = written(export, tmp_path)
    assert b"".join(export.chunks(tally)) == data
    assert (tally.rows, tally.done, export.is_limited) == (outlook.rows, True, False)


def test_days_and_what_is_open_narrow_the_choice(varied: Varied) -> None:
    laying = export_of(varied, "native-documents").laying

    def count(**fields: Any) -> int:
        return Export(laying, Choice(company=varied.company, **fields)).outlook().documents

    assert count() == 12
    assert count(until=date(2026, 3, 2)) == 10
    assert count(since=date(2026, 3, 9)) == 2
    assert count(open_only=True) == 11
    assert count(with_void=True) == 13


def test_credits_are_told_by_each_layout_that_holds_documents() -> None:
    documents = [each for each in layouts().values() if each.holds is Holds.DOCUMENTS]
    told: dict[Credits, set[str]] = {}
    each: Layout
    for each in documents:
        told.setdefault(each.credits, set()).add(each.code)
    assert told[Credits.NEGATIVE] == {"xero-invoices"}
    assert told[Credits.REFUSED] == {"qbo-invoices-us", "qbo-invoices-intl", "zoho-invoices"}
