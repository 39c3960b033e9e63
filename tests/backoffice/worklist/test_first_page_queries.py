"""The first page asks the database a fixed number of questions, whatever there is to count."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.alerts.models import Alert
from apps.billing.models import Payment
from apps.staff.access import add_member
from apps.staff.models import User
from apps.staff.roles import RoleName
from apps.sync.models import State, SyncRecord
from tests.backoffice.people import PASSWORD
from tests.backoffice.two_companies import narrow
from tests.backoffice.world import World

QUERIES = 12
WHO = ("Ada", "Fay", "Vera")  # an Administrator, an Accountant of one company, a Viewer

pytestmark = pytest.mark.slow


def asked(client: Client) -> list[str]:
    client.get("/admin/")
    with CaptureQueriesContext(connection) as captured:
        assert client.get("/admin/").status_code == 200
    return [each["sql"] for each in captured.captured_queries]


def copied(record: Any, times: int) -> list[Any]:
    """So many rows like this one, written past its acts."""
    fields = [
        each for each in record._meta.concrete_fields if not (each.generated or each.primary_key)
    ]
    values = {each.attname: getattr(record, each.attname) for each in fields}
    rows = [type(record)(**{**values, "public_id": uuid.uuid4()}) for _ in range(times)]
    return models.QuerySet(type(record)).bulk_create(rows)


def many_more(world: World, times: int) -> None:
    """Drafts, each held for a person over there, and payments that wait for their bank deposit."""
    drafts = copied(world.draft, times)
    SyncRecord.objects.bulk_create(
        SyncRecord(
            connection=world.connection,
            kind="invoice",
            invoice=each,
            wanted=1,
            state=State.NEEDS_PERSON,
            reason="refused",
            sentence="Rejected over there.",
        )
        for each in drafts
    )
    copied(world.payment, times)


def test_it_is_asked_as_much_of_three_records_as_of_three_hundred_and_of_three_companies(
    world: World, people: dict[str, User], browse: Callable[[str], Client]
) -> None:
    narrow(people["Fay"], world.company)
    now = timezone.now()
    said = {"sentence": "It stands.", "remedy": "Look.", "page": "/admin/", "kind": "failed"}
    of = {"company": world.company, "connection": world.connection}
    Alert.objects.create(key="it stands", opened_at=now, grown_at=now, **said, **of)
    many_more(world, 3)
    before = {who: asked(browse(who)) for who in WHO}
    assert {who: len(each) for who, each in before.items() if len(each) > QUERIES} == {}
    many_more(world, 297)
    assert Payment.objects.count() > 300
    for who in WHO:
        assert len(asked(browse(who))) == len(before[who]), who
    zoe = add_member("zoe@example.com", RoleName.ACCOUNTANT, PASSWORD, name="Zoe")
    for name in ("Second Ltd", "Third Ltd"):
        World(zoe, name)
    for who in WHO:
        assert len(asked(browse(who))) == len(before[who]), who
