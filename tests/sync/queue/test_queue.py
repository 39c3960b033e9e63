"""Rows that somebody wrote into the queue's tables: nothing of them runs, whoever reads them."""

import base64
import importlib
import json
import os
import pickle
import re
from datetime import timedelta
from pathlib import Path
from queue import Queue
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from django_q.brokers.orm import ORM
from django_q.models import Failure, OrmQ, Schedule, Success, Task
from django_q.monitor import save_task
from django_q.pusher import pusher
from django_q.scheduler import scheduler
from django_q.signing import SignedPackage
from django_q.status import Stat
from django_q.tasks import async_task
from django_q.worker import worker

from apps.core.tracebacks import without_messages
from apps.staff.models import SecurityEvent
from apps.sync.queue import UNREAD
from apps.sync.schedules import DUTIES, TASKS, make_schedules

pytestmark = pytest.mark.django_db


class Hostile:
    """Runs when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.mark),)


def planted(mark: Path, **fields: Any) -> str:
    """A task's row whose pickles make a folder, written by SQL as an attacker would."""
    key = "f" * 32
    hostile = base64.b64encode(pickle.dumps(Hostile(mark))).decode()
    Task.objects.create(
        id=key, name="seen before", func="apps.sync.tasks.tick", started=timezone.now(),
        stopped=timezone.now(), success=False, attempt_count=1, **fields,
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE django_q_task SET result = %s, args = %s, kwargs = %s WHERE id = %s",
            [hostile, hostile, hostile, key],
        )
    return key


def carried_out() -> list[dict[str, Any]]:
    """What workers make of the queue as it stands: each row pulled, run and kept."""
    pulled: Queue[Any] = Queue()
    ends = SimpleNamespace(is_set=lambda: True)
    broker = ORM("tieout")
    # Their broker closes connections that a test holds open.
    broker.get_connection = lambda *_: OrmQ.objects  # type: ignore[method-assign]
    OrmQ.objects.update(lock=timezone.now() - timedelta(seconds=1))
    pusher(pulled, ends, broker)
    tasks = []
    while not pulled.empty():
        tasks.append({**pulled.get(), "sync": False})
    done: Queue[Any] = Queue()
    coming: Queue[Any] = Queue()
    for task in tasks:
        coming.put(task)
    coming.put("STOP")
    worker(coming, done, _Timer(), timeout=-1)
    found = []
    while not done.empty():
        task = done.get()
        save_task(task, broker)
        found.append(task)
    return found


class _Timer:
    value = 0

    def get_lock(self) -> Any:
        import contextlib

        return contextlib.nullcontext()


@pytest.fixture(autouse=True)
def _connections_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("worker", "monitor", "scheduler"):
        module = importlib.import_module(f"django_q.{name}")
        monkeypatch.setattr(module, "close_old_django_connections", lambda: None)


def test_a_hostile_pickle_would_run_where_the_field_is_theirs(tmp_path: Path) -> None:
    from picklefield.fields import PickledObjectField

    hostile = base64.b64encode(pickle.dumps(Hostile(tmp_path / "ran"))).decode()
    PickledObjectField().from_db_value(hostile, None, None)
    assert (tmp_path / "ran").exists()


def test_a_hostile_row_is_text_for_whoever_reads_it(tmp_path: Path) -> None:
    key = planted(tmp_path / "ran")
    row = Failure.objects.get(pk=key)
    assert (row.args, row.kwargs, row.result) == (UNREAD, UNREAD, UNREAD)
    assert Task.get_result(key) == UNREAD
    assert [each.result for each in Task.objects.all()] == [UNREAD]
    assert not (tmp_path / "ran").exists()


def test_a_worker_that_keeps_a_result_reads_no_pickle(tmp_path: Path) -> None:
    planted(tmp_path / "ran")
    Task.objects.update(success=True)
    async_task("apps.sync.tasks.tick")
    (done,) = carried_out()
    assert (done["success"], done["result"]) == (True, "0 woken")
    assert Success.objects.get(func="apps.sync.tasks.tick", result__isnull=False, name=done["name"]).result == "0 woken"  # fmt: skip
    assert not (tmp_path / "ran").exists()


