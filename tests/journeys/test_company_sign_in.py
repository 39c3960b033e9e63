"""Somebody links their account of the company in a browser, and signs in with it from then on."""

from typing import Any

import pytest
from django.core.cache import caches
from playwright.sync_api import Browser, Page

from apps.core.company_sign_in import CompanySignIn
from apps.staff.models import User
from tests.backoffice.people import PASSWORD
from tests.staff.entrance.company_provider import CLIENT, SECRET, Provider

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def press(page: Page) -> None:
    page.get_by_role("button", name="Sign in with Acme").click()


def test_linked_once_and_signed_in_by_one_press(
    chromium: Browser, staff: dict[str, User], live_server: Any, settings: Any
) -> None:
    site = live_server.url
    caches["process"].clear()
    there = Provider(
        person={"sub": "fay-there", "email": "fay@example.com", "email_verified": True},
        back=f"{site}/accounts/company/back/",
    )
    settings.SITE_URL = site
    settings.OIDC = CompanySignIn(name="Acme", issuer=there.issuer, client_id=CLIENT, secret=SECRET)
    try:
        page = chromium.new_context(viewport={"width": 390, "height": 900}).new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.goto(f"{site}/accounts/login/?next=/admin/billing/customer/")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        press(page)
        page.wait_for_url("**/accounts/company/link/")
        page.get_by_label("Your Tieout password").fill(PASSWORD)
        page.get_by_role("button", name="Link", exact=True).click()
        page.wait_for_url("**/accounts/login/")
        page.get_by_text("You are linked. Sign in with Acme now.").wait_for()
        page.goto(f"{site}/accounts/login/?next=/admin/billing/customer/")
        press(page)
        page.wait_for_url("**/admin/billing/customer/")
        page.goto(f"{site}/accounts/company/")
        page.get_by_text("You are linked with Acme since").wait_for()
        assert not [each for each in said if "Content Security Policy" in each]
    finally:
        there.stop()
