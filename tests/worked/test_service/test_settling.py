"""Allocations, refunds, what changes, what counts, and the receivable."""

from decimal import Decimal
from typing import Any

import pytest

from tests.worked.caller import DAY, KINDS, Caller, bodies, document, money
from tests.worked.service import Service

SOURCES = ("receipt", "credit")


def made_source(caller: Caller, kind: str, contact: str, amount: str = "100.00") -> str:
    if kind == "receipt":
        return f"/receipts/{caller.received(contact, amount)}"
    return f"/credits/{caller.sent('credit', contact, amount)}"


@pytest.mark.parametrize("kind", SOURCES)
def test_an_allocation_changes_both_and_a_second_one_adds_up(caller: Caller, kind: str) -> None:
    contact = caller.contact()
    source, invoice = made_source(caller, kind, contact), caller.sent("invoice", contact)
    versions = [caller.get(path)["version"] for path in (source, f"/invoices/{invoice}")]
    first = caller.settle(source, invoice, "33.33", "2026-11-28")
    assert first == {"invoice": invoice, "amount": "33.33", "dated": "2026-11-28"}
    second = caller.settle(source, invoice, "33.33", "2026-11-01")
    assert second == {"invoice": invoice, "amount": "66.66", "dated": "2026-11-28"}
    assert caller.get(f"{source}/allocations") == {"items": [second]}
    settled = caller.get(f"/invoices/{invoice}")
    paid, credited = ("66.66", "0.00") if kind == "receipt" else ("0.00", "66.66")
    assert (settled["paid"], settled["credited"], settled["open"]) == (paid, credited, "33.34")
    from_it = caller.get(source)
    assert (from_it["settled" if kind == "receipt" else "used"], from_it["open"]) == (
        "66.66",
        "33.34",
    )
    assert [from_it["version"], settled["version"]] == [one + 2 for one in versions]
    caller.settle(source, invoice, "33.34", "2026-12-01")
    assert caller.get(f"{source}/allocations")["items"][0]["dated"] == "2026-12-01"
    assert caller.get(source)["open"] == caller.get(f"/invoices/{invoice}")["open"] == "0.00"


@pytest.mark.parametrize("kind", SOURCES)
def test_beyond_what_is_open_on_either_side_is_422(caller: Caller, kind: str) -> None:
    contact = caller.contact()
    source, small = (
        made_source(caller, kind, contact, "50.00"),
        caller.sent("invoice", contact, "20.00"),
    )
    great, draft = (
        caller.sent("invoice", contact),
        caller.post("/invoices", document("invoice", contact))["id"],
    )
    path = f"{source}/allocations"
    for invoice, amount in ((small, "20.01"), (great, "50.01"), (draft, "1.00")):
        body = {"invoice": invoice, "amount": amount, "dated": DAY}
        assert caller.refusal("POST", path, body) == (422, "not_open", "amount")
    assert caller.get(path) == {"items": []}
    caller.settle(source, great, "50.00")
    body = {"invoice": small, "amount": "0.01", "dated": DAY}
    assert caller.refusal("POST", path, body) == (422, "not_open", "amount")


@pytest.mark.parametrize("kind", SOURCES)
def test_allocations_are_of_the_same_contact_and_currency(caller: Caller, kind: str) -> None:
    contact = caller.contact()
    source = made_source(caller, kind, contact)
    stranger = caller.sent("invoice", caller.contact("Bill"))
    foreign = caller.sent("invoice", contact, currency="USD", rate="0.900000")
    for invoice, code, field in (
        (stranger, "other_contact", "contact"),
        (foreign, "other_currency", "currency"),
        ("99", "unknown_invoice", "invoice"),
    ):
        body = {"invoice": invoice, "amount": "1.00", "dated": DAY}
        assert caller.refusal("POST", f"{source}/allocations", body) == (422, code, field)


@pytest.mark.parametrize("kind", SOURCES)
def test_the_whole_allocation_is_taken_off(caller: Caller, kind: str) -> None:
    contact = caller.contact()
    source, invoice = made_source(caller, kind, contact), caller.sent("invoice", contact)
    caller.settle(source, invoice, "10.00")
    caller.settle(source, invoice, "5.00")
    before = caller.get(source)["version"]
    caller.delete(f"{source}/allocations/{invoice}")
    assert caller.get(f"{source}/allocations") == {"items": []}
    assert caller.get(source)["version"] == before + 1
    assert caller.get(source)["open"] == caller.get(f"/invoices/{invoice}")["open"] == "100.00"
    assert caller.refusal("DELETE", f"{source}/allocations/{invoice}") == (404, "not_found", None)


