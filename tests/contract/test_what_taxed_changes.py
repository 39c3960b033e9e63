"""A taxed document that is changed, voided, lost or edited there: its tax goes with it, to the penny."""

import dataclasses
from decimal import Decimal
from typing import Any

import pytest

from apps.connectors.errors import OutcomeUnknown
from apps.connectors.port import RemoteObject, Role, Unsettled
from apps.connectors.snapshots import (
    InvoiceSnapshot,
    Kind,
    Snapshot,
)
from tests.contract.stage import Stage
from tests.contract.taxed import ODD, SOLD, Books, at_nil, codes, credit_note, invoice, unlike
from tests.contract.test_what_arrives import compared

TAXED = [profile for profile in SOLD if profile != "us_no_tax"]


@pytest.mark.parametrize("profile", TAXED)
@pytest.mark.variants
def test_our_tax_survives_a_change_of_something_else(open_stage: Books, profile: str) -> None:
    stage = open_stage(profile)
    ours = invoice(stage, ODD[profile])
    there = stage.send(ours)
    # One word more is a sparse update, none at all a full one.
    for message in ("One", ""):
        ours = dataclasses.replace(ours, message=message)
        there = stage.send(ours, there)
        assert unlike(stage, ours, there.snapshot) == []
        assert unlike(stage, ours, stage.again(there).snapshot) == []


@pytest.mark.parametrize("profile", TAXED)
@pytest.mark.variants
def test_an_amended_document_bears_its_new_tax(open_stage: Books, profile: str) -> None:
    stage = open_stage(profile)
    ours = invoice(stage, ODD[profile])
    there = stage.send(ours)
    fresh = invoice(stage, *SOLD[profile])
    amended = dataclasses.replace(
        ours,
        lines=fresh.lines,
        net=fresh.net,
        tax=fresh.tax,
        total=fresh.total,
        taxes=fresh.taxes,
    )
    there = stage.send(amended, there)
    assert unlike(stage, amended, there.snapshot) == []
    back = stage.send(ours, there)
    assert unlike(stage, ours, back.snapshot) == []
    assert stage.balance(stage.account(Role.RECEIVABLE)) == ours.total


@pytest.mark.parametrize("profile", TAXED)
@pytest.mark.variants
def test_a_lost_answer_is_settled_with_its_tax(open_stage: Books, profile: str) -> None:
    stage = open_stage(profile)
    ours = invoice(stage, ODD[profile])
    there = settled(stage, ours)
    assert unlike(stage, ours, there.snapshot) == []
    fresh = invoice(stage, *SOLD[profile])
    changed = dataclasses.replace(
        ours,
        lines=fresh.lines,
        net=fresh.net,
        tax=fresh.tax,
        total=fresh.total,
        taxes=fresh.taxes,
    )
    there = settled(stage, changed, there)
    assert unlike(stage, changed, there.snapshot) == []
    assert stage.count(Kind.INVOICE) == 1


def settled(stage: Stage, ours: Snapshot, known: RemoteObject | None = None) -> RemoteObject:
    """Sent, its answer lost, and looked for without its key."""
    push = stage.push_of(ours, known)
    stage.courier.lose_next()
    (lost,) = stage.outcomes([push])
    assert isinstance(lost.error, OutcomeUnknown)
    unsettled = Unsettled(
        request=stage.courier.sent[-1], pushes=(push,), may_replay=False, believe_absence=True
    )
    (found,) = stage.connector.settle(unsettled, stage.courier)
    assert found.error is None
    return found.remote[0]


@pytest.mark.parametrize("make", [invoice, credit_note])
@pytest.mark.parametrize("profile", TAXED)
@pytest.mark.variants
def test_a_void_takes_its_tax_back(open_stage: Books, profile: str, make: Any) -> None:
    stage = open_stage(profile)
    ours = make(stage, ODD[profile], SOLD[profile][-1])
    there = stage.send(ours)
    void = dataclasses.replace(ours, void=True)
    there = stage.send(void, there)
    assert (there.void, there.amount) == (True, 0)
    assert compared(stage.connector, void, there.snapshot) == []
    at_nil(stage)


@pytest.mark.parametrize("profile", TAXED)
@pytest.mark.variants
def test_a_document_may_become_one_without_tax(open_stage: Books, profile: str) -> None:
    stage = open_stage(profile)
    free = {"uk": "No VAT", "ca": "OOS", "au": "GST free"}.get(profile, "")
    ours = invoice(stage, ODD[profile])
    there = stage.send(ours)
    fresh = invoice(stage, ("10.00", free, "0"))
    bare = dataclasses.replace(
        ours, lines=fresh.lines, tax=fresh.tax, total=fresh.total, taxes=fresh.taxes
    )
    there = stage.send(bare, there)
    assert unlike(stage, bare, there.snapshot) == []
    assert stage.balance(stage.account(Role.RECEIVABLE)) == Decimal("10.00")
    again = stage.send(fresh)
    assert unlike(stage, fresh, again.snapshot) == []


