"""Sends what is due: to each endpoint one worker at a time, of each record in order.

No transaction is open during a call. Who is killed leaves a claim that runs out; what it had sent and
not noted is sent again with the same `webhook-id`.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import Final

import requests
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q
from django_q.tasks import async_task

from apps.billing.sight import sees
from apps.connections import typed_addresses
from apps.connections.clock import measure, now
from apps.connections.transport import USER_AGENT
from apps.connectors import http
from apps.connectors.moments import moment, within
from apps.core.sealing import CannotOpen
from apps.triggers.delivery.answers import Answer, Verdict, read
from apps.triggers.delivery.claims import CALL_SECONDS, CLAIM, Claim
from apps.triggers.delivery.recording import leave_alone, record, stop, unsubscribe
from apps.triggers.delivery.signing import signed
from apps.triggers.faults import after_all
from apps.triggers.models import READS_EVENTS, ApiKey, Delivery, Endpoint

TASK: Final = "apps.triggers.delivery.sending.send_due"
READ: Final = 64 * 1024  # bytes of an answer
KEY_IS_DEAD: Final = "The key that it was subscribed with opens nothing any more."
SLICE: Final = 50  # deliveries whose bodies are held at once
TURN: Final = 10.0  # seconds for one endpoint, then it is the next one's turn

Record = tuple[str, int]


def wake() -> None:
    """Let a worker look at once. In a transaction: when it ends well."""
    async_task(TASK, task_name="send events")


def send_due() -> int:
    """Send until nothing is due or the task's time is over, when a successor is queued; how many
    calls were made. A fault of ours with one endpoint holds up no other: it is left alone for a while,
    and the faults are raised in the end, as a group, so that the task stands among those that failed.
    """
    measure()
    ends = within(settings.SYNC_TASK_BUDGET)
    calls, claims = 0, 1
    with after_all("Sending to some receivers broke off") as faults:
        # What came for an endpoint while it was claimed is seen by whoever released it: here.
        while claims and moment() < ends:
            claims = 0
            for key, is_slow in _with_due():
                claim = Claim.taken(key)
                if claim is None:
                    continue
                claims += 1
                try:
                    calls += _serve(claim, until=min(ends, within(TURN)))
                except Exception as fault:  # noqa: BLE001 - kept: the others are served first
                    faults.add(fault, f"receiver {key}")
                    leave_alone(key)
                finally:
                    claim.release()
                if moment() >= ends:
                    wake()
                    break
                if is_slow:
                    break  # what came meanwhile for others goes before the next such
    return calls


def post(session: requests.Session, endpoint: Endpoint, *, id: str, body: str) -> Answer:
    """One signed request and what its answer means. Raises `CannotOpen` where the key is lost that
    sealed the address."""
    sent, at = body.encode(), now()
    try:
        address = typed_addresses.well_formed(endpoint.address)
    except ValidationError as unfit:
        return Answer(verdict=Verdict.SILENT, sentence=unfit.messages[0], seconds=0.0)
    reply = http.exchange(
        session,
        "POST",
        address,
        headers={
            "content-type": "application/json",
            "accept-encoding": "identity",
            "user-agent": USER_AGENT,
            **signed(endpoint.secrets, id=id, at=int(at.timestamp()), body=sent),
        },
        body=sent,
        until=within(CALL_SECONDS),
        connect_timeout=CALL_SECONDS,
        at_most=READ,
    )
    return read(reply, now())


def _with_due() -> list[tuple[int, bool]]:
    """Endpoints, and whether each answers slowly: those come last."""
    at = now()
    due = Delivery.objects.filter(endpoint=OuterRef("pk"), due_at__lte=at)
    rows = Endpoint.objects.filter(
        Exists(due),
        Q(paused_until=None) | Q(paused_until__lte=at),
        Q(claim=None) | Q(claimed_until__lt=at) | Q(claimed_until__gt=at + 2 * CLAIM),
        state=Endpoint.State.ON,
    )
    return list(rows.order_by("is_slow", "last_delivered_at", "pk").values_list("pk", "is_slow"))


def _serve(claim: Claim, *, until: float) -> int:
    """What is due at one endpoint, oldest event first; how many calls were made."""
    endpoint = Endpoint.objects.get(pk=claim.endpoint_id)
    if _key_is_dead(endpoint):
        unsubscribe(endpoint, KEY_IS_DEAD)
        return 0
    calls = 0
    with typed_addresses.session() as session:
        for delivery in _in_order(endpoint):
            if moment() >= until or not claim.renew() or not _still_wanted(delivery, claim):
                break
            try:
                answer = post(
                    session, endpoint, id=delivery.event.public_id, body=delivery.event.body
                )
            except CannotOpen as lost:
                stop(endpoint, f"{lost} Enter its address again.")
                break
            calls += 1
            back = answer.is_taken and endpoint.paused_until is not None
            record(delivery, endpoint, answer)
            # Where it is back, earlier ones have become due: they are read anew.
            if back or endpoint.state != Endpoint.State.ON or _is_paused(endpoint):
                break
    return calls


def _key_is_dead(endpoint: Endpoint) -> bool:
    """What a program subscribed ends with its key: revoked, expired, of a person who left, or who may not
    read any more what is told, or sees the company no more."""
    if endpoint.by_key is None:
        return False
    key = ApiKey.objects.select_related("user").filter(public_id=endpoint.by_key).first()
    if key is None or not key.is_alive() or not key.user.has_perm(READS_EVENTS):
        return True
    return not sees(key.user, endpoint)


def _still_wanted(delivery: Delivery, claim: Claim) -> bool:
    """Asked again right before the call: a person may have switched it off since it was read."""
    return Delivery.objects.filter(
        pk=delivery.pk,
        state=Delivery.State.WAITING,
        endpoint__state=Endpoint.State.ON,
        endpoint__claim=claim.mark,
    ).exists()


def _is_paused(endpoint: Endpoint) -> bool:
    return endpoint.paused_until is not None and endpoint.paused_until > now()


def _in_order(endpoint: Endpoint) -> Iterator[Delivery]:
    """Due deliveries by the order of their events, a few held at a time. One whose record has an
    earlier one that waits is due when that one is."""
    # One moment for all: what becomes due on the way lies behind, and those after it wait for it.
    after, at = 0, now()
    while True:
        rows = list(
            Delivery.objects.filter(endpoint=endpoint, due_at__lte=at, event_id__gt=after)
            .select_related("event")
            .order_by("event_id", "number")[:SLICE]
        )
        if not rows:
            return
        after = rows[-1].event_id
        waits = _waiting_longer(endpoint, rows, at)
        behind: list[Delivery] = []
        for each in rows:
            dues = [due for event, due in waits[_record(each)] if event < each.event_id]
            if dues:
                each.due_at = max(dues)
                behind.append(each)
                continue
            yield each
            # Recorded by now: what is behind it waits as long as it does.
            if each.due_at is not None and each.due_at > at:
                waits[_record(each)].append((each.event_id, each.due_at))
        _wait_behind(behind)


def _waiting_longer(
    endpoint: Endpoint, rows: list[Delivery], at: datetime
) -> defaultdict[Record, list[tuple[int, datetime]]]:
    """Of the records of these: the events that are not due yet, and when they are."""
    found: defaultdict[Record, list[tuple[int, datetime]]] = defaultdict(list)
    records = {_record(each) for each in rows}
    waiting = Delivery.objects.filter(
        endpoint=endpoint,
        due_at__gt=at,
        event_id__lt=rows[-1].event_id,
        event__subject_id__in={key for _, key in records},
    ).values_list("event__subject", "event__subject_id", "event", "due_at")
    for subject, key, event, due in waiting:
        if due is not None:
            found[subject, key].append((event, due))
    return found


def _wait_behind(rows: list[Delivery]) -> None:
    rows.sort(key=lambda each: (each.due_at or now(), each.pk))
    for due, those in groupby(rows, key=lambda each: each.due_at):
        keys = [each.pk for each in those]
        Delivery.objects.filter(pk__in=keys, state=Delivery.State.WAITING).update(due_at=due)


def _record(delivery: Delivery) -> Record:
    return delivery.event.subject, delivery.event.subject_id