@pytest.mark.parametrize("kind", SOURCES)
def test_what_is_settled_is_neither_ended_nor_deleted(caller: Caller, kind: str) -> None:
    contact = caller.contact()
    source, invoice = made_source(caller, kind, contact), caller.sent("invoice", contact)
    caller.settle(source, invoice, "10.00")
    end = f"{source}/{'cancel' if kind == 'receipt' else 'void'}"
    for path in (end, f"/invoices/{invoice}/void"):
        assert caller.refusal("POST", path) == (409, "settled", None)
    for path in (source, f"/invoices/{invoice}"):
        assert caller.refusal("DELETE", path) == (409, "in_use", None)
    caller.delete(f"{source}/allocations/{invoice}")
    caller.post(end)
    body = {"invoice": invoice, "amount": "1.00", "dated": DAY}
    assert caller.refusal("POST", f"{source}/allocations", body)[:2] == (422, "not_open")


def test_a_settled_receipt_keeps_its_amount_contact_and_currency(caller: Caller) -> None:
    contact, other = caller.contact(), caller.contact("Bill")
    receipt, invoice = caller.received(contact), caller.sent("invoice", contact)
    path = f"/receipts/{receipt}"
    caller.settle(path, invoice, "40.00")
    for change, refused in (
        ({"amount": "39.99"}, (422, "not_open", "amount")),
        ({"contact": other}, (409, "settled", "contact")),
        ({"currency": "USD"}, (409, "settled", "currency")),
    ):
        assert caller.refusal("PUT", path, change, If_Match="2") == refused
    assert caller.put(path, {"amount": "40.00"}, 2)["open"] == "0.00"


# --- refunds -----------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", SOURCES)
def test_a_refund_uses_up_what_it_refunds_until_it_is_cancelled(caller: Caller, kind: str) -> None:
    contact = caller.contact()
    source = made_source(caller, kind, contact)
    used = "settled" if kind == "receipt" else "used"
    of = {"kind": kind, "id": source.rpartition("/")[2]}
    before = caller.get(source)["version"]
    refund = caller.post("/refunds", money(contact, "60.00", of=of))["id"]
    after = caller.get(source)
    assert (after[used], after["open"], after["version"]) == ("60.00", "40.00", before + 1)
    refused = caller.refusal("POST", "/refunds", money(contact, "40.01", of=of))
    assert refused == (422, "not_open", "amount")
    end = f"{source}/{'cancel' if kind == 'receipt' else 'void'}"
    assert caller.refusal("POST", end) == (409, "settled", None)
    path = f"/refunds/{refund}"
    refused = caller.refusal("PUT", path, {"amount": "100.01"}, If_Match="1")
    assert refused == (422, "not_open", "amount")
    caller.put(path, {"amount": "100.00"}, 1)
    assert (caller.get(source)["open"], caller.get(source)["version"]) == ("0.00", before + 2)
    caller.put(path, {"remark": "x"}, 2)
    assert caller.get(source)["version"] == before + 2
    caller.post(f"{path}/cancel")
    assert (caller.get(source)["open"], caller.get(source)["version"]) == ("100.00", before + 3)
    caller.post(end)


def test_a_refund_is_of_the_contact_and_currency_of_what_it_refunds(caller: Caller) -> None:
    contact, other = caller.contact(), caller.contact("Bill")
    of = {"kind": "receipt", "id": caller.received(contact)}
    refused = caller.refusal("POST", "/refunds", money(other, of=of))
    assert refused == (422, "other_contact", "contact")
    body = money(contact, of=of, currency="USD")
    assert caller.refusal("POST", "/refunds", body) == (422, "other_currency", "currency")


def test_a_refund_moves_from_one_receipt_to_another(caller: Caller) -> None:
    contact = caller.contact()
    first, second = caller.received(contact), caller.received(contact, "50.00")
    of = {"kind": "receipt", "id": first}
    path = f"/refunds/{caller.post('/refunds', money(contact, '80.00', of=of))['id']}"
    to = {"of": {"kind": "receipt", "id": second}}
    assert caller.refusal("PUT", path, to, If_Match="1") == (422, "not_open", "amount")
    caller.put(path, {**to, "amount": "50.00"}, 1)
    opened = [caller.get(f"/receipts/{one}") for one in (first, second)]
    assert [(one["open"], one["version"]) for one in opened] == [("100.00", 3), ("0.00", 2)]


# --- changes, counts, receivable ---------------------------------------------------------------
def since(caller: Caller, when: str, after: int = 0) -> Any:
    return caller.get(f"/changes?since={when}&after={after}")


def test_changes_come_once_each_in_the_order_of_their_last(caller: Caller) -> None:
    begin = caller.get("/organisation")["now"]
    contact = caller.contact()
    receipt, invoice = caller.received(contact), caller.sent("invoice", contact)
    told = since(caller, begin)
    assert told["items"] == [
        {"kind": "contact", "id": contact, "version": 1},
        {"kind": "receipt", "id": receipt, "version": 1},
        {"kind": "invoice", "id": invoice, "version": 2},
    ]
    assert told["more"] is False
    caller.put(f"/contacts/{contact}", {"remark": "x"}, 1)
    later = since(caller, told["now"])["items"]
    assert later == [{"kind": "contact", "id": contact, "version": 2}]
    changed = caller.get(f"/contacts/{contact}")["changed_at"]
    assert since(caller, changed)["items"] == later


