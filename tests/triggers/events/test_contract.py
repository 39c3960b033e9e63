"""What is sent, and the sample that somebody mapped it by, are one thing, for each type of event."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.billing.actions import return_payment
from apps.connections.models import Connection, Grant
from apps.reconciliation.models import KeptComparison
from apps.staff.models import User
from apps.sync.models import Reason, SyncRecord
from apps.sync.there import ties
from apps.triggers.events.catalogue import CATALOGUE, sample_list
from apps.triggers.events.reader import look, read_changes
from apps.triggers.models import Listening
from tests.alerts.trouble import moved
from tests.exchange.archive.world import FullWorld
from tests.factories import make_customer, make_method, make_payment
from tests.triggers.events.ears import Ears

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
ALL = 1000


def kinds_of(value: Any) -> Any:
    """Keys and JSON types, all the way down."""
    if isinstance(value, dict):
        return {key: kinds_of(each) for key, each in value.items()}
    if isinstance(value, list):
        return [kinds_of(each) for each in value]
    return type(value).__name__


def trouble(connection: Connection) -> None:
    """A record arrives, another does not, both sides differ, and the consent is lost."""
    first, second = SyncRecord.objects.filter(connection=connection, opening=False)[:2]
    ties.in_the_books(first, first.wanted)
    ties.hold(second, Reason.REFUSED, "It was rejected.", "Mend it.")
    for agrees in (True, False):
        KeptComparison.objects.create(
            connection=connection, on=date(2026, 3, 31), state="done", agrees=agrees,
            ended_at=timezone.now(), sentence="Compared.",
        )  # fmt: skip
    look()
    Grant.objects.filter(pk=connection.grant_id).update(status=Grant.Status.LOST)
    look()


def test_each_type_is_sent_as_its_sample_shows_it() -> None:
    world = FullWorld(User.objects.create_user("amy@example.org", "pw", every_company=True))
    company = world.company
    ears = Ears(company)
    Listening.objects.update(since=timezone.now() - timedelta(days=7))
    connection = Connection.objects.filter(company=company).order_by("pk")[0]
    Connection.objects.filter(pk=connection.pk).update(stage=Connection.Stage.PAUSED)
    back = make_payment(company=company, method=make_method(company), date=date(2026, 3, 2))
    return_payment(back, on=date(2026, 3, 9), reason="No funds")
    customer = make_customer(company)
    moved(customer, created_at=timezone.now() - timedelta(days=8))
    customer.refresh_from_db()
    customer.city = "York"
    customer.save()
    read_changes(company.pk)
    trouble(connection)

    told = ears.heard()

    assert {each["type"] for each in told} == set(CATALOGUE)
    for type in CATALOGUE:
        samples = {named(each): each for each in sample_list(company, type, ALL)}
        sent = [each for each in told if each["type"] == type]
        # An invoice that was void before anybody looked was issued, too; samples show none.
        shown = [each for each in sent if named(each) in samples]
        assert shown, type
        for each in sent:
            assert set(each) == {
                "id",
                "type",
                "version",
                "timestamp",
                "company",
                "source",
                "test",
                "data",
            }
            assert set(each["data"]) == set(CATALOGUE[type].shape.model_fields), type
        for each in shown:
            sample = samples[named(each)]
            assert each["data"] == sample["data"], type
            assert kinds_of(each) == kinds_of(sample), type


def named(body: dict[str, Any]) -> str:
    """Which record it tells of."""
    return str(body["data"]["page"])
