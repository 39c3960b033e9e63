"""Once: the same request again does nothing again, and is answered as before."""

import pytest
from django.db import OperationalError

from apps.billing.models import Payment
from apps.triggers.api import door
from apps.triggers.models import ApiRequest
from tests.triggers.api.caller import Caller, Office

pytestmark = pytest.mark.django_db


def money(office: Office, **fields) -> dict:
    return {
        "customer": str(office.customer.public_id),
        "amount": "120.00",
        "date": "2026-03-20",
        "method": "Transfer",
        "apply": [{"invoice": str(office.invoice.public_id), "amount": "120.00"}],
        **fields,
    }


def test_a_payment_posted_twice_with_one_key_is_one(office: Office, fay: Caller) -> None:
    first = fay.post("/payments", money(office), idempotency_key="pay-1")
    again = fay.post("/payments", money(office), idempotency_key="pay-1")
    office.invoice.refresh_from_db()

    assert (first.status, again.status) == (201, 201)
    assert again.raw == first.raw
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["ETag"] == first.headers["ETag"]
    assert (first.headers.get("Idempotent-Replayed"), again.headers["Idempotent-Replayed"]) == (
        None,
        "true",
    )
    assert Payment.objects.filter(amount=120).count() == 1
    assert (office.invoice.paid, office.invoice.balance_due) == (120, 0)


@pytest.mark.parametrize("other", [{"amount": "119.00", "apply": []}, {"memo": "x"}])
def test_the_same_key_for_another_body_is_refused(office: Office, fay: Caller, other) -> None:
    fay.post("/payments", money(office), idempotency_key="pay-1")
    refused = fay.post("/payments", money(office, **other), idempotency_key="pay-1")
    assert (refused.status, refused.kind) == (422, "idempotency-key-reused")
    assert Payment.objects.count() == 2


def test_the_same_key_at_another_address_is_refused(office: Office, fay: Caller) -> None:
    fay.post("/customers", {"name": "Ferndean Ltd"}, idempotency_key="one")
    refused = fay.post("/items", {"name": "Ferndean Ltd"}, idempotency_key="one")
    assert refused.kind in ("idempotency-key-reused", "invalid")
    assert not office.company.items.filter(name="Ferndean Ltd").exists()


def test_what_was_refused_leaves_the_key_for_the_right_request(office: Office, fay: Caller) -> None:
    wrong = fay.post("/payments", money(office, amount="1.00"), idempotency_key="pay-1")
    assert wrong.kind == "refused"
    assert not ApiRequest.objects.exists()
    assert fay.post("/payments", money(office), idempotency_key="pay-1").status == 201


def test_two_programs_may_use_the_same_key(office: Office, fay: Caller) -> None:
    other = office.caller()
    assert fay.post("/customers", {"name": "Ferndean Ltd"}, idempotency_key="one").status == 201
    assert other.post("/customers", {"name": "Morton Ltd"}, idempotency_key="one").status == 201


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "\u00e4"])
def test_a_key_that_is_none_is_refused(office: Office, fay: Caller, key: str) -> None:
    refused = fay.post("/payments", money(office), idempotency_key=key)
    assert refused.status == 400
    assert refused.fields == ["Idempotency-Key"]


def test_a_call_that_cannot_be_noted_was_done_all_the_same(
    office: Office, fay: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """“Nothing of it was done” would have it done twice."""

    def locked(*_: object, **__: object) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr(door, "note_call", locked)
    assert fay.post("/customers", {"name": "Ferndean Ltd"}).status == 201
