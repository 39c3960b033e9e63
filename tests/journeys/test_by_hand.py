"""What happens by itself: a person switches something off, sees what waits, and sends it; wide, then
narrow and dark."""

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from apps.connections.models import Connection
from apps.staff.models import User
from apps.sync.models import SyncRecord
from tests.backoffice.ledgers.test_automation import keep_back
from tests.backoffice.ledgers.test_going_live import after_a_match
from tests.backoffice.world import World
from tests.factories import make_credit_note, make_customer, make_invoice

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_person_switches_off_sees_what_waits_and_sends_it(
    staff: dict[str, User], enter: Any, pictures: Path
) -> None:
    world = World(staff["Fay"])
    books = after_a_match(world.connection)
    Connection.objects.filter(pk=books.pk).update(stage="live", on_issue=False, last_error="")
    customer = make_customer(books.company, name="Harbour Lights")
    kept = [make_invoice(customer=customer) for _ in range(12)]
    keep_back(books, *kept, make_credit_note(customer=customer))
    address = reverse("admin:connections_connection_automation", args=[books.pk])

    def picture(page: Page, name: str, width: int) -> None:
        page.screenshot(path=pictures / f"{name}-{width}.png", full_page=True)
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")

    narrow = enter(staff["Fay"], 390)
    narrow.emulate_media(color_scheme="dark")
    narrow.goto(address)
    picture(narrow, "automation", 390)

    page = enter(staff["Fay"], 1440)
    page.goto(reverse("admin:connections_connection_change", args=[books.pk]))
    picture(page, "by-itself", 1440)
    page.get_by_role("link", name="Switch on or off, or send what waits").click()
    picture(page, "automation", 1440)
    page.get_by_label("When money is recorded").uncheck()
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("When money is recorded: off.").wait_for()
    page.get_by_role("link", name="Choose from the list").click()
    page.get_by_text("13 in this list").wait_for()
    picture(page, "waits-for-a-person", 1440)

    page.goto(address)
    page.get_by_role("button", name="Send now").click()
    page.get_by_text("13 records go with the next run").wait_for()
    expect(page.get_by_role("button", name="Send now")).to_have_count(0)
    assert SyncRecord.objects.filter(let_go_at__isnull=False, due_at__isnull=False).count() == 13
    page.goto(reverse("admin:index"))
    page.get_by_text("Live, partly by hand").wait_for()
