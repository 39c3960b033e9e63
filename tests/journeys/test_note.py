"""Somebody changed an invoice in QuickBooks, Fay one here: she says why, and it is read on both sides."""

import re
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import expect

from apps.billing.actions import change_open_fields
from apps.billing.changes import made_by
from apps.staff.models import User
from tests.books import Books
from tests.factories import make_company, make_customer, make_invoice
from tests.journeys.conftest import Enter
from tests.journeys.looks import violations
from tests.sandbox_server import SandboxServer
from tests.sync.theirs import change_there, their_id

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def books(staff: dict[str, User], reached: SandboxServer) -> Books:
    books = Books(reached, company=make_company(legal_name="Thornfield Trading Ltd"))
    books.go_live()
    return books


@pytest.mark.parametrize("width", [1440, 390])
def test_fay_says_why_and_it_is_read_over_there(
    books: Books, staff: dict[str, User], enter: Enter, pictures: Path, width: int
) -> None:
    customer = make_customer(books.company, name="Bell & Daughters")
    moved, thanked, agreed = (make_invoice(customer=customer) for _ in range(3))
    books.run()
    change_there(books, "Invoice", their_id(books, moved), DueDate="2026-12-31")
    with made_by(staff["Fay"].pk):
        change_open_fields(thanked, message="Thank you")
        change_open_fields(agreed, due_date=date(2026, 12, 24), reason="Bell asked for Christmas")
    books.run()

    fay = enter(staff["Fay"], width)
    fay.goto("/admin/")
    fay.screenshot(path=pictures / f"note-today-{width}.png", full_page=True)
    fay.get_by_role("link", name="Changed by hand without a note").first.click()
    expect(fay.locator("#result_list")).to_contain_text("31 December 2026")
    fay.screenshot(path=pictures / f"note-list-{width}.png", full_page=True)

    # What somebody changed over there, on the page of its invoice.
    fay.goto(f"/admin/billing/invoice/{moved.pk}/change/")
    expect(fay.locator("main, body").first).to_contain_text("Changed by hand in the books")
    fay.screenshot(path=pictures / f"note-invoice-{width}.png", full_page=True)
    fay.get_by_role("link", name="Write why").click()
    expect(fay.locator("form.t-box")).to_contain_text("private note")
    fay.fill("#id_note", "Ann in QuickBooks gave them the year")
    assert violations(fay) == []
    fay.screenshot(path=pictures / f"note-write-{width}.png", full_page=True)
    fay.get_by_role("button", name="Write why").click()
    expect(fay.locator("main, body").first).to_contain_text("with the next run")
    books.run()

    fay.goto(f"/admin/billing/invoice/{moved.pk}/change/")
    expect(fay.locator("main, body").first).to_contain_text("Noted on both sides")
    fay.screenshot(path=pictures / f"note-both-{width}.png", full_page=True)
    fay.get_by_role("link", name=re.compile("^Due date 2")).click()
    assert violations(fay) == []
    fay.screenshot(path=pictures / f"note-page-{width}.png", full_page=True)

    for invoice, said in ((moved, "Ann in QuickBooks gave them the year"),
                          (agreed, "Bell asked for Christmas")):  # fmt: skip
        there = next(
            each for each in books.theirs("Invoice") if each["Id"] == their_id(books, invoice)
        )
        assert said in there["PrivateNote"]
