"""Sales tax as the three kinds of company work it out, and whom the ledger then owes it to."""

from typing import Any

import pytest

from tests.sandbox_server import Caller, SandboxServer, sale


def opened(server: SandboxServer, profile: str, **settings: Any) -> tuple[Caller, str]:
    """A caller of a new company and one customer's id."""
    caller = server.connect(server.open_company(f"Taxed {profile}", profile=profile, **settings))
    return caller, caller.customer(BillAddr={"Line1": "1 Quay", "CountrySubDivisionCode": "NY"})[
        "Id"
    ]


def codes(caller: Caller) -> dict[str, str]:
    found = caller.query("SELECT * FROM TaxCode MAXRESULTS 1000")["TaxCode"]
    return {one["Name"]: one["Id"] for one in found}


def rates(caller: Caller) -> dict[str, str]:
    found = caller.query("SELECT * FROM TaxRate MAXRESULTS 1000")["TaxRate"]
    return {one["Name"]: one["Id"] for one in found}


def line(amount: float, code: str, **detail: Any) -> dict[str, Any]:
    detail = {"ItemRef": {"value": "1"}, "TaxCodeRef": {"value": code}, **detail}
    return {"DetailType": "SalesItemLineDetail", "Amount": amount, "SalesItemLineDetail": detail}


def document(customer: str, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"CustomerRef": {"value": customer}, "Line": list(lines), **more}


def balances(server: SandboxServer, caller: Caller) -> dict[str, float]:
    found = server.trial_balance(caller.realm)
    assert found["debit"] == found["credit"]
    return {row["name"]: round(row["debit"] - row["credit"], 2) for row in found["rows"]}


def taxes(made: Any) -> list[tuple[float, float]]:
    lines = made["TxnTaxDetail"].get("TaxLine", [])
    return [(one["Amount"], one["TaxLineDetail"]["NetAmountTaxable"]) for one in lines]


def test_outside_the_us_each_line_carries_a_code_and_tax_is_owed_to_the_agency(
    sandbox_server: SandboxServer,
) -> None:
    caller, customer = opened(sandbox_server, "uk")
    found = codes(caller)
    body = document(
        customer,
        line(10.02, found["20.0% S"]),
        line(10.02, found["20.0% S"]),
        line(100, found["5.0% R"]),
        line(7, found["Exempt"]),
    )
    made = caller.post("invoice", body)["Invoice"]
    assert made["GlobalTaxCalculation"] == "TaxExcluded"
    # 2.004 and 2.004 are 4.01 once, 4.00 when each line is rounded.
    assert taxes(made) == [(4.01, 20.04), (5, 100), (0, 7)]
    assert (made["TxnTaxDetail"]["TotalTax"], made["TotalAmt"]) == (9.01, 136.05)
    assert balances(sandbox_server, caller) == {
        "Accounts Receivable (A/R)": 136.05,
        "HM Revenue & Customs (HMRC) Payable": -9.01,
        "Services": -127.04,
    }
    sandbox_server.set_up(caller.realm, tax_rounding="line")
    assert taxes(caller.post("invoice", body)["Invoice"])[0] == (4, 20.04)


def test_a_credit_memo_gives_the_tax_back_agency_by_agency(sandbox_server: SandboxServer) -> None:
    caller, customer = opened(sandbox_server, "ca")
    code = codes(caller)["GST/QST QC"]
    made = caller.post("invoice", document(customer, line(99.99, code)))["Invoice"]
    assert [amount for amount, _ in taxes(made)] == [5, 9.97]
    assert balances(sandbox_server, caller) == {
        "Accounts Receivable (A/R)": 114.96,
        "Canada Revenue Agency Payable": -5,
        "Revenu Québec Payable": -9.97,
        "Services": -99.99,
    }
    caller.post("creditmemo", document(customer, line(99.99, code)))
    assert balances(sandbox_server, caller) == {}


def test_prices_that_include_tax_keep_their_gross_and_net_amounts_follow(
    sandbox_server: SandboxServer,
) -> None:
    caller, customer = opened(sandbox_server, "uk")
    code = codes(caller)["20.0% S"]
    rows = [line(8.33, code, TaxInclusiveAmt=10, Qty=2, UnitPrice=5) for _ in range(3)]
    made = caller.post("invoice", document(customer, *rows, GlobalTaxCalculation="TaxInclusive"))[
        "Invoice"
    ]
    assert (made["TotalAmt"], made["TxnTaxDetail"]["TotalTax"]) == (30, 5)
    nets = [one["Amount"] for one in made["Line"] if "Id" in one]
    assert (sorted(nets), round(sum(nets), 2)) == ([8.33, 8.33, 8.34], 25)
    assert {one["SalesItemLineDetail"]["TaxInclusiveAmt"] for one in made["Line"][:3]} == {10}
    # What was answered can be sent again, and answers the same.
    again = caller.post("invoice", {**made, "sparse": False})["Invoice"]
    assert (again["Line"], again["TotalAmt"]) == (made["Line"], 30)
    only_net = document(customer, line(10, code), GlobalTaxCalculation="TaxInclusive")
    assert caller.post("invoice", only_net)["Invoice"]["TotalAmt"] == 12


