"""The way in looks like the product, and offers nobody to sign up."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.mark.parametrize("width", [1440, 390])
def test_the_entrance_fits_and_says_why_a_wrong_password_is_refused(
    width: int, chromium: Browser, live_server: Any, staff: Any, pictures: Path
) -> None:
    context = chromium.new_context(
        base_url=live_server.url, viewport={"width": width, "height": 900}
    )
    page = context.new_page()
    page.goto("/admin/billing/invoice/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert page.get_by_text("Sign up").count() == 0
    page.get_by_label("Email").fill("fay@example.com")
    page.get_by_label("Password", exact=True).fill("not her password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("not correct")
    page.screenshot(path=pictures / f"entrance-{width}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()
