"""Scheduled exports and kept files over HTTP, as people use them."""

from collections.abc import Callable
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.backoffice.frame.asking import key_of
from apps.backoffice.frame.formatting import in_groups
from apps.exchange.models import FileDownload, PrivateFile, ScheduledExport
from apps.exchange.schedules import running, tasks
from apps.staff.models import User
from tests.backoffice.desk import Desk
from tests.backoffice.documents.test_acts import page
from tests.backoffice.world import World
from tests.exchange.schedules.week import Queue

Browse = Callable[[str], Desk]


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
    cleo, otto = browse("Cleo"), browse("Otto")
    export = cleo.get(reverse("admin:billing_invoice_export"), {"stands": "overdue"})
    place = page(world.company, "schedule")
    assert f"{place}?kind=list&amp;source=billing.invoice%3Fstands%3Doverdue" in words(export)
    source = "billing.invoice?stands=draft&_columns=who&p=3"
    asked = cleo.get(place, {"kind": "list", "source": source})
    assert "List: Invoices" in words(asked)
    cleo.post(
        place, answers(kind="list", source=source, people=[people["Vera"].pk, people["Otto"].pk])
    )
    schedule = ScheduledExport.objects.get()
    assert schedule.choice == {
        "list": "billing.invoice", "query": "stands=draft", "columns": ["who"],
    }  # fmt: skip
    assert schedule.owner == people["Cleo"]
    cleo.post(page(schedule, "run-now"))
    queue.work_off()

    file = PrivateFile.objects.get()
    assert [each.to for each in mail.outbox] == [["vera@example.com"], ["cleo@example.com"]]
    told = mail.outbox[1]
    assert told.subject == "List: Invoices did not reach everybody: Thornfield Trading Ltd"
    assert "- otto@example.com: Otto may not see what is in it, so nothing was sent." in told.body
    shown = words(cleo.get(page(schedule)))
    assert "Sent: vera@example.com" in shown
    assert "Otto may not see what is in it" in shown
    got = cleo.get(page(file, "download"))
    assert body(got).decode("utf-8-sig").splitlines() == ['"Customer"', '"Bell & Daughters"']
    assert "no-store" in got.headers["Cache-Control"]
    assert otto.get(page(file, "download")).status_code == 403
    assert browse("").get(page(file, "download")).status_code == 302
    assert [each.user for each in FileDownload.objects.all()] == [people["Cleo"]]
    assert "Cleo, 28 Nov 2026" in words(cleo.get(page(file)))
    assert in_groups(file.sha256) in words(cleo.get(page(file)))

    # It stands on the work list until somebody says that it is taken care of.
    needing = reverse("admin:exchange_scheduledexport_changelist") + "?needs=person"
    assert needing in words(cleo.get(reverse("admin:index")))
    assert needing not in words(browse("Vera").get(reverse("admin:index")))
    assert "Made, not sent to 1" in words(cleo.get(needing))
    cleo.post(page(schedule, "dealt-with"))
    assert needing not in words(cleo.get(reverse("admin:index")))
    assert "Cleo took care of what had failed" in words(cleo.get(page(schedule)))

    schedule.choice["columns"] = ["whom"]
    schedule.save()
    cleo.post(page(schedule, "run-now"))
    queue.work_off()
    assert "filters or columns no more" in words(cleo.get(page(schedule)))

    # A filter that the list does not offer might ask for what its reader may not see.
    schedule.choice |= {"columns": [], "query": "customer__notes__startswith=a"}
    schedule.save()
    cleo.post(page(schedule, "run-now"))
    queue.work_off()
    assert [each.state for each in schedule.runs.all()[:2]] == ["failed", "failed"]
    assert needing in words(cleo.get(reverse("admin:index")))


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
    refused = browse("Ada").post(place, typed)
    question = (
        "out@bank.example get the file by e-mail without signing in, for as long as this runs. Is "
        "that meant?"
    )
    assert question in words(refused)
    ticked = {**typed, "sure": key_of(question)}
    assert "You may not send by e-mail to others" in words(browse("Ada").post(place, ticked))
    assert not ScheduledExport.objects.exists()
    browse("Cleo").post(place, ticked)
    schedule = ScheduledExport.objects.get()
    assert schedule.addresses == ["out@bank.example", "fay@example.com"]

    # Whoever may not send to them neither sends it now nor takes it over.
    ScheduledExport.objects.update(stopped="It stopped: Cleo does not work here any more.")
    refused = words(browse("Ada").post(page(schedule, "resume"), follow=True))
    assert "You may not send by e-mail to others, and it goes to out@bank.example" in refused
    ScheduledExport.objects.update(stopped="")
    assert "You may not send" in words(browse("Ada").post(page(schedule, "run-now"), follow=True))
    schedule.refresh_from_db()
    assert (schedule.owner, schedule.runs.count()) == (people["Cleo"], 0)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"every": "cron", "cron": "0 7 30 2 *"}, "no cron expression that ever comes"),
        ({"kind": "aged", "format": "journal"}, "It comes as PDF or Excel"),
        ({"kind": "list", "source": "billing.nothing?"}, "There is no such list"),
        ({"kind": "list", "source": "sync.call?"}, "You may not see all that is in it"),
        ({"every": "cron", "cron": "*/5 * * * *"}, "comes again after 5 minutes"),
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
    cleo, fay, vera = browse("Cleo"), browse("Fay"), browse("Vera")
    cleo.post(
        page(world.company, "schedule"), answers(kind="layout:native-documents", period="month")
    )
    schedule = ScheduledExport.objects.get()
    assert schedule.choice == {"layout": "native-documents", "period": "month"}
    assert "Sun 29 Nov 2026 07:00" in words(vera.get(page(schedule)))
    assert vera.post(page(schedule, "pause")).status_code == 403
    assert vera.post(page(schedule, "run-now")).status_code == 403
    fay.post(page(schedule, "pause"))
    schedule.refresh_from_db()
    assert (schedule.is_paused, schedule.runs_by_itself) == (True, False)
    assert "paused by Fay, Sat 28 Nov 2026" in words(vera.get(page(schedule)))
    assert vera.post(page(schedule, "resume")).status_code == 403
    fay.post(page(schedule, "resume"))
    ScheduledExport.objects.update(stopped="It stopped: Cleo does not work here any more.")
    assert "It stopped: Cleo" in words(fay.get(page(schedule, "resume")))
    fay.post(page(schedule, "resume"))
    schedule.refresh_from_db()
    assert (schedule.stopped, schedule.owner) == ("", people["Fay"])
    assert [str(each) for each in schedule.past.all()] == [
        "Fay took it over and resumed it", "Fay resumed it", "Fay paused it", "Cleo scheduled it",
    ]  # fmt: skip
    assert "Fay paused it, Sat 28 Nov 2026" in words(vera.get(page(schedule)))
    assert browse("Otto").get(page(schedule)).status_code == 403
    # Of a daily report the days of its pause are told.
    ScheduledExport.objects.update(what="daily", is_paused=True, told_until=date(2026, 11, 27))
    told = words(fay.get(page(schedule, "resume")))
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
                owner=people["Vera"], is_paused=True,
            )  # fmt: skip
            schedule.past.create(by=people["Vera"], did="paused")
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


