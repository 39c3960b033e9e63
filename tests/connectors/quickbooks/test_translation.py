"""What we write reads back as what was written, and theirs are read as they are."""

import dataclasses
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors.figures import with_decimals
from apps.connectors.port import Push, RemoteObject
from apps.connectors.quickbooks.documents import projected_line
from apps.connectors.quickbooks.objects import ENTITY, object_of, objects_of
from apps.connectors.quickbooks.rules import project
from apps.connectors.quickbooks.taxes import NONE
from apps.connectors.quickbooks.wire import dump, figure, moment
from apps.connectors.quickbooks.writes import write_of
from apps.connectors.snapshots import (
    AllocationSnapshot,
    CreditNoteSnapshot,
    InvoiceSnapshot,
    Kind,
    Line,
    PaymentSnapshot,
    Snapshot,
    TaxAmount,
    differences,
    kind_of,
)
from apps.core.money import rounded
from tests.connectors.quickbooks.strategies import (
    credit_notes,
    customers,
    invoices,
    items,
    payments,
    taxed_invoices,
)
from tests.connectors.quickbooks.test_faults import sample

HOME = "USD"


def through(snapshot: Snapshot, regime: str = NONE) -> RemoteObject:
    """Written, sent as bytes, and read as a service would answer that adds what it works out."""
    push = Push(ref=1, kind=kind_of(snapshot), snapshot=snapshot, identity="1-1-1")
    item = write_of(push, HOME, regime)
    assert item is not None
    answer: dict[str, Any] = {**json.loads(dump(item.body)), "Id": "7", "SyncToken": "0"}
    if isinstance(snapshot, InvoiceSnapshot | CreditNoteSnapshot):
        total = sum((figure(line.get("Amount")) for line in answer["Line"]), Decimal(0))
        gross = total + figure(answer.get("TxnTaxDetail", {}).get("TotalTax"))
        answer["TotalAmt"] = float(gross)
        if "ExchangeRate" in answer:
            worth = rounded(gross * figure(answer["ExchangeRate"]), HOME)
            answer["HomeTotalAmt"] = float(worth)
        answer["Line"].append({"Amount": float(total), "DetailType": "SubTotalLineDetail"})
    if answer.get("Active") is False:
        name = "DisplayName" if "DisplayName" in answer else "Name"
        answer[name] += " (deleted)"
    return objects_of(ENTITY[push.kind], answer, HOME)[0]


def unlike(ours: Snapshot, theirs: Snapshot | None, regime: str = NONE) -> list[str]:
    found = differences(project(ours, regime), project(theirs, regime)) if theirs else ()
    assert theirs is not None
    return [f"{each.path}: {each.ours!r} / {each.theirs!r}" for each in found]


def bytes_of(snapshot: Snapshot, regime: str) -> bytes:
    push = Push(ref=1, kind=kind_of(snapshot), snapshot=snapshot, identity="1-1-1")
    item = write_of(push, HOME, regime)
    assert item is not None
    return dump(item.body)


