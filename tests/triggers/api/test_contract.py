"""Whatever is wrong, a problem document says what; nothing is a fault of ours."""

import json

import pytest

from apps.triggers.api import books
from tests.triggers.api.caller import BEGIN, Caller, Office

pytestmark = pytest.mark.django_db
LONG = "9" * 5000


def line(**fields) -> dict:
    return {"item_code": "LAMP", "quantity": "1", **fields}


def draft(office: Office, **fields) -> dict:
    return {"customer": str(office.customer.public_id), "lines": [line()], **fields}


def test_each_kind_of_refusal(office: Office, fay: Caller) -> None:
    body = draft(office)
    place = f"/invoices/{office.draft.public_id}"
    asked = {
        "malformed": fay.post("/invoices", b"{"),
        "idempotency-key-missing": fay.post("/payments", {
            "customer": str(office.customer.public_id), "amount": "1", "date": "2026-03-20",
        }, once=False),
        "not-authenticated": Caller("").get("/invoices"),
        "not-allowed": office.caller(scopes=["read"]).post("/invoices", body),
        "not-found": fay.get("/nothing"),
        "method-not-allowed": fay.ask("PUT", "/invoices", body),
        "not-acceptable": fay.get("/invoices", accept="text/html"),
        "conflict": fay.patch(f"/invoices/{office.invoice.public_id}", {"message": "x"}, if_match="*"),
        "possible-duplicate": fay.post("/customers", {"name": "Bell and Daughters"}),
        "changed-meanwhile": fay.patch(place, {"message": "x"}, if_match='"99"'),
        "too-large": fay.post("/invoices", b'{"message":"' + b"x" * 2**20 + b'"}'),
        "media-type": fay.post("/invoices", b"a=1", content_type="application/x-www-form-urlencoded"),
        "invalid": fay.post("/invoices", {**body, "customer": "nobody"}),
        "refused": fay.post(f"{place}/void", {"reason": "Typed twice"}),
        "if-match-missing": fay.patch(place, {"message": "x"}),
    }  # fmt: skip
    assert {name: answer.kind for name, answer in asked.items()} == {name: name for name in asked}
    assert asked["method-not-allowed"].headers["Allow"] == "GET, POST"
    assert asked["changed-meanwhile"].headers["ETag"] == f'"{office.draft.revision}"'
    assert asked["invalid"].fields == ["customer"]
    assert "read" not in asked["not-allowed"].body["detail"]
    assert "prepare" in asked["not-allowed"].body["detail"]


@pytest.mark.parametrize(
    ("body", "kind", "field"),
    [
        (b"", "media-type", None),
        (b" ", "malformed", None),
        (b"[]", "malformed", None),
        (b"\xff\xfe", "malformed", None),
        (b'{"name": NaN}', "malformed", None),
        (b'{"name": "a", "name": "b"}', "malformed", None),
        (b'{"company": ' + LONG.encode() + b"}", "malformed", None),
        (b"[" * 100_000, "malformed", None),
        (b'{"name":' + b"[" * 50 + b"]" * 50 + b"}", "malformed", None),
        (b'{"name": "a\\u0000b"}', "invalid", "name"),
        (b'{"name": "\\ud800"}', "invalid", "name"),
        (b'{"name": "a", "nmae": "b"}', "invalid", "nmae"),
        (b'{"name": "a", "company": true}', "invalid", "company"),
        (b'{"name": "a", "company": 99999999999999999999}', "invalid", "company"),
        (b'{"name": ""}', "invalid", "name"),
        (b'{"name": null}', "invalid", "name"),
        (b'{"name": "a", "country": "Great Britain"}', "invalid", "country"),
        (b'{"name": "\\u200b"}', "invalid", "name"),
        (b'{"name": "a", "email": "nobody"}', "invalid", "email"),
        (b'{"name": "a", "terms": "at some time"}', "invalid", "terms"),
    ],
)
def test_odd_bodies_are_refused_in_words(fay: Caller, body, kind, field) -> None:
    answer = fay.post("/customers", body)
    assert answer.kind == kind
    assert answer.body["detail"]
    if field is not None:
        assert field in answer.fields


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"quantity": "1e5"}, "lines.0.quantity"),
        ({"quantity": LONG}, "lines.0.quantity"),
        ({"quantity": True}, "lines.0.quantity"),
        ({"unit_price": {}}, "lines.0.unit_price"),
        ({"item_code": "NONE"}, "lines.0.item_code"),
        ({"tax_code": "NONE"}, "lines.0.tax_code"),
        ({"discount_percent": "5", "discount_amount": "1"}, "lines.0.discount_amount"),
        ({"item_code": "", "unit_price": "1"}, "lines.0.description"),
    ],
)
def test_an_error_names_its_line(office: Office, fay: Caller, fields, at) -> None:
    answer = fay.post("/invoices", draft(office, lines=[line(**fields)]))
    assert (answer.kind, answer.fields) == ("invalid", [at])


