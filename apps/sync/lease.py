"""One run at a time per connection: a lease on its row, with an expiry and a fencing number.

Expiries are in the database's time. One that lies further ahead than any lease lasts was written by
a clock that is wrong, and keeps nobody away.
"""

import os
import socket
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db.models import F, Q, QuerySet

from apps.connections.clock import measure, now
from apps.connections.models import Connection


class LeaseLost(Exception):
    """Another run has taken the connection over: this one must not write what it learnt."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on a connection until it is released, or not renewed in time."""

    connection_id: int
    fence: int

    @staticmethod
    def acquire(connection_id: int) -> "Lease | None":
        """The lease, or None where another run has it."""
        moment = measure()
        free = Connection.objects.filter(
            Q(lease_until=None)
            | Q(lease_until__lt=moment)
            | Q(lease_until__gt=moment + timedelta(seconds=2 * settings.SYNC_LEASE)),
            pk=connection_id,
        )
        taken = free.update(
            lease_holder=holder(),
            lease_until=moment + timedelta(seconds=settings.SYNC_LEASE),
            fence=F("fence") + 1,
        )
        if not taken:
            return None
        fence = Connection.objects.values_list("fence", flat=True).get(pk=connection_id)
        return Lease(connection_id, fence)

    def renew(self) -> None:
        """Push the expiry out. Raises `LeaseLost` when it ran out and another run took it."""
        kept = self._mine().update(lease_until=now() + timedelta(seconds=settings.SYNC_LEASE))
        if not kept:
            raise LeaseLost(f"connection {self.connection_id}, fence {self.fence}")

    def confirm(self) -> None:
        """Inside the transaction that records outcomes: hold the row, or raise `LeaseLost`."""
        if not self._mine().select_for_update().exists():
            raise LeaseLost(f"connection {self.connection_id}, fence {self.fence}")

    def release(self) -> None:
        self._mine().update(lease_holder="", lease_until=None)

    def _mine(self) -> QuerySet[Connection]:
        return Connection.objects.filter(pk=self.connection_id, fence=self.fence)


def holder() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"[:80]
