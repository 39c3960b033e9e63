"""What changed on both sides, put as one question per record and in the words of finance."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Case, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When

from apps.backoffice.frame.formatting import amount_text
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.core.numbers import figure
from apps.sync.models import Conflict, RemoteRecord, SyncRecord
from apps.sync.wording import MONEY, capital, label

# Sums of one document stand or fall together; the fields of a customer are decided one by one.
DECIDED_WHOLE = frozenset({Kind.INVOICE, Kind.CREDIT_NOTE, Kind.PAYMENT, Kind.ALLOCATION})
MOST_TELLING = ("void", "cancelled", "total", "amount")
EMPTY = "empty"


def one_per_question(rows: QuerySet[Conflict]) -> QuerySet[Conflict]:
    """Of the open fields of a document or payment the most telling one stands for all."""
    telling = Case(
        *(When(path=path, then=Value(rank)) for rank, path in enumerate(MOST_TELLING)),
        default=Value(len(MOST_TELLING)),
        output_field=IntegerField(),
    )
    same = Conflict.objects.filter(sync_record=OuterRef("sync_record"), decision="")
    first = Subquery(same.order_by(telling, "pk").values("pk")[:1])
    alone = ~Q(decision="") | ~Q(sync_record__kind__in=list(DECIDED_WHOLE))
    return rows.filter(alone | Q(pk=first))


def asked_together(conflict: Conflict) -> list[Conflict]:
    """Every field that one decision on this page decides, the most telling first."""
    record = conflict.sync_record
    if conflict.decision or record.kind not in DECIDED_WHOLE:
        return [conflict]
    found = list(record.conflicts.filter(decision=""))
    ranks = {path: rank for rank, path in enumerate(MOST_TELLING)}
    return sorted(found, key=lambda each: (ranks.get(each.path, len(ranks)), each.pk))


def field_words(conflict: Conflict) -> str:
    return capital(label(conflict.path))


def in_words(conflict: Conflict, value: object) -> str:
    """One side's value as a person reads it: an amount with its currency, a name for an id."""
    last = conflict.path.split(".")[-1]
    record = conflict.sync_record
    if value is None or value == "":
        return EMPTY
    if isinstance(value, bool):
        return "yes" if value else "no"
    if last in ("customer_id", "parent_id"):
        return _their_name(record.connection, Kind.CUSTOMER, str(value))
    if last in MONEY:
        return _amount(value, str(getattr(record.subject, "currency", "")))
    if isinstance(value, list):
        return "; ".join(_part(each, record) for each in value) or "none"
    if isinstance(value, Mapping):
        texts = [", ".join(each) if isinstance(each, list) else str(each)
                 for each in value.values() if each]  # fmt: skip
        return ", ".join(texts) or EMPTY
    return str(value)


def _amount(value: object, currency: str) -> str:
    amount = figure(str(value))
    if amount is None:
        return str(value)
    return f"{amount_text(amount, currency)} {currency}".strip()


def _part(part: Any, record: SyncRecord) -> str:
    """A line of a document, or a share of a payment."""
    if not isinstance(part, Mapping):
        return str(part)
    currency = str(getattr(record.subject, "currency", ""))
    if "target_id" in part:
        paid = _their_name(record.connection, Kind.INVOICE, str(part["target_id"]))
        return f"{_amount(part['amount'], currency)} to {paid}"
    return f"{part.get('description') or 'a line'}: {_amount(part.get('net'), currency)}"


def _their_name(connection: Connection, kind: Kind, remote_id: str) -> str:
    row = RemoteRecord.objects.filter(
        connection=connection, of_kind=kind, remote_id=remote_id, part=""
    ).first()
    return (row.number or row.name if row else "") or f"id {remote_id}"
