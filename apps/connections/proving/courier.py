"""Carries one request of a proof at a time: within the limits, and written down nowhere but in the
recording."""

import time

from django.conf import settings

from apps.connections.buckets import RowBuckets
from apps.connections.courier import heed
from apps.connections.lines import line_of
from apps.connections.models import Connection
from apps.connections.waiting import limit_reached
from apps.connectors.line import refuse_unfit
from apps.connectors.moments import within
from apps.connectors.port import Fate, Reply, Request
from apps.connectors.registry import system

LONGEST_WAIT = 70.0  # seconds: a minute's limit is waited for, an hour's or a day's is not
UNAUTHORIZED = 401
TOO_MANY = 429


class ProvingCourier:
    """Raises `ConnectionLost` without an authorisation, `TryLater` where a limit asks for a long
    wait. A context manager; it closes its line."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._line = line_of(connection)
        self._buckets = RowBuckets(connection, system(connection.system).capabilities.limits)
        self.calls = 0

    def __enter__(self) -> "ProvingCourier":
        return self

    def __exit__(self, *_: object) -> None:
        self._buckets.keep()
        self._line.close()

    def carry(self, request: Request) -> Reply:
        """The answer. What was refused before it was looked at (a token that had ended, a limit) is
        sent once more, and nothing else is ever sent twice."""
        refuse_unfit(request, self._line.adds)
        reply = self._sent(request)
        if reply.fate is not Fate.ANSWERED or reply.status not in (UNAUTHORIZED, TOO_MANY):
            return reply
        if reply.status == UNAUTHORIZED:
            self._line.renew(seen_401=True)
        return self._sent(request)

    def _sent(self, request: Request) -> Reply:
        self._wait_for(request)
        self.calls += 1
        until = within(request.timeout or settings.SYNC_CALL_DEADLINE)
        reply = self._line.exchange(request, until=until)
        heed(reply, self._buckets)
        return reply

    def _wait_for(self, request: Request) -> None:
        waited = 0.0
        while wait := self._buckets.spend(request.costs, reserve=False):
            if waited + wait.seconds > LONGEST_WAIT:
                raise limit_reached(self._connection, wait)
            time.sleep(wait.seconds)
            waited += wait.seconds