def test_a_document_outside_tax_needs_no_codes(sandbox_server: SandboxServer) -> None:
    caller, customer = opened(sandbox_server, "au")
    made = caller.invoice(customer, 10, GlobalTaxCalculation="NotApplicable")
    assert (made["TotalAmt"], made["TxnTaxDetail"]) == (10, {"TotalTax": 0})


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, "6000"),
        ({"GlobalTaxCalculation": "TaxIncluded"}, "2170"),
        ({"Line": [line(1, "999")]}, "2500"),
        ({"Line": [line(1, "TAX")]}, "2500"),
    ],
)
def test_what_is_refused_outside_the_us(
    sandbox_server: SandboxServer, change: Any, code: str
) -> None:
    caller, customer = opened(sandbox_server, "uk")
    _, found, detail = caller.refusal("POST", "invoice", {**sale(customer), **change})
    assert found == code
    assert change or "Make sure all your transactions have a GST/HST rate" in detail


def test_purchase_codes_and_rates_of_no_line_are_refused(sandbox_server: SandboxServer) -> None:
    caller, customer = opened(sandbox_server, "uk")
    found = codes(caller)
    body = document(customer, line(10, found["20.0% PVA"]))
    assert caller.refusal("POST", "invoice", body)[1] == "6000"
    detail = {"TaxRateRef": {"value": rates(caller)["5.0% R"]}, "PercentBased": False}
    forced = {"TaxLine": [{"Amount": 1, "DetailType": "TaxLineDetail", "TaxLineDetail": detail}]}
    body = document(customer, line(10, found["20.0% S"]), TxnTaxDetail=forced)
    assert caller.refusal("POST", "invoice", body)[1] == "6000"


@pytest.mark.parametrize("forced", [{"PercentBased": False}, {"OverrideDeltaAmount": 0.01}])
def test_our_tax_is_taken_where_it_is_forced(sandbox_server: SandboxServer, forced: Any) -> None:
    caller, customer = opened(sandbox_server, "uk")
    detail = {
        "TaxRateRef": {"value": rates(caller)["20.0% S"]},
        "NetAmountTaxable": 10.02,
        **forced,
    }
    sent = {"Amount": 2.01, "DetailType": "TaxLineDetail", "TaxLineDetail": detail}
    body = document(
        customer, line(10.02, codes(caller)["20.0% S"]), TxnTaxDetail={"TaxLine": [sent]}
    )
    made = caller.post("invoice", body)["Invoice"]
    assert (made["TxnTaxDetail"]["TotalTax"], made["TotalAmt"]) == (2.01, 12.03)
    answered = made["TxnTaxDetail"]["TaxLine"][0]["TaxLineDetail"]
    assert (answered["PercentBased"], answered["OverrideDeltaAmount"]) == (False, 0.01)
    kept = {"Id": made["Id"], "SyncToken": made["SyncToken"], "sparse": True, "PrivateNote": "x"}
    assert caller.post("invoice", kept)["Invoice"]["TotalAmt"] == 12.03


def test_by_hand_in_the_us_one_code_taxes_the_lines_marked(sandbox_server: SandboxServer) -> None:
    caller, customer = opened(sandbox_server, "us_manual_tax")
    found = codes(caller)
    assert {"TAX", "NON", "Tucson", "California"} <= set(found)
    preferred = caller.get("preferences")["Preferences"]["TaxPrefs"]
    assert preferred == {
        "UsingSalesTax": True,
        "TaxGroupCodeRef": {"value": found["California"]},
    }
    rows = (line(100, "TAX"), line(50, "NON"))
    chosen = {"TxnTaxDetail": {"TxnTaxCodeRef": {"value": found["Tucson"]}}}
    made = caller.post("invoice", document(customer, *rows, **chosen))["Invoice"]
    assert taxes(made) == [(7.1, 100), (2, 100)]
    assert made["TxnTaxDetail"]["TxnTaxCodeRef"] == {"value": found["Tucson"]}
    assert "GlobalTaxCalculation" not in made
    plain = caller.post("invoice", document(customer, *rows))["Invoice"]
    assert (plain["TxnTaxDetail"]["TotalTax"], plain["TotalAmt"]) == (8, 158)
    wrong = document(customer, line(1, found["Tucson"]))
    assert caller.refusal("POST", "invoice", wrong)[1] == "6100"


