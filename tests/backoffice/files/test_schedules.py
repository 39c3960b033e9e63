"""Scheduled exports and kept files over HTTP, as people use them."""

from collections.abc import Callable
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.backoffice.frame.asking import key_of
from apps.backoffice.frame.formatting import in_groups
from apps.exchange.models import FileDownload, PrivateFile, ScheduledExport
from apps.exchange.schedules import running, tasks
from apps.staff.models import User
from tests.backoffice.documents.test_acts import page
from tests.backoffice.world import World
from tests.exchange.schedules.week import Queue

Browse = Callable[[str], Client]


@pytest.fixture(autouse=True)
def queue(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Queue:
    settings.PRIVATE_FILES_DIR = str(tmp_path)
    found = Queue()
    monkeypatch.setattr(running, "async_task", found)
    monkeypatch.setattr(tasks, "async_task", found)
    return found


def answers(**fields: Any) -> dict[str, Any]:
    return {
        "kind": "daily", "format": "csv", "period": "all", "every": "day", "at": "07:00",
        "weekday": "1", "month_day": "1", "keep_days": "400", "sends_empty": "on", **fields,
    }  # fmt: skip


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def words(answer: Any) -> str:
    return str(answer.content.decode())


def test_a_list_is_repeated_as_it_is_filtered_and_downloads_are_noted(
    world: World, browse: Browse, queue: Queue, people: dict[str, User]
) -> None:
    vera, otto = browse("Vera"), browse("Otto")
    export = vera.get(reverse("admin:billing_invoice_export"), {"stands": "overdue"})
    place = page(world.company, "schedule")
    assert f"{place}?kind=list&amp;source=billing.invoice%3Fstands%3Doverdue" in words(export)
    source = "billing.invoice?stands=draft&_columns=who&p=3"
    asked = vera.get(place, {"kind": "list", "source": source})
    assert "List: Invoices" in words(asked)
    vera.post(
        place, answers(kind="list", source=source, people=[people["Vera"].pk, people["Otto"].pk])
    )
    schedule = ScheduledExport.objects.get()
    assert schedule.choice == {
        "list": "billing.invoice", "query": "stands=draft", "columns": ["who"],
    }  # fmt: skip
    assert schedule.owner == people["Vera"]
    vera.post(page(schedule, "run-now"))
    queue.work_off()

    file = PrivateFile.objects.get()
    assert [each.to for each in mail.outbox] == [["vera@example.com"]]
    shown = words(vera.get(page(schedule)))
    assert "Sent: vera@example.com" in shown
    assert "Otto may not see what is in it" in shown
    got = vera.get(page(file, "download"))
    assert body(got).decode("utf-8-sig").splitlines() == ['"Customer"', '"Bell & Daughters"']
    assert "no-store" in got.headers["Cache-Control"]
    assert otto.get(page(file, "download")).status_code == 403
    assert browse("").get(page(file, "download")).status_code == 302
    assert [each.user for each in FileDownload.objects.all()] == [people["Vera"]]
    assert "Vera, 28 Nov 2026" in words(vera.get(page(file)))
    assert in_groups(file.sha256) in words(vera.get(page(file)))

    schedule.choice["columns"] = ["whom"]
    schedule.save()
    vera.post(page(schedule, "run-now"))
    queue.work_off()
    assert "filters or columns no more" in words(vera.get(page(schedule)))

    # A filter that the list does not offer might ask for what its reader may not see.
    schedule.choice |= {"columns": [], "query": "customer__notes__startswith=a"}
    schedule.save()
    vera.post(page(schedule, "run-now"))
    queue.work_off()
    assert [each.state for each in schedule.runs.all()[:2]] == ["failed", "failed"]


def test_whoever_may_not_see_what_is_in_a_file_sees_not_its_page_either(
    world: World, browse: Browse, people: dict[str, User], queue: Queue
) -> None:
    fay, vera = browse("Fay"), browse("Vera")
    fay.post(page(world.company, "schedule"), answers(kind="daily"))
    running.run_now(ScheduledExport.objects.get())
    queue.work_off()
    file = PrivateFile.objects.get()
    assert vera.get(page(file)).status_code == 200
    PrivateFile.objects.filter(pk=file.pk).update(needs=["sync.view_call"])
    assert vera.get(page(file)).status_code in (302, 403)
    assert vera.get(page(file, "download")).status_code == 403
    assert fay.get(page(file, "download")).status_code == 200


def test_addresses_are_asked_about_and_need_the_right_to_send(
    world: World, browse: Browse, people: dict[str, User]
) -> None:
    place = page(world.company, "schedule")
    typed = answers(kind="aged", format="pdf", addresses="out@bank.example\nfay@example.com")
    refused = browse("Vera").post(place, typed)
    question = (
        "out@bank.example get the file by e-mail without signing in, for as long as this runs. Is "
        "that meant?"
    )
    assert question in words(refused)
    ticked = {**typed, "sure": key_of(question)}
    assert "You may not send by e-mail to others" in words(browse("Vera").post(place, ticked))
    assert not ScheduledExport.objects.exists()
    browse("Cleo").post(place, ticked)
    schedule = ScheduledExport.objects.get()
    assert schedule.addresses == ["out@bank.example", "fay@example.com"]

    # Whoever may not send to them neither sends it now nor takes it over.
    ScheduledExport.objects.update(stopped="It stopped: Cleo does not work here any more.")
    refused = words(browse("Vera").post(page(schedule, "resume"), follow=True))
    assert "You may not send by e-mail to others, and it goes to out@bank.example" in refused
    ScheduledExport.objects.update(stopped="")
    assert "You may not send" in words(browse("Vera").post(page(schedule, "run-now"), follow=True))
    schedule.refresh_from_db()
    assert (schedule.owner, schedule.runs.count()) == (people["Cleo"], 0)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"every": "cron", "cron": "0 7 30 2 *"}, "no cron expression that ever comes"),
        ({"kind": "aged", "format": "journal"}, "It comes as PDF or Excel"),
        ({"kind": "list", "source": "billing.nothing?"}, "There is no such list"),
        ({"kind": "list", "source": "sync.call?"}, "You may not see all that is in it"),
        ({"addresses": "nobody"}, "is no e-mail address"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(
    fields: dict[str, Any], sentence: str, world: World, browse: Browse
) -> None:
    answer = browse("Cleo").post(page(world.company, "schedule"), answers(**fields))
    assert sentence in words(answer)
    assert not ScheduledExport.objects.exists()


def test_it_is_paused_resumed_and_taken_over(
    world: World, browse: Browse, people: dict[str, User]
) -> None:
    vera = browse("Vera")
    vera.post(
        page(world.company, "schedule"), answers(kind="layout:native-documents", period="month")
    )
    schedule = ScheduledExport.objects.get()
    assert schedule.choice == {"layout": "native-documents", "period": "month"}
    assert "Sun 29 Nov 2026 07:00" in words(vera.get(page(schedule)))
    vera.post(page(schedule, "pause"))
    schedule.refresh_from_db()
    assert (schedule.is_paused, schedule.runs_by_itself) == (True, False)
    vera.post(page(schedule, "resume"))
    ScheduledExport.objects.update(stopped="It stopped: Vera does not work here any more.")
    assert "It stopped: Vera" in words(browse("Cleo").get(page(schedule, "resume")))
    browse("Cleo").post(page(schedule, "resume"))
    schedule.refresh_from_db()
    assert (schedule.stopped, schedule.owner) == ("", people["Cleo"])
    assert browse("Otto").get(page(schedule)).status_code == 403
    # Of a daily report the days of its pause are told.
    ScheduledExport.objects.update(what="daily", is_paused=True, told_until=date(2026, 11, 27))
    told = words(vera.get(page(schedule, "resume")))
    assert "tells all days since 27 Nov 2026, the last that was told" in told


def test_the_lists_ask_as_much_of_many_as_of_few(
    world: World, browse: Browse, people: dict[str, User]
) -> None:
    vera, now = browse("Vera"), timezone.now()

    def asked(model: str) -> int:
        with CaptureQueriesContext(connection) as found:
            answer = vera.get(reverse(f"admin:exchange_{model}_changelist"))
        assert ("Made" if model == "scheduledexport" else "Vera") in words(answer)
        return len(found)

    def make(count: int) -> None:
        for _ in range(count):
            schedule = ScheduledExport.objects.create(
                company=world.company, name="Daily", what="daily", format="csv", at=time(7),
                owner=people["Vera"],
            )  # fmt: skip
            file = PrivateFile.objects.create(
                company=world.company, name="a.csv", content_type="text/csv", size=1,
                sha256="0" * 64, kept_until=now,
            )  # fmt: skip
            FileDownload.objects.create(file=file, user=people["Vera"])
            schedule.runs.create(due_at=now, try_after=now, state="made", file=file)

    make(1)
    few = [asked("scheduledexport"), asked("privatefile")]
    make(3)
    assert [asked("scheduledexport"), asked("privatefile")] == few
