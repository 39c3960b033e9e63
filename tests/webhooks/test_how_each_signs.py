"""Signatures against published vectors, and what each system's deliveries tell."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from apps.connectors.freshbooks.webhooks import WEBHOOKS as FRESHBOOKS
from apps.connectors.quickbooks.webhooks import WEBHOOKS as QUICKBOOKS
from apps.connectors.webhooks import Webhooks, digest
from apps.connectors.xero.webhooks import WEBHOOKS as XERO

SPECS = Path(os.environ.get("SPECS", Path(__file__).resolve().parents[3] / "shared" / "specs"))
FORM = b"name=invoice.create&object_id=1234567&account_id=6BApk&business_id=6543&identity_id=1234&user_id=1"
FORM_SIGNED = "xZJX+xO+LjYfVDYfVCIAK9Xk1gy1TLgKAOyGqibyyfQ="
HEADER = {"intuit-signature": QUICKBOOKS, "x-xero-signature": XERO}


def test_the_older_form_agrees_with_the_verified_vector() -> None:
    sample = SPECS / "quickbooks" / "samples" / "webhook-legacy.json"
    if not sample.exists():
        pytest.skip(f"{sample} is not here")
    body, key = sample.read_bytes(), "00faeec4-08d0-4996-bb37-698ae19f0149"
    right = "6q+xGyMirJupwKTh2/WBl2NcdxzxqdIbk3sneKTxLWM="
    assert QUICKBOOKS.signed(key, body, {"intuit-signature": right})
    assert not QUICKBOOKS.signed(key, body + b" ", {"intuit-signature": right})
    assert QUICKBOOKS.events(body)


def test_a_form_agrees_with_its_vector_and_its_order_counts() -> None:
    headers = {"x-freshbooks-hmac-sha256": FORM_SIGNED}
    assert FRESHBOOKS.signed("test-verifier", FORM, headers)
    turned = b"&".join(reversed(FORM.split(b"&")))
    assert not FRESHBOOKS.signed("test-verifier", turned, headers)
    (event,) = FRESHBOOKS.events(FORM)
    assert (event.company, event.word, event.remote_id) == ("6BApk", "invoice", "1234567")
    assert event.identity == ""
    assert event.at is None


@pytest.mark.parametrize(("header", "webhooks"), HEADER.items(), ids=list(HEADER))
def test_one_other_character_an_empty_or_a_foreign_signature_is_none(
    header: str, webhooks: Webhooks
) -> None:
    body = b'{"events": []}'
    right = digest("key", body)
    other = ("A" if right[0] != "A" else "B") + right[1:]
    assert webhooks.signed("key", body, {header: right})
    for wrong in (other, "", right[:-1], digest("other", body), "é"):
        assert not webhooks.signed("key", body, {header: wrong})
    assert not webhooks.signed("key", body, {})


def test_cloud_events_and_the_older_form_name_several_companies() -> None:
    cloud = [
        {"id": "a", "type": "qbo.invoice.updated.v1", "time": "2025-09-10T21:31:25.179851517Z",
         "intuitentityid": "1", "intuitaccountid": "11"},
        {"id": "b", "type": "qbo.customer.merged.v1", "time": "2025-09-10T21:31:25Z",
         "intuitentityid": "2", "intuitaccountid": "22", "data": {"deletedId": "3"}},
    ]  # fmt: skip
    found = QUICKBOOKS.events(json.dumps(cloud).encode())
    assert [(each.company, each.word, each.remote_id) for each in found] == [
        ("11", "invoice", "1"),
        ("22", "customer", "2"),
        ("22", "customer", "3"),
    ]
    assert found[0].at == datetime(2025, 9, 10, 21, 31, 25, 179851, tzinfo=UTC)
    assert found[1].at is None
    assert len({each.identity for each in found}) == 3
    older = {"eventNotifications": [
        {"realmId": realm, "dataChangeEvent": {"entities": [
            {"name": "Invoice", "id": "1", "operation": "Update", "lastUpdated": "2025-09-10T21:31:25Z"}]}}
        for realm in ("11", "22")]}  # fmt: skip
    found = QUICKBOOKS.events(json.dumps(older).encode())
    assert [each.company for each in found] == ["11", "22"]
    assert found[0].identity != found[1].identity


def test_any_category_is_read_and_purchases_and_subscriptions_are_left_out() -> None:
    def event(category: str, **more: object) -> dict[str, object]:
        return {"resourceUrl": "u", "resourceId": "r", "tenantId": "t", "tenantType": "ORGANISATION",
                "eventCategory": category, "eventType": "UPDATE",
                "eventDateUtc": "2024-06-21T01:15:39.902", **more}  # fmt: skip

    listed = [
        event("INVOICE"),
        event("PAYMENT"),
        event("SOMETHING_NEW"),
        event("CREDITNOTE", data={"Type": "ACCPAYCREDIT", "Status": "DRAFT"}),
        event("SUBSCRIPTION", tenantType="APPLICATION"),
    ]
    found = XERO.events(json.dumps({"events": listed}).encode())
    assert [each.word for each in found] == ["INVOICE", "PAYMENT", "SOMETHING_NEW"]
    assert [XERO.kinds.get(each.word) for each in found] == ["Invoice", "", None]
    assert found[0].at == datetime(2024, 6, 21, 1, 15, 39, 902000, tzinfo=UTC)
    assert XERO.events(b'{"events": [], "firstEventSequence": 0, "lastEventSequence": 0}') == ()


@pytest.mark.parametrize("webhooks", [QUICKBOOKS, XERO, FRESHBOOKS])
@pytest.mark.parametrize("body", [b"", b"\xff", b"7", b'"a"', b'{"events": 3}'])
def test_what_is_no_delivery_is_told_as_such(webhooks: Webhooks, body: bytes) -> None:
    with pytest.raises(ValueError):
        webhooks.events(body)


def test_a_handshake_is_signed_by_what_it_brings() -> None:
    body = b"name=callback.verify&object_id=7&account_id=6BApk&verifier=secret"
    told = dict(part.split("=") for part in body.decode().split("&"))
    right = {"x-freshbooks-hmac-sha256": digest("secret", json.dumps(told).encode())}
    registering = FRESHBOOKS.registering
    assert registering is not None
    found = registering.handshake(body, right)
    assert found is not None
    assert (found.company, found.remote_id, found.verifier) == ("6BApk", "7", "secret")
    assert "secret" not in repr(found)
    assert registering.handshake(body, {}) is None
    assert registering.handshake(FORM, {"x-freshbooks-hmac-sha256": FORM_SIGNED}) is None
    assert [registering.company(each) for each in (body, FORM, b"", b"x")] == [
        "6BApk",
        "6BApk",
        "",
        "",
    ]
