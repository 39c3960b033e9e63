"""What the look of each minute and a reading cost where much lies there: shown by the plans of their own
statements, and by memory that stays flat."""

import tracemalloc
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.utils import timezone

from apps.billing.acts.bulk import save_many
from apps.billing.models import Change, Customer
from apps.sync.models import SyncRecord
from apps.sync.there import ties
from apps.triggers import tasks
from apps.triggers.events.reader import look, read_changes
from apps.triggers.models import Delivery, Event, Listening
from tests.alerts.trouble import live_connection
from tests.factories import make_company, make_customer, make_invoice
from tests.sync import test_due_queries
from tests.sync.test_due_queries import listening, multiply, whole_reads
from tests.triggers.events.ears import Ears, listen

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
MANY = 50_000
BIG = ("billing_invoice", "billing_change", "sync_syncrecord", "sync_news", "triggers_event")


@pytest.fixture
def filled(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Invoices, most of them overdue for long, their sync records, changes that were read, events."""
    monkeypatch.setattr(test_due_queries, "BIG", BIG)
    monkeypatch.setattr(tasks, "send_due", lambda: 0)
    connection = live_connection()
    company = connection.company
    invoice = make_invoice(company=company, due_date=date(2026, 4, 1))
    record = ties.sync_record_of(connection, invoice)
    ties.in_the_books(record, invoice.revision)
    listen(company)
    make_customer(company)
    tasks.tick()
    sqlite = database.vendor == "sqlite"
    text = "'x' || n" if sqlite else "'x' || n::text"
    uuid = "printf('%032x', n)" if sqlite else "md5(n::text)::uuid"
    due = (
        "date('2026-01-01', '+' || (n % 200) || ' days')"
        if sqlite
        else "date '2026-01-01' + n % 200"
    )
    away = "10000000 + n"
    copied(invoice.pk, id=away, public_id=uuid, number=text, due_date=due)
    multiply("sync_syncrecord", record.pk, MANY, id=away, invoice_id=away)
    change = Change.objects.earliest("pk")
    multiply("billing_change", change.pk, MANY, id=away)
    event = Event.objects.earliest("pk")
    multiply("triggers_event", event.pk, MANY, id=away, public_id=text, key=text, subject_id=away)
    with database.cursor() as cursor:
        cursor.execute("ANALYZE")
    return connection


def copied(invoice: int, **other: str) -> None:
    """As `multiply`, but for the column that the database works out."""
    with database.cursor() as cursor:
        table = database.introspection.get_table_description(cursor, "billing_invoice")
        columns = [each.name for each in table if each.name != "balance_due"]
        values = ", ".join(other.get(each, each) for each in columns)
        cursor.execute(
            f"WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series "
            f"WHERE n < {MANY}) INSERT INTO billing_invoice ({', '.join(columns)}) "
            f"SELECT {values} FROM billing_invoice, series WHERE billing_invoice.id = {invoice}"
        )


def test_a_look_reads_no_table_from_end_to_end(filled: Any) -> None:
    assert SyncRecord.objects.count() > MANY
    Listening.objects.update(overdue_until=timezone.localdate() - timedelta(days=1))

    with listening() as asked:
        assert look() == 0
        tasks.tick()

    assert len(asked) < 40
    assert any("billing_invoice" in sql for sql, _ in asked), "the look at due dates was left out"
    # The index of what is unread holds nothing else.
    assert [each for each in whole_reads(asked) if "INDEX change_for_triggers" not in each] == []


def test_a_reading_reads_no_table_from_end_to_end(filled: Any) -> None:
    ears = Ears(filled.company, "invoice.issued", "invoice.overdue")
    make_invoice(company=filled.company, due_date=date(2026, 4, 1))

    with listening() as asked:
        assert ears.types() == ["invoice.issued", "invoice.overdue"]

    assert "\n\n".join(whole_reads(asked)) == ""


def test_thousands_of_changes_are_read_with_flat_memory() -> None:
    company = make_company()
    listen(company)

    def read(count: int, name: str) -> tuple[int, float]:
        """Questions, and the most memory at once in MB."""
        customers = [
            Customer(company=company, name=f"{name} {number}", currency="GBP")
            for number in range(count)
        ]
        save_many(Customer, customers, key_fields=["name"], fields=["name", "currency"])
        questions = 0

        def note(execute: Any, *given: Any) -> Any:
            nonlocal questions
            questions += 1
            return execute(*given)

        tracemalloc.start()
        try:
            with database.execute_wrapper(note):
                assert read_changes(company.pk) == count
            return questions, tracemalloc.get_traced_memory()[1] / 1e6
        finally:
            tracemalloc.stop()

    few, little = read(300, "Few")
    many, much = read(3_000, "Many")

    assert Delivery.objects.count() == 3_300
    assert many < 11 * few
    assert much < little + 1
