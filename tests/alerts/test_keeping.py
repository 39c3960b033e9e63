"""An alert's life: opened once, told again when it grew or a day went by, closed when its cause is gone."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.alerts import keeping
from apps.alerts.causes import look_everywhere
from apps.alerts.keeping import keep
from apps.alerts.models import Alert, Event
from apps.connections.models import Connection
from apps.sync.models import Cursor
from tests.alerts.trouble import fail, heal, open_alerts

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def reads(connection: Connection, clock: Any) -> None:
    Cursor.objects.create(connection=connection, saved_at=timezone.now() + timedelta(days=400))
    Connection.objects.update(by_schedule=False)  # whether it runs is asked elsewhere


def look(clock: Any, minutes: float = 1) -> list[str]:
    clock.shift(timedelta(minutes=minutes))
    return [each.what for each in keep(look_everywhere(timezone.now()))]


def test_it_is_opened_once_however_often_it_is_seen(connection: Connection, clock: Any) -> None:
    fail(connection, 4)
    assert look(clock) == ["opened"]
    assert look(clock) == look(clock) == []
    alert = open_alerts()["failed"]
    assert (alert.count, alert.times_told, alert.company) == (4, 1, connection.company)


def test_it_is_told_again_when_there_are_three_times_as_many(
    connection: Connection, clock: Any
) -> None:
    fail(connection, 4)
    look(clock)
    fail(connection, 7)
    assert look(clock) == []
    assert open_alerts()["failed"].count == 11
    fail(connection, 1)
    assert look(clock) == ["grew"]
    assert look(clock) == []


def test_it_is_told_again_after_a_day(connection: Connection, clock: Any) -> None:
    fail(connection, 4)
    look(clock)
    assert look(clock, minutes=24 * 60 - 1) == []
    assert look(clock) == ["stands"]
    assert look(clock) == []


def test_it_closes_when_its_cause_is_gone_for_a_while_and_says_so_once(
    connection: Connection, clock: Any
) -> None:
    fail(connection, 4)
    look(clock)
    heal(connection)
    assert look(clock) == look(clock, 4) == []
    assert look(clock) == ["closed"]
    assert look(clock, 60) == []
    alert = Alert.objects.get()
    assert (alert.closed_at, alert.is_open) == (timezone.now() - timedelta(hours=1), False)


def test_what_is_tried_again_and_fails_again_stays_one_alert(
    connection: Connection, clock: Any
) -> None:
    fail(connection, 4)
    look(clock)
    heal(connection)
    look(clock, 3)
    fail(connection, 4)
    assert look(clock, 3) == []
    heal(connection)
    assert look(clock, 3) == []
    assert Alert.objects.get().is_open


def test_the_same_cause_later_is_another_alert(connection: Connection, clock: Any) -> None:
    fail(connection, 4)
    look(clock)
    heal(connection)
    look(clock)
    look(clock, 6)
    fail(connection, 2)
    assert look(clock) == ["opened"]
    assert Alert.objects.count() == 2


def test_a_look_closes_only_what_it_looked_for(connection: Connection, clock: Any) -> None:
    _open("worker::", kind="worker")
    assert look(clock, 60) == look(clock, 60) == []
    assert open_alerts()["worker"].gone_since is None


def test_the_database_keeps_one_open_alert_for_a_cause(connection: Connection, clock: Any) -> None:
    _open("failed:1:1:x")
    with pytest.raises(IntegrityError), transaction.atomic():
        _open("failed:1:1:x")


def test_two_workers_that_saw_the_same_open_one_alert_and_one_event(
    connection: Connection, clock: Any
) -> None:
    fail(connection, 4)
    seen = look_everywhere(timezone.now())
    keep(seen)
    clock.shift(timedelta(seconds=1))
    again = look_everywhere(timezone.now())
    # The second found nothing open when it began, as where both began at once.
    with transaction.atomic():
        assert keeping._opened(again.causes, again.at) == []
    assert (Alert.objects.count(), Event.objects.count()) == (1, 1)


def test_an_alert_is_never_deleted(connection: Connection, clock: Any) -> None:
    with pytest.raises(ValidationError):
        _open("x").delete()


def test_a_look_takes_a_fixed_number_of_statements(
    connection: Connection, clock: Any, django_assert_num_queries: Any
) -> None:
    fail(connection, 50)
    look(clock)
    clock.shift(timedelta(minutes=1))
    seen = look_everywhere(timezone.now())
    with django_assert_num_queries(3):  # the alerts, and the transaction around them
        keep(seen)


def _open(key: str, kind: str = "failed") -> Alert:
    now = timezone.now()
    return Alert.objects.create(
        key=key, kind=kind, sentence="It broke.", remedy="Mend it.", page="/admin/",
        opened_at=now, grown_at=now, told_at=now, told_count=1, times_told=1,
    )  # fmt: skip
