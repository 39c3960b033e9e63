"""Edits, voids and un-applying: ours arrive, and what is theirs to keep stays."""

import dataclasses
import json
from datetime import date
from decimal import Decimal

import pytest

from apps.connectors.errors import OutcomeUnknown, RecordRefused, RemoteIsNewer
from apps.connectors.port import RemoteObject, Reply, Request, Role
from apps.connectors.snapshots import (
    Address,
    CustomerSnapshot,
    InvoiceSnapshot,
    ItemSnapshot,
    Kind,
)
from tests.contract.stage import Stage
from tests.contract.test_what_arrives import compared


def invoice_there(stage: Stage, *nets: str) -> tuple[InvoiceSnapshot, RemoteObject]:
    customer, item = stage.masters()
    ours = stage.invoice(
        f"INV-{next(stage.refs)}", customer, stage.lines(item, *(nets or ("100.00",)))
    )
    return ours, stage.send(ours)


def test_a_customer_is_changed_and_what_others_wrote_stays(stage: Stage) -> None:
    ours = stage.customer()
    there = stage.send(ours)
    stage.courier.caller.post(
        "customer",
        {
            "Id": there.remote_id,
            "SyncToken": there.version,
            "sparse": True,
            "GivenName": "Petra",
            "CompanyName": "Brass and Oak Holding",
        },
    )
    changed = dataclasses.replace(ours, name="Brass & Oak plc", email="new@brass.example")
    there = stage.send(changed, stage.again(there))
    assert compared(stage.connector, changed, there.snapshot) == []
    assert there.raw["GivenName"] == "Petra"
    assert there.raw["CompanyName"] == "Brass and Oak Holding"
    assert there.marker == ours.marker


def test_a_field_is_cleared_and_the_rest_stays(stage: Stage) -> None:
    ours = stage.customer()
    there = stage.send(ours)
    stage.courier.caller.post(
        "customer",
        {"Id": there.remote_id, "SyncToken": there.version, "sparse": True, "GivenName": "Petra"},
    )
    bare = dataclasses.replace(ours, email="", phone="", address=Address())
    there = stage.send(bare, stage.again(there))
    assert compared(stage.connector, bare, there.snapshot) == []
    assert there.raw["GivenName"] == "Petra"


@pytest.mark.parametrize("kind", [Kind.CUSTOMER, Kind.ITEM])
def test_a_master_is_made_inactive_and_active_again_under_its_name(
    stage: Stage, kind: Kind
) -> None:
    ours: CustomerSnapshot | ItemSnapshot = (
        stage.customer() if kind is Kind.CUSTOMER else stage.item()
    )
    there = stage.send(ours)
    asleep = dataclasses.replace(ours, active=False)
    there = stage.send(asleep, there)
    assert compared(stage.connector, asleep, there.snapshot) == []
    there = stage.send(ours, stage.again(there))
    assert compared(stage.connector, ours, there.snapshot) == []


def test_a_price_is_changed_and_the_account_of_an_item_stays(stage: Stage) -> None:
    ours = stage.item()
    there = stage.send(ours)
    changed = dataclasses.replace(
        ours, unit_price=Decimal("99.95"), account_id=stage.account(Role.LIABILITY)
    )
    there = stage.send(changed, there)
    assert there.snapshot == dataclasses.replace(
        stage.connector.project(changed), marker="", account_id=ours.account_id
    )


def test_nothing_to_say_costs_no_call(stage: Stage) -> None:
    ours, there = invoice_there(stage)
    calls = len(stage.courier.sent)
    assert stage.outcome(ours, there).remote[0] == there
    assert len(stage.courier.sent) == calls


