"""Whether a record that needs several steps over there comes nearer to its end with each."""

from collections.abc import Iterable

from apps.connectors.port import RemoteObject
from apps.sync.models import Attempt, SyncRecord

# Steps of one record before a person is asked: ten million as objects of 9,999.99.
MOST_STEPS = 1000


def moved(before: Iterable[RemoteObject], now: Iterable[RemoteObject]) -> bool:
    """Whether a step changed what stands: an object came, was retired, or is another version."""
    was = {(each.kind, each.remote_id, each.part): each for each in before}
    found = {(each.kind, each.remote_id, each.part): each for each in now}
    return was.keys() != found.keys() or any(
        not _is_as_before(each, found[key]) for key, each in was.items()
    )


def _is_as_before(was: RemoteObject, now: RemoteObject) -> bool:
    if (was.gone, was.void) != (now.gone, now.void):
        return False
    if was.version and now.version:
        return was.version == now.version
    return (was.amount, was.snapshot) == (now.amount, now.snapshot)


def is_taken_again(record: SyncRecord, done: str, step: str) -> bool:
    """Whether this step was taken before since the record was last whole; `done` is the last."""
    if step == done:
        return True
    earlier = record.attempts.filter(result=Attempt.Result.STEP).order_by("-id")
    return step in list(earlier.values_list("step", flat=True)[: max(record.steps - 1, 0)])
