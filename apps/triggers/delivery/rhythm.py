"""When what was not taken is tried again, and when nobody tries any more."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from apps.core.numbers import whole

# Between one try and the next (Standard Webhooks 1.0.0, “Retries”): 75 h 35 min in all.
RETRIES: Final[Sequence[timedelta]] = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
TRIES: Final = len(RETRIES) + 1
# A receiver that only ever asks us to wait costs no tries: this is how long that goes on.
PATIENCE: Final = timedelta(days=4)
# How long a receiver is left alone that does not answer, by how often it failed in a row.
PAUSES: Final[Sequence[timedelta]] = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
)
# It answers, and refuses one after the other: so many in a row, and it is left alone likewise.
REFUSALS_IN_A_ROW: Final = 5
SWITCHED_OFF_AFTER: Final = timedelta(days=5)
SWITCHED_OFF_TRIES: Final = 10
LONGEST_WAIT: Final = timedelta(days=1)  # that a receiver may ask for
JITTER: Final = 0.1


def next_try(tries: int, at: datetime) -> datetime | None:
    """When it is tried again after so many tries; None: never."""
    if tries >= TRIES:
        return None
    return at + _about(RETRIES[tries - 1])


def pause(failures: int, at: datetime) -> datetime:
    """Until when a receiver is left alone that failed so often in a row."""
    return at + _about(PAUSES[min(failures, len(PAUSES)) - 1])


def asked_to_wait(retry_after: str, at: datetime) -> datetime | None:
    """What a Retry-After says, seconds or a date (RFC 9110, 10.2.3), at least as long as the first
    wait of our own and at most a day; None where it says nothing."""
    text = retry_after.strip()
    if (seconds := whole(text[:9])) is not None and text.isdecimal():
        until = at + timedelta(seconds=min(seconds, LONGEST_WAIT.total_seconds()))
    else:
        try:
            until = parsedate_to_datetime(text)
        except (ValueError, OverflowError):  # a year, or a zone, that no calendar has
            return None
        until = until if until.tzinfo is not None else until.replace(tzinfo=UTC)
    return min(max(until, at + RETRIES[0]), at + LONGEST_WAIT)


def _about(wait: timedelta) -> timedelta:
    """A little longer each time, so that what failed together does not come together again."""
    return wait * (1 + JITTER * random.random())  # no secret hangs on it