def test_automated_tax_goes_by_the_address_unless_a_total_is_sent(
    sandbox_server: SandboxServer,
) -> None:
    caller, customer = opened(sandbox_server, "us_sales_tax")
    rows = (line(100, "TAX"), line(50, "NON"))
    ignored = {"TxnTaxDetail": {"TxnTaxCodeRef": {"value": codes(caller)["TX"]}}}
    made = caller.post("invoice", document(customer, *rows, **ignored))["Invoice"]
    assert taxes(made) == [(4, 100), (4.5, 100)]
    sent = {"TxnTaxDetail": {"TotalTax": 8.25}}
    made = caller.post("invoice", document(customer, *rows, **sent))["Invoice"]
    assert (made["TxnTaxDetail"]["TotalTax"], made["TotalAmt"]) == (8.25, 158.25)
    dropped = caller.post("invoice", document(customer, line(50, "NON"), **sent))["Invoice"]
    assert dropped["TotalAmt"] == 50
    elsewhere = caller.customer("Elsewhere")["Id"]
    assert caller.post("invoice", document(elsewhere, *rows))["Invoice"]["TotalAmt"] == 150
    assert (
        caller.post("invoice", document(elsewhere, *rows, **sent))["Invoice"]["TotalAmt"] == 158.25
    )
    exempt = caller.customer(
        "Exempt", TaxExemptionReasonId="1", BillAddr={"CountrySubDivisionCode": "CA"}
    )["Id"]
    assert caller.post("invoice", document(exempt, *rows))["Invoice"]["TotalAmt"] == 150
    sandbox_server.set_up(caller.realm, tax_override="ignore")
    made = caller.post("invoice", document(customer, *rows, **sent))["Invoice"]
    assert made["TxnTaxDetail"]["TotalTax"] == 8.5
    assert balances(sandbox_server, caller)


@pytest.mark.parametrize(("after", "tax"), [(True, 18), (False, 20)])
def test_a_discount_comes_before_or_after_tax(
    sandbox_server: SandboxServer, after: bool, tax: float
) -> None:
    caller, customer = opened(sandbox_server, "uk")
    discount = {
        "DetailType": "DiscountLineDetail",
        "DiscountLineDetail": {"PercentBased": True, "DiscountPercent": 10},
    }
    body = document(customer, line(100, codes(caller)["20.0% S"]), discount)
    made = caller.post("invoice", {**body, "ApplyTaxAfterDiscount": after})["Invoice"]
    assert (made["TxnTaxDetail"]["TotalTax"], made["TotalAmt"]) == (tax, 90 + tax)
    assert balances(sandbox_server, caller) == {
        "Accounts Receivable (A/R)": 90 + tax,
        "Discounts given": 10,
        "HM Revenue & Customs (HMRC) Payable": -tax,
        "Services": -100,
    }
    sandbox_server.set_up(caller.realm, allow_discount=False)
    assert caller.refusal("POST", "invoice", body)[1] == "6000"


def test_the_tax_service_makes_codes_over_new_and_existing_rates(
    sandbox_server: SandboxServer,
) -> None:
    caller, customer = opened(sandbox_server, "uk")
    agency = caller.post("taxagency", {"DisplayName": "States of Jersey"})["TaxAgency"]
    details = [
        {
            "TaxRateName": "Jersey GST",
            "RateValue": "5.5",
            "TaxAgencyId": agency["Id"],
            "TaxApplicableOn": "Sales",
        },
        {"TaxRateId": rates(caller)["20.0% S"], "TaxApplicableOn": "Sales"},
    ]
    body = {"TaxCode": "Both", "TaxRateDetails": details}
    made = caller.post("taxservice/taxcode", body)
    assert set(made) == {"TaxCode", "TaxCodeId", "TaxRateDetails"}
    assert made["TaxRateDetails"][0]["RateValue"] == 5.5
    invoice = document(customer, line(100, made["TaxCodeId"]))
    assert [one[0] for one in taxes(caller.post("invoice", invoice)["Invoice"])] == [5.5, 20]
    assert balances(sandbox_server, caller)["States of Jersey Payable"] == -5.5
    assert caller.refusal("POST", "taxservice/taxcode", body)[1] == "6240"
    assert caller.refusal("POST", "taxcode", {"Name": "Mine"})[1] == "500"
    since = agency["MetaData"]["CreateTime"]
    assert caller.refusal("GET", "cdc", entities="TaxCode", changedSince=since)[1] == "4001"


def test_a_voided_invoice_owes_no_tax(sandbox_server: SandboxServer) -> None:
    caller, customer = opened(sandbox_server, "uk")
    made = caller.post("invoice", document(customer, line(10, codes(caller)["20.0% S"])))["Invoice"]
    asked = {"Id": made["Id"], "SyncToken": made["SyncToken"]}
    voided = caller.post("invoice", asked, operation="void")["Invoice"]
    assert voided["TxnTaxDetail"] == {"TotalTax": 0}
    assert balances(sandbox_server, caller) == {}