def test_it_is_changed_with_who_changed_what(
    world: World, browse: Browse, people: dict[str, User]
) -> None:
    cleo, fay = browse("Cleo"), browse("Fay")
    cleo.post(
        page(world.company, "schedule"),
        answers(kind="list", source="billing.invoice?stands=overdue&_columns=who"),
    )
    schedule = ScheduledExport.objects.get()
    edit, export = page(schedule, "edit"), reverse("admin:billing_invoice_export")
    asked = fay.get(edit)
    assert f'href="{export}?stands=overdue&amp;_columns=who"' in words(asked)
    opened = cleo.opened(edit)
    typed = {
        **answers(kind="list", address=f"https://tieout.example{export}?stands=draft"),
        "every": "week", "weekday": "5", "people": [people["Vera"].pk],
    }  # fmt: skip
    assert browse("Vera").post(edit, typed).status_code == 403
    fay.post(edit, typed)
    schedule.refresh_from_db()
    assert schedule.choice == {"list": "billing.invoice", "query": "stands=draft", "columns": []}
    assert (schedule.owner, [*schedule.people.all()]) == (people["Cleo"], [people["Vera"]])
    assert f"{schedule.next_due:%a %d %b}" == "Fri 04 Dec"
    past = schedule.past.first()
    assert past is not None
    assert (str(past), past.changes) == (
        "Fay changed it",
        [
            ["How often", "Every day at 07:00", "Every Friday at 07:00"],
            ["Sent to people here", "empty", "Vera"],
            ["Filters and columns", "stands=overdue; columns: who", "stands=draft"],
        ],
    )
    shown = words(cleo.get(page(schedule)))
    assert "Fay changed it, Sat 28 Nov 2026" in shown
    assert "How often: Every day at 07:00 → Every Friday at 07:00" in shown

    # What another changed meanwhile is not written over; what is the same writes nothing.
    stale = cleo.post(edit, {**typed, **opened, "name": "Mine"})
    assert (stale.status_code, "Fay" in words(stale)) == (409, True)
    fay.post(edit, typed)
    assert schedule.past.count() == 2
    refused = fay.post(edit, {**typed, "address": "/nowhere/"})
    assert "There is no page of Tieout at this address" in words(refused)


def test_a_file_for_another_system_keeps_its_choices_through_a_change(
    world: World, browse: Browse
) -> None:
    cleo = browse("Cleo")
    source = "open_only=on&account=200&tax_none=EX&tax_7=GST"
    cleo.post(
        page(world.company, "schedule"), answers(kind="layout:native-documents", source=source)
    )
    schedule = ScheduledExport.objects.get()
    choice = dict(schedule.choice)
    assert choice["tax_codes"] == {"": "EX", "7": "GST"}
    edit = page(schedule, "edit")
    initial = cleo.get(edit).context["form"].initial
    cleo.post(edit, answers(kind=initial["kind"], address=initial["address"], period="week"))
    schedule.refresh_from_db()
    assert schedule.choice == {**choice, "period": "week"}
