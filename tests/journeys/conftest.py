"""A real browser, and a real web server over a database that commits."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, Locator, Page, sync_playwright

from apps.connections.buckets import RowBuckets
from apps.staff.models import User
from tests.backoffice.people import make_people
from tests.books import point_at
from tests.sandbox_server import SandboxServer

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
# Nothing leaves the machine: a browser that is driven has no business elsewhere.
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1",
]


@pytest.fixture(scope="session", autouse=True)
def _pages_load_before_the_next_act() -> Iterator[None]:
    """A link that was clicked leads to a whole page, its scripts too, before anything is typed."""
    click = Locator.click

    def and_wait(self: Locator, *args: Any, **kwargs: Any) -> None:
        click(self, *args, **kwargs)
        self.page.wait_for_load_state("load")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Locator, "click", and_wait)
        yield


# Said to the driver by every page: what its policy of content kept from it.
TOLD = """
document.addEventListener("securitypolicyviolation", (event) => window.tieoutToldOfPolicy(
  `${document.location.pathname}: ${event.effectiveDirective} ${event.blockedURI} ${event.sample}`
  + ` (${event.sourceFile}:${event.lineNumber})`));
"""


@pytest.fixture(scope="session")
def kept_from_pages() -> Iterator[list[str]]:
    """What the policy of content kept from a page of ours since the session began."""
    told: list[str] = []
    new_context = Browser.new_context

    def watched(self: Browser, *args: Any, **kwargs: Any) -> BrowserContext:
        context = new_context(self, *args, **kwargs)
        context.expose_function("tieoutToldOfPolicy", lambda said: told.append(said))
        context.add_init_script(TOLD)
        return context

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Browser, "new_context", watched)
        yield told


@pytest.fixture(autouse=True)
def _nothing_is_kept_from_a_page(kept_from_pages: list[str]) -> Iterator[None]:
    """Every page that a journey sees needs no more than the policy of content lets through."""
    before = len(kept_from_pages)
    yield
    assert kept_from_pages[before:] == []


@pytest.fixture(scope="session")
def chromium(kept_from_pages: list[str]) -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no browser at {CHROMIUM}: install Chromium, or name one in CHROMIUM")
    # The driver runs an event loop in this thread, which Django takes for an async caller.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield browser
        browser.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
    else:
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures go: TIEOUT_PICTURES, or a folder of this test run."""
    named = os.environ.get("TIEOUT_PICTURES")
    folder = Path(named) if named else tmp_path_factory.mktemp("pictures")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def staff(transactional_db: None) -> dict[str, User]:
    return make_people()


@pytest.fixture
def reached(
    sandbox_server: SandboxServer, settings: Any, live_server: Any, monkeypatch: Any
) -> SandboxServer:
    """The simulated ledgers, which the product can find and come back from; nobody waits for a limit."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    monkeypatch.setattr(RowBuckets, "spend", lambda self, costs, *, reserve: None)
    settings.SITE_URL = live_server.url
    settings.SYNC_PROVIDER_TIMEOUT = 0.2
    point_at(sandbox_server, settings)
    return sandbox_server


Enter = Callable[[User, int], Page]


@pytest.fixture
def enter(chromium: Browser, live_server: object, client: object) -> Iterator[Enter]:
    """`enter(person, width)`: a page on which this person is signed in already."""
    from django.test import Client

    contexts: list[BrowserContext] = []

    def signed_in(person: User, width: int) -> Page:
        visitor = Client()
        visitor.force_login(person)
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, base_url=str(live_server)
        )
        contexts.append(context)
        context.set_default_timeout(20_000)
        cookie = visitor.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": str(live_server)}]
        )
        return context.new_page()

    yield signed_in
    for context in contexts:
        context.close()
