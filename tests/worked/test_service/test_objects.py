"""Objects: what is written, found, changed, told as changed and deleted."""

import re
from typing import Any

import pytest

from tests.worked.caller import DAY, KINDS, TIME, Caller, bodies, document, line, money
from tests.worked.service import Service


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_made_read_and_numbered(caller: Caller, kind: str) -> None:
    body = bodies(caller)[kind]
    answer = caller.call("POST", f"/{kind}s", body)
    made = answer.json()
    assert answer.status_code == 201
    assert body.items() <= {**made, "lines": body.get("lines")}.items()
    assert made["version"] == 1
    assert re.fullmatch(TIME, made["changed_at"])
    assert made["remark"] == ""
    assert caller.get(f"/{kind}s/{made['id']}") == made
    again = caller.post(f"/{kind}s", body)
    assert int(again["id"]) == int(made["id"]) + 1
    assert caller.refusal("GET", f"/{kind}s/99") == (404, "not_found", None)


def test_each_kind_has_the_fields_of_the_page(caller: Caller) -> None:
    had = {"id", "version", "changed_at", "remark"}
    address = {"email", "phone", "street", "city", "postcode", "country"}
    paper = {"number", "contact", "dated", "currency", "rate", "lines", "net", "tax", "total"}
    paid = {"contact", "dated", "currency", "rate", "amount", "state"}
    made = {kind: caller.post(f"/{kind}s", body) for kind, body in bodies(caller).items()}
    assert set(made["contact"]) == had | address | {"name", "archived"}
    assert set(made["product"]) == had | {"code", "name", "price", "archived"}
    settled = {"due", "state", "paid", "credited", "open"}
    assert set(made["invoice"]) == had | paper | settled
    assert set(made["credit"]) == had | paper | {"state", "used", "open"}
    assert set(made["receipt"]) == had | paid | {"method", "reference", "settled", "open"}
    assert set(made["refund"]) == had | paid | {"of"}
    assert set(made["invoice"]["lines"][0]) == {
        "product",
        "text",
        "quantity",
        "price",
        "net",
        "tax_percent",
        "tax",
    }
    states = {kind: made[kind].get("state") for kind in KINDS}
    assert states["invoice"] == states["credit"] == "draft"
    assert states["receipt"] == states["refund"] == "standing"


@pytest.mark.parametrize("kind", KINDS)
def test_a_number_or_name_is_taken_twice_and_a_request_sent_twice_executed_twice(
    caller: Caller, kind: str
) -> None:
    body = bodies(caller)[kind]
    before = caller.get("/counts")[kind]
    first, second = caller.post(f"/{kind}s", body), caller.post(f"/{kind}s", body)
    assert first["id"] != second["id"]
    assert caller.get("/counts")[kind] == before + 2


@pytest.mark.parametrize(
    ("kind", "field", "longest", "shortest"),
    [
        ("contact", "name", 80, 1),
        ("contact", "remark", 200, 0),
        ("contact", "email", 200, 0),
        ("product", "code", 30, 1),
        ("product", "name", 80, 1),
        ("invoice", "number", 20, 1),
        ("credit", "number", 20, 1),
        ("receipt", "method", 40, 0),
        ("receipt", "reference", 12, 0),
        ("refund", "remark", 200, 0),
    ],
)
def test_texts_have_the_lengths_of_the_page(
    caller: Caller, kind: str, field: str, longest: int, shortest: int
) -> None:
    body = bodies(caller)[kind]
    path = f"/{kind}s"
    full = "é" * longest
    assert caller.post(path, {**body, field: full})[field] == full
    assert caller.post(path, {**body, field: "x" * shortest})[field] == "x" * shortest
    refused = caller.refusal("POST", path, {**body, field: full + "x"})
    assert refused == (400, "not_understood", field)
    if shortest:
        assert caller.refusal("POST", path, {**body, field: ""}) == (400, "not_understood", field)


