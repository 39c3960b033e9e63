"""Rows as the database takes them fastest: what the ORM would write, without its price a value.

`bulk_create` compiles an expression for each value of each row, which is more than half of the time
of an import. Here a column is converted as a whole, and all rows go in one statement: `executemany`
on SQLite, COPY on PostgreSQL.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Context, Decimal
from enum import Enum
from operator import attrgetter
from typing import Any, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection, models, transaction
from django.db.models.base import ModelState

# Fields whose plain values are stored as they are; of a member of an enumeration, its value.
AS_IT_IS = (
    models.CharField,
    models.TextField,
    models.BooleanField,
    models.IntegerField,
    models.ForeignKey,
)
PLAIN = frozenset({str, int, bool, type(None)})
AMOUNTS = frozenset({Decimal, type(None)})
KEYS = frozenset({UUID, type(None)})
Column = Sequence[Any]


Row = TypeVar("Row", bound=models.Model)


def as_read(model: type[Row], values: Mapping[str, Any]) -> Row:
    """A record with these stored values, by column: what `from_db` makes of them, without the price
    of its constructor, which half of judging a row was. What is left out is read when it is asked for.

    For models without receivers of `pre_init` and `post_init`, which hear nothing of it.
    """
    record = model.__new__(model)
    record.__dict__.update(values)
    record._state = ModelState()
    record._state.adding, record._state.db = False, DEFAULT_DB_ALIAS
    return record


def insert_rows(model: type[models.Model], records: Iterable[models.Model]) -> int:
    """Insert new records of one model whose keys nobody needs back; the number of rows.

    As `bulk_create` would: neither validation nor signals. The records keep no primary key. Raises
    django's IntegrityError where the database refuses a row; none of them stands then.
    """
    records = list(records)
    if not records:
        return 0
    fields = [
        field
        for field in model._meta.concrete_fields
        if not field.generated and not isinstance(field, models.AutoField)
    ]
    _insert(model, fields, [_stored(field, _values(field, records)) for field in fields])
    return len(records)


def insert_values(
    model: type[models.Model],
    fields: Sequence["models.Field[Any, Any]"],
    rows: Sequence[Sequence[Any]],
) -> None:
    """Insert rows as they were, keys and dates that fill themselves in included.

    A row has one value for each of `fields`; others take their database default. Raises as
    `insert_rows` does. On PostgreSQL the sequence of the keys does not follow.
    """
    if rows:
        columns = [
            _stored(field, values)
            for field, values in zip(fields, zip(*rows, strict=True), strict=True)
        ]
        _insert(model, fields, columns)


def update_rows(
    model: type[models.Model], records: Iterable[models.Model], names: Sequence[str]
) -> None:
    """Write these fields of records that are stored, each by its key.

    As `bulk_update` would, which compiles a condition for each value: neither validation nor signals, nor
    fields that fill themselves in.
    Raises django's IntegrityError where the database refuses a row; none is changed then.
    """
    records, key = list(records), model._meta.pk
    if not records or not names or key is None:
        return
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    columns = [
        _stored(field, list(map(attrgetter(field.attname), records))) for field in (*fields, key)
    ]
    with transaction.atomic(savepoint=False):
        if connection.vendor == "postgresql":
            _update_from(model, [*fields, key], columns)
        else:
            _update_each(model, fields, columns)


def _update_each(model: type[models.Model], fields: Sequence[Any], columns: list[Column]) -> None:
    quote, key = connection.ops.quote_name, model._meta.pk
    assert key is not None, "it was asked for"
    told = ", ".join(f"{quote(each.column)} = %s" for each in fields)
    statement = (
        f"UPDATE {quote(model._meta.db_table)} SET {told} WHERE {quote(str(key.column))} = %s"  # noqa: S608 - names of ours
    )
    with connection.cursor() as cursor:
        cursor.executemany(statement, list(zip(*columns, strict=True)))


def _update_from(model: type[models.Model], fields: Sequence[Any], columns: list[Column]) -> None:
    """In one statement, whose rows are columns side by side: a statement a row costs five times as much."""
    quote = connection.ops.quote_name
    *told, key = [quote(str(each.column)) for each in fields]
    table = quote(model._meta.db_table)
    arrays = ", ".join(f"%s::{each.rel_db_type(connection)}[]" for each in fields)
    sets = ", ".join(f"{each} = moved.{each}" for each in told)
    statement = (
        f"UPDATE {table} SET {sets} FROM unnest({arrays}) AS moved({', '.join([*told, key])}) "  # noqa: S608 - names of ours
        f"WHERE {table}.{key} = moved.{key}"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(each) for each in columns])


def _insert(
    model: type[models.Model],
    fields: Sequence["models.Field[Any, Any]"],
    columns: Sequence[Column],
) -> None:
    write = _copy if connection.vendor == "postgresql" else _execute
    # Outside a transaction SQLite would commit row by row.
    with transaction.atomic(savepoint=False):
        write(model, [str(field.column) for field in fields], zip(*columns, strict=True))


def _stored(field: "models.Field[Any, Any]", values: Column) -> Column:
    """What the database stores of these values of a field."""
    if isinstance(field, AS_IT_IS):
        plain = [each.value if isinstance(each, Enum) else each for each in values]
        if PLAIN.issuperset(map(type, plain)):
            return plain
    if connection.vendor == "postgresql" and _native(field, values):
        return values
    if isinstance(field, models.DecimalField) and connection.vendor != "postgresql":
        return _figures(field, values)
    if isinstance(field, models.DateTimeField):  # many rows of one statement have one moment
        moments = {each: field.get_db_prep_save(each, connection) for each in set(values)}
        return [moments[each] for each in values]
    return [field.get_db_prep_save(value, connection) for value in values]


def _native(field: "models.Field[Any, Any]", values: Column) -> bool:
    """Whether they are what a database with types of its own takes for this field."""
    if isinstance(field, models.DecimalField):
        amounts = AMOUNTS.issuperset(map(type, values))
        return amounts and all(each is None or each.is_finite() for each in values)
    return isinstance(field, models.UUIDField) and KEYS.issuperset(map(type, values))


def _figures(field: "models.DecimalField[Any, Any]", values: Column) -> Column:
    """Texts with all decimals of the field, as Django's `format_number` gives them, which makes a
    context anew for each."""
    smallest, context = Decimal(1).scaleb(-field.decimal_places), Context(prec=field.max_digits)

    def text(value: Any) -> str | None:
        amount = field.to_python(value)
        return None if amount is None else f"{amount.quantize(smallest, context=context):f}"

    return list(map(text, values))


def _values(field: "models.Field[Any, Any]", records: Sequence[models.Model]) -> Column:
    if type(field).pre_save is not models.Field.pre_save:  # it fills itself in: `auto_now`
        return [field.pre_save(record, True) for record in records]
    return list(map(attrgetter(field.attname), records))


def _execute(
    model: type[models.Model], columns: list[str], rows: Iterable[tuple[Any, ...]]
) -> None:
    places = ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        statement = f"INSERT INTO {_into(model, columns)} VALUES ({places})"  # noqa: S608 - names of ours
        cursor.executemany(statement, list(rows))


def _copy(model: type[models.Model], columns: list[str], rows: Iterable[tuple[Any, ...]]) -> None:
    statement = f"COPY {_into(model, columns)} FROM STDIN"
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(statement) as copy,  # psycopg's own
    ):
        for row in rows:
            copy.write_row(row)


def _into(model: type[models.Model], columns: Iterable[str]) -> str:
    quote = connection.ops.quote_name
    return f"{quote(model._meta.db_table)} ({', '.join(quote(each) for each in columns)})"
