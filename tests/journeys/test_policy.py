"""The policy of content as a browser enforces it: what somebody gets into a page does not run."""

import pytest
from playwright.sync_api import Page

from apps.staff.models import User
from tests.journeys.conftest import Enter

pytestmark = [pytest.mark.browser, pytest.mark.slow]

INLINE = """() => {
  const script = document.createElement("script");
  script.textContent = "window.ran = true";
  document.body.append(script);
  document.body.insertAdjacentHTML("beforeend", "<img src=x onerror='window.ran = true'>");
  document.body.insertAdjacentHTML("beforeend", "<p style='color: red' id=painted>x</p>");
  const other = document.createElement("script");
  other.src = "https://elsewhere.example/x.js";
  document.body.append(other);
}"""
FORM = """() => {
  document.body.insertAdjacentHTML("beforeend",
    "<form action='https://elsewhere.example/' method=post><button id=away>x</button></form>");
  document.querySelector("#away").click();
}"""


def told_of(page: Page, kept: list[str], script: str, count: int) -> list[str]:
    """What the browser tells, taken out of what fails a journey. Waits until it has told so many."""
    before = len(kept)
    page.evaluate(script)
    for _ in range(50):
        if len(kept) >= before + count:
            break
        page.wait_for_timeout(50)
    found = kept[before:]
    del kept[before:]
    return [each.split(": ", 1)[1].split(" (")[0].strip() for each in found]


def test_what_is_got_into_a_page_neither_runs_nor_leads_away(
    staff: dict[str, User], enter: Enter, kept_from_pages: list[str]
) -> None:
    page = enter(staff["Ada"], 1440)
    for address in ("/admin/", "/accounts/password/change/", "/api/v1/docs"):
        page.goto(address)
        told = told_of(page, kept_from_pages, INLINE, 4)
        assert {each.split()[0] for each in told} >= {
            "script-src-elem",
            "script-src-attr",
            "style-src-attr",
        }, address
        assert any("elsewhere.example" in each for each in told)
        assert not page.evaluate("() => Boolean(window.ran)")
        assert page.locator("#painted").evaluate("e => getComputedStyle(e).color") != "rgb(255, 0, 0)"  # fmt: skip
        where = page.url
        told = told_of(page, kept_from_pages, FORM, 1)
        assert [each.split()[0] for each in told] == ["form-action"]
        assert page.url == where


def test_no_page_of_another_frames_ours(
    staff: dict[str, User], enter: Enter, live_server: object
) -> None:
    page = enter(staff["Ada"], 1440)
    page.route(
        "http://localhost:1/",
        lambda route: route.fulfill(
            body=f"<iframe src='{live_server}/admin/'></iframe>", content_type="text/html"
        ),
    )
    page.goto("http://localhost:1/")
    page.wait_for_timeout(500)
    framed = page.frames[1]
    assert "Tieout" not in framed.content()