@pytest.mark.parametrize("wrong", [12, 12.5, "12", "12.0", "12.000", "1,200.00", "012.00", "+1.00"])
@pytest.mark.parametrize(("kind", "field"), [("receipt", "amount"), ("invoice", "total")])
def test_money_is_text_with_exactly_two_decimals(
    caller: Caller, kind: str, field: str, wrong: object
) -> None:
    body = {**bodies(caller)[kind], field: wrong}
    assert caller.refusal("POST", f"/{kind}s", body) == (400, "not_understood", field)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("amount", "-0.00"),
        ("amount", "1.٠٠"),
        ("amount", None),
        ("dated", "2026-02-29"),
        ("dated", "28.11.2026"),
        ("dated", "2026-11-28T00:00"),
        ("currency", "eur"),
        ("rate", "1"),
        ("rate", "1.00"),
        ("rate", "0.000000"),
        ("contact", 1),
    ],
)
def test_what_is_not_written_as_the_page_says_is_400(
    caller: Caller, field: str, wrong: object
) -> None:
    body = money(caller.contact())
    refused = caller.refusal("POST", "/receipts", {**body, field: wrong})
    assert refused == (400, "not_understood", field)
    assert caller.get("/counts")["receipt"] == 0


@pytest.mark.parametrize("field", ["id", "version", "state", "settled", "open", "memo"])
def test_what_is_not_to_be_written_is_400(caller: Caller, field: str) -> None:
    body = {**money(caller.contact()), field: "1"}
    assert caller.refusal("POST", "/receipts", body) == (400, "unknown_field", field)


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_that_must_come_is_missed(caller: Caller, kind: str) -> None:
    body = bodies(caller)[kind]
    for field in body:
        less = {name: told for name, told in body.items() if name != field}
        assert caller.refusal("POST", f"/{kind}s", less) == (400, "missing", field)


@pytest.mark.parametrize("kind", ["invoice", "credit"])
@pytest.mark.parametrize(
    ("figures", "field"),
    [
        ({"net": "99.99"}, "net"),
        ({"tax": "23.01"}, "tax"),
        ({"total": "123.01"}, "total"),
        ({"total": "100.00"}, "total"),
    ],
)
def test_sums_that_are_a_cent_apart_are_422(
    caller: Caller, kind: str, figures: dict[str, str], field: str
) -> None:
    lines = [line("33.33", "7.67"), line("66.67", "15.33")]
    right = {"lines": lines, "net": "100.00", "tax": "23.00", "total": "123.00"}
    body = {**document(kind, caller.contact()), **right}
    made = caller.post(f"/{kind}s", body)
    assert caller.refusal("POST", f"/{kind}s", {**body, **figures}) == (422, "sums", field)
    path = f"/{kind}s/{made['id']}"
    assert caller.refusal("PUT", path, figures, If_Match="1") == (422, "sums", field)
    assert caller.get(path) == made


def test_lines_are_believed_and_may_be_negative_a_total_may_not(caller: Caller) -> None:
    body = document("invoice", caller.contact())
    lines = [line("100.00", price="7", quantity="3.123456"), line("-30.00")]
    kept = caller.post("/invoices", {**body, "lines": lines, "net": "70.00", "total": "70.00"})
    assert kept["lines"][0]["price"] == "7"
    assert kept["lines"][0]["tax_percent"] is None
    below = {"lines": [line("-0.01")], "net": "-0.01", "total": "-0.01"}
    assert caller.refusal("POST", "/invoices", {**body, **below}) == (422, "negative", "total")
    nil = {"lines": [line("0.00")], "net": "0.00", "total": "0.00"}
    assert caller.post("/invoices", {**body, **nil})["total"] == "0.00"


