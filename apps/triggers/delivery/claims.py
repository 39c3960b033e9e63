"""Who sends to an endpoint now: one worker at a time, by a claim that runs out where it dies."""

import uuid
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Exists, Q, QuerySet

from apps.connections.clock import now
from apps.triggers.models import Endpoint

CALL_SECONDS: Final = 15.0  # one delivery, from the connection to the last byte
CLAIM: Final = timedelta(seconds=90)  # longer than any call with the asking of its name
RENEWED_AFTER: Final = timedelta(seconds=20)


class Claim:
    """Ours until it is released, or runs out and another takes it."""

    def __init__(self, endpoint_id: int, mark: uuid.UUID) -> None:
        self.endpoint_id, self.mark, self._renewed_at = endpoint_id, mark, now()

    @classmethod
    def taken(cls, endpoint_id: int) -> "Claim | None":
        """The claim, or None where another has it or the endpoint is not in use, and for one that answers
        slowly while another such is being served: else every worker would wait for them at once, and do
        nothing else."""
        moment, mark = now(), uuid.uuid4()
        # One that lies further ahead than any claim lasts was written by a clock that is wrong.
        free = Q(claim=None) | Q(claimed_until__lt=moment) | Q(claimed_until__gt=moment + 2 * CLAIM)
        rows = Endpoint.objects.filter(free, pk=endpoint_id, state=Endpoint.State.ON)
        if not rows.filter(Q(is_slow=False) | ~Exists(_slow_ones_served(moment))).update(
            claim=mark, claimed_until=moment + CLAIM
        ):
            return None
        return cls(endpoint_id, mark)

    def renew(self) -> bool:
        """Before a call; whether it is still ours."""
        moment = now()
        if moment - self._renewed_at < RENEWED_AFTER:
            return True
        self._renewed_at = moment
        return bool(self.mine.update(claimed_until=moment + CLAIM))

    def release(self) -> None:
        self.mine.update(claim=None, claimed_until=None)

    @property
    def mine(self) -> QuerySet[Endpoint]:
        return Endpoint.objects.filter(pk=self.endpoint_id, claim=self.mark)


def _slow_ones_served(moment: datetime) -> QuerySet[Endpoint]:
    return Endpoint.objects.filter(
        is_slow=True, claimed_until__gte=moment, claimed_until__lte=moment + 2 * CLAIM
    )
