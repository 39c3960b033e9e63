"""Every page once in a real browser, wide and narrow: it opens, fits, and stays quiet."""

import os
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import ConsoleMessage

from apps.backoffice.frame.screens import RecordAdmin
from apps.staff.models import User
from tests.all_rights import give_every_permission
from tests.backoffice.frame.test_access import has_page, model_pages
from tests.backoffice.world import WholeWorld
from tests.journeys.looks import TOO_WIDE, WIDTHS

pytestmark = [pytest.mark.browser, pytest.mark.slow]
HEIGHT = 900

# Answers that are no page: a file, a redirect to somewhere else, an old version's address.
NO_PAGE = ("download", "csv", "connect-again", "fill-in-anew", "sync-now", "read-codes", "send-now", "retry",
           "line_defaults", "sums", "export", "pdf", "pdf-as-issued", "go-on",
           "proof", "content", "file")  # fmt: skip


def who_sees_most(staff: dict[str, User]) -> User:
    """Fay, who sees the books, with what only Ada and nobody sees besides."""
    return give_every_permission(staff["Fay"])


def shows(screen: RecordAdmin, what: str, world: WholeWorld) -> bool:
    """Whether its address shows a page of its own: an act that does not fit the record leads back to it."""
    act = next((each for each in screen.acts if each.name == what), None)
    row = world.records.get(screen.model)
    return act is None or row is None or act.when(row)


def test_every_page_fits_its_window_without_an_error(
    staff: dict[str, User], enter: Any, pictures: Path
) -> None:
    world = WholeWorld(staff["Fay"])
    page = enter(who_sees_most(staff), WIDTHS[0])
    errors: list[str] = []
    told: list[ConsoleMessage] = []
    page.on("pageerror", lambda error: errors.append(f"{page.url}: {error}"))
    page.on("console", lambda message: told.append(message))
    wide = []
    addresses = [("today", "/admin/"), ("second-factor", "/accounts/2fa/"),
                 ("password", "/accounts/password/change/"),
                 ("export", reverse("admin:billing_invoice_export"))]  # fmt: skip
    addresses += [
        (name, address)
        for name, address, screen, what in model_pages(world, staff)
        if what not in NO_PAGE and has_page(screen, what) and shows(screen, what, world)
    ]
    for number, (name, address) in enumerate(addresses):
        # Opened in one window and then drawn to the other's width, in turns: the server and the
        # scripts work once, and pages of either width are opened.
        first, second = WIDTHS if number % 2 == 0 else WIDTHS[::-1]
        page.set_viewport_size({"width": first, "height": HEIGHT})
        answer = page.goto(address, wait_until="load")
        assert answer is not None
        assert answer.status == 200, address
        for width in (first, second):
            page.set_viewport_size({"width": width, "height": HEIGHT})
            if os.environ.get("TIEOUT_PICTURES"):
                page.screenshot(path=pictures / f"{name}-{width}.png", full_page=True)
            if page.evaluate(TOO_WIDE):
                needs = page.evaluate("document.documentElement.scrollWidth")
                wide.append((name, width, needs))
        assert page.locator("main").count() == 1, address
    assert wide == []
    assert errors == []
    assert [each.text for each in told if each.type == "error"] == []
    assert len(addresses) > 150


def test_a_phone_has_room_to_type_what_is_looked_for(staff: dict[str, User], enter: Any) -> None:
    world = WholeWorld(staff["Fay"])
    page = enter(who_sees_most(staff), 390)
    page.goto(reverse("admin:connections_connection_map", args=[world.connection.pk]))
    box = page.get_by_label("Find an item").bounding_box()
    assert box["width"] > 250  # of 358