@pytest.mark.parametrize(
    ("lines", "field"),
    [
        ([], "lines"),
        ("x", "lines"),
        ([{**line(), "quantity": 1}], "lines.0.quantity"),
        ([{**line(), "price": "0.1234567"}], "lines.0.price"),
        ([{**line(), "tax_percent": "-1"}], "lines.0.tax_percent"),
        ([{**line(), "text": "x" * 201}], "lines.0.text"),
    ],
)
def test_a_line_that_is_not_understood_is_named(caller: Caller, lines: Any, field: str) -> None:
    body = {**document("invoice", caller.contact()), "lines": lines}
    assert caller.refusal("POST", "/invoices", body) == (400, "not_understood", field)


def test_what_is_named_must_stand_in_this_organisation(service: Service, caller: Caller) -> None:
    contact = caller.contact()
    service.act("POST", "/contacts", {"name": "Not first"}, caller.organisation)
    other = Caller(service.address, *service.organisation()).open()
    assert other.refusal("POST", "/receipts", money(contact)) == (422, "unknown_contact", "contact")
    other.http.close()
    body = document("invoice", contact, lines=[line(product="5")])
    assert caller.refusal("POST", "/invoices", body) == (422, "unknown_product", "lines.0.product")
    for kind in ("receipt", "credit"):
        body = money(contact, of={"kind": kind, "id": "5"})
        assert caller.refusal("POST", "/refunds", body) == (422, f"unknown_{kind}", "of")
    body = money(contact, of={"kind": "invoice", "id": "5"})
    assert caller.refusal("POST", "/refunds", body) == (400, "not_understood", "of.kind")


def test_the_rate_of_the_home_currency_is_one(caller: Caller) -> None:
    contact = caller.contact()
    body = money(contact, rate="1.100000")
    assert caller.refusal("POST", "/receipts", body) == (422, "rate", "rate")
    assert caller.post("/receipts", {**body, "currency": "USD"})["rate"] == "1.100000"


@pytest.mark.parametrize("currency", ["EUR", "JPY", "USD"])
def test_a_receipt_holds_at_most_9999_99_whatever_the_currency(
    caller: Caller, currency: str
) -> None:
    contact = caller.contact()
    body = money(contact, "9999.99", currency=currency)
    id = caller.post("/receipts", body)["id"]
    for great in ("10000.00", "99999999.00"):
        refused = caller.refusal("POST", "/receipts", {**body, "amount": great})
        assert refused == (422, "too_great", "amount")
    refused = caller.refusal("PUT", f"/receipts/{id}", {"amount": "10000.00"}, If_Match="1")
    assert refused == (422, "too_great", "amount")
    assert caller.get(f"/receipts/{id}")["amount"] == "9999.99"


@pytest.mark.parametrize("amount", ["0.00", "-1.00"])
def test_money_is_above_nought(caller: Caller, amount: str) -> None:
    contact = caller.contact()
    receipt, invoice = caller.received(contact), caller.sent("invoice", contact)
    refused = (422, "not_positive", "amount")
    assert caller.refusal("POST", "/receipts", money(contact, amount)) == refused
    of = {"kind": "receipt", "id": receipt}
    assert caller.refusal("POST", "/refunds", money(contact, amount, of=of)) == refused
    body = {"invoice": invoice, "amount": amount, "dated": DAY}
    assert caller.refusal("POST", f"/receipts/{receipt}/allocations", body) == refused


