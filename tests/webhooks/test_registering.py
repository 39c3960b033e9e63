"""Our address is registered, its key arrives, is told back, and then events count."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from apps.connections.clock import now
from apps.connections.models import Connection
from apps.connectors.errors import ConnectionLost, TryLater
from apps.connectors.webhooks import digest
from apps.core.sealing import Sealer
from apps.staff.access import add_member, set_up_roles
from apps.staff.roles import RoleName
from apps.sync.models import Call, RemoteRecord
from apps.sync.tasks import read_deliveries
from apps.webhooks import refusals
from apps.webhooks.models import Delivery, Notice, Registration
from apps.webhooks.registering import register, withdraw
from tests.backoffice.desk import Desk
from tests.backoffice.people import PASSWORD
from tests.connectors.freshbooks.live import FreshBooksBooks
from tests.freshbooks_twin import FreshBooksTwin
from tests.kept_books import live_on
from tests.sandbox_server import SandboxServer

pytestmark = pytest.mark.django_db(transaction=True)
State = Delivery.State


@pytest.fixture(autouse=True)
def fresh() -> None:
    refusals.forget()


@pytest.fixture
def twin(ledger: SandboxServer) -> FreshBooksTwin:
    return FreshBooksTwin(ledger)


@pytest.fixture
def books(
    twin: FreshBooksTwin, live_server: Any, monkeypatch: pytest.MonkeyPatch
) -> FreshBooksBooks:
    monkeypatch.setattr(settings, "SITE_URL", live_server.url)
    return live_on(FreshBooksBooks, twin)[0]


def registered(books: FreshBooksBooks) -> Registration:
    return Registration.objects.get(connection=books.connection)


def callbacks_there(books: FreshBooksBooks) -> list[dict[str, Any]]:
    """As another app of the same person lists them."""
    caller = books.server.connect(books.server.state(books.business))
    answer = caller.call("GET", "events/callbacks", family="events")
    found: list[dict[str, Any]] = answer.json()["response"]["result"]["callbacks"]
    return found


def key_of(row: Registration) -> str:
    return Sealer(settings.TOKEN_KEYS).open(row.key, row.connection.public_id)


def sent(told: dict[str, str], key: str) -> int:
    """A form as somebody sends it, signed with a key; the status that it is answered."""
    return int(
        Client()
        .post(
            "/webhooks/freshbooks/",
            data=urlencode(told),
            content_type="application/x-www-form-urlencoded",
            HTTP_X_FRESHBOOKS_HMAC_SHA256=digest(key, json.dumps(told).encode()),
        )
        .status_code
    )


def asks(books: FreshBooksBooks, remote_id: str, verifier: str) -> dict[str, str]:
    told = {"name": "callback.verify", "object_id": remote_id, "account_id": books.realm}
    return {**told, "verifier": verifier}


def test_the_key_that_arrives_is_told_back_and_then_events_count(
    books: FreshBooksBooks, twin: FreshBooksTwin
) -> None:
    customer = {"organization": "Told Ltd"}
    books.run()
    register(books.connection)
    row = registered(books)
    assert row.confirmed_at is not None
    (callback,) = callbacks_there(books)
    assert (callback["verified"], callback["uri"]) == (True, row.address)
    assert (str(callback["callbackid"]), callback["event"]) == (row.remote_id, "all")
    # The key lies sealed, and the delivery that brought it holds it no more.
    assert key_of(row) not in row.key
    delivery = Delivery.objects.get()
    assert (delivery.state, bytes(delivery.body)) == (State.CONFIRMED, b"")

    made = twin.act(books.business, "create", kind="clients", body=customer)
    assert {each["status"] for each in twin.deliver(books.business)} == {200}
    read_deliveries()
    calls = Call.objects.count()
    books.run(get=None)
    assert Call.objects.count() == calls + 1
    assert Notice.objects.get().state == Notice.State.READ
    assert RemoteRecord.objects.filter(
        connection=books.connection, kind="client", remote_id=str(made["id"])
    ).exists()


def test_one_that_comes_after_the_answer_is_told_back_within_the_minute(
    books: FreshBooksBooks, twin: FreshBooksTwin
) -> None:
    register(books.connection)
    row, verifier = registered(books), key_of(registered(books))
    Registration.objects.update(key="", confirmed_at=None)
    assert sent(asks(books, row.remote_id, verifier), verifier) == 200
    assert registered(books).confirmed_at is None
    read_deliveries()
    assert registered(books).confirmed_at is not None


@pytest.mark.parametrize("confirmed", [False, True], ids=["before the right one", "after it"])
def test_a_wrong_verifier_changes_nothing(
    books: FreshBooksBooks, twin: FreshBooksTwin, confirmed: bool
) -> None:
    """Signed by what it brings, as anybody can."""
    register(books.connection)
    if not confirmed:
        Registration.objects.update(key="", confirmed_at=None)
    before = registered(books)
    assert sent(asks(books, before.remote_id, "forged"), "forged") == 200
    read_deliveries()
    after = registered(books)
    assert (after.key, after.confirmed_at, after.problem) == (before.key, before.confirmed_at, "")
    assert Delivery.objects.latest("id").state == State.NOT_OURS
    event = {"name": "client.update", "object_id": "1", "account_id": books.realm}
    assert sent(event, "forged") == 401
    assert not Notice.objects.exists()


def test_one_of_another_registration_is_not_even_asked_about(books: FreshBooksBooks) -> None:
    register(books.connection)
    books.server.control("DELETE", f"businesses/{books.realm}/traffic")
    assert sent(asks(books, "99999", "forged"), "forged") == 200
    read_deliveries()
    assert books.server.state(books.realm)["calls"] == {}
    assert Delivery.objects.latest("id").state == State.NOT_OURS


@pytest.mark.parametrize("asked", [None, timedelta(days=2)], ids=["never", "long ago"])
def test_one_that_nobody_waits_for_is_refused_and_counted(
    books: FreshBooksBooks, asked: timedelta | None
) -> None:
    if asked is not None:
        register(books.connection)
        Registration.objects.update(asked_at=now() - asked)
        Delivery.objects.all().delete()
    assert sent(asks(books, "1", "forged"), "forged") == 401
    row = Delivery.objects.get()
    assert (row.state, row.reason, row.times) == (State.REFUSED, Delivery.Reason.UNEXPECTED, 1)


def test_no_more_wait_than_can_be_told_back(
    books: FreshBooksBooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.webhooks.registering.AT_ONCE", 3)
    register(books.connection)
    answers = [sent(asks(books, "1", f"forged {each}"), f"forged {each}") for each in range(5)]
    assert answers == [200, 200, 200, 401, 401]


def test_pressed_again_it_is_the_same_registration_whose_key_comes_once_more(
    books: FreshBooksBooks,
) -> None:
    register(books.connection)
    key = key_of(registered(books))
    Registration.objects.all().delete()  # as a database of before
    register(books.connection)
    assert len(callbacks_there(books)) == 1
    assert registered(books).confirmed_at is not None
    assert key_of(registered(books)) == key


@pytest.mark.parametrize("fault", ["lose_after_commit", "lose_before_commit"])
def test_a_registration_whose_answer_was_lost_is_found_when_it_is_pressed_again(
    books: FreshBooksBooks, twin: FreshBooksTwin, fault: str
) -> None:
    twin.arm(books.business, fault, match={"method": "POST"})
    with pytest.raises(TryLater):
        register(books.connection)
    assert registered(books).confirmed_at is None
    register(books.connection)
    assert registered(books).confirmed_at is not None
    assert len(callbacks_there(books)) == 1


def test_while_they_cannot_be_told_it_waits_and_says_why(
    books: FreshBooksBooks, twin: FreshBooksTwin
) -> None:
    told_back = {"method": "PUT", "contains": "verifier"}
    twin.arm(books.business, "status", status=503, times=1, match=told_back)
    row = register(books.connection)
    assert row.confirmed_at is None
    assert row.problem
    read_deliveries()
    row = registered(books)
    assert (row.confirmed_at is not None, row.problem) == (True, "")


def test_an_address_that_they_cannot_reach_is_not_registered(
    books: FreshBooksBooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    books.connection.environment = "production"
    monkeypatch.setattr(settings, "SITE_URL", "http://tieout.local")
    with pytest.raises(ConnectionLost, match="https alone"):
        register(books.connection)
    assert not Registration.objects.exists()


def test_what_is_left_is_called_no_more_and_its_key_is_forgotten(books: FreshBooksBooks) -> None:
    register(books.connection)
    assert callbacks_there(books)
    assert withdraw(books.connection) == ""
    assert callbacks_there(books) == []
    assert not Registration.objects.exists()
    assert withdraw(books.connection) == ""


def test_one_that_is_gone_there_already_is_withdrawn_all_the_same(
    books: FreshBooksBooks,
) -> None:
    row = register(books.connection)
    caller = books.server.connect(books.server.state(books.business))
    caller.call("DELETE", f"events/callbacks/{row.remote_id}", family="events")
    assert withdraw(books.connection) == ""
    assert not Registration.objects.exists()


def test_where_they_cannot_be_told_a_person_reads_what_to_remove_there(
    books: FreshBooksBooks, twin: FreshBooksTwin
) -> None:
    row = register(books.connection)
    twin.arm(books.business, "status", status=503, times=20, match={"method": "DELETE"})
    said = withdraw(books.connection)
    assert f"may go on calling {row.address}" in said
    assert said.endswith("Remove that address there.")
    assert not Registration.objects.exists()


def test_whoever_disconnects_on_the_page_withdraws_it_before_the_access_ends(
    books: FreshBooksBooks,
) -> None:
    register(books.connection)
    caller = books.server.connect(books.server.state(books.business))
    ada = Desk()
    set_up_roles()
    ada.force_login(add_member("ada@example.com", RoleName.ADMINISTRATOR, PASSWORD, name="Ada"))
    page = reverse("admin:connections_connection_disconnect", args=[books.connection.pk])
    answer = ada.post(page, {"reason": "Other books from now on."}, follow=True)
    assert "Disconnected." in answer.content.decode()
    books.connection.refresh_from_db()
    assert books.connection.stage == Connection.Stage.DISCONNECTED
    listed = caller.call("GET", "events/callbacks", family="events").json()
    assert listed["response"]["result"]["callbacks"] == []
