"""In a real browser, for each ledger: from consent to the end of What is whose, nothing pressed to read."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from apps.billing.models import Company, PaymentMethod
from apps.connections.models import Connection
from apps.mappings.models import RemoteCode
from apps.staff.models import User
from apps.sync import tasks
from apps.sync.models import Call
from tests.books import Books, point_at
from tests.connectors.freshbooks.live import FreshBooksBooks
from tests.connectors.xero.live import XeroBooks
from tests.factories import make_company, make_invoice, make_method
from tests.freshbooks_twin import FreshBooksTwin
from tests.sandbox_server import SandboxServer
from tests.xero_twin import XeroTwin

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def reached(
    sandbox_server: SandboxServer, settings: Any, live_server: Any, monkeypatch: Any
) -> SandboxServer:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    settings.SITE_URL = live_server.url
    point_at(sandbox_server, settings)
    return sandbox_server


def opened(system: str, server: SandboxServer, company: Company, **theirs: Any) -> Books:
    """Their company, not connected yet."""
    kinds = {"quickbooks": Books, "xero": XeroBooks, "freshbooks": FreshBooksBooks}
    twins = {"quickbooks": server, "xero": XeroTwin(server), "freshbooks": FreshBooksTwin(server)}
    books = kinds[system].__new__(kinds[system])
    books.server, books.company = twins[system], company
    books.realm = books.opened(**theirs)
    return books


def consent(page: Page, books: Books) -> None:
    page.goto("/admin/connections/connection/connect/")
    page.locator(f"a[href*='/{books.system}/simulated/']").first.click()
    for name, value in books.pressed().items():
        if name == "decision":
            continue
        wanted = value[0] if isinstance(value, list) else value
        box = page.locator(f"[name={name}][value='{wanted}']")
        if box.count():
            box.check()
        else:
            page.locator(f"select[name={name}]").select_option(wanted)
    page.locator(f"button[value={books.pressed()['decision']}]").click()
    if "/choose/" in page.url:
        page.check(f"input[value='{books.realm}']")
        page.click("text=Connect what is ticked")
        page.get_by_role("link", name=re.compile("Go on with")).click()
        page.get_by_role("link", name=re.compile("Go on: connect")).click()


def read_there() -> None:
    """What the worker does with the task that consent has enqueued."""
    connection = Connection.objects.get()
    assert connection.woken_at is not None
    assert tasks.read_at_first(connection.pk).startswith("done"), connection.last_error


@pytest.mark.parametrize(
    ("system", "width"), [("quickbooks", 1440), ("xero", 390), ("freshbooks", 1440)]
)
def test_from_consent_to_what_is_whose_without_a_button_that_reads(
    system: str,
    width: int,
    staff: dict[str, User],
    enter: Any,
    reached: SandboxServer,
    pictures: Path,
) -> None:
    company = make_company(legal_name="Thornfield Trading Ltd")
    make_invoice(company=company)
    make_method(company, name="Bank transfer", posts_to="bank")
    make_method(company, name="Card")
    books = opened(system, reached, company)
    page = enter(staff["Fay"], width)

    def pictured(name: str) -> None:
        page.screenshot(path=pictures / f"{system}-{name}-{width}.png", full_page=True)
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), name

    page.goto("/admin/connections/connection/connect/")
    pictured("directory")
    consent(page, books)
    expect(page.get_by_text(re.compile("Reading .* …"))).to_be_visible()
    pictured("reading")
    read_there()
    expect(page.get_by_text("Is this the right company?").last).to_be_visible()  # by itself
    assert RemoteCode.objects.exists()
    pictured("right-company")

    # The browser is closed in the middle; she comes back by the page of the connection.
    page.context.clear_cookies()
    page = enter(staff["Fay"], width)
    page.goto(f"/admin/connections/connection/{Connection.objects.get().pk}/change/")
    page.get_by_role("link", name="Go on: connect").click()
    page.get_by_role("button", name="Yes, this is the right company").click()
    expect(page.get_by_text("A check before anything goes over")).to_be_visible()
    pictured("check")
    for each in page.locator("fieldset").all():
        radios = each.locator("input[type=radio]")
        if radios.count():
            radios.first.check()
    page.get_by_role("button", name="Save the answers").click()
    expect(page.get_by_text("The check is done").last).to_be_visible()
    page.get_by_role("link", name="Go on: what is whose").click()
    pictured("whose")
    page.get_by_role("button", name="Show what falls on each side").click()
    expect(page.locator("#preview")).to_contain_text("Invoices")
    page.get_by_role("button", name="Save the answers").click()
    expect(page.get_by_role("link", name="Go on: map")).to_be_visible()
    pictured("settled")
    connection = Connection.objects.get()
    assert connection.starts_on is not None
    recorded = dict(PaymentMethod.objects.values_list("name", "recorded_by"))
    assert recorded == {"Bank transfer": "ledger", "Card": "tieout"}  # as it was recommended
    assert (connection.confirmed_by, connection.sides_settled_by) == (staff["Fay"], staff["Fay"])
    page.get_by_role("link", name="Go on: map").click()
    expect(page.locator(".t-steps")).to_contain_text("What is whose")
    assert not Call.objects.filter(may_have_left_until__isnull=False).exists()  # none that writes


def test_the_wrong_company_is_let_go_with_a_word_on_what_remains(
    staff: dict[str, User], enter: Any, reached: SandboxServer
) -> None:
    company = make_company(legal_name="Thornfield Trading Ltd")
    page = enter(staff["Fay"], 1440)
    consent(page, opened("quickbooks", reached, company))
    read_there()
    page.get_by_role("button", name="Wrong company: let go of it").click()
    expect(page.get_by_text(re.compile("Nothing was sent there"))).to_be_visible()
    assert page.url.endswith("/connections/connection/connect/")
    assert Connection.objects.get().stage == Connection.Stage.DISCONNECTED


def test_another_home_currency_is_refused_with_what_to_do(
    staff: dict[str, User], enter: Any, reached: SandboxServer
) -> None:
    company = make_company(legal_name="Thornfield Trading Ltd")
    page = enter(staff["Fay"], 1440)
    consent(page, opened("quickbooks", reached, company, home_currency="CAD"))
    expect(page.get_by_text(re.compile("Choose books in GBP there"))).to_be_visible()
    assert not Connection.objects.exists()
