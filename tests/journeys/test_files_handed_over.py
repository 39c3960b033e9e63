"""A bookkeeper's software without an API: a file is downloaded, a confirmation and a payment come
back, and what is not plain is asked; wide, then narrow and dark."""

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page

from apps.connections.mailbox import content_of
from apps.staff.models import User
from tests.connectors.csv_ledger.bookkeeper import as_csv
from tests.connectors.csv_ledger.live import CsvLive
from tests.factories import make_customer, make_invoice

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_bookkeeper_takes_files_and_brings_what_came_back(
    staff: dict[str, User], enter: Any, pictures: Path, tmp_path: Path, settings: Any
) -> None:
    settings.LEDGER_FOLDERS = {"theirs": str(tmp_path)}
    books = CsvLive(folder="theirs")
    customer = make_customer(books.company, name="Harbour Lights")
    made = [make_invoice(customer=customer) for _ in range(4)]
    books.run_alone()

    def picture(page: Page, name: str, width: int) -> None:
        page.screenshot(path=pictures / f"{name}-{width}.png", full_page=True)
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")

    page = enter(staff["Fay"], 1440)
    page.goto(reverse("admin:connections_connection_change", args=[books.connection.pk]))
    picture(page, "connection-files", 1440)
    page.get_by_role("link", name="Download files, or bring what came back").click()
    page.get_by_text("3 files handed over, 3 wait for a confirmation").wait_for()
    with page.expect_download() as taken:
        page.get_by_role("link", name="Download file 3").evaluate("link => link.click()")
    assert Path(taken.value.path()).read_bytes() == content_of(books.files()[2])

    books.take_files()
    said = books.bookkeeper.work("customers") + books.bookkeeper.work("items")
    rows = books.bookkeeper.work("invoices")
    rows[0] |= {"Result": "refused", "Reason": "Period 3 is closed."}
    rows[1] |= {"Amount": "90.00"}
    page.get_by_label("What it is").select_option("confirmation")
    page.get_by_label("File", exact=True).set_input_files(
        {"name": "said.csv", "mimeType": "text/csv", "buffer": as_csv([*said, *rows])}
    )
    page.get_by_role("button", name="Bring it").click()
    page.get_by_text("They booked 90.00 GBP, and 100.00 GBP were handed over.").wait_for()
    books.run_alone()

    paid = f"Invoice,Date,Amount,Reference\n{made[2].number},2026-04-02,130.00,BACS 1\n"
    page.get_by_label("What it is").select_option("payments")
    page.get_by_label("File", exact=True).set_input_files(
        {"name": "paid.csv", "mimeType": "text/csv", "buffer": paid.encode()}
    )
    page.get_by_role("button", name="Bring it").click()
    page.get_by_text("It is 30.00 GBP more than").wait_for()
    picture(page, "files", 1440)

    narrow = enter(staff["Fay"], 390)
    narrow.emulate_media(color_scheme="dark")
    narrow.goto(reverse("admin:connections_connection_files", args=[books.connection.pk]))
    picture(narrow, "files", 390)

    page.get_by_role("button", name="Take it").click()
    page.get_by_text("it is received here with the next run").wait_for()
    books.run_alone()
    books.run_alone()
    made[2].refresh_from_db()
    assert made[2].balance_due == 0
