"""What the sandbox answers has only key paths and types that the real service is known to answer."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox_server import Caller, SandboxServer, sale

from . import shape_rules

pytestmark = pytest.mark.skipif(
    not shape_rules.SPECS.exists(), reason="the recorded shapes are not beside the repository"
)


@pytest.fixture
def recorded(sandbox_server: SandboxServer) -> Any:
    """Everything recorded so far in this session: the server records throughout."""
    return lambda: sandbox_server.control("GET", "shapes")


def exercise(caller: Caller, server: SandboxServer) -> None:
    """Every kind and endpoint once, with as many fields filled as there are."""
    address = {
        "Line1": "12 Harbour Road",
        "City": "Oakton",
        "Country": "USA",
        "PostalCode": "90001",
    }
    customer = caller.customer(
        "Muster Trading",
        GivenName="Ana",
        FamilyName="Muster",
        CompanyName="Muster Trading",
        PrimaryPhone={"FreeFormNumber": "(555) 010-0001"},
        PrimaryEmailAddr={"Address": "ap@muster.example"},
        WebAddr={"URI": "https://muster.example"},
        BillAddr=address,
        ShipAddr=address,
        Notes="a note",
        SalesTermRef={"value": "4"},
    )["Id"]
    caller.customer("Branch", ParentRef={"value": customer}, Job=True, BillWithParent=True)
    caller.post("vendor", {"DisplayName": "Paper Ltd", "TermRef": {"value": "1"}})
    caller.post("employee", {"GivenName": "Emil", "FamilyName": "Entry"})
    caller.post("class", {"Name": "North"})
    caller.post("department", {"Name": "Berlin"})
    caller.post("term", {"Name": "15th", "DayOfMonthDue": 15, "DueNextMonthDays": 5})
    caller.post("paymentmethod", {"Name": "Wire"})
    caller.post("account", {"Name": "Clearing", "AccountType": "Bank"})
    item = caller.item("Hours")["Id"]
    classes = caller.query("SELECT * FROM Class")["Class"][0]["Id"]
    detail = {
        "ItemRef": {"value": item},
        "Qty": 3,
        "UnitPrice": 12.35,
        "ClassRef": {"value": classes},
    }
    full = sale(customer, 100, DocNumber="S-1", PrivateNote="m", CustomerMemo={"value": "hi"})
    full |= {
        "DepartmentRef": {"value": "1"},
        "SalesTermRef": {"value": "4"},
        "BillEmail": {"Address": "a@b.example"},
    }
    full["Line"] += [
        {
            "DetailType": "SalesItemLineDetail",
            "Description": "d",
            "SalesItemLineDetail": {**detail, "ServiceDate": "2026-03-01"},
        },
        {"DetailType": "DescriptionOnly", "Description": "only words"},
        {
            "DetailType": "DiscountLineDetail",
            "DiscountLineDetail": {"PercentBased": True, "DiscountPercent": 5},
        },
    ]
    invoice = caller.post("invoice", full)["Invoice"]
    caller.post(f"invoice/{invoice['Id']}/send", None)
    credit = caller.post("creditmemo", sale(customer, 40, DocNumber="CN-1"))["CreditMemo"]
    paid = caller.post(
        "payment",
        {
            "CustomerRef": {"value": customer},
            "TotalAmt": 20.5,
            "PaymentMethodRef": {"value": "1"},
            "PaymentRefNum": "R1",
            "PrivateNote": "n",
            "Line": [
                {"Amount": 60.5, "LinkedTxn": [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]},
                {"Amount": 40, "LinkedTxn": [{"TxnId": credit["Id"], "TxnType": "CreditMemo"}]},
            ],
        },
    )["Payment"]
    caller.post(
        "deposit",
        {
            "DepositToAccountRef": {"value": "1"},
            "Line": [
                {
                    "Amount": 20.5,
                    "LinkedTxn": [{"TxnId": paid["Id"], "TxnType": "Payment", "TxnLineId": "0"}],
                },
                {
                    "Amount": -1,
                    "DetailType": "DepositLineDetail",
                    "DepositLineDetail": {"AccountRef": {"value": "23"}},
                },
            ],
        },
    )
    receivable = {"AccountRef": {"value": "3"}, "CustomerRef": {"value": customer}}
    caller.post(
        "purchase",
        {
            "AccountRef": {"value": "1"},
            "PaymentType": "Cash",
            "EntityRef": {"value": customer, "type": "Customer"},
            "Line": [
                {
                    "Amount": 5,
                    "DetailType": "AccountBasedExpenseLineDetail",
                    "AccountBasedExpenseLineDetail": receivable,
                }
            ],
        },
    )
    caller.post("journalentry", journal(customer))
    for kind in (
        "Customer",
        "Vendor",
        "Employee",
        "Item",
        "Account",
        "Term",
        "PaymentMethod",
        "Class",
    ):
        caller.query(f"SELECT * FROM {kind}")
    for kind in (
        "Department",
        "Invoice",
        "CreditMemo",
        "Payment",
        "Deposit",
        "Purchase",
        "JournalEntry",
    ):
        caller.query(f"SELECT * FROM {kind}")
    caller.query("SELECT COUNT(*) FROM Invoice")
    caller.get(f"companyinfo/{caller.realm}")
    caller.get("preferences")
    caller.get("reports/TrialBalance")
    extra = caller.invoice(customer, 7)
    caller.post("invoice", {"Id": extra["Id"], "SyncToken": "0"}, operation="void")
    caller.post("invoice", {"Id": extra["Id"], "SyncToken": "1"}, operation="delete")
    caller.post(
        "batch",
        {
            "BatchItemRequest": [
                {"bId": "1", "operation": "create", "Invoice": sale(customer, 5)},
                {"bId": "2", "operation": "create", "Invoice": sale("999", 5)},
                {"bId": "3", "Query": "SELECT * FROM Customer"},
            ]
        },
    )
    since = caller.get(f"invoice/{invoice['Id']}")["Invoice"]["MetaData"]["CreateTime"]
    caller.get("cdc", entities="Customer,Invoice,Payment,Item,Class", changedSince=since)
    server.tokens(caller.realm, "expire_access")
    assert caller.call("GET", "preferences").status_code == 401


def journal(customer: str) -> dict[str, Any]:
    def line(side: str, account: str, **more: Any) -> dict[str, Any]:
        detail = {"PostingType": side, "AccountRef": {"value": account}, **more}
        return {
            "Amount": 3,
            "DetailType": "JournalEntryLineDetail",
            "JournalEntryLineDetail": detail,
        }

    entity = {"Type": "Customer", "EntityRef": {"value": customer}}
    return {"Line": [line("Debit", "3", Entity=entity), line("Credit", "16")]}


def exercise_tax(server: SandboxServer, profile: str, **settings: Any) -> None:
    """Sales with tax, discount and a second currency, and the lists behind them."""
    caller = server.connect(server.open_company("Shapes", profile=profile, **settings))
    address = {"Line1": "1 Quay", "CountrySubDivisionCode": "NY"}
    euro = {"value": "EUR"} if settings else None
    customer = caller.customer("Taxed", BillAddr=address, CurrencyRef=euro)["Id"]
    codes = caller.query("SELECT * FROM TaxCode")["TaxCode"]
    sold = [one for one in codes if one.get("SalesTaxRateList", {}).get("TaxRateDetail")]
    code = sold[0]["Id"] if profile in ("uk", "ca", "au") else "TAX"
    for mode in ("TaxExcluded", "TaxInclusive"):
        full = sale(customer, 100, GlobalTaxCalculation=mode, ApplyTaxAfterDiscount=True)
        detail = {"TaxCodeRef": {"value": code}, "TaxInclusiveAmt": 120, "Qty": 1, "UnitPrice": 100}
        full["Line"][0]["SalesItemLineDetail"] |= detail
        discount = {"PercentBased": True, "DiscountPercent": 12.5}
        full["Line"].append({"DetailType": "DiscountLineDetail", "DiscountLineDetail": discount})
        made = caller.post("invoice", full)["Invoice"]
        forced = {"TotalTax": 5}
        if made["TxnTaxDetail"]["TaxLine"] and code != "TAX":
            first = made["TxnTaxDetail"]["TaxLine"][0]
            told = {**first["TaxLineDetail"], "PercentBased": False}
            forced = {"TaxLine": [{**first, "Amount": 5, "TaxLineDetail": told}]}
        caller.post("creditmemo", {**full, "TxnTaxDetail": forced})
        caller.post("salesreceipt", full)
        caller.post("refundreceipt", {**full, "DepositToAccountRef": {"value": "1"}})
    caller.post("payment", {"CustomerRef": {"value": customer}, "TotalAmt": 7, "ExchangeRate": 1.1})
    agency = caller.post("taxagency", {"DisplayName": "Another"})["TaxAgency"]["Id"]
    rate = {"TaxRateName": "New", "RateValue": 1.5, "TaxAgencyId": agency}
    caller.post("taxservice/taxcode", {"TaxCode": "New", "TaxRateDetails": [rate]})
    caller.refusal("POST", "taxservice/taxcode", {"TaxCode": "New"})
    for kind in ("TaxCode", "TaxRate", "TaxAgency", "CompanyCurrency", "Account", "Customer"):
        caller.query(f"SELECT * FROM {kind}")
    caller.get("preferences")
    caller.get(f"companyinfo/{caller.realm}")
    if settings:
        caller.post("exchangerate", {"SourceCurrencyCode": "EUR", "Rate": 1.2})
        caller.get("exchangerate", sourcecurrencycode="EUR")
        caller.post("companycurrency", {"Code": "JPY"})
        entity = {"Type": "Customer", "EntityRef": {"value": customer}}
        found = caller.query("SELECT * FROM Account WHERE AccountType = 'Accounts Receivable'")
        foreign = next(one for one in found["Account"] if one["CurrencyRef"] == made["CurrencyRef"])
        rows = journal(customer)["Line"]
        rows[0]["JournalEntryLineDetail"] |= {
            "AccountRef": {"value": foreign["Id"]},
            "Entity": entity,
        }
        caller.post("journalentry", {"Line": rows, "CurrencyRef": euro, "ExchangeRate": 1.1})
        detail = {"AccountRef": {"value": foreign["Id"]}, "Entity": {"value": customer}}
        line = {"Amount": 5, "DetailType": "DepositLineDetail", "DepositLineDetail": detail}
        body = {"DepositToAccountRef": {"value": "1"}, "CurrencyRef": euro, "Line": [line]}
        caller.post("deposit", {**body, "ExchangeRate": 1.1})


@pytest.mark.slow
def test_every_answer_has_only_known_paths_and_types(
    sandbox_server: SandboxServer, caller: Caller, recorded: Any
) -> None:
    exercise(caller, sandbox_server)
    for profile in ("us_sales_tax", "us_manual_tax", "uk", "ca"):
        exercise_tax(sandbox_server, profile)
    exercise_tax(sandbox_server, "uk", multicurrency=True)
    shapes = recorded()
    assert sum(len(found) for found in shapes["answers"].values()) > 500
    assert shape_rules.deviations(shapes["answers"]) == []


def test_the_recorder_collects_what_was_sent_too(
    sandbox_server: SandboxServer, caller: Caller, recorded: Any
) -> None:
    caller.customer("Recorded", Notes="words")
    sent = recorded()["requests"]["customer"]
    assert sent["DisplayName"] == ["str"]
    assert sent["Notes"] == ["str"]


def test_what_is_sent_is_checked_by_name_type_and_length(tmp_path: Path) -> None:
    # A server of its own: the session's has recorded what every other test sent.
    server = SandboxServer(tmp_path).start()
    try:
        server.record_shapes(True)
        caller = server.connect(server.open_company())
        customer = caller.customer("Checked", PrimaryEmailAddr={"Address": "a@b.example"})["Id"]
        items = [{"bId": "1", "operation": "create", "Invoice": sale(customer, 5, PrivateNote="x")}]
        caller.post("batch", {"BatchItemRequest": items})
        assert shape_rules.request_deviations(server.control("GET", "shapes")) == []
        caller.customer("Odd", Colour="blue", Taxable="true", Notes="x" * 1025)
        assert len(shape_rules.request_deviations(server.control("GET", "shapes"))) == 3
    finally:
        server.stop()


def test_the_rules_catch_what_nobody_answers() -> None:
    found = {
        "invoice": {"Invoice.Colour": ["str"], "Invoice.TotalAmt": ["str"], "Invoice.Id": ["int"]}
    }
    assert len(shape_rules.deviations(found)) == 3
    sample = json.loads((shape_rules.SPECS / "samples" / "invoice.json").read_text())
    assert shape_rules.known("Invoice", "TotalAmt", [type(sample["Invoice"]["TotalAmt"]).__name__])
