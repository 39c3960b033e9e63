"""How often a provider lets us call, as data; what was spent of it is kept in rows elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

from apps.core.numbers import whole

CALL = "call"  # every request costs one
READ = "read"  # what brings data out; a request without a word of it is one unless it writes
# A sliding span is counted in so many slots: what is in one is forgotten together.
SLOTS = 60
# Calls may arrive nearer to each other than they left: what was spent counts so much longer, by the
# span, but no less and no more than so many seconds.
TRAVEL_SHARE = 1 / 40
TRAVEL_LEAST, TRAVEL_MOST = 0.2, 1.0
# Of a day's or a month's limit one in so many is kept for settling and payments.
RESERVE = 20
LONG = 24 * 60 * 60.0  # seconds from which on a span has a reserve


class Scope(StrEnum):
    """Whose calls are counted together."""

    CONNECTION = "connection"
    ORGANISATION = "organisation"  # their company, whoever connected it
    APP = "app"  # our client id there, over all connections


@dataclass(frozen=True, slots=True)
class Sliding:
    """Any stretch of so many seconds, wherever it begins."""

    seconds: float
    words: str  # as in "40 batches a minute"

    def slot(self, moment: float) -> int:
        """The slot that a moment (seconds since 1970) lies in."""
        return int(moment // (self.seconds / SLOTS))

    def counts_until(self, last: float) -> float:
        """Until when a slot counts whose last call left at that moment."""
        travel = max(TRAVEL_LEAST, min(self.seconds * TRAVEL_SHARE, TRAVEL_MOST))
        return last + self.seconds + travel

    @property
    def longest(self) -> float:
        return self.seconds

    @property
    def is_long(self) -> bool:
        return self.seconds >= LONG


@dataclass(frozen=True, slots=True)
class CalendarMonth:
    """From the first of a month to the next, in the provider's time zone."""

    zone: str
    words: str = "a month"

    def slot(self, moment: float) -> int:
        day = datetime.fromtimestamp(moment, ZoneInfo(self.zone))
        return day.year * 12 + day.month - 1

    def counts_until(self, last: float) -> float:
        year, month = divmod(self.slot(last) + 1, 12)
        first = datetime(year, month + 1, 1, tzinfo=ZoneInfo(self.zone))
        return first.timestamp() + TRAVEL_MOST

    @property
    def longest(self) -> float:
        """Seconds of the longest one."""
        return 31 * LONG

    @property
    def is_long(self) -> bool:
        return True


SECOND = Sliding(1, "a second")
MINUTE = Sliding(60, "a minute")
ROLLING_DAY = Sliding(LONG, "a day")


@dataclass(frozen=True, kw_only=True, slots=True)
class Limit:
    """At most `amount` of what it counts in any `span`, for all calls of one `scope`.

    `counts` is what a request's `cost` names; every request costs one call. `name` is its own.
    `left_header` tells in an answer how many are left; `refusal` is the header, with its value, by
    which a 429 says that it was this limit. Names of headers are in lower case.
    """

    name: str
    amount: int
    span: Sliding | CalendarMonth
    scope: Scope = Scope.CONNECTION
    counts: str = CALL
    unit: str = "calls"  # as staff read it
    left_header: str = ""
    refusal: tuple[str, str] | None = None

    @property
    def reserve(self) -> int:
        """How many are kept for settling and payments."""
        return self.amount // RESERVE if self.span.is_long else 0

    @property
    def words(self) -> str:
        return f"{self.amount:,} {self.unit} {self.span.words}"

    def said_left(self, headers: Mapping[str, str]) -> int | None:
        """How many are left by an answer of theirs; None where it does not say."""
        said = headers.get(self.left_header, "").strip() if self.left_header else ""
        return whole(said)

    def is_refused_by(self, headers: Mapping[str, str]) -> bool:
        """Whether a 429 with these headers says that it was this limit."""
        if self.refusal is None:
            return False
        header, value = self.refusal
        return headers.get(header, "").strip().lower() == value.lower()


@dataclass(frozen=True, slots=True)
class Wait:
    """Why a call may not leave now, and the seconds after which it may be tried again."""

    seconds: float
    limit: Limit | None = None  # None: they asked us to hold, or another worker was faster
    reserve_left: bool = False  # a call that may use what is kept could go


class Buckets(Protocol):
    """What was spent of the limits of one connection, shared by every process that calls for it."""

    def spend(self, costs: Mapping[str, int], *, reserve: bool) -> Wait | None:
        """Spend what a call costs, or spend nothing and say how long to wait.

        `reserve`: the call may use what is kept of a day's or a month's limit.
        """
        ...

    def noted(self, headers: Mapping[str, str], size: int = 0) -> None:
        """What an answer says is left is believed where it is less than we count. `size`: bytes."""
        ...

    def keep(self) -> None:
        """Nothing more is sent for now: write down what answers told since the last call."""
        ...

    def pause(self, seconds: float, headers: Mapping[str, str]) -> None:
        """The provider asked us to hold: no call of this connection starts before; none of its
        organisation or app either, where the headers of the refusal name such a limit."""
        ...
