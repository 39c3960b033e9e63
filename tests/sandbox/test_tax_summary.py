"""The tax summary: an agency's return for the sales of a period, by figures worked out by hand."""

from typing import Any

import pytest

from tests.sandbox_server import Caller, SandboxServer, sale

from .report_rows import rows_of


def taxed(customer: str, amount: float, code: str, day: str, **more: Any) -> Any:
    body = sale(customer, amount, TxnDate=day, **more)
    body["Line"][0]["SalesItemLineDetail"]["TaxCodeRef"] = {"value": code}
    return body


@pytest.fixture
def britain(sandbox_server: SandboxServer) -> Caller:
    return sandbox_server.connect(
        sandbox_server.open_company("Taxed", profile="uk", multicurrency=True)
    )


def codes(caller: Caller) -> dict[str, str]:
    found = caller.query("SELECT * FROM TaxCode MAXRESULTS 1000")["TaxCode"]
    return {one["Name"]: one["Id"] for one in found}


def agency(caller: Caller, name: str) -> str:
    found = caller.query("SELECT * FROM TaxAgency")["TaxAgency"]
    identity: str = next(one["Id"] for one in found if name in one["DisplayName"])
    return identity


def test_a_vat_return_adds_up_the_sales_of_a_period_less_what_was_credited(
    britain: Caller,
) -> None:
    code, hmrc = codes(britain), agency(britain, "HMRC")
    customer = britain.customer("Home")["Id"]
    euros = britain.customer("Euro", CurrencyRef={"value": "EUR"})["Id"]
    for day, amount, name in (
        ("2026-03-31", 500, "20.0% S"),
        ("2026-04-01", 100, "20.0% S"),
        ("2026-05-01", 40, "5.0% R"),
        ("2026-06-30", 30, "0.0% Z"),
        # Outside the scope of the tax: on no line of the return.
        ("2026-06-30", 999, "No VAT"),
    ):
        britain.post("invoice", taxed(customer, amount, code[name], day))
    abroad = taxed(euros, 200, code["20.0% S"], "2026-05-02", ExchangeRate=0.85)
    britain.post("invoice", abroad)
    britain.post("creditmemo", taxed(customer, 10, code["20.0% S"], "2026-06-01"))
    period = {"agency_id": hmrc, "start_date": "2026-04-01", "end_date": "2026-06-30"}
    found = britain.get("reports/TaxSummary", **period)
    assert (found["Header"]["StartPeriod"], found["Header"]["Currency"]) == ("2026-04-01", "GBP")
    boxes = {row[0][:5]: row[1] for row in rows_of(found)}
    # 20 + 2 + 0 + 34 (40 euros at 0.85) - 2; 100 + 40 + 30 + 170 - 10.
    assert boxes == {
        "Box 1": "54.00",
        "Box 2": "",
        "Box 3": "54.00",
        "Box 4": "",
        "Box 5": "54.00",
        "Box 6": "330.00",
        "Box 7": "",
    }
    empty = britain.get("reports/TaxSummary", **{**period, "end_date": "2026-04-01"})
    assert {row[0][:5]: row[1] for row in rows_of(empty)}["Box 1"] == "20.00"


def test_each_agency_has_its_own_return(sandbox_server: SandboxServer) -> None:
    caller = sandbox_server.connect(sandbox_server.open_company("Quebec", profile="ca"))
    customer = caller.customer("Montreal")["Id"]
    code = codes(caller)["GST/QST QC"]
    caller.post("invoice", taxed(customer, 100, code, "2026-05-01"))
    period = {"start_date": "2026-01-01", "end_date": "2026-12-31"}
    lines: dict[str, dict[str, str]] = {}
    for name in ("Canada Revenue", "Revenu"):
        found = caller.get("reports/TaxSummary", agency_id=agency(caller, name), **period)
        lines[name] = {row[0][:8]: row[1] for row in rows_of(found)}
    assert lines["Canada Revenue"]["Line 103"] == "5.00"
    assert lines["Revenu"]["Line 103"] == "9.98"
    assert lines["Revenu"]["Line 101"] == "100.00"


@pytest.mark.parametrize(
    ("profile", "params", "code"),
    [
        ("us_manual_tax", {"agency_id": "1"}, "5030"),
        ("uk", {}, "2020"),
        ("uk", {"agency_id": "99"}, "2500"),
    ],
)
def test_a_return_that_cannot_be_made_is_refused(
    sandbox_server: SandboxServer, profile: str, params: dict[str, str], code: str
) -> None:
    caller = sandbox_server.connect(sandbox_server.open_company("No return", profile=profile))
    assert caller.refusal("GET", "reports/TaxSummary", **params)[1] == code