def test_an_allocation_is_a_change_of_both_and_a_deletion_is_not_told(caller: Caller) -> None:
    contact, gone = caller.contact(), caller.contact("Bill")
    receipt, invoice = caller.received(contact), caller.sent("invoice", contact)
    for take_off in (False, True):
        begin = caller.get("/organisation")["now"]
        if take_off:
            caller.delete(f"/receipts/{receipt}/allocations/{invoice}")
        else:
            caller.settle(f"/receipts/{receipt}", invoice, "1.00")
        assert {(one["kind"], one["id"]) for one in since(caller, begin)["items"]} == {
            ("receipt", receipt),
            ("invoice", invoice),
        }
    begin = caller.get("/organisation")["now"]
    caller.delete(f"/contacts/{gone}")
    assert since(caller, begin)["items"] == []


def test_changes_come_100_a_page_and_what_changes_meanwhile_moves_to_the_end(
    service: Service, caller: Caller
) -> None:
    begin = caller.get("/organisation")["now"]
    for at in range(101):
        service.act("POST", "/contacts", {"name": f"Contact {at}"}, caller.organisation)
    first = since(caller, begin)
    assert (len(first["items"]), first["more"]) == (100, True)
    assert [one["id"] for one in since(caller, begin, 100)["items"]] == ["101"]
    service.act("PUT", "/contacts/1", {"remark": "x"}, caller.organisation)
    second = since(caller, begin, 100)
    assert second["items"] == [{"kind": "contact", "id": "1", "version": 2}]
    assert second["more"] is False


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ("", "missing", "since"),
        ("since=2026-11-28", "not_understood", "since"),
        ("since=2026-11-28T10:00:00Z", "not_understood", "since"),
        ("since=2026-13-28T10:00:00.000000Z", "not_understood", "since"),
    ],
)
def test_changes_want_a_time(caller: Caller, query: str, code: str, field: str) -> None:
    assert caller.refusal("GET", f"/changes?{query}") == (400, code, field)


def test_no_two_changes_bear_the_same_time_though_the_clock_goes_back(
    service: Service, caller: Caller
) -> None:
    times = [caller.post("/contacts", {"name": "Amy"})["changed_at"]]
    service.move_clock(-100)
    times += [caller.post("/contacts", {"name": "Amy"})["changed_at"] for _ in range(2)]
    assert times == sorted(set(times))


def test_counts_are_of_what_is_not_deleted(caller: Caller) -> None:
    made = {kind: caller.post(f"/{kind}s", body)["id"] for kind, body in bodies(caller).items()}
    counts = caller.get("/counts")
    assert counts == {**dict.fromkeys(KINDS, 1), "contact": 2, "receipt": 2}
    caller.put(f"/contacts/{made['contact']}", {"archived": True}, 1)
    caller.post(f"/invoices/{made['invoice']}/void")
    caller.post(f"/refunds/{made['refund']}/cancel")
    assert caller.get("/counts") == counts
    caller.delete(f"/credits/{made['credit']}")
    assert caller.get("/counts") == {**counts, "credit": 0}


def test_the_receivable_is_exact_by_currency_and_day(service: Service, caller: Caller) -> None:
    contact = caller.contact()
    invoice = caller.sent("invoice", contact, "100.10", dated="2026-11-01")
    caller.sent("invoice", contact, "50.05", dated="2026-11-02", currency="JPY", rate="0.006000")
    caller.post("/invoices", document("invoice", contact, "999.00", dated="2026-11-01"))
    caller.sent("credit", contact, "0.20", dated="2026-11-02")
    receipt = caller.received(contact, "100.00", dated="2026-11-03")
    of = {"kind": "receipt", "id": receipt}
    refund = caller.post("/refunds", money(contact, "0.30", of=of, dated="2026-11-04"))["id"]
    caller.settle(f"/receipts/{receipt}", invoice, "99.00", "2026-11-09")

    def owed(day: str) -> Any:
        return caller.get(f"/receivable?dated={day}")

    assert owed("2026-10-31") == {}
    assert owed("2026-11-01") == {"EUR": "100.10"}
    assert owed("2026-11-02") == {"EUR": "99.90", "JPY": "50.05"}
    assert owed("2026-11-03") == {"EUR": "-0.10", "JPY": "50.05"}
    assert owed("2026-11-04") == {"EUR": "0.20", "JPY": "50.05"}
    caller.post(f"/refunds/{refund}/cancel")
    assert service.receivable(caller.organisation, "2026-11-04") == {
        "EUR": Decimal("-0.10"),
        "JPY": Decimal("50.05"),
    }
    assert caller.refusal("GET", "/receivable") == (400, "missing", "dated")
