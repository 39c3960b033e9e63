"""The whole way, clicked in a browser: from signing in to an invoice paid in QuickBooks."""

import re
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest
from playwright.sync_api import Browser, Page, expect

from apps.billing.models import Invoice
from apps.connections.models import Connection
from apps.mappings.models import RemoteCode
from apps.staff.models import User
from apps.sync import tasks
from apps.sync.run import run_connection
from tests.backoffice.people import PASSWORD
from tests.books import point_at
from tests.factories import make_company, make_customer, make_item, make_method
from tests.sandbox_server import SandboxServer

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def realm(sandbox_server: SandboxServer, settings: Any, live_server: Any, monkeypatch: Any) -> str:
    """An empty company over there, which the product can find and come back from."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    settings.SITE_URL = live_server.url
    settings.SYNC_PROVIDER_TIMEOUT = 0.2
    point_at(sandbox_server, settings)
    return sandbox_server.open_company(name="Thornfield Trading Ltd", home_currency="GBP")


def test_fay_connects_maps_tests_goes_live_issues_and_sees_it_paid(
    chromium: Browser,
    live_server: Any,
    staff: dict[str, User],
    realm: str,
    sandbox_server: SandboxServer,
    pictures: Path,
) -> None:
    company = make_company(legal_name="Thornfield Trading Ltd")
    make_customer(company, name="Bell & Daughters")
    make_item(company, code="LAN-1", name="Brass lantern", unit_price="12.50")
    make_method(company, name="Bank transfer")
    context = chromium.new_context(
        base_url=live_server.url, viewport={"width": 1280, "height": 900}
    )
    context.set_default_timeout(30_000)
    page = context.new_page()

    sign_in(page)
    first = write_an_invoice(page, quantity="8")
    connect(page, realm)
    choose_accounts(page)
    send_test_invoice(page, first)
    page.screenshot(path=pictures / "journey-test-invoice.png", full_page=True)
    go_live(page)

    second = write_an_invoice(page, quantity="4")
    issue(page, second)
    run(Connection.objects.get())
    page.reload()
    standing = page.locator("section", has_text="Status in QuickBooks")
    expect(standing).to_contain_text("In the books")
    number = Invoice.objects.get(pk=second).number
    there = {each["DocNumber"]: each for each in sandbox_server.objects(realm, "Invoice")}
    assert there[number]["TotalAmt"] == 50

    with page.context.expect_page() as opened:
        standing.get_by_role("link", name=re.compile("Invoice")).first.click()
    assert sandbox_server.url in opened.value.url
    pay_over_there(opened.value, sandbox_server, realm, "50.00", there[number]["Id"])
    run(Connection.objects.get())
    page.reload()
    expect(page.locator(".t-tag").first).to_have_text("Paid")
    page.screenshot(path=pictures / "journey-paid.png", full_page=True)
    assert Invoice.objects.get(pk=second).balance_due == 0
    context.close()


def sign_in(page: Page) -> None:
    page.goto("/")
    page.get_by_label("Email").fill("fay@example.com")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Needs a person today")).to_be_visible()


def write_an_invoice(page: Page, *, quantity: str) -> int:
    """A draft over brass lanterns, written on the form; its key."""
    page.goto("/admin/billing/invoice/add/")
    pick(page, "id_customer", "Bell")
    pick(page, "id_lines-0-item", "LAN-1")
    page.locator("#id_lines-0-quantity").fill(quantity)
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.get_by_role("link", name="Issue", exact=True)).to_be_visible()
    found = re.search(r"invoice/(\d+)/change", page.url)
    assert found is not None
    draft = Invoice.objects.get(pk=found[1])
    assert draft.total == int(quantity) * 12.5
    return draft.pk


def pick(page: Page, field: str, typed: str) -> None:
    """Choose in an autocomplete field.

    Opening it lists everything, and what is found for the typed words is drawn over that list: a
    click between the two would hit an entry that is taken away under the hand.
    """
    chosen = page.locator(f"#select2-{field}-container")
    chosen.click()
    found = f"term={quote_plus(typed)}&"
    with page.expect_response(lambda answer: found in answer.url):
        page.locator(".select2-search__field").last.fill(typed)
    page.evaluate("() => new Promise((drawn) => setTimeout(drawn, 50))")
    page.locator(".select2-results__option", has_text=typed).first.click()
    expect(chosen).to_contain_text(typed)


def connect(page: Page, realm: str) -> None:
    page.goto("/admin/")
    page.get_by_role("link", name=re.compile("Connect your accounting system")).click()
    page.get_by_role("link", name=re.compile("Connect QuickBooks")).click()
    page.locator(f"[name=realm][value='{realm}'], select[name=realm]").first.wait_for()
    if page.locator("select[name=realm]").count():
        page.locator("select[name=realm]").select_option(realm)
    else:
        page.locator(f"[name=realm][value='{realm}']").check()
    page.locator("button[value=connect]").click()
    assert tasks.read_at_first(Connection.objects.get().pk).startswith("done")  # the worker
    page.get_by_role("button", name="Yes, this is the right company").click()
    for each in page.locator("fieldset").all():
        if each.locator("input[type=radio]").count():
            each.locator("input[type=radio]").first.check()
    page.get_by_role("button", name="Save the answers").click()
    page.get_by_role("link", name="Go on: what is whose").click()
    page.get_by_label("Send what is dated on or after").fill(date(2026, 1, 1).isoformat())
    page.get_by_role("button", name="Save the answers").click()
    if page.locator("[name=sure]").count():
        page.locator("[name=sure]").check()
        page.get_by_role("button", name="Save the answers").click()


def choose_accounts(page: Page) -> None:
    page.get_by_role("link", name="Go on: map").click()
    for ours, theirs in (
        ("Sales account by default", "Sales of Product Income"),
        ("Bank transfer: account", "Undeposited Funds"),
    ):
        code = RemoteCode.objects.get(name=theirs)
        page.get_by_label(ours).select_option(str(code.pk))
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Everything that is needed is chosen")).to_be_visible()


def send_test_invoice(page: Page, draft: int) -> None:
    page.get_by_role("link", name="Go on: match").click()
    page.get_by_role("link", name="Go on: test invoice").click()
    page.get_by_label("Which invoice").select_option(str(draft))
    page.get_by_role("button", name="Show what will be sent").click()
    expect(page.get_by_role("heading", name="What QuickBooks will book")).to_be_visible()
    page.get_by_role("button", name="Send the test invoice").click()
    expect(page.get_by_role("heading", name=re.compile("It matched"))).to_be_visible()
    assert page.locator(".t-differs").count() == 0


def go_live(page: Page) -> None:
    page.get_by_role("link", name="Go on: go live").click()
    page.get_by_label(re.compile("Cut-off")).fill(date(2026, 1, 1).isoformat())
    page.get_by_role("button", name="Go live").click()
    expect(page.get_by_text(re.compile("is live"))).to_be_visible()
    assert Connection.objects.get().is_live


def issue(page: Page, draft: int) -> None:
    page.goto(f"/admin/billing/invoice/{draft}/change/")
    page.get_by_role("link", name="Issue", exact=True).click()
    page.get_by_role("button", name="Issue").click()
    expect(page.get_by_text(re.compile("Issued as INV-"))).to_be_visible()


def run(connection: Connection) -> None:
    """What the worker would do within the minute: the task's own function."""
    assert run_connection(connection.pk, get=True) is not None


def pay_over_there(
    page: Page, server: SandboxServer, realm: str, amount: str, invoice: str
) -> None:
    """A bookkeeper records the payment on their page, without us."""
    customer = server.objects(realm, "Customer")[0]["Id"]
    page.goto(f"{server.url}/quickbooks/app/{realm}/receive-payment?customer={customer}")
    page.locator(f"[name='invoice-{invoice}']").fill(amount)
    page.locator("[name=amount]").fill(amount)
    page.locator("form button").last.click()
    assert server.objects(realm, "Payment")
