"""From deliveries to notices: what each told, of which connection, and whether it is to be read."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.conf import settings
from django.db import transaction

from apps.connections.clock import now
from apps.connections.models import Connection
from apps.connectors.webhooks import Event, Webhooks
from apps.core.rows import update_rows
from apps.webhooks.keys import webhooks_of
from apps.webhooks.models import Delivery, Notice

AT_ONCE = 200  # deliveries of one transaction
ROWS = 500

State = Notice.State
Company = tuple[str, str, str]  # system, environment, their company id


def sort_deliveries() -> int:
    """Look at all that is new, a few in each transaction; how many were looked at. A process that
    dies leaves the rest as they were."""
    looked_at = 0
    while some := _sort_some():
        looked_at += some
    return looked_at


def _sort_some() -> int:
    with transaction.atomic():
        # Another process that sorts at the same time takes the next ones.
        new = Delivery.objects.select_for_update(skip_locked=True).filter(state=Delivery.State.NEW)
        deliveries = list(new.order_by("id")[:AT_ONCE])
        told = [(each, event) for each in deliveries for event in _events_of(each)]
        notices = _notices(told)
        Notice.objects.bulk_create(notices, batch_size=ROWS, ignore_conflicts=True)
        counts = Counter(each.delivery_id for each in notices)
        for each in deliveries:
            each.notices_told = counts[each.pk]
        update_rows(Delivery, deliveries, ["state", "identity", "notices_told"])
    return len(deliveries)


def _events_of(delivery: Delivery) -> tuple[Event, ...]:
    """What it tells; its row then says how that went. Another body like it counts anew where equal
    ones may be two changes: nobody has read the object since the first."""
    webhooks = _webhooks(delivery)
    delivery.state = Delivery.State.READ
    if webhooks.repeats:
        delivery.identity = f"{delivery.identity[:50]}:{delivery.pk}"
    try:
        return webhooks.events(bytes(delivery.body))
    except (ValueError, RecursionError):
        delivery.state = Delivery.State.UNREADABLE
        return ()


def _webhooks(delivery: Delivery) -> Webhooks:
    found = webhooks_of(delivery.system)
    if found is None:
        raise LookupError(f"a delivery of {delivery.system}, which tells nothing by itself")
    return found


def _notices(told: Sequence[tuple[Delivery, Event]]) -> list[Notice]:
    connections = _connections(told)
    found = []
    for place, (delivery, event) in enumerate(told):
        kind = _webhooks(delivery).kinds.get(event.word)
        connection = connections.get((delivery.system, delivery.environment, event.company))
        own = event.identity or f"delivery {delivery.pk} {place}"
        words = f"{delivery.system} {delivery.environment} {own}"
        found.append(
            Notice(
                delivery=delivery,
                connection=connection,
                identity=hashlib.sha256(words.encode()).hexdigest(),
                company=event.company[:80].replace("\0", ""),
                word=event.word[:40].replace("\0", ""),
                kind=kind or "",
                remote_id=event.remote_id[:60].replace("\0", ""),
                told_at=event.at,
                state=_state(kind, connection),
            )
        )
    return found


def _state(kind: str | None, connection: Connection | None) -> Notice.State:
    if connection is None:
        return State.NOT_CONNECTED
    if kind is None:
        return State.NOT_WANTED
    return State.WAITING if connection.is_live else State.NOT_LIVE


def _connections(told: Iterable[tuple[Delivery, Event]]) -> dict[Company, Connection]:
    ids = {event.company for _, event in told}
    rows = Connection.objects.filter(remote_company_id__in=ids)
    return {(each.system, each.environment, each.remote_company_id): each for each in rows}


def forget_the_old() -> int:
    """Deliveries past the days they are kept, with what they told; what still waits stays."""
    before = now() - timedelta(days=settings.WEBHOOK_KEEP_DAYS)
    old = Delivery.objects.filter(received_at__lt=before).exclude(state=Delivery.State.NEW)
    waiting = Notice.objects.filter(state=State.WAITING, delivery__received_at__lt=before)
    count = old.exclude(pk__in=waiting.values("delivery")).delete()[1]
    return count.get("webhooks.Delivery", 0)
