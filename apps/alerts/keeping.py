"""From what a look found to alerts: opened once, grown, closed when their cause is gone."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from apps.alerts.causes import Cause, Look
from apps.alerts.models import Alert, Event
from apps.core.rows import update_rows

What = Event.What
FACTOR: Final = 3  # told again once there are so many times as many as were told last
AGAIN: Final = timedelta(days=1)  # and of what stands, each day
# A cause that comes back sooner was not gone: what is tried again does not close and open an alert.
CALM: Final = timedelta(minutes=5)
_MOVES: Final = [
    "count", "sentence", "remedy", "page", "grown_at", "gone_since", "closed_at", "told_at",
    "told_count", "times_told",
]  # fmt: skip


def keep(look: Look) -> list[Event]:
    """Open, grow and close alerts; the events that this look brought.

    Two workers may look at once: one alert is open for a cause and an event has its number, by the
    database, so that the second writes nothing. The number of statements is fixed.
    """
    found = {each.key: each for each in look.causes}
    with transaction.atomic():
        known = {each.key: each for each in _open().select_for_update(of=("self",))}
        events = _opened([each for key, each in found.items() if key not in known], look.at)
        moved = []
        for key, alert in known.items():
            cause = found.get(key)
            if cause is None and alert.kind not in look.kinds:
                continue
            before = _state(alert)
            what = _missed(alert, look.at) if cause is None else _seen(alert, cause, look.at)
            if what is not None:
                events.append(_told(alert, what, look.at))
            if _state(alert) != before:
                moved.append(alert)
        update_rows(Alert, moved, _MOVES)
        Event.objects.bulk_create(events, ignore_conflicts=True)
    return events


def _open() -> "QuerySet[Alert]":
    return Alert.objects.filter(closed_at=None).select_related("connection", "company")


def _opened(causes: Iterable[Cause], now: datetime) -> list[Event]:
    fresh = [
        Alert(
            key=each.key,
            kind=each.kind,
            company_id=each.company,
            connection_id=each.connection,
            count=each.count,
            sentence=each.sentence,
            remedy=each.remedy[:300],
            page=each.page[:300],
            opened_at=now,
            grown_at=now,
            told_at=now,
            told_count=each.count,
            times_told=1,
        )
        for each in causes
    ]
    if not fresh:
        return []
    Alert.objects.bulk_create(fresh, ignore_conflicts=True)
    # Conflicts are skipped without a word, and some databases then tell no keys: read them.
    rows = Alert.objects.filter(closed_at=None, key__in=[each.key for each in fresh])
    return [
        Event(alert=each, number=1, what=What.OPENED, count=each.count, at=now)
        for each in rows.filter(opened_at=now)
    ]


def _seen(alert: Alert, cause: Cause, now: datetime) -> Event.What | None:
    """It stands: what there is to tell of it, if anything."""
    if alert.count != cause.count:
        alert.grown_at = now
    alert.count, alert.sentence, alert.gone_since = cause.count, cause.sentence, None
    alert.remedy, alert.page = cause.remedy[:300], cause.page[:300]
    if alert.count >= FACTOR * max(alert.told_count, 1):
        return What.GREW
    if alert.told_at is None or now - alert.told_at >= AGAIN:
        return What.STANDS
    return None


def _missed(alert: Alert, now: datetime) -> Event.What | None:
    if alert.gone_since is None:
        alert.gone_since = now
    if now - alert.gone_since < CALM:
        return None
    alert.closed_at = now
    return What.CLOSED


def _told(alert: Alert, what: Event.What, now: datetime) -> Event:
    alert.times_told += 1
    alert.told_at, alert.told_count = now, alert.count
    return Event(alert=alert, number=alert.times_told, what=what, count=alert.count, at=now)


def _state(alert: Alert) -> tuple[object, ...]:
    return tuple(getattr(alert, name) for name in _MOVES)
