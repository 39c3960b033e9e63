"""Take what arrived: masters, documents, payments; each ends somewhere visible.

Plain payments are received by the set, everything else is looked at one by one.
"""

import logging
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.core.exceptions import ValidationError
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Case, IntegerField, Value, When

from apps.connections.models import Connection
from apps.connectors.port import Connector, RemoteObject
from apps.connectors.snapshots import Kind
from apps.sync.apply.books import Books
from apps.sync.apply.credits import apply_credit, note_missing_parts, retire_missing_parts
from apps.sync.apply.deposits import apply_deposit
from apps.sync.apply.documents import apply_document
from apps.sync.apply.edited import edited_there, keep
from apps.sync.apply.entries import apply_entry
from apps.sync.apply.masters import apply_master
from apps.sync.apply.payment_sets import receive_set
from apps.sync.apply.payments import apply_payment
from apps.sync.apply.undone import is_undone_there, was_given_up
from apps.sync.apply.verdicts import (
    ECHO,
    Arrival,
    Verdict,
    applied,
    needs_person,
    note,
    only_theirs,
    waits,
)
from apps.sync.apply.waiting import ready_again
from apps.sync.lease import Lease, LeaseLost
from apps.sync.models import Edit, RemoteRecord
from apps.sync.models.waits import On
from apps.sync.there.shares import added_up
from apps.sync.wording import called

logger = logging.getLogger(__name__)

# Arrivals between two looks at the clock and the lease; plain payments among them are received in
# one transaction, which holds the write lock of an embedded database under 200 ms.
TOGETHER = 50

