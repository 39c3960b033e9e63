"""Customers that were merged over there: who survives for whom, and what of ours waits for it."""

import dataclasses
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from functools import reduce
from operator import add
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from apps.billing.models import CreditNote, Customer, Invoice, Synced
from apps.billing.rules.families import stands_for, with_aliases
from apps.connections.clock import now
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind, Snapshot
from apps.core.deeds import Deed, What, tell
from apps.sync.models import (
    ENDED_STATES,
    CustomerMerge,
    Reason,
    RemoteRecord,
    State,
    SyncRecord,
    rows_of,
)
from apps.sync.there import ties
from apps.sync.wording import called, money

OF_A_CUSTOMER = (Kind.INVOICE, Kind.CREDIT_NOTE, Kind.PAYMENT, Kind.ADJUSTMENT, Kind.REFUND)
NAMED_AT_MOST = 6
WHERE = "Decide under “Merged customers”"


def survivors(connection: Connection) -> dict[str, str]:
    """Their id of each customer that was merged away → of the one that bears its documents now.

    A fact of theirs, whatever was decided here, and followed to the last of several in a row.
    """
    rows = CustomerMerge.objects.filter(sync_record__connection=connection).exclude(
        decision=CustomerMerge.Decision.RETURNED
    )
    into = dict(rows.values_list("gone_record__remote_id", "remote_record__remote_id"))
    return {gone: _last(into, gone) for gone in into}


def _last(into: dict[str, str], remote_id: str) -> str:
    seen = {remote_id}
    while (after := into.get(remote_id)) is not None and after not in seen:
        seen.add(after)
        remote_id = after
    return remote_id


def ids_of_customers(connection: Connection) -> dict[int, frozenset[str]]:
    """Their ids per customer of ours: several after a merge over there, whatever was decided here,
    since what moved is under the one that survived it."""
    tied = RemoteRecord.objects.filter(
        connection=connection, sync_record__kind=Kind.CUSTOMER, part=""
    ).values_list("sync_record__customer_id", "remote_id")
    ids: dict[int, set[str]] = defaultdict(set)
    for customer_id, remote_id in tied:
        ids[customer_id or 0].add(remote_id)
    winners = Customer.objects.filter(company=connection.company_id, merged_into__isnull=False)
    for loser, winner in winners.values_list("pk", "merged_into_id"):
        ids[loser] |= ids.get(winner or 0, set())
    into = survivors(connection)
    for them in ids.values():
        them |= {into[each] for each in them if each in into}
    return {customer_id: frozenset(them) for customer_id, them in ids.items()}


def named_anew(snapshot: Snapshot, into: Mapping[str, str]) -> Snapshot:
    """A snapshot whose customer was merged over there, with the one that bears it now."""
    customer_id = getattr(snapshot, "customer_id", "")
    if customer_id not in into:
        return snapshot
    borne: Any = snapshot  # one of the kinds that have a customer
    named: Snapshot = dataclasses.replace(borne, customer_id=into[customer_id])
    return named


def open_merge_of(connection: Connection, customer_id: int) -> CustomerMerge | None:
    """The question that nobody has answered yet about a customer of ours."""
    rows = CustomerMerge.objects.filter(
        sync_record__connection=connection,
        sync_record__customer__in=with_aliases([customer_id]),
        decision=CustomerMerge.Decision.OPEN,
    )
    return rows.select_related("remote_record", "sync_record__customer").first()


def ids_of_survivors(connection: Connection, customers: Collection[int]) -> dict[int, str]:
    """Of those of these customers that were merged into another one here: their id of that one."""
    stands = _stands(customers)
    there = dict(
        RemoteRecord.objects.filter(
            connection=connection,
            part="",
            retired=False,
            gone=False,
            sync_record__customer__in=stands.values(),
        ).values_list("sync_record__customer_id", "remote_id")
    )
    return {each: there[into] for each, into in stands.items() if into in there}