# --- lists and look-ups ------------------------------------------------------------------------
def test_lists_go_by_the_id_as_a_number(service: Service, caller: Caller) -> None:
    for at in range(1, 61):
        service.act("POST", "/contacts", {"name": f"Contact {at}"}, caller.organisation)
    page = caller.get("/contacts")
    assert [one["id"] for one in page["items"]] == [str(at) for at in range(1, 51)]
    assert page["more"] is True
    page = caller.get("/contacts?after=50&limit=10")
    assert [one["id"] for one in page["items"]] == [str(at) for at in range(51, 61)]
    assert page["more"] is False
    assert caller.get("/contacts?after=9&limit=1")["items"][0]["id"] == "10"
    assert caller.get("/contacts?after=60") == {"items": [], "more": False}


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ("limit=0", "not_understood", "limit"),
        ("limit=51", "not_understood", "limit"),
        ("limit=x", "not_understood", "limit"),
        ("after=-1", "not_understood", "after"),
        ("number=1", "unknown_field", "number"),
        ("colour=1", "unknown_field", "colour"),
    ],
)
def test_a_query_that_is_not_understood_is_400(
    caller: Caller, query: str, code: str, field: str
) -> None:
    assert caller.refusal("GET", f"/contacts?{query}") == (400, code, field)


@pytest.mark.parametrize(
    ("kind", "field"),
    [("contact", "name"), ("product", "code"), ("invoice", "number"), ("credit", "number")],
)
def test_look_ups_find_exactly_that_the_archived_included(
    caller: Caller, kind: str, field: str
) -> None:
    body = bodies(caller)[kind]
    kinds = f"/{kind}s"
    wanted = [caller.post(kinds, {**body, field: "A & B"})["id"] for _ in range(2)]
    caller.post(kinds, {**body, field: "A & B2"})
    caller.post(kinds, {**body, field: "a & b"})
    if kind in ("contact", "product"):
        caller.put(f"{kinds}/{wanted[0]}", {"archived": True}, 1)
    found = caller.get(f"{kinds}?{field}=A+%26+B")
    assert [one["id"] for one in found["items"]] == wanted
    assert [
        one["id"] for one in caller.get(f"{kinds}?{field}=A+%26+B&after={wanted[0]}")["items"]
    ] == wanted[1:]


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_that_the_remark_contains_is_found(caller: Caller, kind: str) -> None:
    body = bodies(caller)[kind]
    wanted = caller.post(f"/{kind}s", {**body, "remark": "See tieout:ab12 there"})["id"]
    caller.post(f"/{kind}s", {**body, "remark": "See tieout:ab13 there"})
    found = caller.get(f"/{kind}s?remark=tieout:ab12")
    assert [one["id"] for one in found["items"]] == [wanted]


# --- changing ----------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", KINDS)
def test_a_put_replaces_the_fields_given_and_wants_the_version(caller: Caller, kind: str) -> None:
    made = caller.post(f"/{kind}s", bodies(caller)[kind])
    path, change = f"/{kind}s/{made['id']}", {"remark": "new"}
    assert caller.refusal("PUT", path, change) == (428, "no_version", None)
    assert caller.refusal("PUT", path, change, If_Match="x")[:2] == (400, "not_understood")
    after = caller.put(path, change, 1)
    moved = ("version", "changed_at", "remark")
    assert (after["version"], after["remark"]) == (2, "new")
    assert after["changed_at"] > made["changed_at"]
    assert {**after, **{name: made[name] for name in moved}} == made
    answer = caller.call("PUT", path, {"remark": "newer"}, If_Match="1")
    assert (answer.status_code, answer.json()["error"]) == (412, "changed")
    assert answer.json()["object"] == after == caller.get(path)
    assert caller.put(path, change, 2)["version"] == 3
    assert caller.refusal("PUT", f"/{kind}s/99", change, If_Match="1")[0] == 404


@pytest.mark.parametrize("kind", ["invoice", "credit"])
def test_a_draft_is_sent_once_and_then_takes_due_and_remark_alone(
    caller: Caller, kind: str
) -> None:
    path = f"/{kind}s/{caller.post(f'/{kind}s', document(kind, caller.contact()))['id']}"
    caller.put(path, {"number": "B-2"}, 1)
    assert caller.post(f"{path}/send")["state"] == "sent"
    assert caller.refusal("POST", f"{path}/send") == (409, "sent_already", None)
    for field, text in (("number", "C"), ("dated", DAY), ("contact", "1")):
        refused = caller.refusal("PUT", path, {field: text, "remark": "x"}, If_Match="3")
        assert refused == (409, "sent_already", field)
    change = {"remark": "x"} if kind == "credit" else {"remark": "x", "due": "2027-01-01"}
    after = caller.put(path, change, 3)
    assert (after["number"], after["version"], after["remark"]) == ("B-2", 4, "x")


