"""Silence, judged outside the queue: an alarm that hangs on the queue falls silent with it."""

import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from apps.alerts import pulse
from apps.alerts.causes import Cause, look_for_silence
from apps.connectors.moments import moment

ASKED_EACH: Final = 15.0  # seconds: a page asks the database no more often
ALL_WELL: Final = "All is well: a worker runs, and the queue is not behind."


@dataclass(slots=True)
class _Banner:
    words: str = ""
    asked: float | None = None


_banner = _Banner()
_lock = threading.Lock()


def banner(now: datetime) -> str:
    """What each page says on top while no worker runs; "" otherwise, and where none has run yet.

    At most one statement, and none while the last answer is fresh.
    """
    with _lock:
        if _banner.asked is None or moment() - _banner.asked >= ASKED_EACH:
            said = pulse.silence(now)
            _banner.words, _banner.asked = "" if said == pulse.NEVER else said, moment()
        return _banner.words


def forget() -> None:
    """Ask anew."""
    with _lock:
        _banner.asked = None


def silences(now: datetime) -> tuple[Cause, ...]:
    """What is silent. No more than counts and spans of time is in their sentences."""
    return look_for_silence(now).causes
