"""The description is true: every route with its statuses, headers and shapes, and the page of it."""

import json
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openapi_core import OpenAPI

from apps.triggers.api.keys import make_key
from apps.triggers.api.openapi import description
from apps.triggers.api.problems import KINDS
from apps.triggers.api.routes import ROUTES, Header
from apps.triggers.events.catalogue import CATALOGUE, sample_list
from apps.triggers.models import EventType, Scope
from tests.backoffice.world import WholeWorld
from tests.triggers.api.caller import Caller, Office


@pytest.mark.slow
def test_it_is_openapi_and_names_every_route_with_all_it_may_answer() -> None:
    described = description()
    assert described["openapi"].startswith("3.1")
    OpenAPI.from_dict(described)  # raises where it is none
    for of in ROUTES:
        path = of.path.replace("{uuid:id}", "{id}")
        operation = described["paths"][path][of.method.lower()]
        headers = {each["name"]: each["required"] for each in operation["parameters"]
                   if each["in"] == "header"}  # fmt: skip
        assert headers.get("If-Match") == (
            None if of.version is Header.NONE else of.version is Header.NEEDED
        )
        assert headers.get("Idempotency-Key") == (
            None if of.repeat is Header.NONE else of.repeat is Header.NEEDED
        )
        assert {str(of.status), "401", "403", "429", "500"} <= set(operation["responses"])
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                assert list(answer["content"]) == ["application/problem+json"], (path, status)
        assert operation["security"] == [{"key": [of.scope.value] if of.scope else []}]
    assert len(ROUTES) == sum(len(each) for each in described["paths"].values())


@pytest.mark.django_db
def test_the_page_names_every_operation_and_refusal_and_loads_nothing_from_elsewhere() -> None:
    client = Client()
    page = client.get("/api/v1/docs").content.decode()
    for of in ROUTES:
        assert f'id="{of.name}"' in page
    for name in KINDS:
        assert f'id="{name}"' in page
    assert "<script" not in page
    assert "//" not in page.replace("https://hooks.example.com", "").replace("http://127.0.0.1", "")
    assert json.loads(client.get("/api/v1/openapi.json").content) == description()


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/", "/api/v1", "/api/v1/", "/api/v2/me", "/api/v1/me/"])
def test_what_is_no_address_is_a_problem(path: str) -> None:
    answer = Client().get(path)
    assert (answer.status_code, answer.get("Content-Type")) == (404, "application/problem+json")


@pytest.mark.django_db
def test_samples_are_what_a_hook_would_send(office: Office, fay: Caller) -> None:
    listed = {each["type"]: each for each in fay.get("/event-types").body["data"]}
    assert set(listed) == set(EventType.values)
    for type in CATALOGUE:
        shown = fay.get(f"/hooks/sample?event={type}").body
        assert shown == sample_list(office.company, type) == listed[type]["samples"], type
        required = listed[type]["envelope"]["required"]
        assert all(list(each) == required for each in shown)
    assert listed["invoice.issued"]["samples"]
    assert fay.get("/hooks/sample?event=invoice.lost").fields == ["event"]


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/customers", "/items", "/invoices", "/credit-notes", "/payments",
                                  "/allocations", "/refunds", "/deposits", "/standings"])  # fmt: skip
def test_a_list_takes_as_many_queries_for_one_as_for_many(whole: WholeWorld, path: str) -> None:
    """Of a world that has several of most."""
    made = make_key(whole.approval.requested_by, name="A", companies=[whole.company],
                    scopes=Scope.values)  # fmt: skip
    caller = Caller(made.text)
    caller.get(path)
    counts = {}
    for limit in (1, 50):
        with CaptureQueriesContext(connection) as seen:
            answer = caller.get(f"{path}?limit={limit}")
        counts[limit] = len(seen)
        assert answer.status == 200
    assert len(answer.body["data"]) > 0
    assert counts[50] <= counts[1] + 1, [each["sql"][:200] for each in seen.captured_queries]
    assert counts[50] <= 14


def test_the_pattern_of_if_match_is_what_is_taken(office: Office, fay: Caller) -> None:
    at = f"/items/{office.item.public_id}"
    operation = fay.get("/openapi.json").body["paths"]["/api/v1/items/{id}"]["patch"]
    (told,) = [each for each in operation["parameters"] if each["name"] == "If-Match"]
    for sent in ("*", '"1"', '"1", "2"', 'W/"1"', '"abc"', '""', '"a,b"', "1", "", '"1", *', "'1'"):
        fits = re.search(told["schema"]["pattern"], sent) is not None
        answered = fay.patch(at, {}, if_match=sent)
        assert (answered.status in (200, 412)) == fits, (sent, answered.raw)