def test_a_document_recoded_by_hand_survives_what_we_send(stage: Stage) -> None:
    ours, there = invoice_there(stage, "100.00", "20.00")
    caller = stage.courier.caller
    other_item = stage.send(stage.item("OTHER", "Other work")).remote_id
    klass = caller.post("class", {"Name": "North"})["Class"]["Id"]
    lines = [line for line in there.raw["Line"] if line["DetailType"] == "SalesItemLineDetail"]
    lines[0]["SalesItemLineDetail"]["ItemRef"] = {"value": other_item}
    lines[1]["SalesItemLineDetail"]["ClassRef"] = {"value": klass}
    recoded = {**there.raw, "Line": lines, "PrivateNote": "Checked by Petra"}
    for computed in ("LinkedTxn", "MetaData", "TxnTaxDetail"):
        recoded.pop(computed, None)
    caller.post("invoice", recoded)

    there = stage.again(there)
    for message in ("One", "Two", ""):
        changed = dataclasses.replace(ours, message=message, due_date=date(2027, 1, 31))
        there = stage.send(changed, there)
        assert compared(stage.connector, changed, there.snapshot) == []
    details = [line.get("SalesItemLineDetail", {}) for line in there.raw["Line"]]
    assert details[0]["ItemRef"]["value"] == other_item
    assert details[1]["ClassRef"]["value"] == klass
    assert there.raw["PrivateNote"] == "Checked by Petra"


def test_amounts_are_put_back_where_a_line_was_changed_by_hand(stage: Stage) -> None:
    ours, there = invoice_there(stage, "100.00", "20.00")
    lines = [line for line in there.raw["Line"] if line["DetailType"] == "SalesItemLineDetail"]
    klass = stage.courier.caller.post("class", {"Name": "North"})["Class"]["Id"]
    lines[0]["Amount"] = 90
    lines[0]["SalesItemLineDetail"] |= {"UnitPrice": 45, "ClassRef": {"value": klass}}
    lines[1]["SalesItemLineDetail"] |= {"Qty": 4, "UnitPrice": 5}
    body = {**there.raw, "Line": lines}
    body.pop("TxnTaxDetail", None)
    stage.courier.caller.post("invoice", body)
    there = stage.send(ours, stage.again(there))
    assert compared(stage.connector, ours, there.snapshot) == []
    assert there.amount == Decimal("120.00")
    # The class stays on the line that is put right, and a line of the right amount stays whole.
    details = [line.get("SalesItemLineDetail", {}) for line in there.raw["Line"]]
    assert details[0]["ClassRef"]["value"] == klass
    assert (details[1]["Qty"], details[1]["UnitPrice"]) == (4, 5)


def test_a_stale_version_is_told_and_nothing_is_lost(stage: Stage) -> None:
    ours, there = invoice_there(stage)
    stage.courier.caller.post(
        "invoice",
        {
            "Id": there.remote_id,
            "SyncToken": there.version,
            "sparse": True,
            "CustomerRef": {"value": ours.customer_id},
            "PrivateNote": "Hands off",
        },
    )
    changed = dataclasses.replace(ours, message="Another message")
    with pytest.raises(RemoteIsNewer):
        stage.send(changed, there)
    assert stage.again(there).raw["PrivateNote"] == "Hands off"


@pytest.mark.parametrize("kind", [Kind.INVOICE, Kind.CREDIT_NOTE])
def test_a_void_keeps_its_number_and_leaves_the_books_at_nil(stage: Stage, kind: Kind) -> None:
    customer, item = stage.masters()
    make = stage.invoice if kind is Kind.INVOICE else stage.credit_note
    ours = make("NR-1", customer, stage.lines(item, "100.00", "0.55"))
    there = stage.send(ours)
    void = dataclasses.replace(ours, void=True)
    there = stage.send(void, there)
    assert (there.void, there.number, there.amount, there.balance) == (True, "NR-1", 0, 0)
    assert compared(stage.connector, void, there.snapshot) == []
    assert there.marker == ours.marker
    assert stage.balance(stage.account(Role.RECEIVABLE)) == 0
    assert stage.balance(stage.account(Role.INCOME)) == 0
    # A second one has nothing to do, and one that is void is not brought back.
    assert stage.outcome(void, there).error is None
    with pytest.raises(RecordRefused):
        stage.send(ours, there)


