"""Events go somewhere: an administrator adds it, tries it, sees it fail, and an accountant sends again
what it did not take; wide, then narrow and dark."""

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from apps.staff.models import User
from apps.triggers.delivery.sending import send_due
from apps.triggers.models import Delivery, Endpoint
from tests.backoffice.world import World
from tests.triggers.happened import happen
from tests.triggers.receiver import receiving

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_where_events_go_is_added_tried_and_caught_up_with(
    staff: dict[str, User], enter: Any, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    world = World(staff["Fay"])

    def picture(page: Page, name: str) -> None:
        width = page.viewport_size["width"] if page.viewport_size else 0
        page.screenshot(path=pictures / f"{name}-{width}.png", full_page=True)
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")

    with receiving() as receiver:
        page = enter(staff["Ada"], 1440)
        page.goto(reverse("admin:triggers_endpoint_add"))
        picture(page, "events-add")
        page.get_by_label("Name").fill("Paid → #sales")
        page.get_by_label("Address").fill(receiver.address)
        page.get_by_label("Invoice paid").check()
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_text("Copy this secret now").wait_for()
        picture(page, "events-secret")
        page.get_by_role("link", name="I have copied it").click()

        page.get_by_role("link", name="Send a test event").click()
        picture(page, "events-test")
        receiver.says(500, body=b"The shop is closed")
        page.get_by_role("button", name="Send a test event").click()
        page.get_by_text("It answered 500: an error on its side.").wait_for()
        picture(page, "events-tried")

        made = Endpoint.objects.get()
        happen(world.company, world.invoice.pk, world.invoice.pk + 1)
        Delivery.objects.update(tries=9)
        send_due()
        narrow = enter(staff["Fay"], 390)
        narrow.emulate_media(color_scheme="dark")
        for at in (page, narrow):
            at.goto(reverse("admin:triggers_endpoint_change", args=[made.pk]))
            expect(at.get_by_text("2 given up")).to_have_count(1)
            picture(at, "events-endpoint")
            at.goto(reverse("admin:triggers_delivery_change", args=[Delivery.objects.first().pk]))
            picture(at, "events-delivery")
            at.goto(reverse("admin:triggers_delivery_changelist"))
            picture(at, "events-deliveries")
            at.goto(reverse("admin:triggers_endpoint_changelist"))
            picture(at, "events-list")

        receiver.says(204)
        narrow.goto(reverse("admin:triggers_endpoint_send-again", args=[made.pk]))
        narrow.get_by_label("Since").fill(world.company.today().isoformat())
        narrow.get_by_role("button", name="Send again what it did not take").click()
        narrow.get_by_label("2 events since").check()
        picture(narrow, "events-again")
        narrow.get_by_role("button", name="Send again what it did not take").click()
        narrow.get_by_text("2 events will be sent again").wait_for()
        send_due()
        assert len(receiver.taken) == 2
