"""Which worker has a comparison: for minutes at a time, renewed while it reads, and begun anew where it
ended."""

import time
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django_q.tasks import async_task

from apps.connections.models import Connection
from apps.connectors.errors import TryLater
from apps.reconciliation.models import KeptComparison
from apps.sync.models import Run

TASK = "apps.reconciliation.tasks.carry_out"
# Seconds. Large books take longer to read than any other task may take: one that compares begins no
# call after the second, and the queue kills it after the first. The queue starts it a second time
# meanwhile, as it takes it for lost: that one finds it held, and leaves.
LONGEST = 30 * 60
LAST_CALL = 25 * 60
# Outlasts a call with the waits before it, and the laying beside each other of one kind.
HELD = timedelta(minutes=5)
RENEWED = 30.0  # seconds that a hold is not renewed again
WAITS = timedelta(hours=1)  # for a worker; then its task is gone, or there is none
TIMES = 3  # that one is begun
State = KeptComparison.State
OPEN = (State.ASKED, State.READING)
NEVER_BEGUN = "No worker came for it within an hour. See whether the task queue runs."
BROKE_OFF = f"It broke off {TIMES} times: each time the worker ended while it compared."
TOO_LONG = f"Their books could not be read within {LAST_CALL // 60} minutes."


class Superseded(TryLater):
    """Another worker has it by now, or it has ended: nothing more may be said by this one."""


class Hold:
    """One worker's hold on a comparison that it has begun."""

    def __init__(self, key: int, times: int) -> None:
        self.key, self._times = key, times
        self._since = self._renewed = time.monotonic()

    def before_call(self) -> None:
        """Raises `Superseded`, or `TryLater` where its time for calls is over."""
        if time.monotonic() - self._since > LAST_CALL:
            raise TryLater(TOO_LONG, "Tieout tries again in an hour.")
        self.renew()

    def renew(self, *, at_once: bool = False) -> None:
        """Raises `Superseded` where it is lost."""
        if not at_once and time.monotonic() - self._renewed < RENEWED:
            return
        if not self._update(held_until=timezone.now() + HELD):
            raise Superseded("Another worker compares these books by now.")
        self._renewed = time.monotonic()

    def end(self, **fields: object) -> bool:
        """What became of it, by whoever still has it; whether that is us."""
        return self._update(ended_at=timezone.now(), held_until=None, **fields)

    def _update(self, **fields: object) -> bool:
        mine = KeptComparison.objects.filter(
            pk=self.key, state=State.READING, times_begun=self._times
        )
        return bool(mine.update(**fields))


def queue(key: int) -> None:
    async_task(TASK, key, timeout=LONGEST)


def take(key: int) -> Hold | None:
    """Begin one that waits, or that whoever had it does not hold any more. None where another worker has
    it, where it has ended, and where others are read by as many workers as may do nothing else: then
    it waits, and the end of one of them queues it."""
    with transaction.atomic():
        waiting = KeptComparison.objects.select_for_update().filter(pk=key, state__in=OPEN)
        found = waiting.defer("found", "journal").first()
        now = timezone.now()
        if found is None or (found.state == State.READING and not _is_overdue(found, now)):
            return None
        others = KeptComparison.objects.filter(state=State.READING, held_until__gt=now)
        if others.exclude(pk=key).count() >= _most_at_once():
            waiting.update(held_until=now + WAITS)
            return None
        times = found.times_begun + 1
        waiting.update(state=State.READING, begun_at=now, held_until=now + HELD, times_begun=times)
        if found.state == State.READING:
            _end_reading(found)
    return Hold(key, times)


def queue_the_next() -> None:
    """One that waits has its turn."""
    waiting = KeptComparison.objects.filter(state=State.ASKED).order_by("asked_at", "pk")
    key = waiting.values_list("pk", flat=True).first()
    if key is not None:
        queue(key)


def mend() -> int:
    """Queue anew what a worker began and holds no more; end what was begun as often as may be, and what
    no worker came for. The number that was ended."""
    ended = 0
    for found in KeptComparison.objects.filter(state__in=OPEN).defer("found", "journal"):
        with transaction.atomic():
            ended += _mend(found)
    return ended


def _mend(found: KeptComparison) -> bool:
    now = timezone.now()
    if not _is_overdue(found, now):
        return False
    as_seen = KeptComparison.objects.filter(
        pk=found.pk, state=found.state, held_until=found.held_until
    )
    again = found.state == State.READING and found.times_begun < TIMES
    if again:
        if as_seen.update(state=State.ASKED, held_until=now + WAITS):
            _end_reading(found)
            queue(found.pk)
        return False
    why = BROKE_OFF if found.state == State.READING else NEVER_BEGUN
    ended = as_seen.update(state=State.STOPPED, sentence=why, ended_at=now, held_until=None)
    if ended and found.state == State.READING:
        _end_reading(found)
    return bool(ended)


def _is_overdue(found: KeptComparison, now: datetime) -> bool:
    return found.held_until is None or found.held_until < now


def _most_at_once() -> int:
    """A comparison is a worker's for minutes: one stays free to carry what was changed."""
    queue_settings: dict[str, Any] = dict(settings.Q_CLUSTER)
    return max(1, queue_settings["workers"] - 1)


def _end_reading(found: KeptComparison) -> None:
    """The run of a worker that is gone has nobody else to end it."""
    connection = Connection.objects.get(pk=found.connection_id)
    runs = Run.objects.filter(connection=connection, duty="proof", ended_at=None)
    runs.filter(started_at__gte=found.begun_at or found.asked_at).rewrite(
        outcome=Run.Outcome.STOPPED, sentence="Its worker ended.", ended_at=timezone.now()
    )
