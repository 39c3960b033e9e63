"""A row of the schedules that nobody could read keeps no duty from running, and is told."""

import importlib
import logging
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils import timezone
from django_q import cluster
from django_q.brokers.orm import ORM
from django_q.models import OrmQ, Schedule
from django_q.scheduler import scheduler as theirs

from apps.alerts.causes import look_everywhere
from apps.alerts.models import Kind
from apps.staff.models import SecurityEvent
from apps.sync.queue import foreign
from apps.sync.schedules import DUTIES, make_schedules
from apps.sync.scheduling import hold_to_duties

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def due(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("django_q.scheduler", "django_q.utils"):
        module = importlib.import_module(name)
        monkeypatch.setattr(module, "close_old_django_connections", lambda: None)
    logging.getLogger("django-q").setLevel(logging.CRITICAL)
    Schedule.objects.all().delete()
    make_schedules()
    Schedule.objects.update(next_run=timezone.now() + timedelta(seconds=50))
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


@pytest.mark.parametrize(
    "moment", ["9999-12-31 23:59:59", None, "0001-01-01 00:00:00", "9999-99-99 99:99:99"]
)
def test_a_duty_whose_time_does_not_come_runs_and_holds_up_nothing(moment: str | None) -> None:
    if connection.vendor != "sqlite" and moment and "99-99" in moment:
        pytest.skip("PostgreSQL keeps times alone")
    for name in ("tick", "purge"):
        set_time(name, moment)
    set_time("deliveries", str(timezone.now() - timedelta(minutes=1)))
    for _ in range(2):
        cluster.scheduler(broker=ORM("tieout"))
    wanted = ["apps.sync.tasks.purge", "apps.sync.tasks.read_deliveries", "apps.sync.tasks.tick"]
    assert sorted(queued()) == wanted
    rested = moment is not None and moment.startswith("0001")
    assert SecurityEvent.objects.count() == (0 if rested else 2)


def set_time(name: str, moment: str | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE django_q_schedule SET next_run = %s WHERE name = %s", [moment, name])


def test_a_duty_that_was_deleted_is_there_again() -> None:
    Schedule.objects.filter(name__in=["tick", "sweep"]).delete()
    for _ in range(2):
        cluster.scheduler(broker=ORM("tieout"))
    assert sorted(queued()) == ["apps.sync.tasks.sweep_all", "apps.sync.tasks.tick"]
    words = [each.words for each in SecurityEvent.objects.all()]
    assert sum("was deleted past Tieout" in each for each in words) == len(words) == 2


def test_while_an_upgrade_rolls_the_rows_are_held_to_by_those_of_the_last_migration_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The next release reads the deliveries less often, has one duty more and one less."""
    of_this_one = dict(DUTIES)
    daily = {"func": "apps.sync.tasks.tick", "schedule_type": Schedule.DAILY}
    of_the_next = {
        **of_this_one,
        "new": daily,
        "deliveries": {**of_this_one["deliveries"], "minutes": 5},
    }
    del of_the_next["purge"]

    def as_of(table: dict[str, Any]) -> None:
        for module in ("schedules", "scheduling", "queue"):
            monkeypatch.setattr(f"apps.sync.{module}.DUTIES", table)

    def rows() -> dict[str | None, tuple[int | None, int]]:
        return {each.name: (each.minutes, each.repeats) for each in Schedule.objects.all()}

    as_of(of_the_next)
    with time_machine.travel(timezone.now() + timedelta(seconds=2)):
        make_schedules()
    upgraded = rows()
    assert "purge" not in upgraded  # no row that is stopped stays of it
    assert (upgraded["new"], upgraded["deliveries"]) == ((None, -1), (5, -1))
    for table in (of_this_one, of_the_next, of_this_one):
        as_of(table)
        hold_to_duties()
        assert foreign() == []
        assert rows() == upgraded
    assert not SecurityEvent.objects.exists()
    # Their own are still held to it, once.
    Schedule.objects.filter(name="tick").update(args="[")
    for table in (of_this_one, of_the_next, of_this_one, of_the_next):
        as_of(table)
        hold_to_duties()
    assert SecurityEvent.objects.count() == 1
    # Whoever goes back migrates with what they go back to.
    as_of(of_this_one)
    with time_machine.travel(timezone.now() + timedelta(seconds=4)):
        make_schedules()
    assert rows().keys() == of_this_one.keys()


@pytest.mark.parametrize("mark", ["9999999999 abc", "9999999999 abc:Zm9yZ2Vk", "x", ""])
def test_nobody_else_says_that_another_release_holds_the_rows(mark: str) -> None:
    Schedule.objects.filter(name="tick").update(args="[", cron=mark)
    cluster.scheduler(broker=ORM("tieout"))
    assert queued() == ["apps.sync.tasks.tick"]


def test_a_database_that_is_away_ends_no_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise OSError

    monkeypatch.setattr("apps.sync.scheduling.hold_to_duties", away)
    cluster.scheduler(broker=ORM("tieout"))
    assert queued() == ["apps.sync.tasks.tick"]
