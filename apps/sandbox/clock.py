"""The simulated servers' own notion of time, so that a test can let a token age in no time."""

from collections import deque
from datetime import UTC, datetime, timedelta


class Clock:
    """The real time, moved by an offset that control sets; it starts in step again at each start."""

    def __init__(self) -> None:
        self.offset = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset


clock = Clock()

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def keep_within(times: deque[float], span: float, now: float) -> None:
    """Forget the calls (seconds, newest last) of more than a span ago, and those that a clock which was
    set back since lets appear to come yet."""
    while times and times[0] <= now - span:
        times.popleft()
    while times and times[-1] > now:
        times.pop()


def microseconds(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def moment_of(microseconds_since_epoch: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds_since_epoch)
