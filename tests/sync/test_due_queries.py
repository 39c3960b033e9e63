"""What a run asks its database for when nothing is due is bound by an index, however much lies there:
shown by the plans of the very statements of a run, on whichever database the tests use."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from apps.connections.models import Connection
from apps.mappings.look_up import Mappings
from apps.sync.assemble import Assembler
from apps.sync.models import RemoteRecord, SyncRecord
from apps.sync.want.wake import wake_the_due
from apps.sync.want.wishes import has_work
from tests.books import Books
from tests.factories import make_company, make_customer, make_invoice, make_item
from tests.sync.desk import Desk, PlainLedger

MANY = 3000
BIG = ("sync_syncrecord", "sync_remoterecord", "billing_customer")

FEW = 60  # rows of a big table that one statement may touch

Asked = list[tuple[str, Any]]


@contextmanager
def listening() -> Iterator[Asked]:
    """The statements as they reach the database, apart from their parameters."""
    asked: Asked = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not many and sql.startswith(("SELECT", "UPDATE")):
            asked.append((sql, params))
        return execute(sql, params, many, context)

    with database.execute_wrapper(note):
        yield asked


def whole_reads(asked: Asked) -> list[str]:
    """Statements that read a big table from end to end, with the plan that says so."""
    found = []
    # By how they read: a parameter may be an array.
    once = {(sql, repr(params)): (sql, tuple(params or ())) for sql, params in asked}
    with database.cursor() as cursor:
        for sql, params in once.values():
            if any(table in sql for table in BIG) and (why := _whole_read(cursor, sql, params)):
                found.append(f"{why}\n{sql}")
    return found


def _whole_read(cursor: Any, sql: str, params: tuple[Any, ...]) -> str:
    if database.vendor == "sqlite":
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
        details = [row[3] for row in cursor.fetchall()]
        # An index that is only asked for the connection gives every row of it.
        whole = rf"SCAN ({'|'.join(BIG)})\b|SEARCH ({'|'.join(BIG)})\b.*\(connection_id=\?\)$"
        return "; ".join(each for each in details if re.match(whole, each))
    cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
    (answer,) = cursor.fetchone()
    plan = json.loads(answer) if isinstance(answer, str) else answer
    return "; ".join(_read_by(plan[0]["Plan"]))


def _read_by(node: dict[str, Any]) -> Iterator[str]:
    touched = node.get("Actual Rows", 0) + node.get("Rows Removed by Filter", 0)
    if node.get("Relation Name") in BIG and touched * node.get("Actual Loops", 1) > FEW:
        yield f"{node['Node Type']} of {node['Relation Name']}: {touched} rows"
    for each in node.get("Plans", ()):
        yield from _read_by(each)


def multiply(table: str, row: int, number: int, **other: str) -> None:
    """Copies of a row, by the database itself. `other`: column → expression over `n`."""
    with database.cursor() as cursor:
        columns = [
            each.name for each in database.introspection.get_table_description(cursor, table)
        ]
        values = ", ".join(other.get(each, each) for each in columns)
        cursor.execute(
            f"WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series "
            f"WHERE n < {number}) INSERT INTO {table} ({', '.join(columns)}) "
            f"SELECT {values} FROM {table}, series WHERE {table}.id = {row}"
        )


def fill(books: Books) -> None:
    """Thousands of records that are in the books, with their objects."""
    record = SyncRecord.objects.filter(kind="customer", state="in_the_books").first()
    assert record is not None
    assert record.customer is not None
    theirs = record.remote_records.get()
    text = "'x' || n" if database.vendor == "sqlite" else "'x' || n::text"
    uuid = "printf('%032x', n)" if database.vendor == "sqlite" else "md5(n::text)::uuid"
    own = record.customer
    away = f"{10_000_000} + n"
    code = {"code": text} if own.code else {}
    multiply("billing_customer", own.pk, MANY, id=away, public_id=uuid, name=text, **code)
    states = "CASE n % 3 WHEN 0 THEN 'left_out' WHEN 1 THEN 'gone' ELSE 'in_the_books' END"
    multiply("sync_syncrecord", record.pk, MANY, id=away, customer_id=away, state=states)
    multiply("sync_remoterecord", theirs.pk, MANY, id=away, remote_id=text, sync_record_id=away)
    with database.cursor() as cursor:
        cursor.execute("ANALYZE")


def test_an_idle_run_reads_no_table_from_end_to_end(books: Books) -> None:
    books.run()
    fill(books)
    assert RemoteRecord.objects.count() > MANY

    with listening() as asked:
        run = books.run(get=False)
        has_work(Connection.objects.get(pk=books.connection.pk))
        wake_the_due()

    assert (run.outcome, run.calls) == ("done", 0)
    assert len(asked) > 40
    assert "\n\n".join(whole_reads(asked)) == ""


def test_a_run_with_something_due_reads_no_table_from_end_to_end(books: Books) -> None:
    books.run()
    fill(books)
    make_invoice(company=books.company)

    with listening() as asked:
        run = books.run()

    assert (run.outcome, run.pushed) == ("done", 3)  # with its customer and item
    assert "\n\n".join(whole_reads(asked)) == ""


@pytest.mark.django_db
def test_what_is_not_there_yet_is_asked_for_once() -> None:
    """A document of twenty lines whose items their books do not have."""
    desk = Desk(make_company())
    customer = make_customer(desk.company)
    items = [make_item(desk.company) for _ in range(20)]
    invoice = make_invoice(customer=customer, lines=[(item, 1, 10) for item in items])
    assembler = _assembler(desk)

    with CaptureQueriesContext(database) as asked:
        (made,) = assembler.many(invoice.kind, [invoice.pk])

    missing = [each for each in made.obstacles if each.waits_for.startswith("record:item:")]
    assert len(missing) == 20
    looks = [each for each in asked if "sync_remoterecord" in each["sql"]]
    assert len(looks) == 2  # customers, and items


@pytest.mark.django_db
def test_what_came_to_be_there_with_a_send_is_found_by_the_next_plan() -> None:
    desk = Desk(make_company())
    customer, item = make_customer(desk.company), make_item(desk.company)
    invoice = make_invoice(customer=customer, lines=[(item, 1, 10)])
    desk.there(customer, "C1")
    assembler = _assembler(desk)
    assert assembler.snapshot(invoice.kind, invoice.pk) is None

    desk.there(item, "I1")
    assembler.forget_absences()

    assert assembler.snapshot(invoice.kind, invoice.pk) is not None


def _assembler(desk: Desk) -> Assembler:
    return Assembler(desk.connection, PlainLedger(), Mappings.of(desk.connection))
