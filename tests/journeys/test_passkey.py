"""The first sign-in of somebody who was added by staff, in a browser with a passkey of its own."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Browser, Page

from apps.staff.models import SecurityEvent, User
from tests.backoffice.people import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Kind = SecurityEvent.Kind


@pytest.fixture(autouse=True)
def as_in_production(settings: Any) -> None:
    settings.SECOND_FACTOR = "required"
    settings.SESSION_IDLE, settings.SESSION_LONGEST = 30 * 60, 12 * 3600
    settings.SESSION_COOKIE_AGE = 12 * 3600


@pytest.fixture(params=[1440, 390], ids=["desk", "phone"])
def width(request: pytest.FixtureRequest) -> int:
    return int(request.param)


def with_passkeys(browser: Browser, width: int) -> Page:
    """A page whose browser holds passkeys and confirms them, as a fingerprint would."""
    page = browser.new_context(viewport={"width": width, "height": 900}).new_page()
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
               "hasUserVerification": True, "isUserVerified": True,
               "automaticPresenceSimulation": True}  # fmt: skip
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return page


def sign_in(page: Page, site: str) -> None:
    page.goto(f"{site}/accounts/login/?next=/admin/billing/customer/")
    page.get_by_label("Email").fill("fay@example.com")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_a_passkey_is_added_and_signs_in(
    chromium: Browser,
    staff: dict[str, User],
    live_server: Any,
    pictures: Path,
    width: int,
    settings: Any,
) -> None:
    site = live_server.url.replace("127.0.0.1", "localhost")  # a passkey is of a name
    settings.ALLOWED_HOSTS = ["*"]
    page = with_passkeys(chromium, width)

    def shot(name: str) -> None:
        page.screenshot(path=pictures / f"passkey-{name}-{width}.png", full_page=True)

    page.goto(f"{site}/accounts/login/")
    shot("1-sign-in")
    assert fits(page)
    sign_in(page, site)
    assert page.get_by_text("Before you use the back office, add a second factor").is_visible()
    shot("2-enrol")
    assert fits(page)

    page.get_by_role("link", name="Set up an app").click()
    shot("3-app")
    assert fits(page)
    page.goto(f"{site}/accounts/2fa/")
    page.get_by_role("link", name="Add a passkey").click()
    shot("4-passkey")
    page.get_by_label("Let me sign in with it alone").check()
    page.get_by_role("button", name="Add this passkey").click()
    page.wait_for_url("**/recovery-codes/")
    shot("5-codes")
    assert fits(page)
    page.goto(f"{site}/admin/")
    assert page.get_by_role("heading", level=1).first.is_visible()
    assert "/admin/" in page.url

    page.goto(f"{site}/accounts/sessions/")
    shot("6-sessions")
    assert fits(page)
    page.goto(f"{site}/accounts/email/")
    shot("7-address")
    assert fits(page)

    # Another day: the password, then the passkey.
    Session.objects.all().delete()
    sign_in(page, site)
    page.get_by_role("button", name="Use your passkey").wait_for()
    shot("8-second")
    assert fits(page)
    page.get_by_role("button", name="Use your passkey").click()
    page.wait_for_url("**/admin/billing/customer/")

    # Another day still: the passkey alone, which asks for the finger or the PIN.
    Session.objects.all().delete()
    page.goto(f"{site}/accounts/login/")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/admin/**")
    kinds = list(SecurityEvent.objects.order_by("id").values_list("kind", flat=True))
    assert kinds.count(Kind.SIGNED_IN) == 3
    assert kinds.count(Kind.FACTOR_ADDED) == 1
    assert SecurityEvent.objects.filter(kind=Kind.SIGNED_IN).latest("id").details == {
        "by": ["webauthn"]
    }
    page.context.close()
