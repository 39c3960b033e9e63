"""What the queue stores is text: a row of its tables is data, and nothing that stands in one is run.

django-q2 stores arguments and results as pickles, which run when a row is read, and what is queued as a
signed pickle; and it runs whatever function a schedule, a task or a hook names. `make_plain` puts JSON
in the place of both, and lets run what `schedules` lists and nothing else.
"""

import hashlib
import json
import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NoReturn

from django.apps import AppConfig
from django.core.cache import cache
from django.core.checks import CheckMessage, Tags, Warning, register
from django.db.models.signals import post_save
from picklefield.fields import PickledObjectField

from apps.core.tracebacks import without_messages
from apps.staff.security import Kind, note
from apps.sync.schedules import DUTIES, is_ours, is_superseded

log = logging.getLogger(__name__)

REFUSED: Final = "apps.sync.queue.refuse"
NOTED_AGAIN: Final = 3600  # seconds, for which one function that is refused is one event
UNREAD: Final = "(kept in a form that is not read)"
# What a task brings with it; what would name further code (a hook, a chain) is left behind.
KEPT: Final = ("id", "name", "func", "args", "kwargs", "started", "group", "timeout", "save", "sync",
               "ack_failure", "cluster")  # fmt: skip


class NotOurs(Exception):
    """A task names a function that is none of ours."""


class TextOnly(PickledObjectField):
    """JSON in the column that was made for a pickle. What is no JSON is said to be unread."""

    def from_db_value(self, value: str | None, expression: object, connection: object) -> Any:
        if value is None:
            return None
        try:
            return json.loads(value)
        except ValueError:
            return UNREAD

    def to_python(self, value: Any) -> Any:
        return value

    def pre_save(self, model_instance: Any, add: bool) -> Any:
        return getattr(model_instance, self.attname)

    def get_db_prep_value(
        self, value: Any, connection: object = None, prepared: bool = False
    ) -> str | None:
        return None if value is None else json.dumps(value, default=_named)

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        # Their migrations know the column by this name, and it is a text either way.
        name, _, args, kwargs = super().deconstruct()
        return name, "picklefield.fields.PickledObjectField", args, kwargs


class PlainPackage:
    """What lies in the queue, and what a cluster says of itself: JSON below the signature."""

    @staticmethod
    def dumps(obj: Any) -> bytes:
        """Raises TypeError for arguments that are not simple."""
        return json.dumps(obj, default=_marked).encode()

    @staticmethod
    def loads(data: bytes) -> Any:
        """Raises BadSignature, at which whoever reads the queue throws the row away."""
        from django_q.signing import BadSignature

        try:
            found = json.loads(data, object_hook=_unmarked)
        except ValueError:
            raise BadSignature("What was queued is no JSON.") from None
        return _only_ours(found) if isinstance(found, dict) and "func" in found else found


def refuse(func: str) -> NoReturn:
    """What runs in the place of a function that is none of ours."""
    log.error("queue.refused func=%r", func[:100])
    words = "A task was queued that names a function which is none of Tieout's. It was not run."
    # A schedule brings it each minute, also one of a release that this worker does not know yet.
    if cache.add(f"queue-refused-{hashlib.sha256(func.encode()).hexdigest()}", True, NOTED_AGAIN):
        note(Kind.ACT_REFUSED, words, task=func[:100])
    raise NotOurs


def make_plain() -> None:
    """Called once, before anything is queued or read."""
    from django_q import signals, signing
    from django_q.models import Task

    for name in ("args", "kwargs", "result"):
        Task._meta.get_field(name).__class__ = TextOnly
    signing.PickleSerializer = PlainPackage
    post_save.disconnect(signals.call_hook, sender=Task)
    signals.post_execute_in_worker.connect(_redact, dispatch_uid="sync.queue.redact")
    register(Tags.database)(schedules_are_ours)


def schedules_are_ours(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Names each schedule that is no duty of ours, or was altered."""
    from apps.sync.schedules import has_table

    if not databases or not has_table():
        return []
    return [
        Warning(
            f"The schedule “{each.name or each.pk}” calls {each.func}, and is none of Tieout's duties.",
            hint="It is not run. Find out who put it into the database, and delete it there.",
            id="sync.W001",
        )
        for each in foreign()
    ]


def foreign() -> list[Any]:
    """The schedules that are no duties. None where this process is of another release than the one that
    was migrated last: it does not know them all."""
    from django_q.models import Schedule

    rows = list(Schedule.objects.defer("next_run").order_by("pk"))
    return [] if is_superseded(rows) else [each for each in rows if not is_duty(each)]


def is_duty(schedule: Any) -> bool:
    """As the table of duties has it: its name, its function, and nothing given to it."""
    duty = DUTIES.get(schedule.name or "")
    given = schedule.args or schedule.kwargs or schedule.hook or schedule.intended_date_kwarg
    return duty is not None and duty["func"] == schedule.func and not given


def _only_ours(task: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {name: task[name] for name in KEPT if name in task}
    kept["args"] = tuple(kept.get("args") or ())
    if not _may_run(kept):
        func = str(kept["func"])
        kept |= {"func": REFUSED, "args": (func,), "kwargs": {}, "name": f"refused {func}"[:100]}
    return kept


def _may_run(task: dict[str, Any]) -> bool:
    """What a schedule queues bears a group, and is a duty of that name to which nothing is given: a row
    could else run any task of ours for whatever record and in whosever name it says."""
    if "group" not in task:
        return is_ours(task["func"])
    duty = DUTIES.get(str(task["group"]))
    given = task["args"] or task.get("kwargs")
    return duty is not None and duty["func"] == task["func"] and not given


def _redact(sender: object, task: dict[str, Any], **_: Any) -> None:
    if not task["success"]:
        task["result"] = without_messages(str(task["result"]))


def _marked(value: object) -> Any:
    from django_q.status import Stat

    if isinstance(value, datetime):
        return {"$moment": value.isoformat()}
    if isinstance(value, Stat):
        return {"$cluster": value.__getstate__()}
    raise TypeError(
        f"A task takes texts, numbers and lists of them, and no {type(value).__name__}."
    )


def _unmarked(found: dict[str, Any]) -> Any:
    from django_q.status import Stat

    if found.keys() == {"$moment"}:
        return datetime.fromisoformat(found["$moment"])
    if found.keys() == {"$cluster"}:
        stat = Stat.__new__(Stat)
        stat.__dict__.update(found["$cluster"])
        return stat
    return found


def _named(value: object) -> str:
    return f"({type(value).__name__})"
