"""A file is brought, looked at, written, released and taken back, as people do it."""

import tempfile
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.backoffice.files.importing import what_next
from apps.billing.acts import batches
from apps.billing.models import Invoice
from apps.exchange.imports import background
from apps.exchange.models import FileImport
from apps.exchange.storage import vault
from apps.staff.models import User
from tests.backoffice.documents.test_acts import page
from tests.backoffice.world import World
from tests.exchange.imports.test_online_retail import HEADING, row

Browse = Callable[[str], Client]
ADD = "admin:exchange_fileimport_add"


@pytest.fixture(autouse=True)
def private_folder(settings: Any, tmp_path: Any) -> None:
    settings.PRIVATE_FILES_DIR = str(tmp_path)


def bring(client: Client, world: World, *rows: str, content: bytes = b"") -> FileImport:
    text = content or "\n".join([HEADING, *rows, ""]).encode()
    file = SimpleUploadedFile("../march <b>.csv", text)
    given = {"company": world.company.pk, "file": file, "profile": "online-retail"}
    client.post(reverse(ADD), given)
    return FileImport.objects.latest("pk")


def press(client: Client, file_import: FileImport, act: str, **answers: Any) -> str:
    answer = client.post(page(file_import, act), {"_confirmed": "yes", **answers}, follow=True)
    assert answer.status_code == 200
    file_import.refresh_from_db()
    return answer.content.decode()


def test_it_is_checked_and_shown_before_anything_is_written(world: World, browse: Browse) -> None:
    before = Invoice.objects.count()
    clerk = browse("Cleo")
    brought = bring(
        clerk, world, row(), row(number="C2", quantity="-1"), row(number="3", price="0")
    )
    shown = clerk.get(page(brought)).content.decode()

    assert (brought.stage, Invoice.objects.count()) == ("checked", before)
    assert "1 row refused" in shown
    assert "A document of nil value books nothing" in shown
    assert "December 2010" in shown
    assert "12.75" in shown  # 15.30 less 2.55 credited
    assert "WHITE HANGING HEART" in shown
    assert "march &lt;b&gt;.csv" in shown
    assert len(shown) < 200_000


def test_a_layout_that_its_headings_tell_is_proposed_and_what_they_do_not_is_asked(
    world: World, browse: Browse
) -> None:
    clerk = browse("Cleo")

    def bring_without(text: str) -> str:
        file = SimpleUploadedFile("march.csv", text.encode())
        given = {"company": world.company.pk, "file": file, "profile": ""}
        return clerk.post(reverse(ADD), given, follow=True).content.decode()

    shown = bring_without("Number,Date,Customer,Net\n77,2026-03-31,Bell,10\n")
    brought = FileImport.objects.get()
    assert (brought.profile, brought.stage) == ("one-row-net", "checked")
    assert "Read as “A row for each document: net amount”, which its headings fit." in shown
    shown = bring_without("a,b\n1,2\n")
    assert "Its headings fit no layout, or more than one." in shown
    unknown = FileImport.objects.latest("pk")
    assert (unknown.profile, unknown.stage) == ("", "asking")
    assert sorted(vault.names_in("imports")) == sorted([brought.path, unknown.path])


def test_the_good_rows_are_taken_released_and_issued(world: World, browse: Browse) -> None:
    clerk, fay = browse("Cleo"), browse("Fay")
    brought = bring(clerk, world, row(), row(number="3", price="0"))
    assert "Take the good rows" in clerk.get(page(brought)).content.decode()
    press(clerk, brought, "write-good-rows")
    background.go_on(brought.pk)
    brought.refresh_from_db()
    invoice = Invoice.objects.get(number="536365")
    assert (brought.stage, invoice.is_draft, invoice.total) == ("written", True, Decimal("15.30"))
    assert "On hold" in clerk.get(page(brought)).content.decode()

    assert clerk.post(page(brought, "release"), {"_confirmed": "yes"}).status_code == 403
    press(fay, brought, "release")
    invoice.refresh_from_db()
    assert invoice.is_issued
    assert "Released" in clerk.get(page(brought)).content.decode()