Rule = Callable[[Books, RemoteRecord, RemoteObject], Verdict]
RULES: dict[str, Rule] = {
    Kind.CUSTOMER: apply_master,
    Kind.ITEM: apply_master,
    Kind.INVOICE: apply_document,
    Kind.CREDIT_NOTE: apply_document,
    Kind.PAYMENT: apply_payment,
    Kind.ALLOCATION: apply_credit,
    Kind.ADJUSTMENT: apply_entry,
    Kind.REFUND: apply_entry,
    Kind.DEPOSIT: apply_deposit,
}
NEW_MONEY = 5
# What a payment refers to is dealt with before it; a bank deposit that we have lets go of its
# payments before they change, one that is new comes after them. What stood for ours lets go of
# what it settled before new money takes it.
ORDER = Case(
    When(of_kind__in=[Kind.CUSTOMER, Kind.ITEM], then=Value(0)),
    When(of_kind__in=[Kind.INVOICE, Kind.CREDIT_NOTE], then=Value(1)),
    When(of_kind__in=[Kind.ADJUSTMENT, Kind.REFUND], then=Value(2)),
    When(of_kind=Kind.DEPOSIT, sync_record__isnull=False, then=Value(3)),
    When(of_kind=Kind.PAYMENT, sync_record__isnull=False, then=Value(4)),
    When(of_kind=Kind.PAYMENT, then=Value(NEW_MONEY)),
    When(of_kind=Kind.ALLOCATION, then=Value(6)),
    default=Value(7),
    output_field=IntegerField(),
)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many arrivals ended in each way; `stopped`: time was up before the last of them."""

    applied: int = 0
    echo: int = 0
    only_theirs: int = 0
    waits: int = 0
    needs_person: int = 0
    stopped: bool = False

    @property
    def looked_at(self) -> int:
        return self.applied + self.echo + self.only_theirs + self.waits + self.needs_person


def apply_arrivals(
    connection: Connection,
    connector: Connector,
    *,
    lease: Lease | None = None,
    stop_at: float | None = None,
) -> Counts:
    """Deal with what arrived and was not looked at, and with what waits no longer.

    Each in a short transaction of its own, plain payments in sets of one; a bad one stops neither
    the others nor the cursor. The lease is renewed as the work goes on and confirmed inside each
    transaction: raises `LeaseLost` where another run has taken the connection over. Nothing is
    begun after `stop_at` (time.monotonic()).
    """
    look = Look(Books(connection, connector), lease, stop_at)
    for together, keys in _batches(_next(connection)):
        if not look.may_go_on():
            break
        look.at(keys, together=together)
    return look.counts()


def _next(connection: Connection) -> list[tuple[int, int]]:
    """Rank and key of what is to be looked at, in order."""
    rows = RemoteRecord.objects.filter(connection=connection).annotate(rank=ORDER)
    # Two questions, each of one index: joined by "or" they read every arrival there ever was.
    chosen = set(rows.filter(arrival=Arrival.NEW).values_list("rank", "pk"))
    if ready := ready_again(connection):
        chosen |= set(rows.filter(pk__in=ready).values_list("rank", "pk"))
    return sorted(chosen)


def _batches(ranked: Sequence[tuple[int, int]]) -> Iterator[tuple[bool, list[int]]]:
    """Keys that may be taken at once, and whether they are money that came in."""
    for rank, some in groupby(ranked, key=lambda each: each[0]):
        keys = [pk for _, pk in some]
        for start in range(0, len(keys), TOGETHER):
            yield rank == NEW_MONEY, keys[start : start + TOGETHER]


class Look:
    """One pass over arrivals, under a lease and against a clock."""

    def __init__(self, books: Books, lease: Lease | None, stop_at: float | None) -> None:
        self.books = books
        self.lease = lease
        self.stop_at = stop_at
        self.stopped = False
        self.ends: Counter[str] = Counter()

    def counts(self) -> Counts:
        self.ends.pop("", None)
        ends = {str(name): count for name, count in self.ends.items()}
        return Counts(**ends, stopped=self.stopped)

    def may_go_on(self) -> bool:
        """Whether there is time for more; the lease then lasts for it."""
        self.stopped = self.stop_at is not None and time.monotonic() >= self.stop_at
        if not self.stopped and self.lease is not None:
            self.lease.renew()
        return not self.stopped

    def at(self, keys: Sequence[int], *, together: bool) -> None:
        done = self._received(keys) if together else set()
        self.ends[Arrival.APPLIED.value] += len(done)
        for pk in keys:
            if pk in done:
                continue
            if self.stop_at is not None and time.monotonic() >= self.stop_at:
                self.stopped = True
                return
            self.ends[self._one(pk)] += 1

    def _received(self, keys: Sequence[int]) -> set[int]:
        """Plain payments by the set. One that cannot be posted is found by halving, and left to
        be looked at alone."""
        if len(keys) < 2:
            return set()
        try:
            with transaction.atomic():
                self._confirm()
                return receive_set(self.books, keys)
        except (OperationalError, InterfaceError, LeaseLost):
            raise
        except Exception as failure:  # noqa: BLE001 - told by the look at that one alone
            logger.info("a set of %s payments is halved (%s)", len(keys), type(failure).__name__)
        middle = len(keys) // 2
        return self._received(keys[:middle]) | self._received(keys[middle:])

    def _one(self, pk: int) -> str:
        """How one arrival ended; "" where another run was faster."""
        edit: Edit | None = None
        try:
            with transaction.atomic():
                self._confirm()
                row = (
                    RemoteRecord.objects.select_for_update(of=("self",))
                    .select_related("sync_record")
                    .get(pk=pk)
                )
                if row.arrival not in (Arrival.NEW, Arrival.WAITS):
                    return ""
                edit = edited_there(self.books, row)
                verdict = _verdict(self.books, row)
                note(row, verdict)
                keep(edit)
                return verdict.arrival.value
        except (OperationalError, InterfaceError, LeaseLost):
            raise  # the database or the lease, not the arrival: the next run takes it up again
        except ValidationError as refused:
            verdict = _refused(self.books, refused)
        except Exception as failure:  # noqa: BLE001 - one bad arrival never stops the others
            verdict = _failed(self.books, pk, failure)
        with transaction.atomic():
            self._confirm()
            note(RemoteRecord.objects.select_for_update().get(pk=pk), verdict)
            keep(edit)
        return verdict.arrival.value

    def _confirm(self) -> None:
        if self.lease is not None:
            self.lease.confirm()


def _verdict(books: Books, row: RemoteRecord) -> Verdict:
    if row.unreadable and not row.gone:
        return needs_person(
            f"It arrived, and could not be read: {row.unreadable}.",
            f"Put it right in {books.name}; Tieout reads it again once it is changed there.",
        )
    record = row.sync_record
    if record is not None and not row.retired and record.in_doubt:
        return waits(
            On.SYNC_RECORD.of(record.pk),
            f"Tieout finds out first whether its own send of {called(record.subject)} arrived.",
        )
    if record is not None and not row.retired and record.step:
        return waits(
            On.SYNC_RECORD.of(record.pk),
            f"Tieout has not finished sending {called(record.subject)}.",
        )
    if record is not None and not row.retired:
        adds_up = books.connector.capabilities.adds_up
        busy = added_up([record], adds_up).busy.get(record.pk)
        if busy is not None and busy.in_doubt:
            return waits(
                On.SYNC_RECORD.of(busy.pk),
                f"Tieout finds out first whether its own send of {called(busy.subject)} arrived.",
            )
    note_missing_parts(books, row)
    remote = books.whole(row)
    if record is not None and not row.retired and is_undone_there(record, remote):
        return ECHO
    if was_given_up(row, remote):
        return only_theirs(f"Tieout took it back in {books.name}.")
    # An object that stands for a record of ours keeps that kind, whatever its shape is today.
    kind = record.kind if record is not None and not row.retired else row.of_kind
    rule = RULES.get(kind)
    if rule is not None:
        return rule(books, row, remote)
    if retire_missing_parts(books, row, remote):
        return applied(f"Un-applied in {books.name}.")
    return only_theirs(f"It is only in {books.name}; Tieout keeps nothing of its kind.")


def _refused(books: Books, refused: ValidationError) -> Verdict:
    return needs_person(
        f"Tieout cannot take it over: {' '.join(refused.messages)}",
        f"Put it right here or in {books.name}, then press “Look again”.",
    )


def _failed(books: Books, pk: int, failure: Exception) -> Verdict:
    # Where it happened, but not what it said: a message may carry a customer's data.
    where = "".join(traceback.format_tb(failure.__traceback__))
    name = type(failure).__name__
    logger.error("remote record %s could not be applied (%s)\n%s", pk, name, where)
    return needs_person(
        f"Tieout could not deal with it ({name}). This is a fault of Tieout, not of your data.",
        "Tell whoever runs Tieout; press “Look again” once it is mended.",
    )
