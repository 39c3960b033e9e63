"""Every request that the connector composes, held against the description that a third party wrote of
the API (`community-openapi.yaml`): names that it does not have would be dropped without a word.

It needs PyYAML and the description itself, beside the repository.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from apps.connectors.port import Request
from apps.connectors.snapshots import Address, Kind
from tests.connectors.freshbooks import answers
from tests.connectors.freshbooks.answers import (
    Kept,
    Script,
    adjustment,
    applied,
    client_raw,
    credit_note,
    customer,
    freshbooks,
    invoice,
    invoice_raw,
    item,
    item_raw,
    one,
    payment,
    payment_raw,
    push,
    use_raw,
    whole,
)
from tests.connectors.freshbooks.test_feed import BOOKS, Lists, changes

DESCRIPTION = Path(__file__).resolve().parents[4] / "shared/specs/freshbooks/community-openapi.yaml"
WRITES = {
    "client": "ClientRequest",
    "item": "ItemWrite",
    "invoice": "InvoiceWrite",
    "credit_note": "CreditNoteWrite",
    "payment": "PaymentWrite",
}
# Written of in FreshBooks' own pages and SDKs (reference, section 4), and not in this description.
BESIDE = {
    "client": {"vis_state"},
    "item": {"vis_state"},
    "invoice": {
        "invoice_number", "street", "street2", "city", "province", "code", "country",
    },
    "credit_note": {
        "credit_number", "street", "street2", "city", "province", "code", "country",
        "action_mark_as_sent",
    },
    "payment": {"creditid", "from_credit", "vis_state"},
}  # fmt: skip


@cache
def described() -> Any:
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    if not DESCRIPTION.exists():
        pytest.skip(f"The description of FreshBooks is not at {DESCRIPTION}")
    return yaml.load(DESCRIPTION.read_text(), Loader=yaml.CSafeLoader)


def resolved(schema: Any) -> Any:
    while "$ref" in schema:
        schema = described()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return schema


def properties(kind: str) -> dict[str, Any]:
    found = resolved({"$ref": f"#/components/schemas/{WRITES[kind]}"})["properties"]
    return found["client"]["properties"] if kind == "client" else found  # type: ignore[no-any-return] # YAML


def check(request: Request) -> None:
    """Raises what of a request is not as the description has it."""
    path = re.sub(r"^/accounting/account/[^/]+", "/accounting/account/{accountId}", request.path)
    known = described()["paths"]
    found = next(
        (each for each in known if re.fullmatch(re.sub(r"\{\w+\}", r"[^/]+", each), path)), None
    )
    assert found is not None, path
    assert request.method.lower() in known[found], f"{request.method} {path}"
    if not request.writes:
        return
    ((kind, fields),) = json.loads(request.body).items()
    required = resolved({"$ref": f"#/components/schemas/{WRITES[kind]}"}).get("required", [])
    if request.method == "POST" and kind != "client":
        assert set(required) <= set(fields), f"{kind}: {set(required) - set(fields)}"
    known_fields = properties(kind)
    unknown = set(fields) - set(known_fields) - BESIDE[kind]
    assert not unknown, f"{kind}: {unknown}"
    for name, value in fields.items():
        if name in known_fields:
            check_value(f"{kind}.{name}", value, resolved(known_fields[name]))


def check_value(name: str, value: Any, schema: Any) -> None:
    """Their description takes ids and figures now as numbers, now as texts: either is let pass, and
    nothing else is."""
    kinds = schema.get("type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if "enum" in schema:
        assert value in schema["enum"], f"{name}: {value}"
    if isinstance(value, dict):
        assert "object" in kinds, name
        for each, part in value.items():
            assert each in schema["properties"], f"{name}.{each}"
            check_value(f"{name}.{each}", part, resolved(schema["properties"][each]))
    elif isinstance(value, list):
        assert "array" in kinds, name
        for each in value:
            check_value(name, each, resolved(schema["items"]))
    elif isinstance(value, bool):
        assert "boolean" in kinds, name
    elif isinstance(value, int) or (
        isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?", value)
    ):
        assert set(kinds) & {"integer", "number", "string"}, name
    else:
        assert "string" in kinds, f"{name}: {value!r}"
        if schema.get("format") == "date":
            assert re.fullmatch(r"\d{4}-\d\d-\d\d", value), f"{name}: {value}"


ADDRESS = Address(lines=("1 Dock Street", "Unit 3"), city="Leeds", postal_code="LS1", country="GB")
MADE = [
    customer(address=ADDRESS, phone="+44"),
    item(),
    invoice(address=ADDRESS, message="Thanks", purchase_order_number="PO"),
    invoice(answers.line(tax_code_id="GST@5>PST@8", tax="13.40")),
    credit_note(address=ADDRESS),
    adjustment(),
    payment(),
    applied(),
]


@pytest.mark.parametrize("snapshot", MADE)
def test_what_is_made_is_asked_for_as_described(snapshot: Any) -> None:
    described()
    paths = ("users/clients", "items/items", "invoices/invoices", "credit_notes/credit_notes")
    script = Script(
        {f"POST {path}": answers.LOST for path in (*paths, "payments/payments")}
        | {"GET invoices/invoices/31": one("invoice", invoice_raw())}
    )
    list(freshbooks().push([push(snapshot)], script))
    assert script.writes
    for each in script.asked:
        check(each)


CHANGED = [
    (customer(email="x@y.example"), "client", client_raw()),
    (customer(active=False), "client", client_raw()),
    (item(name="Advice"), "item", item_raw()),
    (invoice(due_date=answers.date(2027, 1, 1), message="Hi"), "invoice", invoice_raw()),
    (invoice(answers.line("90.00", "18.00")), "invoice", invoice_raw()),
    (invoice(void=True), "invoice", invoice_raw()),
    (invoice(), "invoice", invoice_raw(status=1)),
    (credit_note(void=True), "credit_note", answers.credit_raw()),
    (payment(reference="X"), "payment", payment_raw()),
    (payment(cancelled=True), "payment", payment_raw()),
    (applied(cancelled=True), "payment", use_raw()),
]


@pytest.mark.parametrize(("snapshot", "kind", "raw"), CHANGED)
def test_what_is_changed_is_asked_for_as_described(snapshot: Any, kind: str, raw: Any) -> None:
    described()
    path = {"client": "users/clients", "item": "items/items"}.get(kind, f"{kind}s/{kind}s")
    script = Script(
        {
            f"GET {path}/{raw['id']}": one(kind, raw),
            f"PUT {path}/{raw['id']}": answers.LOST,
        }
    )
    list(freshbooks().push([push(snapshot, whole(kind, raw))], script))
    assert len(script.writes) == 1
    for each in script.asked:
        check(each)
    # Of a state, an act and fields in one body only the first would be executed.
    fields = json.loads(script.writes[0].body)[kind]
    assert not {"vis_state", "action_mark_as_sent"} & set(fields) or len(fields) == 1


def test_what_is_read_is_asked_for_as_described() -> None:
    described()
    books = Lists(BOOKS)
    changes(books)
    freshbooks().codes(books)
    for kind, name in ((Kind.CUSTOMER, "A"), (Kind.INVOICE, "B"), (Kind.CREDIT_NOTE, "C")):
        list(freshbooks().find(kind, [name], books))
    kept = Kept()
    list(freshbooks().push([push(invoice())], kept))
    for each in (*books.asked, *kept.asked):
        check(each)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"status":2', b'"status":"sent"'),
        (b'"customerid"', b'"clientid"'),
        (b'"unit_cost":{"amount"', b'"unit_cost":{"value"'),
        (b'"create_date":"2026-11-20"', b'"create_date":"20.11.2026"'),
    ],
)
def test_the_description_refuses_what_is_wrong(old: bytes, new: bytes) -> None:
    import dataclasses

    described()
    kept = Kept()
    list(freshbooks().push([push(invoice())], kept))
    request = kept.asked[0]
    check(request)
    assert old in request.body
    with pytest.raises(AssertionError):
        check(dataclasses.replace(request, body=request.body.replace(old, new)))