def test_it_is_taken_back_while_it_is_on_hold(world: World, browse: Browse) -> None:
    clerk = browse("Cleo")
    brought = bring(clerk, world, row())
    press(clerk, brought, "write")
    background.go_on(brought.pk)
    press(clerk, brought, "take-back")
    assert not Invoice.objects.filter(number="536365").exists()
    assert "Taken back" in clerk.get(page(brought)).content.decode()


def test_refused_rows_leave_as_the_file_with_the_reason(world: World, browse: Browse) -> None:
    clerk = browse("Cleo")
    hostile = row(number="3", price="0", description="=HYPERLINK(1)")
    brought = bring(clerk, world, row(), hostile)
    answer = clerk.get(page(brought, "refused"))
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    lines = text.splitlines()
    assert len(lines) == 2
    assert lines[0].endswith('"Why it was refused"')
    assert "'=HYPERLINK(1)" in lines[1]
    assert "a document of nil value books nothing" in lines[1]
    # Mended and brought again, with the column more.
    mended = bring(clerk, world, content=text.replace('"0"', '"2.50"').encode())
    assert mended.stage == "checked"
    assert FileImport.objects.count() == 2


def test_what_the_file_leaves_open_is_asked_and_corrected(world: World, browse: Browse) -> None:
    clerk = browse("Cleo")
    text = "\n".join([HEADING, row(description="Läntern"), ""]).encode("cp1252")
    brought = bring(clerk, world, content=text)
    shown = clerk.get(page(brought)).content.decode()
    assert "Windows-1252" in shown
    answers = {"encoding": "cp1250", "delimiter": ",", "header_row": 1}
    press(clerk, brought, "read-otherwise", **answers)
    assert brought.dialect["encoding"] == "cp1250"
    assert brought.stage == "checked"
    press(clerk, brought, "read-otherwise", **{**answers, "delimiter": ";"})
    assert brought.stage == "unreadable"
    assert "has no column" in clerk.get(page(brought)).content.decode()


def test_a_file_that_is_none_says_what_to_do(world: World, browse: Browse) -> None:
    clerk = browse("Cleo")
    brought = bring(clerk, world, content=b"\x89PNG\r\n\x1a\n" + b"\0" * 50)
    assert brought.stage == "unreadable"
    assert "Ask for the data itself" in clerk.get(page(brought)).content.decode()