def test_a_figure_may_be_a_number_and_never_a_binary_fraction(office: Office, fay: Caller) -> None:
    raw = json.dumps(draft(office)).replace('"quantity": "1"', '"quantity": 3, "unit_price": 0.1')
    made = fay.post("/invoices", raw.encode())
    assert made.body["net"] == "0.30"
    bomb = json.dumps(draft(office)).replace('"quantity": "1"', '"quantity": 1e999999999')
    assert fay.post("/invoices", bomb.encode()).fields == ["lines.0.quantity"]
    beyond = bomb.replace("1e999999999", "1e9999999999999999999")  # which no Decimal holds
    assert fay.post("/invoices", beyond.encode()).kind == "malformed"


def test_ten_thousand_lines_and_days_without_end_are_refused(office: Office, fay: Caller) -> None:
    many = fay.post("/invoices", draft(office, lines=[{"item_code": "LAMP"}] * 10_000))
    assert many.fields == ["lines"]
    for day in ("9999-12-31", "0001-01-01", "2026-02-30", "tomorrow", 5):
        assert fay.post("/invoices", draft(office, issue_date=day)).fields == ["issue_date"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=1&limit=2", "limit"),
        ("stauts=draft", "stauts"),
        ("cursor=abc", "cursor"),
        ("cursor=MTo5OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "cursor"),
        ("number=%00", "number"),
        ("company=0", "company"),
        (f"company={LONG}", "company"),
        ("changed_since=2026-03-01", "changed_since"),
        ("changed_since=2026-03-01T00:00:00", "changed_since"),
        ("changed_since=1600000000", "changed_since"),
        ("dated_from=1599955200", "dated_from"),
        ("changed_since=0503-05-29T18:34:55-22:10", "changed_since"),
        ("changed_since=9999-12-31T23:59:59-22:10", "changed_since"),
        ("customer=1", "customer"),
        ("%ff=%ff", "\ufffd"),
    ],
)
def test_odd_queries_are_refused_in_words(fay: Caller, query: str, field: str) -> None:
    answer = fay.get(f"/invoices?{query}")
    assert (answer.kind, answer.fields) == ("invalid", [field])


def test_what_is_of_another_company_is_not_there(office: Office, fay: Caller) -> None:
    theirs, nobody = office.foreign_invoice.public_id, "0d9f3c4e-6a0f-4f2b-9d55-0a8f3a4f6b11"
    bodies = {fay.get(f"/invoices/{each}").raw for each in (theirs, nobody)}
    assert len(bodies) == 1
    assert fay.get(f"/invoices?customer={office.foreign.public_id}").body["data"] == []
    other = fay.post("/invoices", {"customer": str(office.foreign.public_id), "lines": [line()]})
    assert other.fields == ["customer"]
    assert fay.get(f"/invoices?company={office.other.pk}").fields == ["company"]


def test_a_key_for_several_companies_has_to_say_which(office: Office) -> None:
    both = office.caller("Fay", office.company, office.other)
    unsaid = both.post("/customers", {"name": "Ferndean Ltd"})
    assert (unsaid.kind, unsaid.fields) == ("invalid", ["company"])
    assert office.other.legal_name in unsaid.body["detail"]
    said = both.post("/customers", {"name": "Ferndean Ltd", "company": office.other.pk})
    assert said.body["company"]["id"] == office.other.pk
    assert len(both.get("/invoices").body["data"]) == 3


def test_a_fault_of_ours_is_a_problem_without_its_trace(
    office: Office, fay: Caller, monkeypatch
) -> None:
    def fails(*_: object) -> None:
        raise ZeroDivisionError("hunter2")

    monkeypatch.setattr(books, "page_of", fails)
    answer = fay.get("/connections")
    assert (answer.status, answer.kind) == (500, "failed")
    assert b"hunter2" not in answer.raw


def test_an_address_that_is_too_long_is_refused_before_it_is_read(fay: Caller) -> None:
    answer = fay.get(f"/invoices?number={'x' * 8000}")
    assert (answer.status, answer.kind) == (414, "address-too-long")


def test_a_host_that_is_not_ours_is_refused_as_a_problem(fay: Caller) -> None:
    assert fay.get("/me", host="evil.example.com").kind == "malformed"


def test_nothing_of_it_is_cached_and_the_back_office_is_left_alone(fay: Caller) -> None:
    assert fay.get("/me").headers["Cache-Control"] == "no-store"
    assert fay.client.get("/accounts/login/").headers.get("Cache-Control") != "no-store"
    assert fay.client.get("/nothing").headers["Content-Type"].startswith("text/html")
    assert fay.client.get(f"{BEGIN}/docs").status_code == 200
