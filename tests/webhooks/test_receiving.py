"""The addresses: what they take, what they refuse, and that they do no more than store."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.db.models import QuerySet
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.connectors import registry
from apps.connectors.freshbooks.webhooks import WEBHOOKS as FRESHBOOKS
from apps.connectors.webhooks import digest
from apps.sync.tasks import read_deliveries
from apps.webhooks import refusals
from apps.webhooks.models import Delivery, Notice
from apps.webhooks.sorting import forget_the_old, sort_deliveries
from tests.webhooks.letters import cloud_event, deliver, post

pytestmark = pytest.mark.django_db
INTENT = (
    b'{"events":[],"firstEventSequence": 0,"lastEventSequence": 0, "entropy": "S0m3r4Nd0mt3xt"}'
)


def believed() -> QuerySet[Delivery]:
    return Delivery.objects.exclude(state=Delivery.State.REFUSED)


@pytest.fixture(autouse=True)
def keys(settings: Any) -> None:
    refusals.forget()
    settings.SIMULATED_LEDGERS_URL = "http://127.0.0.1:9"
    settings.WEBHOOK_KEYS = {"QUICKBOOKS_WEBHOOK_KEY": "new, old"}


def test_a_delivery_is_one_insert_and_an_empty_answer_without_a_cookie() -> None:
    client = Client()
    client.cookies["sessionid"] = ""
    with CaptureQueriesContext(
        connection,
    ) as asked:
        answer = deliver(cloud_event("1", "invoice", "7"))
    words = [each["sql"].split()[0] for each in asked.captured_queries]
    assert [each for each in words if each not in ("SAVEPOINT", "RELEASE", "BEGIN")] == ["INSERT"]
    assert (answer.status_code, answer.content, len(answer.cookies)) == (200, b"", 0)
    row = Delivery.objects.get()
    assert (row.system, row.environment, row.state) == ("quickbooks", "simulated", "new")


@pytest.mark.parametrize(("key", "environment"), [("new", "production"), ("old", "production")])
def test_each_key_of_an_environment_counts_while_one_follows_another(
    key: str, environment: str
) -> None:
    assert deliver(cloud_event("1", "invoice", "7"), key=key).status_code == 200
    assert Delivery.objects.get().environment == environment


def test_the_intent_to_receive_is_answered_exactly() -> None:
    def header(signature: str) -> Any:
        return Client().post(
            "/webhooks/xero/", data=INTENT, content_type="application/json",
            HTTP_X_XERO_SIGNATURE=signature,
        )  # fmt: skip

    right = digest("simulated-webhook-key", INTENT)
    wrong = ("A" if right[0] != "A" else "B") + right[1:]
    for signature, status in ((right, 200), (wrong, 401), ("", 401), (right, 200)):
        answer = header(signature)
        assert (answer.status_code, answer.content, len(answer.cookies)) == (status, b"", 0)
    assert sort_deliveries() == 1
    assert not Notice.objects.exists()


@pytest.mark.parametrize(
    ("path", "status"),
    [("/webhooks/nobody/", 404), ("/webhooks/quickbooks/", 401), ("/webhooks/quickbooks", 401)],
)
def test_what_nobody_signed_and_what_has_no_address_is_refused(path: str, status: int) -> None:
    answer = Client(enforce_csrf_checks=True).post(path, data=b"[]", content_type="text/plain")
    assert (answer.status_code, answer.content) == (status, b"")
    assert not believed().exists()


def test_only_post_and_only_so_much_is_taken(settings: Any) -> None:
    assert Client().get("/webhooks/quickbooks/").status_code == 405
    assert post("quickbooks", b"[" + b" " * 1024 * 1024 + b"]").status_code == 413
    settings.WEBHOOK_KEYS, settings.SIMULATED_LEDGERS_URL = {}, ""
    assert deliver(cloud_event("1", "invoice", "7")).status_code == 404
    assert not believed().exists()


@pytest.mark.parametrize(
    ("body", "reason"),
    [(b"[]", "not_signed"), (b"[" + b" " * 1024 * 1024 + b"]", "too_long")],
)
def test_what_is_refused_is_counted_by_the_hour_and_none_of_it_is_kept(
    monkeypatch: pytest.MonkeyPatch, body: bytes, reason: str
) -> None:
    monkeypatch.setattr(refusals, "WRITE_EVERY", 0.0)
    with time_machine.travel(datetime(2026, 11, 29, 9, 30, tzinfo=UTC)) as clock:
        for _ in range(3):
            assert post("quickbooks", body, key="not ours").status_code in (401, 413)
        clock.shift(timedelta(hours=1))
        post("quickbooks", body, key="not ours")
    rows = Delivery.objects.order_by("id")
    assert [(each.state, each.reason, each.times) for each in rows] == [
        ("refused", reason, 3),
        ("refused", reason, 1),
    ]
    assert {(bytes(each.body), each.environment) for each in rows} == {(b"", "")}
    assert sort_deliveries() == 0


def test_a_flood_that_is_refused_is_written_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    deliver(cloud_event("1", "invoice", "7"), key="not ours")
    with CaptureQueriesContext(connection) as asked:
        for _ in range(100):
            deliver(cloud_event("1", "invoice", "7"), key="not ours")
    assert len(asked) == 0
    monkeypatch.setattr(refusals, "WRITE_EVERY", 0.0)
    deliver(cloud_event("1", "invoice", "7"), key="not ours")
    assert Delivery.objects.get().times == 102


def test_a_delivery_that_comes_twice_and_an_event_in_two_deliveries_are_one() -> None:
    one, other = cloud_event("1", "invoice", "7"), cloud_event("1", "invoice", "8")
    for events in ([one], [one], [one, other], [other, one]):
        assert deliver(*events).status_code == 200
    assert Delivery.objects.count() == 3
    assert sort_deliveries() == 3
    assert Notice.objects.count() == 2
    assert deliver(one).status_code == 200
    assert sort_deliveries() == 0


def test_of_books_that_are_not_connected_it_is_kept_and_counted_and_nothing_else() -> None:
    deliver(cloud_event("1", "invoice", "7"))
    assert read_deliveries() == "1 deliveries, 0 woken"
    assert Notice.objects.get().state == Notice.State.NOT_CONNECTED
    assert Delivery.objects.get().notices_told == 1


@pytest.mark.parametrize("body", [b"7", b"{}", b"\xff", b"[" * 5000])
def test_what_is_signed_and_cannot_be_read_is_kept_and_stops_no_other(body: bytes) -> None:
    assert post("quickbooks", body).status_code == 200
    deliver(cloud_event("1", "invoice", "7"))
    assert sort_deliveries() == 2
    assert set(Delivery.objects.values_list("state", flat=True)) == {"unreadable", "read"}


def test_equal_forms_are_one_until_they_were_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    known = registry.systems()
    told = registry.System(
        known["xero"].capabilities, known["xero"].access, known["xero"].environments,
        known["xero"].connect, FRESHBOOKS,
    )  # fmt: skip
    monkeypatch.setattr(registry, "systems", lambda: {**known, "plain": told})
    monkeypatch.setattr("apps.webhooks.keys.systems", lambda: {**known, "plain": told})
    body = b"name=invoice.update&object_id=5&account_id=a"
    form = {"name": "invoice.update", "object_id": "5", "account_id": "a"}

    def send(content: bytes, fields: dict[str, str], key: str) -> int:
        return int(
            Client().post(
                "/webhooks/plain/", data=content, content_type="application/x-www-form-urlencoded",
                HTTP_X_FRESHBOOKS_HMAC_SHA256=digest(key, json.dumps(fields).encode()),
            ).status_code
        )  # fmt: skip

    for _ in range(2):
        assert [send(body, form, "simulated-webhook-key") for _ in range(3)] == [200, 200, 200]
        assert sort_deliveries() == 1
    assert Notice.objects.count() == 2


def test_what_was_told_is_forgotten_after_its_days(settings: Any) -> None:
    deliver(cloud_event("1", "invoice", "7"))
    settings.WEBHOOK_KEEP_DAYS = 0
    assert forget_the_old() == 0
    sort_deliveries()
    assert forget_the_old() == 1
    assert not Notice.objects.exists()
