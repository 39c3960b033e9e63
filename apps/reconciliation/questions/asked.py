"""What one comparison asks, before it is laid beside what was asked and answered earlier."""

import hashlib
import json
from dataclasses import dataclass
from decimal import Decimal

from apps.connectors.port import RemoteObject
from apps.core.money import ZERO
from apps.reconciliation.models import Cause


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """`ours` are (kind, id) of ours, `theirs` (their kind, their id). `facts` are what an answer is
    about: where one of them changes, the question is another one."""

    cause: Cause
    sentence: str
    remedy: str
    ours: tuple[tuple[str, int], ...] = ()
    theirs: tuple[tuple[str, str], ...] = ()
    amount: Decimal = ZERO
    currency: str = ""
    facts: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        asked = [self.cause.value, self.ours, self.theirs, self.facts]
        return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


def told(amount: Decimal) -> str:
    """An amount as a fact: the same however many noughts it is stored with."""
    return f"{amount.normalize():f}"


def of_object(remote: RemoteObject) -> tuple[str, ...]:
    """What an object of theirs says, as facts."""
    return (
        remote.customer_id,
        remote.currency,
        told(remote.amount or ZERO),
        remote.dated.isoformat() if remote.dated else "",
    )