def test_what_is_paid_is_not_voided(stage: Stage) -> None:
    ours, there = invoice_there(stage)
    stage.send(stage.payment(ours.customer_id, "10.00", {there.remote_id: "10.00"}))
    there = stage.again(there)
    calls = len(stage.courier.sent)
    with pytest.raises(RecordRefused):
        stage.send(dataclasses.replace(ours, void=True), there)
    assert len(stage.courier.sent) == calls


def test_a_void_that_the_answer_does_not_confirm_is_unknown(stage: Stage) -> None:
    """QuickBooks has been seen to answer a void with the object as it was."""
    ours, there = invoice_there(stage)

    def unchanged(request: Request, reply: Reply) -> Reply:
        (item,) = json.loads(request.body)["BatchItemRequest"]
        body = {"BatchItemResponse": [{"bId": item["bId"], "Invoice": there.raw}], "time": "now"}
        return dataclasses.replace(reply, body=json.dumps(body).encode())

    stage.courier.meddle_once(unchanged)
    error = stage.outcome(dataclasses.replace(ours, void=True), there).error
    assert isinstance(error, OutcomeUnknown)


def test_a_payment_is_applied_later_and_un_applied(stage: Stage) -> None:
    ours, invoice = invoice_there(stage)
    customer = ours.customer_id
    on_account = stage.payment(customer, "70.00", {})
    there = stage.send(on_account)
    assert there.balance == Decimal("70.00")

    applied = dataclasses.replace(
        on_account,
        allocations=stage.payment(customer, "70.00", {invoice.remote_id: "60.00"}).allocations,
    )
    there = stage.send(applied, there)
    assert compared(stage.connector, applied, there.snapshot) == []
    assert stage.again(invoice).balance == Decimal("40.00")

    there = stage.send(on_account, there)
    assert compared(stage.connector, on_account, there.snapshot) == []
    assert stage.again(invoice).balance == Decimal("100.00")


def test_a_reference_is_changed_and_what_was_applied_stays(stage: Stage) -> None:
    ours, invoice = invoice_there(stage)
    payment = stage.payment(ours.customer_id, "70.00", {invoice.remote_id: "60.00"})
    there = stage.send(payment)
    for reference in ("TRX-2", ""):
        changed = dataclasses.replace(payment, reference=reference)
        there = stage.send(changed, there)
        assert compared(stage.connector, changed, there.snapshot) == []
    assert stage.again(invoice).balance == Decimal("40.00")


def test_a_cancelled_payment_reopens_its_invoice(stage: Stage) -> None:
    ours, invoice = invoice_there(stage)
    payment = stage.payment(ours.customer_id, "60.00", {invoice.remote_id: "60.00"})
    there = stage.send(payment)
    cancelled = dataclasses.replace(payment, cancelled=True)
    there = stage.send(cancelled, there)
    assert (there.void, there.amount, there.of_kind) == (True, 0, Kind.PAYMENT)
    assert compared(stage.connector, cancelled, there.snapshot) == []
    assert stage.again(invoice).balance == Decimal("100.00")
    assert stage.balance(stage.account(Role.BANK)) == 0


def test_the_use_of_a_credit_is_taken_back(stage: Stage) -> None:
    ours, invoice = invoice_there(stage)
    _, item = stage.masters()
    credit = stage.send(stage.credit_note("CN-1", ours.customer_id, stage.lines(item, "60.00")))
    use = stage.use_of_credit(ours.customer_id, credit.remote_id, invoice.remote_id, "60.00")
    there = stage.send(use)
    there = stage.send(dataclasses.replace(use, cancelled=True), there)
    assert (there.of_kind, there.void) == (Kind.ALLOCATION, True)
    assert stage.again(invoice).balance == Decimal("100.00")
    assert stage.again(credit).balance == Decimal("60.00")
