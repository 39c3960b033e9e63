"""The page of files: what waits, downloads that are told, what comes back, and who may bring it."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from apps.backoffice.frame import once
from apps.billing.models import Payment
from apps.connections.mailbox import content_of
from apps.connections.models import BatchDownload
from apps.exchange.coming_back.by_itself import look
from apps.sync.models import State
from tests.connectors.csv_ledger.bookkeeper import as_csv
from tests.connectors.csv_ledger.live import CsvLive
from tests.factories import make_company, make_invoice

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
Browse = Callable[[str], Client]


def words(answer: Any) -> str:
    text = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return re.sub(r"\s+", " ", text)


def upload(content: bytes, sort: str, **more: str) -> dict[str, Any]:
    file = SimpleUploadedFile("back.csv", content)
    return {"bring": "1", "sort": sort, "brought": file, **more}


def key() -> dict[str, str]:
    """Of a form that was not shown to whoever posts it."""
    return {once.FIELD: once.new_key()}


def refused(answer: Any) -> bool:
    return bool(answer.status_code == 403)


def test_from_files_to_money_on_one_page(people: Any, browse: Browse) -> None:
    books = CsvLive()
    page = reverse("admin:connections_connection_files", args=[books.connection.pk])
    fay, clerk = browse("Fay"), browse("Cleo")
    assert "No file was handed over yet" in words(fay.get(page))
    invoice = make_invoice(company=books.company)
    books.run_alone()

    shown = words(fay.get(page))
    assert "3 files handed over, 3 wait for a confirmation, the oldest since today." in shown
    assert "1 invoice of 100.00 GBP waits for a confirmation" in shown
    change = reverse("admin:connections_connection_change", args=[books.connection.pk])
    assert "3 files handed over, 3 wait" in words(fay.get(change))

    answer = fay.get(f"{page}?file=3")
    assert answer.content == content_of(books.files()[2])
    assert "000003-invoices.csv" in answer["Content-Disposition"]
    assert fay.get(f"{page}?file=3").content == answer.content
    assert BatchDownload.objects.filter(file__number=3, user=people["Fay"]).count() == 2
    assert "2 times, last" in words(fay.get(page))
    assert b"Invoice number" in fay.get(f"{page}?headings=payments").content

    books.take_files()
    confirmation = as_csv(books.bookkeeper.work())
    assert refused(clerk.post(page, {**key(), **upload(confirmation, "confirmation")}))
    told = words(fay.post(page, upload(confirmation, "confirmation"), follow=True))
    assert "Confirmation: 3 taken." in told
    books.run_alone()
    assert books.record(invoice).state == State.IN_THE_BOOKS
    shown = words(fay.get(page))
    assert "3 files handed over, and none waits for a confirmation." in shown
    assert "By what was confirmed, both sides have 1 invoice of 100.00 GBP." in shown

    row = f"{invoice.number},2026-04-02,130.00,GBP,BACS 1"
    sent = {
        "bring": "1",
        "sort": "payments",
        "typed": f"Invoice,Date,Amount,Currency,Reference\n{row}",
    }
    told = words(fay.post(page, sent, follow=True))
    assert "Payments: 1 asks you." in told
    assert "It is 30.00 GBP more than" in told
    assert "1 row of what came back asks you." in words(fay.get(change))
    taken = re.search(r'name="take" value="(\d+)"', fay.get(page).content.decode())
    assert taken is not None
    assert "it is received here" in words(fay.post(page, {"take": taken[1]}, follow=True))
    books.run_alone()
    books.run_alone()
    invoice.refresh_from_db()
    assert invoice.balance_due == 0
    assert Payment.objects.get().amount == 130


def test_a_whole_file_is_answered_for_and_what_cannot_be_done_is_said(
    people: Any, browse: Browse
) -> None:
    books = CsvLive()
    invoice = make_invoice(company=books.company)
    books.run_alone()
    page = reverse("admin:connections_connection_files", args=[books.connection.pk])
    fay = browse("Fay")
    told = words(fay.post(page, {"taken_in": "1", "number": "3", "reason": ""}, follow=True))
    assert "Say how you know" in told
    sent = {"refused": "1", "number": "3", "reason": "The period is closed."}
    assert "1 record of" in words(fay.post(page, sent, follow=True))
    books.run_alone()
    assert books.record(invoice).sentence == "The period is closed."
    assert "Choose a file, or type its rows." in words(
        fay.post(page, {"bring": "1", "sort": "payments"}, follow=True)
    )
    assert "Nothing was taken. No column is called" in words(
        fay.post(page, upload(b"A,B\r\n1,2\r\n", "confirmation"), follow=True)
    )
    assert "download it" in words(fay.post(page, {"again": "1"}, follow=True))
    assert refused(browse("Vera").post(page, {**key(), "again": "1"}))
    assert browse("").get(page).status_code == 302


def test_no_page_promises_that_anything_is_written_over_there(people: Any, browse: Browse) -> None:
    books, fay = CsvLive(), browse("Fay")
    place = reverse("admin:connections_connection_automation", args=[books.connection.pk])
    told = words(fay.get(place))
    assert "what to do in CSV ledger is written into a file “by hand”" in told
    assert "It is in the books once it is confirmed" in told
    assert "it is changed in" not in told
    invoice = make_invoice(company=books.company)
    shown = words(fay.get(reverse("admin:billing_invoice_change", args=[invoice.pk])))
    assert "It goes into a file for CSV ledger with the next run" in shown
    sides = reverse("admin:connections_connection_which-side-wins", args=[books.connection.pk])
    assert "Nothing that is changed in CSV ledger is known here" in words(fay.get(sides))


def test_whoever_has_other_software_finds_it_where_books_are_chosen(
    people: Any, browse: Browse, settings: Any
) -> None:
    settings.SIMULATED_LEDGERS_URL = "http://127.0.0.1:1"
    make_company()
    shown = words(browse("Fay").get(reverse("admin:connections_connection_connect")))
    assert "Any other accounting software, by files For Sage 50, DATEV and whatever else" in shown
    assert "Connect CSV ledger" not in shown
    assert "Connect QuickBooks Simulated books on this machine" in shown
    assert "or any other accounting software, by files under Connections" in words(
        browse("Fay").get(reverse("admin:index"))
    )


def test_the_hour_is_chosen_by_who_may_and_what_came_back_is_on_the_work_list(
    people: Any, browse: Browse, settings: Any, tmp_path: Any
) -> None:
    settings.LEDGER_FOLDERS = {"theirs": str(tmp_path)}
    books = CsvLive(folder="theirs")
    page = reverse("admin:connections_connection_files", args=[books.connection.pk])
    fay, index = browse("Fay"), reverse("admin:index")
    assert "With each run: what is due goes into one file of its kind." in words(fay.get(page))
    chosen = {"times": "1", "how": "daily", "hour": "18:30"}
    assert refused(browse("Cleo").post(page, {**key(), **chosen}))
    assert "is no time of the day" in words(fay.post(page, {**chosen, "hour": "25"}, follow=True))
    told = words(fay.post(page, chosen, follow=True))
    assert "Files are made: Once a day at 18:30 (Europe/London), next on" in told

    invoice = make_invoice(company=books.company)
    books.run_alone()
    shown = words(fay.get(page))
    assert "1 record waits for it. An hour that passed" in shown
    progress = fay.get(reverse("admin:connections_connection_progress", args=[books.connection.pk]))
    assert "1 of 1 waits for the next files, or to be confirmed" in words(progress)
    assert "Refresh" not in progress.headers
    standing = words(fay.get(reverse("admin:billing_invoice_change", args=[invoice.pk])))
    assert "It goes into the next files, on" in standing
    assert "at 18:30" in standing
    assert refused(browse("Cleo").post(page, {**key(), "make_now": "1"}))
    assert "with a run that starts now" in words(fay.post(page, {"make_now": "1"}, follow=True))
    books.run_alone()
    assert "3 files handed over" in words(fay.get(page))

    (tmp_path / "payments").mkdir()
    (tmp_path / "payments" / "odd.csv").write_text("A,B\n1,2\n")
    for _ in range(2):
        look(books.connection.pk)
    assert "Came back from Thornfield, by hand (CSV ledger) and is not taken" in words(
        fay.get(index)
    )
    assert "odd.csv : No column is called" in words(fay.get(page))
