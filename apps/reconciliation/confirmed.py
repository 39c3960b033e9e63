"""Books that cannot be read: what can be proved of them is what was confirmed, and no more."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Coalesce

from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.core.money import ZERO
from apps.sync.models import OPEN_STATES, RemoteRecord, State, SyncRecord
from apps.sync.wording import listed, money

KINDS = (Kind.INVOICE, Kind.CREDIT_NOTE, Kind.PAYMENT)
WORDS = {
    Kind.INVOICE: ("invoice", "invoices"),
    Kind.CREDIT_NOTE: ("credit note", "credit notes"),
    Kind.PAYMENT: ("payment", "payments"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """Records of a kind in a currency. `here` is what they come to in billing now, `there` what was
    handed over or told; both in that currency."""

    kind: Kind
    currency: str
    state: str
    count: int
    here: Decimal
    there: Decimal

    @property
    def words(self) -> str:
        one, many = WORDS[self.kind]
        return (
            f"{self.count} {one if self.count == 1 else many} of {money(self.there, self.currency)}"
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class ByConfirmation:
    """What was confirmed, what waits for a confirmation, and how many records wait for anything else
    or need a person."""

    name: str
    confirmed: Sequence[Share]
    waits: Sequence[Share]
    open: int

    @property
    def agrees(self) -> bool:
        """Whether all that is ours was confirmed, with the amounts that it has here."""
        same = all(each.here == each.there for each in self.confirmed)
        return bool(self.confirmed) and same and not self.waits and not self.open

    @property
    def sentence(self) -> str:
        unread = f"What stands in {self.name} cannot be read."
        if not self.confirmed and not self.waits:
            return f"Nothing was handed over yet. {unread}"
        differ = [each for each in self.confirmed if each.here != each.there]
        if self.agrees:
            return f"By what was confirmed, both sides have {_all(self.confirmed)}. {unread}"
        open_still = []
        if self.waits:
            verb = "wait" if sum(each.count for each in self.waits) > 1 else "waits"
            open_still.append(f"{_all(self.waits)} {verb} for a confirmation")
        if self.open:
            open_still.append(f"{self.open} more {'is' if self.open == 1 else 'are'} not done")
        open_still += [
            f"{each.words} were confirmed, and come to {money(each.here, each.currency)} here"
            for each in differ
        ]
        done = f"{_all(self.confirmed)} confirmed" if self.confirmed else "Nothing is confirmed"
        return f"{done}; {'; '.join(open_still)}. {unread}"


def by_confirmation(connection: Connection) -> ByConfirmation:
    """By stored sums alone; nothing is asked over there."""
    amount = Coalesce(
        F("sync_record__invoice__total"),
        F("sync_record__credit_note__total"),
        F("sync_record__payment__amount"),
    )
    rows = (
        RemoteRecord.objects.filter(
            connection=connection,
            kind__in=[each.value for each in KINDS],
            part="",
            retired=False,
            sync_record__isnull=False,
        )
        .values("kind", "currency", "sync_record__state")
        .annotate(count=Count("pk"), here=Sum(amount), there=Sum("amount"))
        .order_by("kind", "currency")
    )
    shares = [
        Share(
            kind=Kind(each["kind"]),
            currency=each["currency"],
            state=each["sync_record__state"],
            count=each["count"],
            here=each["here"] or ZERO,
            there=each["there"] or ZERO,
        )
        for each in rows
    ]
    undone = SyncRecord.objects.filter(connection=connection).filter(
        Q(state__in=OPEN_STATES) | Q(state=State.NEEDS_PERSON)
    )
    return ByConfirmation(
        name=connection.system_name,
        confirmed=[each for each in shares if each.state == State.IN_THE_BOOKS],
        waits=[each for each in shares if each.state == State.HANDED_OVER],
        open=undone.exclude(state=State.HANDED_OVER).count(),
    )


def _all(shares: Sequence[Share]) -> str:
    return listed([each.words for each in shares])
