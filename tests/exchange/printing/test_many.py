"""Many invoices as one ZIP: at once, and in the background, where a worker may end midway."""

import hashlib
import io
import stat
from datetime import timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
import time_machine
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django_q.models import OrmQ

from apps.billing.models import Invoice
from apps.exchange.models import PrintJob
from apps.exchange.printing import many
from apps.exchange.printing.paper import CannotPrint
from apps.exchange.schedules import tasks
from apps.exchange.storage import vault
from apps.staff.models import User
from tests.exchange.printing.world import company, customer
from tests.factories import make_invoice
from tests.kept_rows import kept

pytestmark = pytest.mark.django_db


@pytest.fixture
def invoices() -> list[Invoice]:
    return kept(make_invoices)


def make_invoices() -> list[Invoice]:
    buyer = customer(company())
    return [make_invoice(customer=buyer, lines=[("Oil", 1, n)]) for n in range(1, 6)]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings, "PRIVATE_FILES_DIR", str(tmp_path / "files"))
    return tmp_path / "files"


@pytest.fixture(autouse=True)
def stand_in(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Typesetting has tests of its own: here a print is its number, and each is noted."""
    made: list[str] = []

    def print_now(invoice: Invoice) -> bytes:
        made.append(str(invoice.number))
        return f"%PDF {invoice.number}".encode()

    monkeypatch.setattr(many, "print_now", print_now)
    return made


def asked(invoices: list[Invoice]) -> PrintJob:
    by = User.objects.create_user("fay@example.com", "a-long-enough-password-1")
    return many.ask_for([each.pk for each in invoices], by.pk)


def packed_of(job: PrintJob) -> io.BytesIO:
    job.refresh_from_db()
    with vault.verified(many.file_of(job), job.sha256) as file:
        return io.BytesIO(file.read())


def names(packed: Any) -> list[str]:
    with ZipFile(packed) as archive:
        assert archive.testzip() is None
        return sorted(archive.namelist())


def test_a_few_come_at_once(invoices: list[Invoice]) -> None:
    packed, left_out = many.zip_of(invoices)
    again, _ = many.zip_of(invoices)

    assert names(packed) == sorted(many.name_of(each) for each in invoices)
    assert left_out == []
    packed.seek(0)
    assert packed.read() == again.read()


@pytest.mark.parametrize("number", ["../../etc/passwd", "a/b\\c", "..", "", "2026:7 é", "\0"])
def test_no_number_leads_out_of_the_folder(number: str) -> None:
    name = many.name_of(Invoice(pk=7, number=number))
    assert Path(name).name == name
    assert name.endswith("-7.pdf")
    assert not name.startswith(".")


def test_what_cannot_be_printed_is_named_and_the_others_come(
    invoices: list[Invoice], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse_the_second(invoice: Invoice) -> bytes:
        if invoice == invoices[1]:
            raise CannotPrint("The second cannot.")
        return b"%PDF"

    monkeypatch.setattr(many, "print_now", refuse_the_second)
    packed, left_out = many.zip_of(invoices)
    assert (len(names(packed)), left_out) == (4, ["The second cannot."])

    job = asked(invoices)
    many.go_on(job.pk)
    job.refresh_from_db()
    assert (job.state, job.left_out) == (PrintJob.State.READY, ["The second cannot."])
    assert len(names(packed_of(job))) == 4


def test_thousands_are_made_in_the_background(invoices: list[Invoice], folder: Path) -> None:
    job = asked(invoices)
    assert OrmQ.objects.count() == 1
    many.go_on(job.pk)
    job.refresh_from_db()
    path = folder / many.file_of(job)
    packed = packed_of(job)

    assert (job.state, job.done, job.count) == (PrintJob.State.READY, 5, 5)
    assert names(packed) == sorted(many.name_of(each) for each in invoices)
    assert job.sha256 == hashlib.sha256(packed.getvalue()).hexdigest()
    assert job.size == len(packed.getvalue())
    assert b"PDF" in packed.getvalue()
    assert b"PDF" not in path.read_bytes()
    assert [each.name for each in folder.iterdir()] == [path.name]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert "nothing is left" in many.go_on(job.pk)


def test_a_task_yields_when_its_time_is_up_and_its_successor_goes_on(
    invoices: list[Invoice], monkeypatch: pytest.MonkeyPatch, stand_in: list[str]
) -> None:
    monkeypatch.setattr(many, "SLICE", 2)
    monkeypatch.setattr(settings, "SYNC_TASK_BUDGET", 0)
    job = asked(invoices)
    assert many.go_on(job.pk) == "0 of 5"
    assert OrmQ.objects.count() == 2
    monkeypatch.setattr(settings, "SYNC_TASK_BUDGET", 45)
    many.go_on(job.pk)
    assert sorted(stand_in) == sorted(str(each.number) for each in invoices)


def test_a_worker_that_ended_midway_is_noticed_and_nothing_is_printed_twice(
    invoices: list[Invoice], monkeypatch: pytest.MonkeyPatch, stand_in: list[str]
) -> None:
    class Killed(BaseException):
        pass

    print_now = many.print_now

    def killed_at_the_fourth(invoice: Invoice) -> bytes:
        if len(stand_in) == 3:
            raise Killed
        return print_now(invoice)

    monkeypatch.setattr(many, "print_now", killed_at_the_fourth)
    job = asked(invoices)
    with pytest.raises(Killed):
        many.go_on(job.pk)
    job.refresh_from_db()
    assert job.state == PrintJob.State.RUNNING
    assert not many.stands_still(job)
    with time_machine.travel(timezone.now() + many.STALE + timedelta(seconds=1)):
        assert many.stands_still(job)
        monkeypatch.setattr(many, "print_now", print_now)
        many.ask_again(job)
        many.go_on(job.pk)
    assert len(names(packed_of(job))) == 5
    assert len(stand_in) == 5


def test_a_full_disk_stops_it_with_a_sentence(
    invoices: list[Invoice], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(many, "_write", full)
    job = asked(invoices)
    many.go_on(job.pk)
    job.refresh_from_db()
    assert job.state == PrintJob.State.FAILED
    assert "No space left on device" in job.sentence
    assert "Go on" in job.sentence


def test_a_file_is_deleted_after_a_week_and_its_row_stays(invoices: list[Invoice]) -> None:
    job = asked(invoices)
    many.go_on(job.pk)
    with time_machine.travel(timezone.now() + many.KEPT - timedelta(minutes=1)):
        tasks.forget()
        assert vault.is_there(many.file_of(job))
    with time_machine.travel(timezone.now() + many.KEPT + timedelta(minutes=1)):
        tasks.forget()
    job.refresh_from_db()
    assert (job.state, vault.is_there(many.file_of(job))) == (PrintJob.State.GONE, False)
    with pytest.raises(ValidationError):
        job.delete()


def test_what_nobody_goes_on_with_is_deleted_after_a_week_too(
    invoices: list[Invoice], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The prints that it made, and the ZIP that it was writing."""

    def killed(job: PrintJob) -> None:
        (folder / f"{many.file_of(job)}.1234{vault.PART}").write_bytes(b"sealed")
        raise KeyboardInterrupt

    monkeypatch.setattr(many, "_pack", killed)
    job = asked(invoices)
    with pytest.raises(KeyboardInterrupt):
        many.go_on(job.pk)
    assert len([each for each in folder.rglob("*") if each.is_file()]) == 6
    with time_machine.travel(timezone.now() + many.KEPT + timedelta(minutes=1)):
        tasks.forget()
    job.refresh_from_db()
    assert (job.state, list(folder.iterdir())) == (PrintJob.State.GONE, [])


def test_two_tasks_of_one_print_pack_it_once(
    invoices: list[Invoice], monkeypatch: pytest.MonkeyPatch, stand_in: list[str]
) -> None:
    """The queue was behind, somebody chose “Go on”, and now two workers come to it at once."""
    job = asked(invoices)
    with time_machine.travel(timezone.now() + many.STALE + timedelta(seconds=1)):
        assert many.stands_still(job)
        many.ask_again(job)
    pack = many._pack

    def another_comes(mine: PrintJob) -> None:
        monkeypatch.setattr(many, "_pack", pack)
        many.go_on(job.pk)
        pack(mine)

    monkeypatch.setattr(many, "_pack", another_comes)
    many.go_on(job.pk)
    assert len(names(packed_of(job))) == 5


def test_a_print_that_was_torn_on_the_disk_is_made_again(
    invoices: list[Invoice], folder: Path, monkeypatch: pytest.MonkeyPatch, stand_in: list[str]
) -> None:
    pack = many._pack

    def torn(job: PrintJob) -> None:
        first = min((folder / f"print-{job.pk}").iterdir())
        first.write_bytes(first.read_bytes()[:-1])
        monkeypatch.setattr(many, "_pack", pack)
        pack(job)

    monkeypatch.setattr(many, "_pack", torn)
    job = asked(invoices)
    assert "“Go on”" in many.go_on(job.pk)
    job.refresh_from_db()
    assert job.state == PrintJob.State.FAILED
    many.ask_again(job)
    many.go_on(job.pk)
    assert len(names(packed_of(job))) == 5
