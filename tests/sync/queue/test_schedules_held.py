"""A row of the schedules that nobody could read keeps no duty from running, and is told."""

import importlib
import logging
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_q import cluster
from django_q.brokers.orm import ORM
from django_q.models import OrmQ, Schedule
from django_q.scheduler import scheduler as theirs

from apps.alerts.causes import look_everywhere
from apps.alerts.models import Kind
from apps.staff.models import SecurityEvent
from apps.sync.schedules import make_schedules

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def due(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("django_q.scheduler", "django_q.utils"):
        module = importlib.import_module(name)
        monkeypatch.setattr(module, "close_old_django_connections", lambda: None)
    logging.getLogger("django-q").setLevel(logging.CRITICAL)
    Schedule.objects.all().delete()
    make_schedules()
    Schedule.objects.update(next_run=timezone.now() + timedelta(days=1))
    Schedule.objects.filter(name="tick").update(next_run=timezone.now() - timedelta(minutes=1))


def planted(**row: Any) -> Schedule:
    """Due before all duties."""
    row = {"name": "nightly", "func": "os.getcwd", "schedule_type": Schedule.DAILY, **row}
    made: Schedule = Schedule.objects.create(next_run=timezone.now() - timedelta(hours=1), **row)
    Schedule.objects.filter(pk=made.pk).update(id=-1)
    return Schedule.objects.get(pk=-1)


def queued() -> list[str]:
    return [each.task["func"] for each in OrmQ.objects.all()]


def test_one_row_that_is_not_read_stopped_everything_before() -> None:
    planted(args="[")
    theirs(ORM("tieout"))
    assert queued() == []


@pytest.mark.parametrize(
    "row",
    [
        {"args": "["},
        {"name": "tick", "func": "apps.sync.tasks.tick", "args": "1e", "schedule_type": "I"},
        {"name": "tick", "func": "os.getcwd"},
        {"name": None, "kwargs": "x=(", "args": "("},
        {"schedule_type": Schedule.MINUTES, "minutes": 0},
    ],
)
def test_the_duties_run_whatever_else_stands_there(row: dict[str, Any]) -> None:
    planted(**row)
    for _ in range(2):
        cluster.scheduler(broker=ORM("tieout"))
    assert queued() == ["apps.sync.tasks.tick"]
    event = SecurityEvent.objects.get()  # once, however often it is met
    assert "It was stopped" in event.words or "It is as it was again" in event.words
    if "It was stopped" in event.words:
        (told,) = [
            each for each in look_everywhere(timezone.now()).causes if each.name == "foreign"
        ]
        assert told.kind == Kind.QUEUE
        assert "none of Tieout's duties" in told.sentence


@pytest.mark.parametrize(
    "altered", [{"args": "["}, {"minutes": 0}, {"repeats": 0}, {"cluster": "x"}, {"hook": "os.x"}]
)
def test_a_duty_that_was_altered_is_as_the_table_has_it(altered: dict[str, Any]) -> None:
    Schedule.objects.filter(name="tick").update(**altered)
    cluster.scheduler(broker=ORM("tieout"))
    assert queued() == ["apps.sync.tasks.tick"]
    assert "was altered past Tieout" in SecurityEvent.objects.get().words


def test_a_database_that_is_away_ends_no_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise OSError

    monkeypatch.setattr("apps.sync.scheduling.hold_to_duties", away)
    cluster.scheduler(broker=ORM("tieout"))
    assert queued() == ["apps.sync.tasks.tick"]
