"""Carries reads without leaving rows: to read a company, its codes, or its whole ledger."""

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Self

from django.conf import settings

from apps.connections import clock
from apps.connections.buckets import RowBuckets
from apps.connections.lines import line_of
from apps.connections.models import Connection
from apps.connections.waiting import limit_reached
from apps.connectors.errors import TryLater
from apps.connectors.limits import Buckets, Wait
from apps.connectors.line import Line, refuse_unfit
from apps.connectors.moments import within
from apps.connectors.port import Fate, Reply, Request
from apps.core.numbers import whole

# Longer waits for a limit are the caller's: it is told when to come again.
LONGEST_WAIT = 20.0
HOLD_SECONDS = 60.0  # after a 429 that does not say for how long
HTTP_TOO_MANY = 429
# A task's time is the time to begin something in. What was sent and not read back is unknown, and a
# batch that is cut in the middle goes over in more calls: what was begun may be finished, its writes
# within half as long again, the reading of what became of them within twice as long.
WRITES_UNTIL, READS_UNTIL = 1.5, 2.0


class Unmetered:
    """Buckets for books that are just being connected: there is no row yet to count on."""

    def spend(self, costs: Mapping[str, int], *, reserve: bool) -> Wait | None:
        return None

    def noted(self, headers: Mapping[str, str], size: int = 0) -> None:
        pass

    def keep(self) -> None:
        pass

    def pause(self, seconds: float, headers: Mapping[str, str]) -> None:
        raise TryLater(
            "The accounting system asks us to call less often.",
            retry_after=seconds,
            whole_connection=True,
        )


class ReadCourier:
    """A `Courier` for reads. Used as a context manager, it closes the line it opened.

    Raises `ConnectionLost` without an authorisation, `TryLater` when a limit asks for a long wait.
    """

    def __init__(
        self, connection: Connection, *, line: Line | None = None, buckets: Buckets | None = None
    ) -> None:
        capabilities = connection.capabilities
        clock.measure()  # outside a run nobody else did, and what is noted here holds for every host
        self._connection = connection
        self._in_flight = capabilities.in_flight
        self._line = line or line_of(connection)
        self._buckets = buckets or RowBuckets(connection, capabilities.limits)
        self.calls = 0  # that left, for those who count

    def carry(self, requests: Sequence[Request]) -> Iterator[tuple[Request, Reply]]:
        if any(request.writes for request in requests):
            raise ValueError("A write needs an intent: it is not carried by ReadCourier.")
        for request in requests:
            refuse_unfit(request, self._line.adds)
        for start in range(0, len(requests), self._in_flight):
            yield from self._together(requests[start : start + self._in_flight])

    def close(self) -> None:
        self._buckets.keep()
        self._line.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _together(self, requests: Sequence[Request]) -> Iterator[tuple[Request, Reply]]:
        replies = self._sent(requests)
        refused = [request for request, reply in replies if reply.status == 401]
        if refused:
            self._line.renew(seen_401=True)
            replies = [pair for pair in replies if pair[1].status != 401] + self._sent(refused)
        for request, reply in replies:
            heed(reply, self._buckets)
            yield request, reply

    def _sent(self, requests: Sequence[Request]) -> list[tuple[Request, Reply]]:
        """Each leaves at once when its token is taken: kept back to leave together, they would
        meet the next ones within one window of the provider's."""
        self.calls += len(requests)
        if len(requests) == 1:
            self._wait_for(requests[0])
            return [(requests[0], self._exchange(requests[0]))]
        # The threads do HTTP only: `exchange` touches no database.
        with ThreadPoolExecutor(max_workers=self._in_flight) as threads:
            flying = []
            for request in requests:
                self._wait_for(request)
                flying.append((request, threads.submit(self._exchange, request)))
            return [(request, future.result()) for request, future in flying]

    def _exchange(self, request: Request) -> Reply:
        return self._line.exchange(
            request, until=within(request.timeout or settings.SYNC_CALL_DEADLINE)
        )

    def _wait_for(self, request: Request) -> None:
        waited = 0.0
        reserve = request.purpose.may_use_reserve
        while wait := self._buckets.spend(request.costs, reserve=reserve):
            if waited + wait.seconds > LONGEST_WAIT:
                raise limit_reached(self._connection, wait)
            time.sleep(wait.seconds)
            waited += wait.seconds


def heed(reply: Reply, buckets: Buckets) -> None:
    """What an answer says of their limits: how much is left, or to hold."""
    buckets.noted(reply.headers, _bytes_of(reply))
    if reply.fate is Fate.ANSWERED and reply.status == HTTP_TOO_MANY:
        buckets.pause(_seconds_asked(reply), reply.headers)


def _bytes_of(reply: Reply) -> int:
    """As they travelled, where the answer says so: some are paid for by what leaves there."""
    said = reply.headers.get("content-length", "").strip()
    size = whole(said)
    return len(reply.body) if size is None else size


def _seconds_asked(reply: Reply) -> float:
    seconds = whole(reply.headers.get("retry-after", "").strip()[:9])
    return HOLD_SECONDS if seconds is None else float(seconds)
