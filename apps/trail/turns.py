"""One seals at a time: a lease on the chain's row, with an expiry and a fencing number."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db.models import F, Q, QuerySet

from apps.connections.clock import measure, now
from apps.sync.lease import holder
from apps.trail.links import chain
from apps.trail.models import Chain

LEASE: Final = timedelta(seconds=90)  # taken anew with each portion


class TurnLost(Exception):
    """Another process has taken over: this one must not go on with what it has read."""


@dataclass(frozen=True, slots=True)
class Turn:
    """The right to seal, until it is released or not renewed in time."""

    fence: int

    @staticmethod
    def take() -> "Turn | None":
        """None where another has it. An expiry further ahead than any lease keeps nobody away."""
        moment, pk = measure(), chain().pk
        free = Chain.objects.filter(
            Q(lease_until=None) | Q(lease_until__lt=moment) | Q(lease_until__gt=moment + 2 * LEASE),
            pk=pk,
        )
        if not free.update(holder=holder(), lease_until=moment + LEASE, fence=F("fence") + 1):
            return None
        return Turn(Chain.objects.values_list("fence", flat=True).get(pk=pk))

    def confirm(self) -> None:
        """Inside the transaction that adds entries: hold the row. Raises `TurnLost`."""
        if not self._mine().select_for_update().exists():
            raise TurnLost(f"fence {self.fence}")
        self._mine().update(lease_until=now() + LEASE)

    def release(self) -> None:
        self._mine().update(holder="", lease_until=None)

    def _mine(self) -> QuerySet[Chain]:
        return Chain.objects.filter(fence=self.fence)