def test_an_item_may_hang_on_a_liability_where_the_switch_lets_it(
    sandbox_server: SandboxServer,
) -> None:
    caller, customer = opened(sandbox_server, "us_no_tax")
    retainer = caller.item("Retainer", "Customer Prepayments")["Id"]
    caller.post("invoice", sale(customer, 40, retainer))
    assert balances(sandbox_server, caller)["Customer Prepayments"] == -40
    sandbox_server.set_up(caller.realm, liability_items="refuse")
    found = caller.query("SELECT * FROM Account WHERE Name = 'Customer Prepayments'")["Account"][0]
    body = {"Name": "Voucher", "Type": "Service", "IncomeAccountRef": {"value": found["Id"]}}
    assert caller.refusal("POST", "item", body)[1] == "6430"


def test_an_item_hangs_on_an_expense_only_where_the_switch_lets_it(
    sandbox_server: SandboxServer,
) -> None:
    caller, customer = opened(sandbox_server, "us_no_tax")
    loss = caller.item("Bad debts", "Bad Debts")["Id"]
    caller.post("creditmemo", sale(customer, 40, loss))
    assert balances(sandbox_server, caller)["Bad Debts"] == 40
    sandbox_server.set_up(caller.realm, expense_items="refuse")
    found = caller.query("SELECT * FROM Account WHERE Name = 'Bad Debts'")["Account"][0]
    body = {"Name": "Losses", "Type": "Service", "IncomeAccountRef": {"value": found["Id"]}}
    assert caller.refusal("POST", "item", body)[1] == "6430"


def test_a_rate_changes_from_a_day_on(sandbox_server: SandboxServer) -> None:
    caller, customer = opened(sandbox_server, "uk")
    code, rate = codes(caller)["20.0% S"], rates(caller)["20.0% S"]
    told = {"id": rate, "percent": 17.5, "from": "2026-04-01"}
    sandbox_server.act(caller.realm, "change_tax_rate", **told)
    for day, tax in (("2026-03-31", 20), ("2026-04-01", 17.5)):
        made = caller.post("invoice", document(customer, line(100, code), TxnDate=day))["Invoice"]
        assert made["TxnTaxDetail"]["TotalTax"] == tax


def test_people_there_type_taxed_sales_and_change_a_lines_code(
    sandbox_server: SandboxServer,
) -> None:
    caller, customer = opened(sandbox_server, "au")
    found = codes(caller)
    made = sandbox_server.act(
        caller.realm, "create_invoice", customer=customer, amount=100, tax_code=found["GST"]
    )
    assert made["TotalAmt"] == 110
    told = {"id": made["Id"], "line": 1, "tax_code": found["GST free"]}
    assert sandbox_server.act(caller.realm, "change_line", **told)["TotalAmt"] == 100


def test_a_company_may_change_how_it_is_taxed_but_not_its_country(
    sandbox_server: SandboxServer,
) -> None:
    caller, customer = opened(sandbox_server, "us_no_tax")
    old = caller.invoice(customer, 100)
    for profile in ("us_manual_tax", "us_sales_tax", "us_manual_tax"):
        sandbox_server.set_up(caller.realm, profile=profile)
        preferred = caller.get("preferences")["Preferences"]["TaxPrefs"]
        assert preferred["UsingSalesTax"] is True
        assert ("PartnerTaxEnabled" in preferred) == (profile == "us_sales_tax")
    names = [one["Name"] for one in caller.query("SELECT * FROM TaxCode")["TaxCode"]]
    assert len(names) == len(set(names))
    made = caller.post("invoice", document(customer, line(100, "TAX")))["Invoice"]
    assert made["TxnTaxDetail"]["TotalTax"] == 8
    assert caller.get(f"invoice/{old['Id']}")["Invoice"]["TotalAmt"] == 100
    with pytest.raises(RuntimeError, match="profile is one of"):
        sandbox_server.set_up(caller.realm, profile="uk")


def test_the_pages_show_rates_deposits_and_receipts(sandbox_server: SandboxServer) -> None:
    caller, customer = opened(sandbox_server, "uk")
    made = caller.post("salesreceipt", document(customer, line(5, codes(caller)["20.0% S"])))
    page = f"{sandbox_server.url}/quickbooks/app/{caller.realm}"
    for section, words in (
        ("taxrates", "20.0% S"),
        ("salesreceipts", "6.00"),
        ("refundreceipts", "Refund receipts"),
        ("deposits", "Bank deposits"),
    ):
        answer = sandbox_server.http.get(f"{page}/{section}", timeout=20)
        assert (answer.status_code, words in answer.text) == (200, True)
    shown = f"{page}/salesreceipt/{made['SalesReceipt']['Id']}"
    assert sandbox_server.http.get(shown, timeout=20).status_code == 200
