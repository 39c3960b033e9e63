"""Who uses no mouse issues, receives, decides, signs off and finds."""

from typing import Any

import pytest
from playwright.sync_api import expect

from apps.staff.models import User
from tests.journeys.keys import MOUSE, Keys
from tests.journeys.test_daily_tasks import Day, decide, issue, receive, sign

# Stops of the focus from the first page of the day until it is done; one skips to the content.
MOST_STOPS = {"issue": 110, "receive": 60, "decide": 35, "sign": 25}

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_who_uses_no_mouse_issues_receives_decides_signs_off_and_finds(
    staff: dict[str, User], enter: Any
) -> None:
    day = Day(staff["Fay"])
    page = enter(staff["Fay"], 1440)
    page.add_init_script(MOUSE)
    stops: dict[str, int] = {}
    unseen: set[str] = set()
    for task in (issue, receive, decide, sign):
        page.goto("/admin/")
        keys = Keys(page)
        task(keys, day)
        stops[task.__name__] = keys.stops
        unseen |= keys.unseen
        assert keys.mouse == 0
    assert unseen == set()
    page.goto("/admin/billing/item/")
    page.keyboard.press("Control+k")
    page.keyboard.type(str(day.back.number))
    page.keyboard.press("Enter")
    expect(page.locator("main").get_by_role("link", name=str(day.back.number))).to_be_visible()
    assert {name for name, most in MOST_STOPS.items() if stops[name] > most} == set()
