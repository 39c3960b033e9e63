"""The service's own notion of time, which tests can move."""

from datetime import UTC, datetime, timedelta


class Clock:
    """The real time, moved by an offset."""

    def __init__(self) -> None:
        self.offset = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset
