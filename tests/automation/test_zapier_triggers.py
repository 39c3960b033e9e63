"""Every trigger of the Zapier app, by the vendor's own tester, against a running server: subscribed, told
of what really happened, listed, unsubscribed; and the same fields each way.
"""

import json
from typing import Any

import pytest

from apps.staff.access import add_member, set_up_roles
from apps.staff.roles import RoleName
from apps.triggers.events.catalogue import CATALOGUE
from apps.triggers.models import Endpoint
from apps.triggers.tasks import tick
from tests.automation.examples import envelope_shape
from tests.automation.fields import differences, fields_of
from tests.automation.node import ZapierApp
from tests.automation.running import receiver, service_key, zapier
from tests.automation.season import let_everything_happen, open_the_books
from tests.backoffice.people import PASSWORD
from tests.kept_books import live_books
from tests.sandbox_server import SandboxServer
from tests.sync.conftest import ledger
from tests.triggers.receiver import Receiver

pytestmark = [pytest.mark.slow, pytest.mark.processes, pytest.mark.django_db(transaction=True)]
__all__ = ["ledger", "receiver", "zapier"]  # fixtures
KEYS = {type: type.replace(".", "_") for type in CATALOGUE}


def operation(type: str, part: str) -> str:
    return f"triggers.{KEYS[type]}.operation.{part}"


def told_of(receiver: Receiver, type: str) -> list[dict[str, Any]]:
    return [json.loads(each.body) for each in receiver.taken if each.path.endswith(f"/{type}")]


def test_each_trigger_tells_what_happened_and_shows_it_alike_before(
    zapier: ZapierApp,
    ledger: SandboxServer,
    receiver: Receiver,
    live_server: Any,
) -> None:
    books = live_books(ledger)
    set_up_roles()
    ada = add_member("ada@example.com", RoleName.ADMINISTRATOR, PASSWORD, name="Ada")
    auth = {"address": live_server.url, "api_key": service_key(ada, books.company)}
    subscribed = {}
    for type in CATALOGUE:
        target = f"{receiver.address}/{type}"
        subscribed[type] = zapier.run(
            operation(type, "performSubscribe"), authData=auth, targetUrl=target
        )
    assert all(set(each) == {"id"} for each in subscribed.values())
    assert Endpoint.objects.filter(state="on", origin="api").count() == len(CATALOGUE)

    open_the_books(books)
    let_everything_happen(books)

    for type in CATALOGUE:
        told = told_of(receiver, type)
        assert {each["type"] for each in told} == {type}, f"{type} was not told"
        shape = fields_of(envelope_shape(type))
        for body in told:
            given = zapier.run(operation(type, "perform"), authData=auth, cleanedRequest=body)
            assert given == [body]
            assert differences(shape, body) == [], type
        listed = zapier.run(operation(type, "performList"), authData=auth)
        assert listed, f"of {type} nothing is listed"
        for each in [*listed, zapier.read(operation(type, "sample"))]:
            assert differences(shape, each) == [], type
            assert each["type"] == type
        assert told[-1]["data"]["page"] in [each["data"]["page"] for each in listed]

    before = len(receiver.got)
    for type in CATALOGUE:
        for _ in range(2):  # Zapier may repeat it
            zapier.run(
                operation(type, "performUnsubscribe"),
                authData=auth,
                subscribeData=subscribed[type],
            )
    assert not Endpoint.objects.filter(state="on").exists()
    books.company.customers.first().save()
    tick()
    assert len(receiver.got) == before
