"""axe finds nothing on any page, and none is wider than its window, in any of four looks: wide and light,
wide and dark, a phone, from right to left."""

import os
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from apps.staff.models import User
from tests.backoffice.world import WholeWorld
from tests.journeys.looks import TOO_WIDE, violations
from tests.journeys.test_pages import addresses_of, who_sees_most

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LOOKS = ("light", "dark", "phone", "right-to-left")
EVERY = bool(os.environ.get("TIEOUT_EVERY_LOOK"))


def wear(page: Page, look: str) -> None:
    width = 390 if look == "phone" else 1440
    page.set_viewport_size({"width": width, "height": 900})
    scheme = "dark" if look == "dark" else "light"
    if page.locator("html[x-data]").count():
        page.wait_for_function("window.Alpine")
        page.evaluate(f"Alpine.$data(document.documentElement).adminTheme = '{scheme}'")
        page.locator(f"html.{scheme}").wait_for()
    page.emulate_media(color_scheme=scheme)
    page.evaluate(f"document.documentElement.dir = '{'rtl' if look == 'right-to-left' else 'ltr'}'")


@pytest.mark.parametrize("half", [0, 1])
def test_axe_finds_nothing_on_any_page(
    staff: dict[str, User], enter: Any, pictures: Path, half: int
) -> None:
    """Each page in one of the looks, in turns; in all of them where TIEOUT_EVERY_LOOK is set. Half of the
    pages each, for two workers."""
    world = WholeWorld(staff["Fay"])
    page = enter(who_sees_most(staff), 1440)
    found: dict[str, list[str]] = defaultdict(list)
    for number, (name, address) in enumerate(addresses_of(world, staff)):
        if number // len(LOOKS) % 2 != half:
            continue
        page.goto(address, wait_until="load")
        for look in LOOKS if EVERY else (LOOKS[number % len(LOOKS)],):
            wear(page, look)
            for each in violations(page):
                found[each].append(f"{name} ({look})")
            if page.evaluate(TOO_WIDE):
                found["wider than its window"].append(f"{name} ({look})")
            if os.environ.get("TIEOUT_PICTURES"):
                page.screenshot(path=pictures / f"{name}-{look}.png", full_page=True)
    told = [f"{len(where)} × {each}: {', '.join(where[:3])}" for each, where in found.items()]
    (pictures / f"axe-{half}.txt").write_text("\n".join(sorted(told)))
    assert told == []
