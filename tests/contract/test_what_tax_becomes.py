"""Sales tax in each regime: which codes are offered, and what a taxed document becomes there."""

import dataclasses
from decimal import Decimal
from typing import Any

import pytest

from apps.connectors.port import Role
from tests.contract.taxed import (
    SOLD,
    Books,
    codes,
    credit_note,
    for_sales,
    invoice,
    owed,
    unlike,
)

# --- Codes --------------------------------------------------------------------------------------


def test_outside_the_us_the_codes_with_rates_for_sales_are_offered(open_stage: Books) -> None:
    stage = open_stage("uk")
    assert for_sales(stage) == {
        "20.0% S": [("20.0% S", 20)],
        "5.0% R": [("5.0% R", 5)],
        "0.0% Z": [("0.0% Z", 0)],
        "Exempt": [("Exempt", 0)],
        "No VAT": [("No VAT", 0)],
        "RC": [("RC (Sales)", 0)],
    }
    assert Role.SALES_TAX not in codes(stage)["20.0% PVA"].roles


def test_a_code_of_two_agencies_names_both(open_stage: Books) -> None:
    code = codes(open_stage("ca"))["GST/QST QC"]
    assert [(each.name, each.percent, each.agency) for each in code.parts] == [
        ("GST (QC)", 5, "Canada Revenue Agency"),
        ("QST", Decimal("9.975"), "Revenu Québec"),
    ]


def test_in_the_us_the_words_of_a_line_are_codes_where_they_say_enough(open_stage: Books) -> None:
    assert for_sales(open_stage("us_manual_tax")) == {
        "California": [("California", 8)],
        "Tucson": [("AZ State tax", Decimal("7.1")), ("Tucson City", 2)],
        "NON": [],
    }
    assert for_sales(open_stage("us_sales_tax")) == {"TAX": [], "NON": []}
    assert codes(open_stage("us_no_tax")) == {}


def test_the_percentage_in_force_today_counts(open_stage: Books) -> None:
    stage = open_stage("uk")
    (part,) = codes(stage)["20.0% S"].parts
    told = {"id": part.remote_id, "percent": 22}
    stage.server.act(stage.realm, "change_tax_rate", **told, **{"from": "2027-01-01"})
    (part,) = codes(stage)["20.0% S"].parts
    assert part.percent == 20
    stage.server.act(stage.realm, "change_tax_rate", **told, **{"from": "2026-11-01"})
    code = codes(stage)["20.0% S"]
    assert (code.parts[0].percent, code.detail["since"]) == (22, "2026-11-01")


# --- Documents ----------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [invoice, credit_note])
@pytest.mark.parametrize("profile", SOLD)
def test_a_taxed_document_arrives_equal_to_the_penny(
    open_stage: Books, profile: str, make: Any
) -> None:
    stage = open_stage(profile)
    ours = make(stage, *SOLD[profile])
    there = stage.send(ours)
    assert unlike(stage, ours, there.snapshot) == []
    assert unlike(stage, ours, stage.again(there).snapshot) == []
    assert there.amount == ours.total
    sign = 1 if make is invoice else -1
    assert stage.balance(stage.account(Role.RECEIVABLE)) == sign * ours.total
    assert stage.balance(stage.account(Role.INCOME)) == -sign * ours.net
    # A second push has nothing to say.
    calls = len(stage.courier.sent)
    assert stage.outcome(ours, there).error is None
    assert len(stage.courier.sent) == calls
    assert stage.connector.parse(there.kind, there.raw) == there


def test_each_agency_is_owed_its_part(open_stage: Books) -> None:
    stage = open_stage("ca")
    ours = invoice(stage, *SOLD["ca"])
    stage.send(ours)
    assert owed(stage, "Canada Revenue Agency") == Decimal("7.10")  # 5.00 - 0.50 + 2.60
    assert owed(stage, "Revenu Québec") == Decimal("8.98")  # 9.98 - 1.00
    effect = {each.account_id: each.debit - each.credit for each in stage.connector.effect(ours)}
    parts = {each.name: f"tax:{each.remote_id}" for each in codes(stage)["GST/QST QC"].parts}
    assert effect["receivable"] == Decimal("133.08")  # 117.00 and 16.08 of tax
    assert effect[parts["GST (QC)"]] == Decimal("-4.50")
    assert effect[parts["QST"]] == Decimal("-8.98")


def test_nothing_at_a_rate_of_nil_is_the_same_whether_it_is_listed_or_not(
    open_stage: Books,
) -> None:
    stage = open_stage("uk")
    ours = invoice(stage, ("50.00", "0.0% Z", "0"), ("10.00", "No VAT", "0"))
    assert len(ours.taxes) == 2
    ours = dataclasses.replace(ours, taxes=())
    there = stage.send(ours)
    assert len(there.raw["TxnTaxDetail"]["TaxLine"]) == 2
    assert unlike(stage, ours, there.snapshot) == []


@pytest.mark.parametrize("rounding", ["rate", "line"])
@pytest.mark.parametrize(
    ("sold", "tax"),
    [
        # 0.52 at 20 % are 0.104 a line and 0.208 together.
        ((("0.52", "20.0% S", "0.10"), ("0.52", "20.0% S", "0.10")), "0.20"),
        ((("0.52", "20.0% S", "0.10"), ("0.52", "20.0% S", "0.11")), "0.21"),
        # 0.02 at 20 % are 0.004 a line and 0.008 together: ours may be nil.
        ((("0.02", "20.0% S", "0.00"), ("0.02", "20.0% S", "0.00")), "0.00"),
    ],
)
def test_our_rounding_is_taken_whatever_theirs_is(
    open_stage: Books, rounding: str, sold: Any, tax: str
) -> None:
    stage = open_stage("uk", tax_rounding=rounding)
    ours = invoice(stage, *sold)
    there = stage.send(ours)
    assert unlike(stage, ours, there.snapshot) == []
    assert owed(stage, "HM Revenue & Customs (HMRC)") == Decimal(tax)


def test_no_tax_on_a_taxed_line_is_taken_where_theirs_would_be_some(open_stage: Books) -> None:
    stage = open_stage("us_sales_tax")
    ours = invoice(stage, ("100.00", "TAX", "0"))
    there = stage.send(ours)
    assert unlike(stage, ours, there.snapshot) == []


def test_what_us_tax_is_worked_out_there_and_not_taken_from_us_is_told(open_stage: Books) -> None:
    stage = open_stage("us_sales_tax", tax_override="ignore")
    ours = invoice(stage, *SOLD["us_sales_tax"])
    there = stage.send(ours)
    assert [each.split(":")[0] for each in unlike(stage, ours, there.snapshot)] == [
        "tax",
        "total",
        "home_total",
    ]
