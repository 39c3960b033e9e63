"""Files once a day, made up for once; and what lies in the folder taken without anybody."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from apps.billing.actions import void
from apps.connections.models import Connection, FolderLook
from apps.exchange.coming_back.by_itself import look, look_at_all, problems_of
from apps.sync.decide.acts import retry
from apps.sync.decide.timetable import hand_over_now, set_hour, waits_for_the_hour
from apps.sync.models import State, SyncRecord
from apps.sync.want import wake
from tests.connectors.csv_ledger.bookkeeper import as_csv
from tests.connectors.csv_ledger.live import CsvLive
from tests.factories import make_invoice

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def daily(books: CsvLive) -> CsvLive:
    """Handed its files twelve hours from now."""
    at = (timezone.now() + timedelta(hours=12)).time().replace(second=0, microsecond=0)
    assert set_hour(books.connection, at)
    return books


def hour(books: CsvLive) -> Any:
    return Connection.objects.get(pk=books.connection.pk).files_next


def passes(books: CsvLive, days: int = 0) -> None:
    """The hour has come, and so many days more."""
    then = timezone.now() - timedelta(days=days, minutes=1)
    waits = SyncRecord.objects.filter(connection=books.connection, due_at=hour(books))
    waits.update(due_at=then)
    Connection.objects.filter(pk=books.connection.pk).update(files_next=then)


def holds(books: CsvLive) -> list[str]:
    return [each.holds for each in books.files()]


def test_what_waits_becomes_one_file_of_its_kind_at_the_hour(daily: CsvLive) -> None:
    first = make_invoice(company=daily.company)
    daily.run_alone()
    second = make_invoice(company=daily.company)
    daily.run_alone()
    assert daily.files() == []
    assert waits_for_the_hour(daily.connection) == 2
    assert "It goes into the next files, on " in daily.record(first).sentence
    gone = make_invoice(company=daily.company)
    void(gone, on=gone.issue_date, reason="Typed twice")
    daily.run_alone()

    passes(daily, days=3)  # of downtime
    assert wake.wake_the_due() == 1
    daily.run_alone()
    assert holds(daily) == ["customers", "items", "invoices"]
    assert daily.files()[2].records == 2
    assert daily.record(second).state == State.HANDED_OVER
    assert timezone.now() < hour(daily) <= timezone.now() + timedelta(hours=24)

    # An hour at which nothing waits goes by: what comes after it waits for the next.
    passes(daily)
    daily.run_alone()
    make_invoice(company=daily.company)
    daily.run_alone()
    assert len(daily.files()) == 3


def test_the_hour_stays_until_a_run_has_handed_over_all(
    daily: CsvLive, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = make_invoice(company=daily.company)
    daily.run_alone()
    passes(daily)
    came = hour(daily)
    with monkeypatch.context() as patch:
        patch.setattr("apps.sync.send.push.Pusher._push_due", killed)
        with pytest.raises(KeyboardInterrupt):
            daily.run_alone()
    assert hour(daily) == came
    Connection.objects.filter(pk=daily.connection.pk).update(lease_until=None, lease_holder="")
    daily.run_alone()
    assert daily.record(invoice).state == State.HANDED_OVER


def killed(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


def test_a_person_has_it_at_once(daily: CsvLive) -> None:
    invoice, other = (make_invoice(company=daily.company) for _ in range(2))
    daily.run_alone()
    retry([daily.record(invoice)])
    daily.run_alone()
    assert holds(daily) == ["customers", "items", "invoices"]
    assert (daily.files()[2].records, waits_for_the_hour(daily.connection)) == (1, 1)
    assert hand_over_now(daily.connection) == 1
    daily.run_alone()
    assert daily.record(other).state == State.HANDED_OVER

    late = make_invoice(company=daily.company)
    daily.run_alone()
    assert set_hour(daily.connection, None)
    assert not set_hour(daily.connection, None)
    daily.run_alone()
    assert daily.record(late).state == State.HANDED_OVER
    history = Connection.history.filter(id=daily.connection.pk)
    assert [each.files_at is None for each in history[:2]] == [True, False]


def test_what_lies_in_the_folder_is_taken_by_itself_once_it_is_whole(
    db: None, settings: Any, tmp_path: Path
) -> None:
    settings.LEDGER_FOLDERS = {"theirs": str(tmp_path)}
    books = CsvLive(folder="theirs")
    pk = books.connection.pk
    invoice = make_invoice(company=books.company)
    books.run_alone()
    books.take_files()
    for name in ("confirmations", "payments"):
        (tmp_path / name).mkdir()
    whole = as_csv(books.bookkeeper.work())
    said = tmp_path / "confirmations" / "said.csv"
    said.write_bytes(whole[: len(whole) // 2])
    assert look_at_all() == "1 folders"
    look(pk)
    said.write_bytes(whole)  # it was being written
    look(pk)
    confirmations = books.connection.brought_files.filter(sort="confirmation")
    assert not confirmations.exists()
    look(pk)
    brought = confirmations.get()
    assert (brought.brought_by, [each.state for each in brought.rows.all()]) == (
        None, ["taken", "taken", "taken"],
    )  # fmt: skip
    books.run_alone()
    assert books.record(invoice).state == State.IN_THE_BOOKS
    assert look(pk) == "1 files, 0 looked through, 0 problems"

    # A payment of what is not confirmed yet is not taken; once it is, the same file is looked at again.
    later = make_invoice(company=books.company)
    books.run_alone()
    paid = tmp_path / "payments" / "paid.csv"
    paid.write_text(f"Invoice,Date,Amount,Currency\n{later.number},2026-04-02,100.00,GBP\n")
    (tmp_path / "payments" / "odd.csv").write_text("A,B\n1,2\n")
    look(pk)
    look(pk)
    assert books.connection.brought_files.get(sort="payments").rows.get().state == "refused"
    assert "No column is called" in dict(problems_of(books.connection))["odd.csv"]
    books.confirm()
    books.run_alone()
    look(pk)
    books.run_alone()
    books.run_alone()
    later.refresh_from_db()
    assert later.balance_due == 0

    settings.LEDGER_FOLDERS = {}
    look(pk)
    assert "none of those that Tieout may use" in dict(problems_of(books.connection))[""]
    assert set(FolderLook.objects.get().seen) == {
        "confirmations/said.csv", "payments/paid.csv", "payments/odd.csv",
    }  # fmt: skip
