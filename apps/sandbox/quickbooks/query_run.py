"""Answer a parsed query from the rows: filters, order, paging, and the answer's text."""

import re
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import (
    BigIntegerField,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    TextField,
    Value,
)
from django.db.models.functions import Coalesce

from ..clock import microseconds
from ..models import StoredObject
from . import faults, wire
from .book import Book
from .entities.company import SINGLETONS
from .kinds import Kind, kind_asked
from .query import Condition, Statement, parse

SECOND = 1_000_000
LOOKUPS = {"<": "lt", ">": "gt", "<=": "lte", ">=": "gte"}
COMMON = ("Id", "Active", "MetaData.LastUpdatedTime", "MetaData.CreateTime")
# Never part of `SELECT *`: must be asked for by name.
ONLY_BY_NAME = {"Item": ("Sku",)}
MONEY = ("TotalAmt", "Balance", "UnappliedAmt")


def run(book: Book, text: str) -> str:
    """The QueryResponse object of a statement, as JSON text."""
    statement = parse(text)
    kind = kind_asked(statement.entity)
    if kind.name in SINGLETONS:
        content = SINGLETONS[kind.name](book)
        return _page(kind, [wire.encode(content)], statement.start)
    rows = _filtered(book, kind, statement)
    if statement.count:
        return wire.encode({"totalCount": rows.count()})
    first = statement.start - 1
    found = list(rows[first : first + statement.limit])
    if not found:
        return "{}"
    return _page(kind, _texts(book, kind, statement, found), statement.start)


def _page(kind: Kind, texts: list[str], start: int) -> str:
    count = f',"totalCount":{len(texts)}' if kind.counted else ""
    return (
        f'{{"{kind.name}":[{",".join(texts)}],"startPosition":{start},'
        f'"maxResults":{len(texts)}{count}}}'
    )


def _filtered(book: Book, kind: Kind, statement: Statement) -> QuerySet[StoredObject]:
    rows: QuerySet[StoredObject] = book.objects(kind.name).filter(deleted=False)
    if not kind.is_transaction and all(one.name != "Active" for one in statement.conditions):
        rows = rows.filter(active=True)
    joint = [one for one in statement.conditions if one.name.lower() in kind.members]
    if joint and kind.narrow:
        rows = rows.filter(kind.narrow(joint))
    for condition in statement.conditions:
        if condition in joint:
            continue
        rows = _with(rows, kind, condition.name).filter(_where(book, condition))
    if not statement.order:
        return rows.order_by("-updated_us", "-object_id")
    terms = []
    for name, descending in statement.order:
        rows = _with(rows, kind, name)
        terms.append(f"{'-' if descending else ''}{_alias(name)}")
    return rows.order_by(*terms, "object_id")


def _alias(name: str) -> str:
    return "asked_" + name.replace(".", "_")


def _with(rows: QuerySet[StoredObject], kind: Kind, name: str) -> QuerySet[StoredObject]:
    """The rows with one property to compare; 4001 for what cannot be asked."""
    if name not in COMMON and name not in kind.columns:
        raise faults.Refused("4001", f"QueryValidationError: property '{name}' is not queryable")
    return rows.annotate(**{_alias(name): _expression(kind, name)})


def _expression(kind: Kind, name: str) -> Any:
    columns = {"Id": "object_id", "Active": "active", "DocNumber": "doc_number"}
    columns |= {"TxnDate": "txn_date", "CustomerRef": "customer", "TotalAmt": "total"}
    if name in columns:
        return F(columns[name])
    if name.startswith("MetaData."):
        # Times are answered in whole seconds, and compared so.
        column = "updated_us" if name.endswith("LastUpdatedTime") else "created_us"
        return F(column) / SECOND * SECOND
    if name == "Balance" and kind.name == "Customer":
        owed = StoredObject.objects.filter(realm=OuterRef("realm"), customer=OuterRef("object_id"))
        sums = owed.order_by().values("customer").annotate(owed=Sum("open_amount")).values("owed")
        return Coalesce(Subquery(sums, output_field=BigIntegerField()), 0)
    if name in ("Balance", "UnappliedAmt"):
        return F("open_amount") if kind.name == "Invoice" else -F("open_amount")
    path = "$.PrimaryEmailAddr.Address" if name == "PrimaryEmailAddr" else f"$.{name}"
    return Func(F("body"), Value(path), function="json_extract", output_field=TextField())


def _where(book: Book, condition: Condition) -> Q:
    name = _alias(condition.name)
    values = [_comparable(book, condition.name, value) for value in condition.values]
    if condition.operator == "LIKE":
        return Q(**{f"{name}__iregex": _pattern(str(condition.values[0]))})
    if condition.operator not in ("IN", "="):
        return Q(**{f"{name}__{LOOKUPS[condition.operator]}": values[0]})
    if condition.name == "DocNumber" or not isinstance(values[0], str):
        return Q(**{f"{name}__in": values})
    # Names and addresses are compared without regard to case, document numbers exactly.
    any_of = Q()
    for value in values:
        any_of |= Q(**{f"{name}__iexact": value})
    return any_of


def _comparable(book: Book, name: str, value: str | bool) -> Any:
    """The literal in the column's own unit."""
    if name == "Active" or isinstance(value, bool):
        return value is True or str(value).lower() == "true"
    if name in ("Id", "CustomerRef"):
        # No row has this id: an id that is no number finds nothing, as it does there.
        return int(value) if value.isdigit() else -1
    if name in MONEY:
        try:
            return wire.cents(Decimal(value))
        except InvalidOperation:
            raise faults.Refused("4001", f"QueryValidationError: {value} is not a number") from None
    if name.startswith("MetaData."):
        return microseconds(instant(book, value))
    if name == "TxnDate":
        return instant(book, value).date()
    return value


def instant(book: Book, text: str) -> datetime:
    """A time as callers write it; without an offset it is the company's."""
    try:
        parsed = datetime.fromisoformat(text.strip().replace(" ", "+"))
    except ValueError:
        raise faults.Refused(
            "4001", f"QueryValidationError: {text} is not a date or time"
        ) from None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=book.zone)


def _pattern(text: str) -> str:
    return "^" + ".*".join(re.escape(part) for part in text.split("%")) + "$"


def _texts(book: Book, kind: Kind, statement: Statement, found: list[StoredObject]) -> list[str]:
    if kind.enrich:
        kind.enrich(book, found)
    hidden = [one for one in ONLY_BY_NAME.get(kind.name, ()) if one not in statement.names]
    if statement.all_names and not hidden:
        return [wire.encode(one.content) if kind.enrich else one.body for one in found]
    if statement.all_names:
        return [
            wire.encode({key: value for key, value in one.content.items() if key not in hidden})
            for one in found
        ]
    wanted = {name.split(".")[0] for name in statement.names} | {"domain", "sparse", "Id"}
    return [
        wire.encode({key: value for key, value in one.content.items() if key in wanted})
        for one in found
    ]
