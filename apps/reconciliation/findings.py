"""What differs, as a sentence that knows what it is about."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Self

from apps.billing.models import Synced
from apps.connectors.snapshots import Kind
from apps.reconciliation.models import Why

Here = tuple[tuple[str, int], ...]  # kind and key of records of ours
There = tuple[tuple[str, str], ...]  # their kind and id of objects of theirs
WORDS: Mapping[Kind, str] = {
    Kind.INVOICE: "Invoice",
    Kind.CREDIT_NOTE: "Credit note",
    Kind.PAYMENT: "Payment of",
    Kind.ADJUSTMENT: "Adjustment",
    Kind.REFUND: "",  # it names itself: a refund, a returned payment, a chargeback
    Kind.DEPOSIT: "Bank deposit of",
}


def called(kind: Kind, subject: Synced) -> str:
    """As sentences name it: “Invoice INV-2026-00012”."""
    return f"{WORDS[kind]} {subject}".strip()


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
    """The record that is compared, and the objects of theirs that it is. Printed it is as sentences
    name it, which is worked out only then: of most records nothing is said."""

    subject: Synced
    theirs: There = ()
    more: str = ""  # behind its name

    def __str__(self) -> str:
        return f"{called(Kind(self.subject.kind), self.subject)}{self.more}"

    @property
    def ours(self) -> Here:
        return ((Kind(self.subject.kind).value, self.subject.pk),)

    def called(self, more: str) -> "About":
        return replace(self, more=f"{self.more}{more}") if more else self

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
