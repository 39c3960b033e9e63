"""Facts become events, each once, with a delivery for each endpoint that wants it.

All of it happens in the transaction that holds the company's `Listening` row.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from types import MappingProxyType
from typing import Any

from django.db.models import Model

from apps.connections.clock import now
from apps.triggers.events.catalogue import CATALOGUE, envelope
from apps.triggers.events.facts import TOO_OLD, Fact, sources
from apps.triggers.models import Delivery, Endpoint, Event, EventType, Listening
from apps.triggers.shapes import ROWS, rows_of

ORDER = {each: place for place, each in enumerate(EventType)}


def write(listening: Listening, facts: Iterable[Fact]) -> int:
    """Make events of what was not an event yet and happened since somebody listens; the number of
    those that are told."""
    fresh = _fresh(listening, facts)
    if not fresh:
        return 0
    named = sources(fresh)
    events = [
        Event(
            company_id=listening.company_id,
            type=each.type,
            subject=each.subject,
            subject_id=each.subject_id,
            key=each.key,
            happened_at=each.happened_at,
            source=named.get(each.origin, each.origin),
            revision=each.revision,
            quiet=each.quiet,
            batch_id=each.batch_id if each.quiet else None,
        )
        for each in fresh
    ]
    loud = [each for each in events if not each.quiet]
    write_bodies(listening, loud, {each.key: each.record for each in fresh})
    made = Event.objects.bulk_create(each for each in events if each.quiet or each.body)
    told = [each for each in made if each.body]
    deliver(listening, told)
    return len(told)


def write_bodies(
    listening: Listening,
    events: Sequence[Event],
    at_hand: Mapping[str, Model | None] = MappingProxyType({}),
) -> None:
    """Freeze what each says, of its record as it stands now. One whose record is gone (an import's
    customer that was taken back) keeps no body."""
    company = listening.company
    today = company.today()
    loaded = _loaded([each for each in events if at_hand.get(each.key) is None])
    for event in events:
        record: Any = at_hand.get(event.key) or loaded[event.subject].get(event.subject_id)
        if record is None:
            continue
        told = CATALOGUE[event.type]
        beside = {"today": today} if event.subject == "invoice" else {}
        event.body = envelope(
            event.type,
            told.describe(record, **beside),
            id=event.public_id,
            company=company,
            happened_at=event.happened_at,
            source=event.source,
        )


def deliver(listening: Listening, events: Collection[Event]) -> None:
    """One delivery for each endpoint that is in use and wants it, due at once."""
    if not events:
        return
    moment = now()
    rows = Endpoint.objects.filter(company=listening.company_id, state=Endpoint.State.ON)
    endpoints = rows.order_by("pk").only("pk", "types")
    Delivery.objects.bulk_create(
        Delivery(endpoint=endpoint, event=event, due_at=moment, made_at=moment)
        for endpoint in endpoints
        for event in events
        if endpoint.wants(event.type)
    )


def _fresh(listening: Listening, facts: Iterable[Fact]) -> list[Fact]:
    """In the order in which they happened to each record."""
    since = max(listening.since, now() - TOO_OLD)
    found = {each.key: each for each in facts if each.happened_at >= since}
    if not found:
        return []
    rows = Event.objects.filter(company=listening.company_id, key__in=list(found))
    known = set(rows.values_list("key", flat=True))
    fresh = [each for key, each in found.items() if key not in known]
    return sorted(fresh, key=lambda each: (each.happened_at, ORDER[each.type], each.key))


def _loaded(events: Sequence[Event]) -> dict[str, dict[int, Any]]:
    """Records of billing with all that their shapes show, by kind and key."""
    of_kind = attrgetter("subject")
    wanted = sorted((each for each in events if each.subject in ROWS), key=of_kind)
    return {
        kind: {
            each.pk: each
            for each in rows_of(kind).filter(pk__in={event.subject_id for event in some})
        }
        for kind, some in groupby(wanted, key=of_kind)
    }
