"""What differs, as a sentence that knows what it is about."""

import hashlib
import json
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Self

from apps.billing.models import Synced
from apps.connectors.snapshots import Kind
from apps.reconciliation.models import Why

Here = tuple[tuple[str, int], ...]  # kind and key of records of ours
There = tuple[tuple[str, str], ...]  # their kind and id of objects of theirs


class Finding(str):
    """The sentence that staff read, wherever it is printed, sorted or kept; beside it why it differs,
    the records of both sides, which figure of theirs it is, what stands on each side as staff read it,
    and theirs less ours in `currency`, where it is an amount."""

    why: Why
    ours: Here
    theirs: There
    figure: str
    here: str
    there: str
    amount: Decimal | None
    currency: str

    def __new__(
        cls,
        sentence: str,
        why: Why,
        *,
        ours: Here = (),
        theirs: There = (),
        figure: str = "",
        here: str = "",
        there: str = "",
        amount: Decimal | None = None,
        currency: str = "",
    ) -> Self:
        found = super().__new__(cls, sentence)
        found.why, found.ours, found.theirs, found.figure = why, ours, theirs, figure
        found.here, found.there, found.amount, found.currency = here, there, amount, currency
        return found

    def fingerprint(self, place: int = 0) -> str:
        """What it is known by, from one comparison to the next; `place` where several are alike."""
        told = [self.why.value, self.ours, self.theirs, self.figure, *([place] if place else ())]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class About:
    """The record that is compared: as sentences name it, and its keys on both sides."""

    words: str
    ours: Here = ()
    theirs: There = ()

    def __str__(self) -> str:
        return self.words

    def called(self, more: str) -> "About":
        return replace(self, words=f"{self.words}{more}")

    def differs(
        self,
        why: Why,
        sentence: str,
        *,
        figure: str = "",
        here: str = "",
        there: str = "",
        amount: Decimal | None = None,
        currency: str = "",
    ) -> Finding:
        return Finding(
            sentence,
            why,
            ours=self.ours,
            theirs=self.theirs,
            figure=figure,
            here=here,
            there=there,
            amount=amount,
            currency=currency,
        )


def about(name: str, subject: Synced, keys: There = ()) -> About:
    return About(name, ((Kind(subject.kind).value, subject.pk),), keys)
