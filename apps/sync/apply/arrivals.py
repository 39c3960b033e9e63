"""Take what arrived one by one: masters, documents, payments; each ends somewhere visible."""

import logging
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Case, IntegerField, Value, When

from apps.connections.models import Connection
from apps.connectors.port import Connector, RemoteObject
from apps.connectors.snapshots import Kind
from apps.sync import ties
from apps.sync.apply.books import Books
from apps.sync.apply.credits import apply_credit, retire_missing_parts
from apps.sync.apply.deposits import apply_deposit
from apps.sync.apply.documents import apply_document
from apps.sync.apply.entries import apply_entry
from apps.sync.apply.masters import apply_master
from apps.sync.apply.payments import apply_payment
from apps.sync.apply.verdicts import (
    Arrival,
    Verdict,
    applied,
    needs_person,
    note,
    only_theirs,
    waits,
)
from apps.sync.apply.waiting import ready_again
from apps.sync.models import RemoteRecord
from apps.sync.wording import called

logger = logging.getLogger(__name__)

AT_MOST = 2000  # arrivals a call: a run has other things to do

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
# What a payment refers to is dealt with before it; a bank deposit that we have lets go of its
# payments before they change, one that is new comes after them.
ORDER = Case(
    When(of_kind__in=[Kind.CUSTOMER, Kind.ITEM], then=Value(0)),
    When(of_kind__in=[Kind.INVOICE, Kind.CREDIT_NOTE], then=Value(1)),
    When(of_kind__in=[Kind.ADJUSTMENT, Kind.REFUND], then=Value(2)),
    When(of_kind=Kind.DEPOSIT, sync_record__isnull=False, then=Value(3)),
    When(of_kind=Kind.PAYMENT, then=Value(4)),
    When(of_kind=Kind.ALLOCATION, then=Value(5)),
    default=Value(6),
    output_field=IntegerField(),
)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many arrivals ended in each way."""

    applied: int = 0
    echo: int = 0
    only_theirs: int = 0
    waits: int = 0
    needs_person: int = 0

    @property
    def looked_at(self) -> int:
        return self.applied + self.echo + self.only_theirs + self.waits + self.needs_person


def apply_arrivals(connection: Connection, connector: Connector, *, limit: int = AT_MOST) -> Counts:
    """Deal with what arrived and was not looked at, and with what waits no longer.

    Each in a short transaction of its own; a bad one stops neither the others nor the cursor.
    """
    books = Books(connection, connector)
    ends: Counter[str] = Counter()
    for pk in _next(connection, limit):
        ends[_look_at(books, pk)] += 1
    ends.pop("", None)
    return Counts(**{str(name): count for name, count in ends.items()})


def _next(connection: Connection, limit: int) -> list[int]:
    rows = RemoteRecord.objects.filter(connection=connection).annotate(rank=ORDER)
    # Two questions, each of one index: joined by "or" they read every arrival there ever was.
    new = rows.filter(arrival=Arrival.NEW).order_by("rank", "id")
    chosen = list(new.values_list("rank", "pk")[:limit])
    if ready := ready_again(connection):
        chosen += rows.filter(pk__in=ready).values_list("rank", "pk")
    return [pk for _, pk in sorted(set(chosen))[:limit]]


def _look_at(books: Books, pk: int) -> str:
    """How one arrival ended; "" where another run was faster."""
    try:
        with transaction.atomic():
            row = (
                RemoteRecord.objects.select_for_update(of=("self",))
                .select_related("sync_record")
                .get(pk=pk)
            )
            if row.arrival not in (Arrival.NEW, Arrival.WAITS):
                return ""
            verdict = _verdict(books, row)
            note(row, verdict)
            return verdict.arrival.value
    except (OperationalError, InterfaceError):
        raise  # the database, not the arrival: the next run takes it up again
    except ValidationError as refused:
        verdict = _refused(books, refused)
    except Exception as failure:  # noqa: BLE001 - one bad arrival never stops the others
        verdict = _failed(books, pk, failure)
    with transaction.atomic():
        note(RemoteRecord.objects.select_for_update().get(pk=pk), verdict)
    return verdict.arrival.value


def _verdict(books: Books, row: RemoteRecord) -> Verdict:
    if row.unreadable and not row.gone:
        return needs_person(
            f"It arrived, and could not be read: {row.unreadable}.",
            f"Put it right in {books.name}; Tieout reads it again once it is changed there.",
        )
    record = row.sync_record
    if record is not None and not row.retired and record.state in ties.IN_FLIGHT:
        return waits(
            f"sync_record:{record.pk}",
            f"Tieout finds out first whether its own send of {called(record.subject)} arrived.",
        )
    remote = books.read(row)
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
