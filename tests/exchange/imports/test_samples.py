"""A file of each layout, under the headings that its vendor writes, comes in and again changes nothing."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from apps.billing.acts.batches import release_batch
from apps.billing.models import Company, CreditNote, Invoice
from apps.exchange.imports.opening import proposed
from apps.exchange.imports.running import begin_writing, bring, check, write
from apps.exchange.imports.tally import Outcome, Tally
from apps.exchange.models import FileImport
from tests.exchange.imports.layouts import HEADINGS
from tests.exchange.imports.test_round_trip import refused
from tests.factories import make_company, make_tax_rate, make_term

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def table(code: str, which: int, *rows: dict[str, str]) -> str:
    """A file under the headings of a layout: what a row does not name stays blank."""
    headings = HEADINGS[code][which].split(",")
    into = io.StringIO()
    writer = csv.DictWriter(into, headings, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return into.getvalue()


def qbo(number: str, **more: str) -> dict[str, str]:
    return {
        "*InvoiceNo": number, "*Customer": "Bell", "*InvoiceDate": "31/03/2026",
        "*DueDate": "30/04/2026", "ItemDescription": "Lantern", **more,
    }  # fmt: skip


def xero(number: str, price: str, **more: str) -> dict[str, str]:
    return {
        "ContactName": "Bell", "InvoiceNumber": number, "InvoiceDate": "31/03/2026",
        "DueDate": "30/04/2026", "Description": "Lantern", "Quantity": "3", "UnitAmount": price,
        "TaxType": "20% (VAT on Income)", "Currency": "GBP", "Status": "Awaiting Payment",
        "AccountCode": "200", **more,
    }  # fmt: skip


def wave(entry: str, **more: str) -> dict[str, str]:
    return {
        "Transaction ID": "1", "Transaction Date": "2026-03-31", "Customer": "Bell",
        "Invoice Number": "7", "Account Type": entry, **more,
    }  # fmt: skip


LIST = HEADINGS["qbo-invoice-list"][0]
# By what it shows: a text, and what its documents come to, credit notes below nil.
SAMPLES: dict[str, tuple[str, dict[str, str]]] = {
    "quickbooks, United States, an amount alone": (
        table("qbo-invoices", 0, qbo("1", **{"*ItemAmount": "12.50", "Terms": "Net 30"})),
        {"1": "12.50"},
    ),
    "quickbooks, with tax codes": (
        table(
            *("qbo-invoices", 1),
            qbo("1", ItemQuantity="3", ItemRate="9.99", **{
                "*ItemAmount": "29.97", "*ItemTaxCode": "S20", "ItemTaxAmount": "5.99",
                "Currency": "GBP"}),
            qbo("1", ItemQuantity="1", ItemRate="5", **{"*ItemAmount": "5", "*ItemTaxCode": ""}),
        ),
        {"1": "40.96"},
    ),
    "quickbooks, by percentage": (
        table(
            *("qbo-invoices", 3),
            qbo("1", **{"*ItemAmount": "10", "Taxable": "Y", "TaxRate": "20"}),
        ),
        {"1": "12.00"},
    ),
    "quickbooks, the list of invoices with titles above and a total below": (
        (f'Invoice List\r\n"Thornfield, Ltd"\r\nMarch 2026\r\n\r\n{LIST}\r\n'
        "31/03/2026,Invoice,1,Bell,,30/04/2026,12.00,12.00\r\n"
        "31/03/2026,Credit Memo,2,Bell,Returned,30/04/2026,-6.00,-6.00\r\n"
        "Total,,,,,,6.00,6.00\r\n"),
        {"1": "12.00", "2": "-6.00"},
    ),
    "xero, its own export": (
        table(
            *("xero-invoices", 1),
            xero("1", "9.99", Discount="10", LineAmount="26.97", TaxAmount="5.39", Total="32.36",
                 TaxTotal="5.39", InvoiceAmountPaid="30.00", InvoiceAmountDue="2.36",
                 Type="Sales invoice", Sent="Sent"),
            xero("1", "-9.99", LineAmount="-29.97", TaxAmount="-5.99", Total="-35.96",
                 TaxTotal="-5.99", InvoiceAmountDue="-35.96", Type="Sales credit note"),
        ),
        {"1": "32.36", "1 credit": "-35.96"},
    ),
    "zoho books, a discount of the document and shipping": (
        table(
            *("zoho-invoices", 0),
            {"Invoice Date": "2026-03-31", "Invoice Number": "1", "Invoice Status": "Sent",
             "Customer Name": "Bell", "Due Date": "2026-04-30", "Currency Code": "GBP",
             "Exchange Rate": "1", "Discount Type": "entity_level", "Entity Discount Percent": "10",
             "Entity Discount Amount": "3", "Item Name": "Lantern", "Quantity": "3",
             "Item Price": "10", "Discount": "0", "Item Total": "30", "SubTotal": "30",
             "Shipping Charge": "4.50", "Total": "31.50", "Balance": "31.50",
             "Payment Terms Label": "Net 30", "Billing Country": "France"},
        ),
        {"1": "31.50"},
    ),
    "freshbooks, a rate of two taxes": (
        table(
            *("freshbooks-invoice-details", 0),
            {"Client Name": "Bell", "Invoice #": "1", "Date Issued": "2026-03-31",
             "Invoice Status": "sent", "Item Name": "Web", "Rate": "100.00",
             "Quantity": "1.00000000", "Discount Percentage": "0.0000", "Line Subtotal": "100.00",
             "Tax 1 Type": "GST", "Tax 1 Amount": "5.00", "Tax 2 Type": "QST",
             "Tax 2 Amount": "9.98", "Line Total": "114.98", "Currency": "GBP"},
        ),
        {"1": "114.98"},
    ),
    "sage accounting": (
        table(
            *("sage-quick-entries", 0),
            {"Type": "Invoice", "Customer Reference": "BELL1", "Date": "31-03-2026",
             "Customer name": "Bell", "Reference": "1", "Ledger Account": "4000",
             "Details": "Lantern", "Net amount": "10.00", "VAT rate": "S20", "VAT amount": "2.00"},
            {"Type": "Cr Note", "Customer Reference": "BELL1", "Date": "31-03-2026",
             "Customer name": "Bell", "Reference": "2", "Ledger Account": "4000",
             "Net amount": "5.00", "VAT rate": "S20", "VAT amount": "1.00"},
        ),
        {"1": "12.00", "2": "-6.00"},
    ),
    "sage 50": (
        table(
            *("sage50-audit-trail", 0),
            {"Type": "SI", "Account Reference": "BELL1", "Nominal A/C Ref": "4000",
             "Date": "31/03/2026", "Reference": "1", "Net Amount": "10.00", "Tax Code": "S20",
             "Tax Amount": "2.00", "Exchange Rate": "1", "Extra Reference": "PO 7"},
            {"Type": "SC", "Account Reference": "BELL1", "Nominal A/C Ref": "4000",
             "Date": "31/03/2026", "Reference": "2", "Net Amount": "5.00", "Tax Code": "S20",
             "Tax Amount": "1.00", "Exchange Rate": "1"},
        ),
        {"1": "12.00", "2": "-6.00"},
    ),
    "wave, the income of its accounts": (
        table(
            *("wave-transactions", 0),
            wave("Income", **{"Transaction Line Description": "Lantern", "Sales Tax Name": "S20",
                              "Amount Before Sales Tax": "10.00", "Sales Tax Amount": "2.00"}),
            wave("Accounts Receivable", **{"Amount (One column)": "12.00"}),
            wave("Sales Tax on Sales", **{"Amount (One column)": "2.00"}),
        ),
        {"7": "12.00"},
    ),
    "a row a document, by its sign": (
        table(
            *("one-row-net", 0),
            {"Invoice no": "1", "Date": "31/03/2026", "Customer": "Bell", "Net": "10", "Total": "10"},
            {"Invoice no": "2", "Date": "31/03/2026", "Customer": "Bell", "Net": "(4.00)"},
        ),
        {"1": "10.00", "2": "-4.00"},
    ),
}  # fmt: skip


@pytest.fixture
def company() -> Company:
    company = make_company()
    make_tax_rate(company, 20, code="S20", name="20% (VAT on Income)")
    double = make_tax_rate(company, 5, "9.975", code="QC", name="Québec")
    for component, name in zip(double.components.order_by("position"), ("GST", "QST"), strict=True):
        component.name = name
        component.save()
    make_term(company, name="Net 30")
    return company


@pytest.fixture
def brought(company: Company, tmp_path: Path) -> Callable[[str], FileImport]:
    def bring_text(text: str) -> FileImport:
        path = tmp_path / "sample.csv"
        path.write_text(text, encoding="utf-8", newline="")
        found = proposed(path)
        assert found is not None
        file_import = bring(path, found.code, company)
        assert check(file_import)
        assert (file_import.sentence, file_import.doubts) == ("", [])
        assert refused(file_import) == []
        return file_import

    return bring_text


def worths(company: Company) -> dict[str, str]:
    found = {
        each.number or "": f"{each.total:.2f}" for each in Invoice.objects.filter(company=company)
    }
    for each in CreditNote.objects.filter(company=company):
        number = each.number or ""
        found[f"{number} credit" if number in found else number] = f"-{each.total:.2f}"
    return found


@pytest.mark.parametrize("name", SAMPLES)
def test_a_file_of_each_layout(
    name: str, company: Company, brought: Callable[[str], FileImport]
) -> None:
    text, totals = SAMPLES[name]
    found = brought(text)
    begin_writing(found)
    assert write(found)
    assert worths(company) == totals
    again = brought(text)
    assert Tally.from_json(again.tally).documents == {Outcome.UNCHANGED: len(totals)}
    assert found.batch is not None
    assert release_batch(found.batch).issued == len(totals)
    once_more = brought(text)
    assert Tally.from_json(once_more.tally).documents == {Outcome.UNCHANGED: len(totals)}