def test_what_lies_in_the_queue_is_signed_json(tmp_path: Path) -> None:
    async_task("apps.sync.tasks.sync_connection", 7, task_name="sync 7")
    payload = OrmQ.objects.get().payload
    body = payload.partition(":")[0]
    told = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    assert (told["func"], told["args"]) == ("apps.sync.tasks.sync_connection", [7])
    assert OrmQ.objects.get().task["args"] == (7,)


@pytest.mark.parametrize("how", ["unsigned", "signed with another key", "a signed pickle"])
def test_a_row_that_was_written_into_the_queue_is_thrown_away(how: str, tmp_path: Path) -> None:
    from django.core import signing

    class Pickles:
        def dumps(self, obj: Any) -> bytes:
            return pickle.dumps(obj)

    hostile: Any = {"func": Hostile(tmp_path / "ran"), "args": (), "kwargs": {}, "id": "1"}
    from django_q.conf import Conf

    key = "another" if how == "signed with another key" else Conf.SECRET_KEY
    payload = signing.dumps(hostile, key=key, salt=Conf.PREFIX, serializer=Pickles)
    if how == "unsigned":
        payload = base64.b64encode(pickle.dumps(hostile)).decode()
    OrmQ.objects.create(key="tieout", payload=payload, lock=timezone.now())
    assert carried_out() == []
    assert not OrmQ.objects.exists()
    assert not (tmp_path / "ran").exists()


def test_a_schedule_that_names_other_code_is_refused_noted_and_named(tmp_path: Path) -> None:
    make_schedules()
    Schedule.objects.update(next_run=timezone.now() + timedelta(days=1))
    Schedule.objects.create(
        name="nightly", func="os.mkdir", args=repr((str(tmp_path / "ran"),)),
        schedule_type=Schedule.DAILY, next_run=timezone.now() - timedelta(minutes=1),
        hook="os.getcwd",
    )  # fmt: skip
    scheduler(ORM("tieout"))
    (done,) = carried_out()
    assert not (tmp_path / "ran").exists()
    assert (done["success"], done["name"]) == (False, "refused os.mkdir")
    assert "hook" not in done
    assert Failure.objects.get().args == ["os.mkdir"]
    event = SecurityEvent.objects.get()
    assert (event.kind, event.details) == ("act_refused", {"task": "os.mkdir"})
    (told,) = run_checks(tags=["database"], databases=["default"])
    assert "“nightly” calls os.mkdir" in told.msg


@pytest.mark.parametrize(
    "row",
    [
        {"name": "nightly", "func": "apps.exchange.imports.background.release_on", "args": "1, 2"},
        {"name": "tick", "func": "apps.exchange.imports.background.release_on", "args": "1, 2"},
        {"name": None, "func": "apps.sync.tasks.tick"},
        {"name": "tick", "func": "apps.sync.tasks.tick", "args": "1"},
        {"name": "tick", "func": "apps.sync.tasks.tick", "intended_date_kwarg": "day"},
        {
            "name": "x", "func": "apps.sync.tasks.purge",
            "kwargs": "q_options={'group': None, 'hook': 'os.getcwd'}",
        },
    ],
)  # fmt: skip
def test_a_schedule_runs_no_task_of_ours_but_a_duty(row: dict[str, Any]) -> None:
    Schedule.objects.all().delete()
    Schedule.objects.create(
        **row, schedule_type=Schedule.DAILY, next_run=timezone.now() - timedelta(minutes=1)
    )
    scheduler(ORM("tieout"))
    (done,) = carried_out()
    assert (done["success"], done["name"]) == (False, f"refused {row['func']}")
    assert len(run_checks(tags=["database"], databases=["default"])) == 1


def test_a_duty_that_is_due_runs() -> None:
    make_schedules()
    Schedule.objects.update(next_run=timezone.now() + timedelta(days=1))
    Schedule.objects.filter(name="tick").update(next_run=timezone.now() - timedelta(minutes=1))
    scheduler(ORM("tieout"))
    (done,) = carried_out()
    assert (done["success"], done["func"]) == (True, "apps.sync.tasks.tick")