def as_stored(value: Any) -> Any:
    """With the noughts behind that our columns give each figure."""
    if isinstance(value, Decimal):
        return value + Decimal("0E-10")
    if isinstance(value, tuple):
        return tuple(as_stored(each) for each in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        held = {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
        return dataclasses.replace(value, **{name: as_stored(each) for name, each in held.items()})
    return value


@given(st.one_of(items, invoices(), credit_notes(), payments(), taxed_invoices()))
def test_how_many_noughts_a_figure_bears_is_nothing_to_the_bytes_of_a_write(drawn: Any) -> None:
    regime, snapshot = drawn if isinstance(drawn, tuple) else (NONE, drawn)
    stored = as_stored(snapshot)
    assert str(stored) != str(with_decimals(stored, HOME)) or "Decimal" not in str(snapshot)
    assert bytes_of(stored, regime) == bytes_of(with_decimals(stored, HOME), regime)


@given(customers)
def test_a_customer_reads_back_as_written(ours: Any) -> None:
    there = through(ours)
    assert [each for each in unlike(ours, there.snapshot) if not each.startswith("currency")] == []
    assert there.marker == ours.marker


@given(items)
def test_an_item_reads_back_as_written(ours: Any) -> None:
    assert unlike(ours, through(ours).snapshot) == []


@given(invoices())
def test_an_invoice_reads_back_as_written(ours: InvoiceSnapshot) -> None:
    there = through(ours)
    left_open = ("due_date", "terms_id")  # theirs to fill in where we say nothing
    found = unlike(ours, there.snapshot)
    assert [each for each in found if not each.startswith(left_open)] == []
    assert there.marker == ours.marker


def test_a_price_that_no_float_holds_is_one_that_it_does() -> None:
    """999,999.96 for 0.0013 of something is 769,230,738.461538… each: 16 digits with seven decimals."""
    line = Line(key="1", net=Decimal("999999.96"), quantity=Decimal("0.0013"), item_id="3")
    held = projected_line(line, "USD")
    assert (held.quantity, held.unit_price) == (Decimal("0.0013"), Decimal("769230738.461538"))
    assert Decimal(repr(float(held.unit_price))) == held.unit_price


@given(credit_notes())
def test_a_credit_note_reads_back_as_written(ours: CreditNoteSnapshot) -> None:
    assert unlike(ours, through(ours).snapshot) == []


@given(taxed_invoices())
def test_a_taxed_invoice_in_any_currency_reads_back_as_written(
    taxed: tuple[str, InvoiceSnapshot],
) -> None:
    regime, ours = taxed
    there = through(ours, regime)
    left_open = ("due_date", "terms_id")
    found = unlike(ours, there.snapshot, regime)
    assert [each for each in found if not each.startswith(left_open)] == []
    again = Push(ref=1, kind=Kind.INVOICE, snapshot=ours, identity="1-1-1", known=there)
    assert write_of(again, HOME, regime) is None


@given(taxed_invoices())
def test_tax_and_rate_go_along_with_every_change(taxed: tuple[str, InvoiceSnapshot]) -> None:
    """A service that takes the fields of an update as they are keeps what both sides agree on."""
    regime, ours = taxed
    there = through(ours, regime)
    for message in ("Another message", ""):
        changed = dataclasses.replace(ours, message=message)
        push = Push(ref=1, kind=Kind.INVOICE, snapshot=changed, identity="1-1-1", known=there)
        item = write_of(push, HOME, regime)
        if item is None:
            continue
        sent = json.loads(dump(item.body))
        for name in ("TxnTaxDetail", "GlobalTaxCalculation", "CurrencyRef", "ExchangeRate"):
            assert (sent.get(name) or None) == (there.raw.get(name) or None), name
        figures = {name: there.raw[name] for name in _WORKED_OUT if name in there.raw}
        body = {**(there.raw if sent["sparse"] else {}), **sent, **figures}
        there = objects_of("Invoice", body, HOME)[0]
        found = unlike(changed, there.snapshot, regime)
        assert [each for each in found if not each.startswith(("due_date", "terms_id"))] == []


_WORKED_OUT = ("TotalAmt", "HomeTotalAmt")


@given(payments())
def test_a_payment_reads_back_as_written(ours: PaymentSnapshot) -> None:
    there = through(ours)
    assert unlike(ours, there.snapshot) == []
    assert there.marker == ours.marker


@given(invoices())
def test_every_line_sent_is_its_quantity_times_its_price(ours: InvoiceSnapshot) -> None:
    """QuickBooks refuses any other with code 6070."""
    raw = through(ours).raw
    for line in raw["Line"]:
        detail = line.get("SalesItemLineDetail")
        if detail:
            product = figure(detail["Qty"]) * figure(detail["UnitPrice"])
            assert abs(product - figure(line["Amount"])) <= Decimal("0.005")


@given(invoices() | payments() | customers | items)
def test_to_hold_is_to_hold_again(ours: Snapshot) -> None:
    assert project(project(ours)) == project(ours)


@given(invoices() | payments() | customers | items)
def test_what_stands_there_already_needs_no_write(ours: Snapshot) -> None:
    there = through(ours)
    push = Push(ref=1, kind=kind_of(ours), snapshot=ours, identity="1-1-1", known=there)
    assert write_of(push, HOME) is None


@given(payments())
def test_a_kept_part_gives_the_same_part_again(ours: PaymentSnapshot) -> None:
    raw = through(ours).raw
    for each in objects_of("Payment", raw, HOME):
        stored = json.loads(json.dumps(each.raw))
        assert object_of("Payment", stored, HOME) == each


# --- Theirs -------------------------------------------------------------------------------------


def test_a_recorded_invoice_is_read_as_it_is() -> None:
    (there,) = objects_of("Invoice", json.loads(sample("invoice.json"))["Invoice"], HOME)
    found = there.snapshot
    assert isinstance(found, InvoiceSnapshot)
    assert (found.number, found.net, found.tax, found.total) == ("INV-1001", 200, 16, 216)
    # Their `TAX` line is under the code of the document.
    assert [line.tax_code_id for line in found.lines] == ["2"]
    assert found.taxes == (TaxAmount(rate_id="3", net=Decimal(200), tax=Decimal(16)),)
    assert (there.balance, there.void, there.version) == (66, False, "2")
    assert [(line.net, line.quantity, line.item_id, line.account_id) for line in found.lines] == [
        (200, 2, "31", "79")
    ]
    assert [(link.kind, link.remote_id) for link in there.links] == [
        ("Payment", "203"),
        ("Payment", "204"),
    ]


def test_a_recorded_payment_is_read_with_its_allocation() -> None:
    source = json.loads(sample("payment.json"))["Payment"]
    payment, part = objects_of("Payment", source, HOME)
    assert isinstance(payment.snapshot, PaymentSnapshot)
    assert (payment.amount, payment.balance, payment.snapshot.reference) == (100, 0, "TRX-77")
    assert (part.part, part.of_kind, part.links[0].remote_id) == (
        "Invoice:201",
        Kind.ALLOCATION,
        "201",
    )


def test_a_recorded_use_of_a_credit_is_no_money() -> None:
    source = json.loads(sample("payment-credit-allocation.json"))["Payment"]
    (there,) = objects_of("Payment", source, HOME)
    assert there.of_kind is Kind.ALLOCATION
    assert isinstance(there.snapshot, AllocationSnapshot)
    assert (there.snapshot.source_id, there.snapshot.target_id) == ("202", "201")
    assert there.snapshot.amount == 50


def linked(amount: float, kind: str, remote_id: str) -> dict[str, Any]:
    return {"Amount": amount, "LinkedTxn": [{"TxnId": remote_id, "TxnType": kind}]}


def payment_json(total: float, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    head = {"Id": "9", "SyncToken": "0", "TxnDate": "2026-03-03", "CustomerRef": {"value": "1"}}
    return {**head, "TotalAmt": total, "Line": list(lines), **more}


def test_credits_fill_invoices_in_order_and_then_the_money_does() -> None:
    source = payment_json(
        45,
        linked(50, "Invoice", "1"),
        linked(30, "CreditMemo", "7"),
        linked(40, "Invoice", "2"),
        linked(25, "CreditMemo", "8"),
        UnappliedAmt=10,
    )
    payment, *parts = objects_of("Payment", source, HOME)
    assert isinstance(payment.snapshot, PaymentSnapshot)
    assert [(each.target_id, each.amount) for each in payment.snapshot.allocations] == [("2", 35)]
    found = {
        part.part: part.snapshot.amount
        for part in parts
        if isinstance(part.snapshot, AllocationSnapshot)
    }
    assert found == {
        "Invoice:2": 35,
        "CreditMemo:7>Invoice:1": 30,
        "CreditMemo:8>Invoice:1": 20,
        "CreditMemo:8>Invoice:2": 5,
    }


def test_a_use_of_credits_that_does_not_add_up_is_shown_and_not_guessed() -> None:
    source = payment_json(0, linked(50, "Invoice", "1"), linked(30, "CreditMemo", "7"))
    (there,) = objects_of("Payment", source, HOME)
    assert (there.of_kind, there.snapshot) == (None, None)


@pytest.mark.parametrize("kind", ["Category", "Group", "Bundle"])
def test_an_item_that_no_line_can_name_is_none_of_ours(kind: str) -> None:
    (there,) = objects_of("Item", {"Id": "3", "Name": "Things", "Type": kind}, HOME)
    assert (there.of_kind, there.snapshot, there.name) == (None, None, "Things")


def test_a_discount_and_a_bundle_are_lines_with_their_amounts() -> None:
    source = {
        "Id": "5",
        "TxnDate": "2026-01-01",
        "TotalAmt": 95,
        "Line": [
            {
                "DetailType": "GroupLineDetail",
                "GroupLineDetail": {
                    "Line": [
                        {
                            "Id": "2",
                            "Amount": 100,
                            "DetailType": "SalesItemLineDetail",
                            "SalesItemLineDetail": {"ItemRef": {"value": "1"}},
                        }
                    ]
                },
            },
            {"Amount": 100, "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}},
            {
                "Amount": 5,
                "DetailType": "DiscountLineDetail",
                "DiscountLineDetail": {"DiscountAccountRef": {"value": "19"}},
            },
        ],
    }
    (there,) = objects_of("Invoice", source, HOME)
    assert isinstance(there.snapshot, InvoiceSnapshot)
    assert [(line.net, line.account_id) for line in there.snapshot.lines] == [(100, ""), (-5, "19")]
    assert there.snapshot.net == 95


def test_a_total_of_nil_is_a_void_only_where_the_memo_says_so() -> None:
    nil = {"Id": "5", "TxnDate": "2026-01-01", "TotalAmt": 0, "Line": []}
    assert not objects_of("Invoice", nil, HOME)[0].void
    assert objects_of("Invoice", {**nil, "PrivateNote": "Voided - by Petra"}, HOME)[0].void
    typed = {**nil, "TotalAmt": 5, "PrivateNote": "Voided the old one"}
    assert not objects_of("Invoice", typed, HOME)[0].void


def test_figures_keep_their_digits_and_times_become_utc() -> None:
    assert dump({"a": Decimal("1000.10"), "b": Decimal("-0.00"), "c": "é", "d": [True, None]}) == (
        '{"a":1000.1,"b":0,"c":"é","d":[true,null]}'.encode()
    )
    assert figure(json.loads("99999999999.99")) == Decimal("99999999999.99")
    found = moment("2026-03-02T09:15:04.512-08:00")
    assert found is not None
    assert found.isoformat() == "2026-03-02T17:15:04.512000+00:00"