def test_what_others_wrote_on_a_taxed_document_survives(open_stage: Books) -> None:
    stage = open_stage("uk")
    ours = invoice(stage, *SOLD["uk"])
    there = stage.send(ours)
    klass = stage.courier.caller.post("class", {"Name": "North"})["Class"]["Id"]
    lines = [line for line in there.raw["Line"] if "SalesItemLineDetail" in line]
    lines[1]["SalesItemLineDetail"]["ClassRef"] = {"value": klass}
    body = {**there.raw, "Line": lines, "PrivateNote": "Checked by Petra", "TrackingNum": "1Z"}
    stage.courier.caller.post("invoice", body)
    there = stage.again(there)
    assert unlike(stage, ours, there.snapshot) == []
    ours = dataclasses.replace(ours, message="")
    ours = dataclasses.replace(
        ours,
        lines=(*ours.lines[:-1], dataclasses.replace(ours.lines[-1], net=Decimal(12))),
        net=ours.net + 2,
        total=ours.total + 2,
    )
    there = stage.send(ours, there)
    assert unlike(stage, ours, there.snapshot) == []
    details = [line.get("SalesItemLineDetail", {}) for line in there.raw["Line"]]
    assert details[1]["ClassRef"]["value"] == klass
    assert (there.raw["PrivateNote"], there.raw["TrackingNum"]) == ("Checked by Petra", "1Z")


@pytest.mark.parametrize("after", [True, False])
@pytest.mark.variants
def test_a_discount_made_there_is_a_line_and_stays(open_stage: Books, after: bool) -> None:
    stage = open_stage("uk", allow_discount=True)
    customer, item = stage.masters()
    code = codes(stage)["20.0% S"].remote_id
    sold = {"ItemRef": {"value": item}, "TaxCodeRef": {"value": code}}
    body = {
        "DocNumber": "THEIRS-2",
        "TxnDate": "2026-11-20",
        "CustomerRef": {"value": customer},
        "ApplyTaxAfterDiscount": after,
        "CustomerMemo": {"value": "Theirs"},
        "Line": [
            {"Amount": 100, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": sold},
            {
                "Amount": 10,
                "DetailType": "DiscountLineDetail",
                "DiscountLineDetail": {"PercentBased": True, "DiscountPercent": 10},
            },
        ],
    }
    made = stage.courier.caller.post("invoice", body)["Invoice"]
    (there,) = stage.connector.read([("Invoice", made["Id"])], stage.courier)
    found = there.snapshot
    assert isinstance(found, InvoiceSnapshot)
    # Tax on 90 or on 100.
    assert (found.net, found.tax) == (90, 18 if after else 20)
    assert [line.net for line in found.lines] == [100, -10]
    for message in ("Thank you", ""):
        worded = dataclasses.replace(found, message=message)
        there = stage.send(worded, there)
        assert compared(stage.connector, worded, there.snapshot) == []
        assert "DiscountLineDetail" in str(there.raw["Line"])


def test_a_tax_code_changed_by_hand_is_put_back(open_stage: Books) -> None:
    stage = open_stage("uk")
    ours = invoice(stage, *SOLD["uk"])
    there = stage.send(ours)
    lines = [line for line in there.raw["Line"] if "SalesItemLineDetail" in line]
    reduced = codes(stage)["5.0% R"].remote_id
    lines[0]["SalesItemLineDetail"]["TaxCodeRef"] = {"value": reduced}
    body = {**there.raw, "Line": lines}
    body.pop("TxnTaxDetail")
    stage.courier.caller.post("invoice", body)
    there = stage.again(there)
    assert "lines.1.tax_code_id" in str(unlike(stage, ours, there.snapshot))
    there = stage.send(ours, there)
    assert unlike(stage, ours, there.snapshot) == []


def made_there_with_prices_including_tax(stage: Stage) -> tuple[Any, Any]:
    customer, item = stage.masters()
    code = codes(stage)["20.0% S"].remote_id
    detail = {
        "ItemRef": {"value": item},
        "Qty": 2,
        "UnitPrice": 60,
        "TaxCodeRef": {"value": code},
        "TaxInclusiveAmt": 120,
    }
    body = {
        "DocNumber": "THEIRS-1",
        "TxnDate": "2026-11-20",
        "CustomerRef": {"value": customer},
        "GlobalTaxCalculation": "TaxInclusive",
        "Line": [
            {"Amount": 100, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
        ],
    }
    made = stage.courier.caller.post("invoice", body)["Invoice"]
    (there,) = stage.connector.read([("Invoice", made["Id"])], stage.courier)
    return there, there.snapshot


def test_prices_including_tax_are_read_as_nets(open_stage: Books) -> None:
    stage = open_stage("uk")
    _, found = made_there_with_prices_including_tax(stage)
    assert (found.net, found.tax, found.total) == (100, 20, 120)
    assert [line.net for line in found.lines] == [100]
    assert [(each.net, each.tax) for each in found.taxes] == [(100, 20)]


def test_what_was_made_with_prices_including_tax_is_written_over_with_nets(
    open_stage: Books,
) -> None:
    stage = open_stage("uk")
    there, found = made_there_with_prices_including_tax(stage)
    # Something else only: their prices go on to include tax.
    worded = dataclasses.replace(found, message="Thank you")
    there = stage.send(worded, there)
    assert compared(stage.connector, worded, there.snapshot) == []
    assert there.raw["GlobalTaxCalculation"] == "TaxInclusive"
    (line,) = found.lines
    ours = dataclasses.replace(
        worded,
        lines=(dataclasses.replace(line, net=Decimal(50), unit_price=Decimal(25)),),
        net=Decimal(50),
        tax=Decimal("10.01"),
        total=Decimal("60.01"),
        home_total=Decimal("60.01"),
        taxes=(dataclasses.replace(found.taxes[0], net=Decimal(50), tax=Decimal("10.01")),),
    )
    there = stage.send(ours, there)
    assert compared(stage.connector, ours, there.snapshot) == []
    assert stage.balance(stage.account(Role.RECEIVABLE)) == Decimal("60.01")