def test_a_large_one_is_checked_and_written_in_the_background(
    world: World, browse: Browse, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued: list[tuple[Any, ...]] = []
    monkeypatch.setattr(background, "async_task", lambda *task: queued.append(task))
    monkeypatch.setattr(background, "AT_ONCE", 10)
    clerk = browse("Cleo")
    brought = bring(clerk, world, *(row(number=str(number)) for number in range(30)))
    assert (brought.stage, queued) == ("checking", [(background.TASK, brought.pk)])
    answer = clerk.get(page(brought))
    assert answer["Refresh"] == "3"

    background.go_on(brought.pk)
    brought.refresh_from_db()
    assert brought.stage == "checked"
    assert "Refresh" not in clerk.get(page(brought))
    press(clerk, brought, "write")
    assert "nothing of it is in the books before it is released" in (
        clerk.get(page(brought)).content.decode()
    )


def test_stopped_it_stands_and_is_taken_back(
    world: World, browse: Browse, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk = browse("Cleo")
    brought = bring(clerk, world, row())
    press(clerk, brought, "write")
    press(clerk, brought, "cancel")
    assert brought.stage == "cancelled"
    assert background.go_on(brought.pk) == "It is cancelled."
    assert not Invoice.objects.filter(number="536365").exists()


def test_who_may_not_write_drafts_may_not_import(world: World, browse: Browse) -> None:
    assert browse("Vera").get(reverse(ADD)).status_code == 403
    assert browse("Otto").get(reverse("admin:exchange_fileimport_changelist")).status_code == 403
    brought = bring(browse("Cleo"), world, row())
    assert browse("Vera").get(page(brought)).status_code == 200
    for act in ("write", "cancel", "take-back", "check-again"):
        assert browse("Vera").post(page(brought, act)).status_code == 403


def test_many_are_released_in_the_background(
    world: World, browse: Browse, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk, fay = browse("Cleo"), browse("Fay")
    brought = bring(clerk, world, *(row(number=str(number)) for number in range(4)))
    press(clerk, brought, "write")
    background.go_on(brought.pk)
    queued: list[tuple[Any, ...]] = []
    monkeypatch.setattr(background, "async_task", lambda *task: queued.append(task))
    monkeypatch.setattr(background, "RELEASED_AT_ONCE", 3)
    monkeypatch.setattr(batches, "PORTION", 2)
    assert "They are being issued" in press(fay, brought, "release")
    [(task, *given)] = queued
    assert task == background.RELEASE

    monkeypatch.setattr(background.settings, "SYNC_TASK_BUDGET", 0)
    assert background.release_on(*given) == "2 released"
    assert len(queued) == 2
    assert "Refresh" not in fay.get(page(brought)), "it moved when it was written, too"
    FileImport.objects.update(written_at=timezone.now() - timedelta(minutes=1))
    assert fay.get(page(brought))["Refresh"] == "3"
    monkeypatch.setattr(background.settings, "SYNC_TASK_BUDGET", 60)
    assert background.release_on(*given) == "2 released"
    brought.batch.refresh_from_db()
    assert brought.batch.released_at is not None
    assert "Refresh" not in fay.get(page(brought))
    assert Invoice.objects.get(number="2").issued_by_id == User.objects.get(name="Fay").pk


def test_what_was_uploaded_lies_sealed_and_leaves_nothing_in_plain(
    world: World, browse: Browse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    clerk = browse("Cleo")
    brought = bring(clerk, world, row(), row(number="3", price="0"))
    b"".join(clerk.get(page(brought, "refused")).streaming_content)  # type: ignore[attr-defined]

    [kept] = [each for each in tmp_path.rglob("*") if each.is_file()]
    assert str(kept.relative_to(tmp_path)) == brought.path
    assert b"HEART" not in kept.read_bytes()
    assert list((tmp_path / "temporary").iterdir()) == []

    # Another in its place is none of ours, and nothing of it is read.
    kept.write_bytes(b"InvoiceNo,StockCode\n1,2\n")
    press(clerk, brought, "check-again")
    assert brought.stage == "unreadable"
    assert "not what was kept" in brought.sentence


def test_a_number_that_may_be_two_is_asked_about(world: World, browse: Browse) -> None:
    clerk = browse("Cleo")
    brought = bring(clerk, world, row(price='"1,500"', quantity="2"))
    shown = clerk.get(page(brought)).content.decode()
    assert brought.stage == "asking"
    assert "may be a thousand or a number with three decimals" in shown
    assert "What came of its rows" not in shown

    answers = {"encoding": "utf-8", "delimiter": ",", "header_row": 1, "decimal_mark": ","}
    press(clerk, brought, "read-otherwise", **answers)
    assert brought.stage == "checked"
    assert "3.00" in clerk.get(page(brought)).content.decode()


def test_while_a_worker_is_at_it_the_page_reads_no_file(
    world: World, browse: Browse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It asks again every few seconds, and a file may hold half a million rows."""
    monkeypatch.setattr(background, "async_task", lambda *task: None)
    monkeypatch.setattr(background, "AT_ONCE", 10)
    clerk = browse("Cleo")
    brought = bring(clerk, world, *(row(number=str(number)) for number in range(30)))
    monkeypatch.setattr(vault, "verified", None)
    assert clerk.get(page(brought)).status_code == 200


def test_a_file_that_is_gone_stops_the_writing_where_it_stands(
    world: World, browse: Browse, tmp_path: Path
) -> None:
    clerk = browse("Cleo")
    brought = bring(clerk, world, row())
    press(clerk, brought, "write")
    (tmp_path / brought.path).unlink()
    background.go_on(brought.pk)
    brought.refresh_from_db()
    assert brought.stage == "cancelled"
    assert "Bring it again" in clerk.get(page(brought)).content.decode()
    assert not Invoice.objects.filter(number="536365").exists()


def test_what_brings_nothing_new_says_so_and_what_to_do() -> None:
    def told(**rows: int) -> str:
        documents = {name: count for name, count in rows.items() if name != "refused"}
        tally = {"rows": rows, "documents": documents, "amounts": {}}
        return what_next(FileImport(stage="checked", tally=tally))

    assert "all of it is here already" in told(unchanged=3)
    assert "mend those rows below" in told(unchanged=3, refused=1)
    assert "Nothing is written yet" in told(new=2, refused=1)
