"""A pack of many rows takes as many statements and as much memory as one of a few."""

import tracemalloc
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.billing.changes import made_by
from apps.exchange.exports.cells import Cell
from apps.exchange.storage.sealing import SealingWriter
from apps.exchange.storage.vault import keys
from apps.staff.security import Kind, note
from apps.sync.models import Attempt
from apps.trail.pack.contents import TABLES
from apps.trail.pack.period import Period
from apps.trail.pack.words import Words
from apps.trail.pack.zipped import PackZip
from tests.kept_rows import kept
from tests.trail.pack.office import FIRST, LAST, Office, at
from tests.trail.pack.test_worked import both


@pytest.mark.django_db
def test_more_rows_take_no_more_statements() -> None:
    office, _ = kept(both)
    few = counted(office)
    with at("03-30 12:00", office.fay):
        office.first.refresh_from_db()
        for place in range(8):
            office.first.message = f"Thank you {place} times"
            office.first.save()
            office.invoice(FIRST, issued=False).delete()
            for name, key in (
                ("billing_invoice_pdf", office.first.pk),
                ("billing_company_reports", office.company.pk),
            ):
                of = {"page": f"admin:{name}", "keys": [str(key)]}
                note(Kind.DOWNLOADED, "Took it.", person=office.fay, **of)
        with made_by(office.gus.pk):
            Attempt.objects.bulk_create(
                Attempt(sync_record=office.record, revision=2, result=Attempt.Result.LATER)
                for _ in range(8)
            )
    many = counted(office)
    assert {name: rows for name, (rows, _) in many.items() if rows > few[name][0]} == {
        "number-series.csv": few["number-series.csv"][0] + 8,
        "changes-after-issue.csv": few["changes-after-issue.csv"][0] + 8,
        "sends.csv": few["sends.csv"][0] + 8,
        "security-events.csv": few["security-events.csv"][0] + 16,
    }
    # One for pages of invoices, of which no event was before.
    more = {name: each - few[name][1] for name, (_, each) in many.items() if each != few[name][1]}
    assert more == {"security-events.csv": 1}


def counted(office: Office) -> dict[str, tuple[int, int]]:
    """Rows and statements, by table."""
    period = Period(company=office.company, first_day=FIRST, last_day=LAST)
    words = Words(period)
    found = {}
    for table in TABLES:
        with CaptureQueriesContext(connection) as asked:
            rows = sum(1 for _ in table.rows(period, words))
        found[table.name] = rows, len(asked)
    return found


class _Nowhere:
    def write(self, data: bytes) -> int:
        return len(data)


def test_of_a_table_of_ten_megabytes_little_is_held_at_once() -> None:
    def rows(count: int) -> Iterator[tuple[Cell, ...]]:
        for each in range(count):
            yield each, timezone.now(), "x" * 1200

    def peak(count: int) -> int:
        pack = PackZip(SealingWriter(_Nowhere(), keys(), "pack"), timezone.now())
        tracemalloc.start()
        pack.table("many.csv", ("Number", "When", "What"), rows(count))
        pack.end()
        found: int = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert pack.members[0]["rows"] == count
        return found

    assert peak(8_000) < 1_500_000
