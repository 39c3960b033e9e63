"""Whether a record that needs several steps over there comes nearer to its end with each."""

from collections.abc import Iterable

from apps.connections.clock import now
from apps.connectors.port import Capabilities, Outcome, RemoteObject
from apps.sync.calls.outcomes import Sent
from apps.sync.models import Attempt, Reason, SyncRecord
from apps.sync.there.stands import after

# Steps of one record before a person is asked: ten million as objects of 9,999.99.
MOST_STEPS = 1000


def is_whole(record: SyncRecord) -> None:
    """No step of it is left. Those of a later revision are other calls: under a key that a step of
    the same name had, a ledger with keys would repeat its answer and do nothing (not saved)."""
    record.generation += bool(record.step)
    record.step, record.steps = "", 0


def goes_on(
    sent: Sent, outcome: Outcome, capabilities: Capabilities, *, settled: bool
) -> Attempt.Result:
    """Partly there: what remains is planned at once, by itself, from what stands then (not saved).

    The same step once more is another call, and goes only where the one before changed something.
    What a lost call changed may have been read before it was `settled`, so that one is not asked.
    """
    record, step = sent.record, outcome.next_step
    words = capabilities.steps.get(step, step)
    record.steps += 1
    again = is_taken_again(record, sent.step, step)
    if record.steps >= MOST_STEPS:
        why = f"It took {record.steps} steps and {words} is still due."
        return _stopped(record, capabilities.name, why)
    stands = after(sent.stands, outcome.remote[:1], outcome.retired)
    if again and not settled and not moved(sent.stands, stands):
        why = f"The last step changed nothing, and {words} is due again."
        return _stopped(record, capabilities.name, why)
    record.generation += again
    record.step = step
    sentence = f"Partly in {capabilities.name}: {words} follows."
    record.wait(now(), Reason.NEXT_STEP, sentence, "Nothing to do.")
    return Attempt.Result.STEP


def _stopped(record: SyncRecord, name: str, why: str) -> Attempt.Result:
    """It would go on for ever: what stands there is kept, and a person looks."""
    record.generation += 1
    record.hold(
        Reason.STOPPED,
        f"It is partly in {name}, and Tieout stopped there. {why}",
        f"Look at it in {name} and put right there what keeps it, then press Retry: Tieout goes on "
        "from what stands. Or take it back here.",
    )
    return Attempt.Result.REFUSED


def moved(before: Iterable[RemoteObject], since: Iterable[RemoteObject]) -> bool:
    """Whether a step changed what stands: an object came, was retired, or is another version."""
    was = {(each.kind, each.remote_id, each.part): each for each in before}
    found = {(each.kind, each.remote_id, each.part): each for each in since}
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
