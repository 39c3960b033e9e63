"""What came of a try, written in one short transaction: the attempt, its delivery, its endpoint."""

from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.connections.clock import now
from apps.triggers.delivery.answers import ABSENT, THROTTLED, Answer, Verdict
from apps.triggers.delivery.rhythm import (
    PATIENCE,
    REFUSALS_IN_A_ROW,
    SWITCHED_OFF_AFTER,
    SWITCHED_OFF_TRIES,
    next_try,
    pause,
)
from apps.triggers.models import Delivery, DeliveryAttempt, Endpoint

State = Delivery.State
UNSUBSCRIBED: Final = "It answered 410: it wants no more events."
# A moment on the list of endpoints: no row is written for each delivery to move it.
SEEN_EVERY: Final = timedelta(seconds=5)
SLOW: Final = 2.0  # seconds of an answer, above which one worker alone waits for such receivers


@transaction.atomic
def record(delivery: Delivery, endpoint: Endpoint, answer: Answer) -> None:
    """Writes it, and what follows for both into the copies that are given."""
    moment = now()
    DeliveryAttempt.objects.create(
        delivery=delivery,
        at=moment - timedelta(seconds=answer.seconds),
        seconds=answer.seconds,
        ip=answer.peer or None,
        status=answer.status,
        problem=answer.problem[:300],
        answer=answer.said,
    )
    was_paused = endpoint.paused_until is not None
    _move_endpoint(endpoint, answer, moment)
    _move_delivery(delivery, answer, moment)
    if answer.is_taken and was_paused:
        _let_all_go(endpoint, moment)


@transaction.atomic
def leave_alone(key: int) -> None:
    """One that a fault of ours kept from being served: as one that does not answer, so that staff see it
    fail, and nothing turns round and round."""
    endpoint, moment = Endpoint.objects.select_for_update().get(pk=key), now()
    failures = endpoint.failures + 1
    Endpoint.objects.filter(pk=key).update(
        failures=failures,
        failing_since=endpoint.failing_since or moment,
        paused_until=pause(failures, moment),
    )


@transaction.atomic
def stop(endpoint: Endpoint, why: str) -> None:
    """Switch off by ourselves what nothing can be sent to: staff are told."""
    Endpoint.objects.filter(pk=endpoint.pk).update(failing_since=endpoint.failing_since or now())
    leave(endpoint, Endpoint.State.OFF, why)


@transaction.atomic
def unsubscribe(endpoint: Endpoint, why: str) -> None:
    """For good, by what we found out ourselves: what waits is cancelled."""
    cancel_waiting(endpoint, why)
    leave(endpoint, Endpoint.State.GONE, why)


def cancel_waiting(endpoint: Endpoint, why: str, but: Q | None = None) -> int:
    """Of an endpoint that wants no more, `but` what it wants still; how many there were."""
    rows = Delivery.objects.filter(endpoint=endpoint, state=State.WAITING)
    if but is not None:
        rows = rows.exclude(but)
    return rows.update(state=State.CANCELLED, due_at=None, ended_at=now(), sentence=why[:300])


def later_ones_of(delivery: Delivery) -> QuerySet[Delivery]:
    """What waits for it: later events of the same record, at the same endpoint."""
    event = delivery.event
    return Delivery.objects.filter(
        endpoint=delivery.endpoint_id,
        state=State.WAITING,
        event__subject=event.subject,
        event__subject_id=event.subject_id,
    ).exclude(pk=delivery.pk)


def _move_delivery(delivery: Delivery, answer: Answer, moment: datetime) -> None:
    told: dict[str, Any] = {"sentence": answer.sentence[:300]}
    if answer.verdict is Verdict.WAIT:
        lasting = moment - delivery.made_at < PATIENCE
        due = answer.wait_until if lasting else None
    else:
        told["tries"] = delivery.tries + 1
        due = None if answer.is_taken else next_try(delivery.tries + 1, moment)
    if answer.is_taken:
        told |= {"state": State.DELIVERED, "due_at": None, "ended_at": moment}
    elif answer.verdict is Verdict.GONE:
        told |= {"state": State.CANCELLED, "due_at": None, "ended_at": moment}
    elif due is None:
        told |= {"state": State.FAILED, "due_at": None, "ended_at": moment}
    else:
        told["due_at"] = due
    for name, value in told.items():
        setattr(delivery, name, value)
    # Unless a person cancelled it meanwhile.
    Delivery.objects.filter(pk=delivery.pk, state=State.WAITING).update(**told)
    if delivery.state == State.FAILED:
        later_ones_of(delivery).filter(due_at__gt=moment).update(due_at=moment)


def _move_endpoint(endpoint: Endpoint, answer: Answer, moment: datetime) -> None:
    told: dict[str, Any]
    is_slow = answer.seconds >= SLOW
    if answer.is_taken:
        failed = endpoint.failures or endpoint.failing_since or endpoint.paused_until
        last = endpoint.last_delivered_at
        if (
            not failed
            and is_slow == endpoint.is_slow
            and last is not None
            and moment - last < SEEN_EVERY
        ):
            return
        told = {"failures": 0, "failing_since": None, "paused_until": None,
                "last_delivered_at": moment}  # fmt: skip
    elif answer.verdict is Verdict.GONE:
        unsubscribe(endpoint, UNSUBSCRIBED)
        return
    else:
        failures = endpoint.failures + 1
        told = {
            "failures": failures,
            "failing_since": endpoint.failing_since or moment,
            "paused_until": _left_alone_until(answer, failures, moment),
        }
    told["is_slow"] = is_slow
    for name, value in told.items():
        setattr(endpoint, name, value)
    Endpoint.objects.filter(pk=endpoint.pk).update(**told)
    since = endpoint.failing_since
    if since is None or endpoint.failures < SWITCHED_OFF_TRIES:
        return
    if moment - since >= SWITCHED_OFF_AFTER:
        days = SWITCHED_OFF_AFTER.days
        why = f"It took nothing for {days} days. The last time: {answer.sentence}"
        leave(endpoint, Endpoint.State.OFF, why)


def _left_alone_until(answer: Answer, failures: int, moment: datetime) -> datetime | None:
    if answer.wait_until is not None:
        return answer.wait_until
    if answer.verdict is Verdict.SILENT:
        return pause(failures, moment)
    if failures >= REFUSALS_IN_A_ROW:
        return pause(failures - REFUSALS_IN_A_ROW + 1, moment)
    return None


def leave(endpoint: Endpoint, state: Endpoint.State, why: str) -> None:
    """With a row of its history, of the endpoint as it stands: staff see when it ended, and why. Where
    a person ended it meanwhile, that stays."""
    stored = Endpoint.objects.select_for_update().get(pk=endpoint.pk)
    if stored.state == Endpoint.State.ON:
        stored.state, stored.reason = state, why[:300]
        stored.save(update_fields=["state", "reason"])
    endpoint.state, endpoint.reason = stored.state, stored.reason


def _let_all_go(endpoint: Endpoint, moment: datetime) -> None:
    """It is back: what it never answered goes out at once, and not each when its own next try is due."""
    answered = DeliveryAttempt.objects.filter(delivery=OuterRef("pk"), status__isnull=False)
    waiting = Delivery.objects.filter(
        ~Exists(answered.exclude(status__in=(*ABSENT, *THROTTLED))),
        endpoint=endpoint,
        state=State.WAITING,
        due_at__gt=moment,
    )
    waiting.update(due_at=moment)
