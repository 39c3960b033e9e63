"""What the simulated Xero answers has only keys and kinds of values that Xero is known to answer."""

import sys
from typing import Any

import pytest

from tests.xero_twin import XeroCaller, XeroTwin

from . import shape_rules

pytestmark = pytest.mark.skipif(
    not shape_rules.RECORDED.exists(), reason="the recorded shapes are not beside the repository"
)


def exercise(twin: XeroTwin, xero: XeroCaller) -> None:
    """Every kind and call once, with as many fields filled as there are."""
    address = {"AddressType": "POBOX", "AddressLine1": "1 Road", "City": "Oakton", "Country": "NZ"}
    contact = xero.contact(
        "Muster",
        EmailAddress="ap@muster.example",
        FirstName="Ana",
        LastName="Muster",
        TaxNumber="123",
        Addresses=[address],
        Phones=[{"PhoneType": "DEFAULT", "PhoneNumber": "555"}],
        DefaultCurrency="NZD",
        PaymentTerms={"Sales": {"Day": 20, "Type": "DAYSAFTERBILLDATE"}},
        SalesDefaultAccountCode="200",
    )
    details = {"UnitPrice": 40, "AccountCode": "200", "TaxType": "OUTPUT2"}
    xero.put("Items", {"Code": "HR", "Name": "Hours", "Description": "d", "SalesDetails": details})
    made = xero.done("PUT", "TrackingCategories", {"Name": "Region"})["TrackingCategories"][0]
    xero.done("PUT", f"TrackingCategories/{made['TrackingCategoryID']}/Options", {"Name": "North"})
    lines = [
        {
            "ItemCode": "HR",
            "Quantity": 2,
            "DiscountRate": 5,
            "Tracking": [{"Name": "Region", "Option": "North"}],
        },
        {"Description": "words"},
    ]
    invoice = xero.invoice(contact, LineItems=lines, Reference="PO")["InvoiceID"]
    note = xero.credit_note(contact, 40, Reference="PO")["CreditNoteID"]
    told = {"Amount": 10, "Invoice": {"InvoiceID": invoice}}
    xero.done("PUT", f"CreditNotes/{note}/Allocations", {"Allocations": [told]})
    xero.pay(invoice, 5, Reference="R")
    over = xero.overpayment(contact, 50)["OverpaymentID"]
    xero.done("PUT", f"Overpayments/{over}/Allocations", {"Allocations": [told]})
    batch = {"Account": {"Code": "090"}, "Reference": "B", "Payments": [told]}
    xero.put("BatchPayments", batch)
    xero.done("PUT", f"Invoices/{invoice}/History", {"HistoryRecords": [{"Details": "n"}]})
    for path in (f"Invoices/{invoice}", f"CreditNotes/{note}", f"Contacts/{contact}"):
        xero.file(f"{path}/Attachments/a%20b.pdf", b"%PDF \xff", IncludeOnline="true")
        file = xero.get(f"{path}/Attachments")["Attachments"][0]["AttachmentID"]
        xero.call("GET", f"{path}/Attachments/{file}", headers={"contentType": "application/pdf"})
    twin.act(xero.tenant, "journal", amount=5)
    other = xero.invoice(contact)["InvoiceID"]
    xero.post("Invoices", {"InvoiceID": other, "Status": "DELETED"})
    xero.post("Invoices", {"InvoiceID": other, "Status": "VOIDED"})
    xero.call("PUT", "Contacts", {"Contacts": [{"Name": "Muster", "EmailAddress": "a@b.example"}]})
    for kind in (
        "Invoices",
        "CreditNotes",
        "Payments",
        "Contacts",
        "Overpayments",
        "BankTransactions",
        "ManualJournals",
    ):
        xero.get(kind, page="1")
    for kind in ("Items", "Accounts", "TaxRates", "Organisation", "BatchPayments", "Currencies"):
        xero.get(kind)
    xero.get(f"Invoices/{invoice}/History")
    xero.get(f"Invoices/{invoice}")
    xero.get("Reports/TrialBalance")
    xero.get("Reports/AgedReceivablesByContact", contactId=contact)
    xero.get("Reports/BalanceSheet")


def test_every_answer_has_known_keys_and_kinds(
    twin: XeroTwin, xero: XeroCaller, capsys: Any
) -> None:
    exercise(twin, xero)
    told = twin.control("GET", "shapes")
    found = shape_rules.verdicts(told["answers"])
    assert found["deviations"] == []
    assert len(found["recorded"]) > 300
    with capsys.disabled():
        sys.stdout.write(
            f"\nXero: {told['count']} answers, {len(found['recorded'])} paths as recorded, "
            f"{len(found['described'])} from documentation alone, 0 deviations\n"
        )


@pytest.mark.parametrize(
    ("exchange", "path", "kinds"),
    [
        ("GET Invoices 200", "Invoices[].Colour", ["str"]),
        ("GET Invoices 200", "Invoices[].Total", ["str"]),
        ("GET Invoices 200", "Invoices[].DueDate", ["null"]),
        ("PUT Contacts 400", "Elements[].Colour", ["str"]),
        ("GET Payments 200", "pagination.page", ["str"]),
        ("GET Nothing 200", "Nothing[].Id", ["str"]),
    ],
)
def test_what_nobody_answers_would_be_found(exchange: str, path: str, kinds: list[str]) -> None:
    assert len(shape_rules.verdicts({exchange: {path: kinds}})["deviations"]) == 1
