"""What a set-up leaves in the database, kept once a session and brought back for each test.

Most of the time of a test is the making of what it looks at. `kept` runs a set-up once; after that
its rows are put back as the database had them, and what it returned comes back with them.
"""

import pickle
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.apps import apps
from django.contrib.auth.models import Permission
from django.db import connection, models, transaction
from django.db.models import Max
from django.utils import timezone

from apps.billing.models import Company
from apps.staff.models import User

Rows = dict[str, list[Any]]  # by table: a row as this database takes it back
Made = TypeVar("Made")


@dataclass(frozen=True)
class Kept:
    rows: Rows
    made: bytes


_kept: dict[tuple[object, ...], Kept] = {}


def kept(make: Callable[..., Made], *given: Any) -> Made:
    """`make(*given)`, with its rows: made the first time, and then brought back.

    Only where no company is there yet, and for the people that were there when it was made: next to
    other rows it is made anew. Numbers, times and names are those of the first making.
    """
    if Company.objects.exists():
        return make(*given)
    people = tuple(User.objects.order_by("pk").values_list("pk", "email"))
    # A test that empties the database numbers them anew.
    rights = Permission.objects.aggregate(last=Max("pk"))["last"]
    key = (make.__module__, make.__qualname__, timezone.now().date(), people, rights)
    if key in _kept:
        return _brought_back(_kept[key])
    before = rows_of()
    made = make(*given)
    _kept[key] = Kept(rows=added(before), made=pickle.dumps(made))
    return made


def _brought_back(found: Kept) -> Any:
    with transaction.atomic():
        put(found.rows)
    return pickle.loads(found.made)


def added(before: Rows) -> Rows:
    """The rows that are there now and were not; none that was there may have changed."""
    new = {}
    for table, found in rows_of().items():
        known = set(before[table])
        assert known <= set(found), f"{table}: a row that was there moved"
        if rows := [each for each in found if each not in known]:
            new[table] = rows
    return new


# --- rows as the database has them, without any model's opinion -------------------------------
def tables() -> dict[str, list[str]]:
    """The columns that can be written, by table."""
    found: dict[str, list[str]] = {}
    for model in apps.get_models(include_auto_created=True):
        if _is_ours(model):
            found[model._meta.db_table] = [
                field.column for field in model._meta.local_concrete_fields if not field.generated
            ]
    return found


def _is_ours(model: type[models.Model]) -> bool:
    meta = model._meta
    return meta.managed and not meta.proxy and meta.app_label != "sandbox"


def rows_of() -> Rows:
    with connection.cursor() as cursor:
        found: Rows = {}
        for table, columns in tables().items():
            if connection.vendor == "postgresql":
                cursor.execute(f'SELECT row_to_json(t)::text FROM "{table}" t')
                found[table] = [row for (row,) in cursor.fetchall()]
            else:
                # The plus hides a column's declared type, so that values come as they are kept.
                cursor.execute(f'SELECT {_listed(columns, "+")} FROM "{table}"')
                found[table] = cursor.fetchall()
    return found


def put(rows: Rows) -> None:
    known = tables()
    with connection.cursor() as cursor:
        for table, new in rows.items():
            columns = known[table]
            into = f'INSERT INTO "{table}" ({_listed(columns)})'
            if connection.vendor == "postgresql":
                cursor.execute(
                    f'{into} SELECT {_listed(columns)} FROM json_populate_recordset(NULL::"{table}", %s)',
                    [f"[{','.join(new)}]"],
                )
            else:
                cursor.executemany(f"{into} VALUES ({','.join(['%s'] * len(columns))})", new)


def _listed(columns: Iterable[str], before: str = "") -> str:
    return ", ".join(f'{before}"{each}"' for each in columns)
