"""Hooks: subscribed by a key, listed to it alone, taken back again and again."""

from io import StringIO
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.db import connection

from apps.staff.roles import RoleName
from apps.triggers.api.keys import make_service_key, release, revoke
from apps.triggers.delivery import endpoints
from apps.triggers.models import ApiKey, ApiRequest, Endpoint, Listening
from tests.triggers.api.caller import EVERY, Caller, Office

pytestmark = pytest.mark.django_db
ADDRESS = "https://93.184.216.34/hooks/1"  # an address needs no name server


@pytest.fixture
def ada(office: Office) -> Caller:
    """Who says where events go."""
    return office.caller("Ada")


def test_a_program_subscribes_and_unsubscribes(office: Office, ada: Caller) -> None:
    made = ada.post("/hooks", {"target_url": ADDRESS, "event": "invoice.paid"}, once=False)
    hook = Endpoint.objects.get()

    assert made.status == 201
    assert (made.body["event"], made.body["events"]) == ("invoice.paid", ["invoice.paid"])
    assert made.body["target_url"] == hook.address == ADDRESS
    assert made.body["secret"] == hook.secrets[0]
    assert made.body["secret"].startswith("whsec_")
    assert (hook.origin, hook.by_key) == ("api", ApiKey.objects.get().public_id)
    assert Listening.objects.get().company == office.company
    [listed] = ada.get("/hooks").body["data"]
    assert listed["id"] == made.body["id"]
    assert "secret" not in listed
    assert "target_url" not in listed

    at = f"/hooks/{made.body['id']}"
    assert [ada.ask("DELETE", at).status for _ in range(2)] == [204, 204]
    hook.refresh_from_db()
    assert hook.state == "gone"
    assert ada.get("/hooks").body["data"] == []


def test_its_secret_is_kept_sealed_for_a_repetition_too(ada: Caller) -> None:
    body = {"target_url": ADDRESS, "event": "invoice.paid"}
    made, again = (ada.post("/hooks", body, idempotency_key="once") for _ in range(2))
    assert (again.raw, again.headers["Idempotent-Replayed"]) == (made.raw, "true")
    assert Endpoint.objects.count() == 1
    [row] = ApiRequest.objects.all()
    for secret in (made.body["secret"], ADDRESS):
        assert secret in made.raw.decode()
        assert secret not in row.answer


def test_a_repetition_is_answered_by_a_new_key_once_sealed_anew_and_refused_without_any(
    ada: Caller, settings: Any
) -> None:
    body = {"target_url": ADDRESS, "event": "invoice.paid"}
    made = ada.post("/hooks", body, idempotency_key="once")
    new, another = (Fernet.generate_key().decode() for _ in range(2))
    settings.TOKEN_KEYS = [new, *settings.TOKEN_KEYS]
    call_command("seal_again", stdout=StringIO())
    settings.TOKEN_KEYS = [new]
    assert ada.post("/hooks", body, idempotency_key="once").raw == made.raw
    settings.TOKEN_KEYS = [another]
    lost = ada.post("/hooks", body, idempotency_key="once")
    assert (lost.status, lost.body["type"].rpartition("#")[2]) == (422, "idempotency-key-reused")
    assert "Send a new Idempotency-Key." in lost.body["detail"]


@pytest.mark.django_db(transaction=True)
def test_its_name_is_asked_for_in_no_transaction(
    ada: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name server may take its time, and SQLite lets nobody else write meanwhile."""
    seen: list[bool] = []

    def judged(address: str) -> str:
        seen.append(connection.in_atomic_block)
        return address

    monkeypatch.setattr(endpoints, "checked_address", judged)
    assert ada.post("/hooks", {"target_url": ADDRESS}).status == 201
    assert seen == [False]


def test_another_key_neither_sees_nor_ends_it(office: Office, ada: Caller) -> None:
    made = ada.post(
        "/hooks", {"target_url": ADDRESS, "events": ["invoice.paid", "payment.received"]}
    )
    other = office.caller("Ada")
    assert other.get("/hooks").body["data"] == []
    assert other.ask("DELETE", f"/hooks/{made.body['id']}").status == 204
    assert Endpoint.objects.get().state == "on"


@pytest.mark.parametrize("address", ["http://127.0.0.1/x", "https://10.0.0.1/", "ftp://a.example.com",
                                     "https://u:p@93.184.216.34/", "nowhere"])  # fmt: skip
def test_an_address_that_leads_nowhere_is_refused_by_its_field(ada: Caller, address: str) -> None:
    refused = ada.post("/hooks", {"target_url": address, "event": "invoice.paid"})
    assert (refused.kind, refused.fields) == ("invalid", ["target_url"])
    assert not Endpoint.objects.exists()


def test_a_person_subscribes_where_they_may_and_a_service_where_an_administrator_gave_it(
    office: Office,
) -> None:
    body = {"target_url": ADDRESS, "event": "invoice.paid"}
    assert office.caller("Fay").post("/hooks", body).kind == "not-allowed"
    made = make_service_key(office.people["Ada"], name="Zaps", role=RoleName.CLERK,
                            companies=[office.company], scopes=EVERY)  # fmt: skip
    release(made.key, office.people["Fay"])
    zaps = Caller(made.text)
    assert zaps.post("/hooks", body).status == 201
    revoke(made.key)
    hook = Endpoint.objects.get()
    assert (hook.state, "revoked" in hook.reason) == ("gone", True)