def kept_apart(connection: Connection, customers: Collection[int]) -> dict[int, frozenset[str]]:
    """Of customers that were made again over there, and of those that were merged into them before:
    whose ids their older documents bear there."""
    into, stands = survivors(connection), _stands(customers)
    rows = CustomerMerge.objects.filter(
        sync_record__connection=connection,
        sync_record__customer__in={*customers, *stands.values()},
        decision=CustomerMerge.Decision.KEEP_APART,
    )
    found: dict[int, frozenset[str]] = {}
    for customer, gone in rows.values_list("sync_record__customer_id", "gone_record__remote_id"):
        found[customer or 0] = found.get(customer or 0, frozenset()) | {into[gone]}
    for alias, customer in stands.items():
        if customer in found:
            found[alias] = found.get(alias, frozenset()) | found[customer]
    return found


def _stands(customers: Collection[int]) -> dict[int, int]:
    """Those of these customers that were merged into another one here → that one."""
    rows = Customer.objects.filter(pk__in=customers, merged_into__isnull=False)
    return {each.pk: stands_for(each).pk for each in rows.select_related("merged_into")}


# --- What waits ---------------------------------------------------------------------------------


def waiting_work(connection: Connection, customer: Customer) -> list[str]:
    """What of a customer has not gone over as it stands here, each with its number and amount."""
    return [f"{called(each)}{_amount(each)}" for each in _waiting(connection, customer)]


def with_waiting_count(rows: "QuerySet[CustomerMerge]") -> "QuerySet[CustomerMerge]":
    """Merges, each with how much waits for it (`waiting_count`), as many as `waiting_work` names."""
    counts = (
        SyncRecord.objects.filter(
            connection=OuterRef("sync_record__connection"),
            kind=kind,
            **{f"{kind.value}__customer": OuterRef("sync_record__customer")},
        )
        .exclude(state__in=ENDED_STATES)
        .order_by()
        .values("connection")
        .annotate(found=Count("pk"))
        .values("found")
        for kind in OF_A_CUSTOMER
    )
    each = [Coalesce(Subquery(found), 0) for found in counts]
    return rows.annotate(waiting_count=reduce(add, each))


def _waiting(connection: Connection, customer: Customer) -> Iterator[Synced]:
    for kind in OF_A_CUSTOMER:
        records = SyncRecord.objects.filter(
            connection=connection, kind=kind, **{f"{kind.value}__customer": customer}
        ).exclude(state__in=ENDED_STATES)
        yield from (
            rows_of(kind)
            .filter(pk__in=records.values(f"{kind.value}_id"))
            .select_related("customer")
            .order_by("pk")
        )


def _amount(subject: Synced) -> str:
    """Of what is called by its number alone."""
    if isinstance(subject, Invoice | CreditNote):
        return f" over {money(subject.total, subject.currency)}"
    return ""


def said_of(connection: Connection, customer: Customer) -> str:
    """The waiting work in a sentence; the page of the question lists all of it."""
    waiting = waiting_work(connection, customer)
    if not waiting:
        return f"Nothing of {customer} waits to be sent."
    more = len(waiting) - NAMED_AT_MOST
    named = ", ".join(waiting[:NAMED_AT_MOST]) + (f" and {more} more" if more > 0 else "")
    return f"Until that is decided {named} {'waits' if len(waiting) == 1 else 'wait'}."


def question_in_words(name: str, merge: CustomerMerge) -> str:
    return (
        f"{name} merged customer {merge.sync_record.customer} into {merge.remote_record.name}, and "
        "nobody has decided yet what follows from that here"
    )


def merged_sentence(name: str, customer: Customer) -> str:
    """Why a customer has no object of its own there."""
    return f"{name} merged it into {customer.merged_into}, which stands for it there."