@pytest.mark.parametrize("kind", ["invoice", "credit"])
@pytest.mark.parametrize("sent", [True, False])
def test_void_is_final(caller: Caller, kind: str, sent: bool) -> None:
    path = f"/{kind}s/{caller.post(f'/{kind}s', document(kind, caller.contact()))['id']}"
    if sent:
        caller.post(f"{path}/send")
    void = caller.post(f"{path}/void")
    assert (void["state"], void["open"]) == ("void", "0.00")
    assert caller.post(f"{path}/void") == void
    assert caller.refusal("POST", f"{path}/send") == (409, "void", None)
    refused = caller.refusal("PUT", path, {"remark": "x"}, If_Match=str(void["version"]))
    assert refused == (409, "void", None)
    assert caller.refusal("DELETE", path) == (409, "in_use", None)
    assert caller.get(f"/receivable?dated={DAY}") == {}


@pytest.mark.parametrize("kind", ["receipt", "refund"])
def test_money_is_cancelled_for_good(caller: Caller, kind: str) -> None:
    path = f"/{kind}s/{caller.post(f'/{kind}s', bodies(caller)[kind])['id']}"
    cancelled = caller.post(f"{path}/cancel")
    assert (cancelled["state"], cancelled["version"]) == ("cancelled", 2)
    assert caller.post(f"{path}/cancel") == cancelled
    refused = caller.refusal("PUT", path, {"remark": "x"}, If_Match="2")
    assert refused == (409, "cancelled", None)


# --- deleting ----------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", KINDS)
def test_what_nothing_names_is_deleted_and_its_id_never_comes_again(
    caller: Caller, kind: str
) -> None:
    body = bodies(caller)[kind]
    made = caller.post(f"/{kind}s", body)
    path = f"/{kind}s/{made['id']}"
    if kind in ("receipt", "refund"):
        assert caller.refusal("DELETE", path) == (409, "in_use", None)
        caller.post(f"{path}/cancel")
    caller.delete(path)
    assert caller.refusal("GET", path) == (404, "not_found", None)
    assert caller.refusal("DELETE", path) == (404, "not_found", None)
    assert int(caller.post(f"/{kind}s", body)["id"]) == int(made["id"]) + 1


@pytest.mark.parametrize("kind", ["invoice", "credit"])
def test_what_is_sent_is_not_deleted_nor_what_it_names(caller: Caller, kind: str) -> None:
    contact = caller.contact()
    product = caller.post("/products", {"code": "S", "name": "Seed"})["id"]
    id = caller.sent(kind, contact, lines=[line(product=product)])
    paths = (f"/{kind}s/{id}", f"/contacts/{contact}", f"/products/{product}")
    for path in paths:
        assert caller.refusal("DELETE", path) == (409, "in_use", None)
    caller.post(f"/{kind}s/{id}/void")
    for path in paths:
        assert caller.refusal("DELETE", path) == (409, "in_use", None)


def test_a_cancelled_receipt_that_a_refund_names_is_in_use(caller: Caller) -> None:
    contact = caller.contact()
    receipt = caller.received(contact)
    body = money(contact, of={"kind": "receipt", "id": receipt})
    refund = caller.post("/refunds", body)["id"]
    caller.post(f"/refunds/{refund}/cancel")
    caller.post(f"/receipts/{receipt}/cancel")
    assert caller.refusal("DELETE", f"/receipts/{receipt}") == (409, "in_use", None)
    caller.delete(f"/refunds/{refund}")
    caller.delete(f"/receipts/{receipt}")
