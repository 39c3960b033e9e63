"""What a key is refused is an event, as it is on a screen; a script that goes on asking is one an hour."""

from datetime import timedelta
from typing import Any

import time_machine
from django.http import HttpResponse
from django.test import RequestFactory

from apps.staff.models import SecurityEvent
from apps.triggers.api.door import ApiDoor
from apps.triggers.models import ApiCall
from tests.backoffice.conftest import NOON
from tests.triggers.api.caller import Caller, Office


def refusals() -> list[SecurityEvent]:
    return list(SecurityEvent.objects.filter(kind="act_refused").order_by("pk"))


def test_a_refused_act_is_an_event_of_the_keys_person(office: Office) -> None:
    reads = office.caller(scopes=["read"])
    assert reads.post("/invoices", {}).status == 403
    (event,) = refusals()
    key = ApiCall.objects.get().key
    assert (event.person, event.details) == (key.user, {"key": key.pk})
    assert (
        event.words == f"Was refused POST /api/v1/invoices of the API, with the key “{key.name}”."
    )
    assert event.address == "127.0.0.1"


def test_a_script_with_a_wrong_scope_floods_nothing(office: Office) -> None:
    reads = office.caller(scopes=["read"])
    for _ in range(5):
        reads.post("/invoices", {})
    reads.post("/customers", {})
    assert [each.words.split()[3] for each in refusals()] == [
        "/api/v1/invoices",
        "/api/v1/customers",
    ]
    assert ApiCall.objects.filter(status=403).count() == 6
    with time_machine.travel(NOON + timedelta(minutes=61)):
        reads.post("/invoices", {})
    assert len(refusals()) == 3


def test_what_leaves_as_a_file_is_an_event(office: Office, fay: Caller) -> None:
    fay.get("/me")
    key: Any = ApiCall.objects.get().key

    def answer(request: Any) -> HttpResponse:
        request.api_key, request.resolver_match = key, None
        return HttpResponse(b"%PDF", headers={"Content-Disposition": 'inline; filename="R-7.pdf"'})

    ApiDoor(answer)(RequestFactory().get("/api/v1/invoices/7/print"))
    event = SecurityEvent.objects.get(kind="downloaded")
    assert (event.person, event.details["file"]) == (key.user, "R-7.pdf")
