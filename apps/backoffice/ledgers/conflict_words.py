"""What changed on both sides, put as one question per record and in the words of finance."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db.models import Case, Count, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.utils.formats import date_format

from apps.backoffice.frame.asked_once import asked_once, known_already
from apps.backoffice.frame.formatting import amount_text
from apps.connections.models import Connection
from apps.connectors.port import CodeKind
from apps.connectors.snapshots import Kind
from apps.core.numbers import figure
from apps.mappings.models import RemoteCode
from apps.sync.decide.choices import open_fields
from apps.sync.models import Conflict, RemoteRecord, SyncRecord
from apps.sync.wording import MONEY, capital, label

# Sums of one document stand or fall together; of these each field may be decided for itself.
FIELD_BY_FIELD = frozenset({Kind.CUSTOMER, Kind.ITEM})
MOST_TELLING = ("void", "cancelled", "total", "amount")
EMPTY = "empty"
A_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
# Fields that hold an id of theirs, by the kind of ours that their object is like.
NAMED_BY = {
    "customer_id": Kind.CUSTOMER,
    "parent_id": Kind.CUSTOMER,
    "item_id": Kind.ITEM,
    "payment_id": Kind.PAYMENT,
    "target_id": Kind.INVOICE,
}
# Fields that hold a code of theirs, by the list it stands on.
CODED = {
    "tax_code_id": CodeKind.TAX_CODE,
    "terms_id": CodeKind.TERM,
    "method_id": CodeKind.PAYMENT_METHOD,
    **dict.fromkeys(
        ("account_id", "receivable_id", "fee_account_id", "fee_tax_account_id"), CodeKind.ACCOUNT
    ),
}


def one_per_question(rows: QuerySet[Conflict]) -> QuerySet[Conflict]:
    """Of the open fields of a record the most telling one stands for all."""
    telling = Case(
        *(When(path=path, then=Value(rank)) for rank, path in enumerate(MOST_TELLING)),
        default=Value(len(MOST_TELLING)),
        output_field=IntegerField(),
    )
    same = Conflict.objects.filter(sync_record=OuterRef("sync_record"), decision="")
    first = Subquery(same.order_by(telling, "pk").values("pk")[:1])
    counted = same.order_by().values("sync_record").annotate(count=Count("pk")).values("count")
    return rows.filter(~Q(decision="") | Q(pk=first)).annotate(open_count=Subquery(counted))


def asked_together(conflict: Conflict) -> list[Conflict]:
    """Every field that this page asks about, the most telling first."""
    if conflict.decision:
        return [conflict]
    kept: list[Conflict] | None = getattr(conflict, "asked_with_it", None)
    if kept is None:
        ranks = {path: rank for rank, path in enumerate(MOST_TELLING)}
        kept = sorted(
            open_fields(conflict.sync_record),
            key=lambda each: (ranks.get(each.path, len(ranks)), each.pk),
        )
        read_names(kept)
        conflict.asked_with_it = kept  # type: ignore[attr-defined] # asked once of each copy in memory
    return kept


def question_words(conflict: Conflict) -> str:
    """“Total and 3 more (to be decided)”."""
    more = len(asked_together(conflict)) - 1
    what = f"{field_words(conflict)} and {more} more" if more else field_words(conflict)
    return f"{what} ({(conflict.get_decision_display() or 'To be decided').lower()})"


def field_words(conflict: Conflict) -> str:
    return capital(label(conflict.path))


def in_words(conflict: Conflict, value: object) -> str:
    """One side's value as a person reads it: an amount with its currency, a day, a name for an id."""
    last = conflict.path.split(".")[-1]
    record = conflict.sync_record
    if value is None or value == "":
        return EMPTY
    if isinstance(value, bool):
        return "yes" if value else "no"
    if last in NAMED_BY and isinstance(value, str):
        return _their_name(record.connection, NAMED_BY[last], value)
    if last in CODED and isinstance(value, str):
        return _code_name(record.connection, CODED[last], value)
    if last in MONEY:
        return _amount(value, str(getattr(record.subject, "currency", "")))
    if isinstance(value, str) and A_DAY.fullmatch(value):
        return date_format(date.fromisoformat(value), "j M Y")
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
    if "rate_id" in part:
        rate = _rate_name(record.connection, str(part["rate_id"]))
        return f"{_amount(part.get('tax'), currency)} at {rate}"
    return f"{part.get('description') or 'a line'}: {_amount(part.get('net'), currency)}"


def read_names(conflicts: Iterable[Conflict]) -> None:
    """Ask once for the names of all ids of theirs that these values hold: two questions, however many
    fields differ."""
    ids, connections, codes = set(), set(), False
    for each in conflicts:
        connections.add(each.sync_record.connection_id)
        last = each.path.split(".")[-1]
        codes = codes or last in CODED or last == "taxes"
        for value in (each.base, each.ours, each.theirs):
            if last in NAMED_BY and isinstance(value, str):
                ids.add(value)
            if isinstance(value, list):
                ids |= {str(part["target_id"]) for part in value
                        if isinstance(part, Mapping) and "target_id" in part}  # fmt: skip
    ids.discard("")
    kinds = frozenset(NAMED_BY.values())
    if ids:
        rows = RemoteRecord.objects.filter(
            connection__in=connections, of_kind__in=kinds, remote_id__in=ids, part=""
        )
        found = {
            (row.connection_id, row.of_kind, row.remote_id): row.number or row.name
            for row in rows.only("connection_id", "of_kind", "remote_id", "number", "name")
        }
        for connection in connections:
            for kind in kinds:
                for each_id in ids:
                    name = found.get((connection, kind.value, each_id), "")
                    known_already(("their name", connection, kind.value, each_id), name)
    if codes:
        for connection in connections:
            _codes(connection)


def _their_name(connection: Connection, kind: Kind, remote_id: str) -> str:
    def ask() -> str:
        row = RemoteRecord.objects.filter(
            connection=connection, of_kind=kind, remote_id=remote_id, part=""
        ).first()
        return (row.number or row.name) if row else ""

    question = ("their name", connection.pk, kind.value, remote_id)
    return asked_once(question, ask) or f"their id {remote_id}"


def _codes(connection_id: int) -> list[RemoteCode]:
    """Everything of their chart and lists that a mapping can point to."""
    rows = RemoteCode.objects.filter(connection=connection_id)
    return asked_once(("their codes", connection_id), lambda: list(rows))


def _code_name(connection: Connection, kind: CodeKind, remote_id: str) -> str:
    """An account, a tax code, a term or a way to pay of theirs, as it is called there."""
    for code in _codes(connection.pk):
        if (code.kind, code.remote_id) == (kind, remote_id):
            return str(code)
    return f"their id {remote_id}"


def _rate_name(connection: Connection, rate_id: str) -> str:
    """A rate of theirs: it stands within the tax codes that are made of it."""
    for code in _codes(connection.pk):
        for part in code.parts:
            if str(part["remote_id"]) == rate_id:
                return str(part["name"])
    return f"their id {rate_id}"
