"""How often a provider lets us call, as data; the buckets that keep it are rows elsewhere."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, kw_only=True, slots=True)
class Limit:
    """At most `amount` per `seconds`. `name` is what a request's `cost` refers to.

    A limit named "call" is spent by every request; any other only by requests that name it.
    """

    name: str
    amount: int
    seconds: float


class Buckets(Protocol):
    """Token buckets of one connection, shared by every process that calls for it."""

    def take(self, costs: dict[str, int]) -> float:
        """Take what a call costs and return 0, or take nothing and return the seconds to wait."""
        ...

    def pause(self, seconds: float) -> None:
        """The provider asked us to hold: no call of this connection starts before."""
        ...