def test_a_duty_that_was_altered_is_named_and_mended_by_the_next_migration() -> None:
    make_schedules()
    assert run_checks(tags=["database"], databases=["default"]) == []
    Schedule.objects.filter(name="tick").update(func="apps.sync.tasks.purge", args="1")
    (told,) = run_checks(tags=["database"], databases=["default"])
    assert "“tick” calls apps.sync.tasks.purge" in told.msg
    make_schedules()
    assert run_checks(tags=["database"], databases=["default"]) == []


def test_a_hook_that_stands_in_a_row_is_not_called(tmp_path: Path) -> None:
    planted(tmp_path / "ran", hook="tests.sync.queue.test_queue.hooked")
    row = Task.objects.get()
    row.save()
    assert HOOKED == []


HOOKED: list[Any] = []


def hooked(task: Any) -> None:
    HOOKED.append(task)


def test_a_failure_says_where_and_of_what_type_and_nothing_of_the_data() -> None:
    failure = (
        "Key (email)=(bell@example.com)\nexists : Traceback (most recent call last):\n"
        '  File "/app/a.py", line 7, in save\n    write(secret)\n'
        "psycopg.errors.UniqueViolation: duplicate key\nDETAIL:  Key (email)=(bell@example.com)\n\n"
        "The above exception was the direct cause of the following exception:\n\n"
        "Traceback (most recent call last):\n"
        '  File "/app/b.py", line 9, in act\n    save()\nValueError: Bell & Daughters\n'
    )
    told = without_messages(failure)
    assert "bell" not in told.lower()
    assert "DETAIL" not in told
    assert '  File "/app/a.py", line 7, in save' in told
    assert told.splitlines()[-1] == "ValueError"
    assert "psycopg.errors.UniqueViolation" in told.splitlines()


def test_a_task_that_really_fails_keeps_no_message(monkeypatch: pytest.MonkeyPatch) -> None:
    from apps.sync import tasks

    def fails() -> int:
        raise ValueError("Bell & Daughters owes 42.00")

    monkeypatch.setattr(tasks, "wake_the_due", fails)
    async_task("apps.sync.tasks.tick")
    (done,) = carried_out()
    kept = Failure.objects.get().result
    assert "Bell" not in kept + done["result"]
    assert kept.endswith("ValueError")
    assert ", in tick" in kept


@pytest.mark.parametrize("given", [object(), b"bytes", timedelta(1), {1, 2}])
def test_a_task_takes_simple_values_only(given: Any) -> None:
    with pytest.raises(TypeError, match="A task takes texts, numbers and lists of them"):
        async_task("apps.sync.tasks.tick", given)
    assert not OrmQ.objects.exists()


def test_what_a_cluster_says_of_itself_is_read_again() -> None:
    sentinel = SimpleNamespace(
        parent_pid=1, pid=2, cluster_id="c", broker=ORM("tieout"), tob=timezone.now(),
        reincarnations=0, status=lambda: "Idle", monitor=None, pusher=None, pool=[],
        result_queue=Queue(), task_queue=Queue(),
    )  # fmt: skip
    stat = SignedPackage.loads(SignedPackage.dumps(Stat(sentinel)))
    assert isinstance(stat, Stat)
    assert (stat.sentinel, stat.tob) == (2, sentinel.tob)


def test_every_task_that_is_queued_is_listed_and_is_there() -> None:
    for name in TASKS | {duty["func"] for duty in DUTIES.values()}:
        module, _, func = name.rpartition(".")
        assert callable(getattr(importlib.import_module(module), func))
    queued = set()
    for file in Path("apps").rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        if "async_task" in text:
            queued |= set(re.findall(r'"(apps(?:\.\w+)+)"', text))
    assert queued
    assert queued <= TASKS | {duty["func"] for duty in DUTIES.values()}


def test_their_migrations_see_no_other_field() -> None:
    call_command("makemigrations", "django_q", "--check", "--dry-run", verbosity=0)