def free_what_waits(connection: Connection, customer: Customer) -> int:
    """Plan again whatever waits for a customer to stand there, or was refused since it did not;
    the number. Inside a transaction."""
    waits = Q(state=State.WAITING, due_at=None) | Q(
        state=State.NEEDS_PERSON, reason__in=[Reason.WAITS_FOR_RECORD, Reason.REFUSED]
    )
    freed = list(
        SyncRecord.objects.select_for_update(of=("self",))
        .filter(waits, pk__in=_records_of(connection, customer))
        .order_by("pk")
    )
    for record in freed:
        record.plan_again()
    SyncRecord.objects.bulk_update(
        freed, ["state", "reason", "sentence", "remedy", "waits_for", "due_at", "tries"]
    )
    return len(freed)


def _records_of(connection: Connection, customer: Customer) -> list[int]:
    ones = with_aliases([customer.pk])
    own = Q()
    for kind in OF_A_CUSTOMER:
        own |= Q(**{f"{kind.value}__customer__in": ones})
    for source in (Kind.PAYMENT, Kind.CREDIT_NOTE, Kind.ADJUSTMENT):
        own |= Q(**{f"allocation__{source.value}__customer__in": ones})
    rows = SyncRecord.objects.filter(own, connection=connection)
    return list(rows.values_list("pk", flat=True).distinct())


# --- Found ----------------------------------------------------------------------------------------


def survivor_of(connection: Connection, gone: RemoteRecord) -> RemoteRecord | None:
    """The customer that all documents of ours which bore this one bear now; None where no document
    tells, or they tell several: then it was deleted, or a person looks."""
    record = gone.sync_record
    if record is None:
        return None
    moved: set[str] = set()
    for kind in OF_A_CUSTOMER:
        rows = RemoteRecord.objects.filter(
            connection=connection,
            part="",
            retired=False,
            gone=False,
            **{f"sync_record__{kind.value}__customer": record.customer_id},
        )
        moved |= set(rows.values_list("customer_id_there", flat=True))
    moved -= {gone.remote_id, ""}
    if len(moved) > 1:  # it was kept apart from another one before, which bears the oldest
        moved -= kept_apart(connection, {record.customer_id or 0}).get(
            record.customer_id or 0, frozenset()
        )
    if len(moved) != 1:
        return None
    rows = RemoteRecord.objects.filter(
        connection=connection, of_kind=Kind.CUSTOMER, remote_id=moved.pop(), part="", gone=False
    )
    return rows.first()


def ask(name: str, gone: RemoteRecord, survivor: RemoteRecord) -> CustomerMerge:
    """One question for the merge, and the customer of ours held by it."""
    record = gone.sync_record
    assert record is not None, "asked of what stands for ours"
    assert record.customer is not None, "asked of a customer"
    known = CustomerMerge.objects.filter(gone_record=gone).first()
    merge = known or CustomerMerge(
        sync_record=record, gone_record=gone, remote_record=survivor, evidence=""
    )
    merge.remote_record = survivor
    merge.decision = CustomerMerge.Decision.OPEN
    merge.evidence = (
        f"{name} merged {record.customer} into {survivor.name}: {gone.name} is gone there, and its "
        f"documents name {survivor.name} now."
    )
    merge.save()
    if known is not None:
        rule = "Asked anew, since it was merged again over there"
        tell(Deed(what=What.CHANGED, rule=rule, table="sync.CustomerMerge", keys=[merge.pk]))
    ties.hold(
        record,
        Reason.MERGED,
        f"{merge.evidence} {said_of(record.connection, record.customer)}",
        f"{WHERE}: follow it here, or keep the two apart.",
    )
    return merge


def stands_again(row: RemoteRecord) -> None:
    """What was merged away is there again: nothing is left to decide."""
    CustomerMerge.objects.filter(gone_record=row, decision=CustomerMerge.Decision.OPEN).rewrite(
        decision=CustomerMerge.Decision.RETURNED, decided_at=now()
    )
