"""An invoice of three lines typed in a browser: its sums follow, and few clicks issue it."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from apps.billing.models import Invoice
from apps.staff.models import User
from tests.factories import make_company, make_customer, make_item, make_tax_rate, make_term
from tests.journeys.test_whole_way import pick

pytestmark = [pytest.mark.browser, pytest.mark.slow]

COUNTS = """
addEventListener("click", (event) => {
  if (event.isTrusted && event.detail > 0) sessionStorage.clicks = Number(sessionStorage.clicks ?? 0) + 1;
}, true);
"""


def clicks(page: Page) -> int:
    """Of the mouse, since the browser was opened; what is typed and chosen by keys is none."""
    return int(page.evaluate("sessionStorage.clicks ?? 0"))


def test_an_invoice_of_three_lines_is_issued_with_twelve_clicks_at_most(
    staff: dict[str, User], enter: Any, pictures: Path
) -> None:
    company = make_company(legal_name="Thornfield Trading Ltd")
    terms = make_term(company, name="30 days", due_days=30)
    make_customer(company, name="Bell & Daughters", terms=terms)
    standard = make_tax_rate(company, 20, code="S20", name="Standard")
    make_item(company, code="LAN-1", name="Brass lantern", unit_price="12.50", tax_rate=standard)
    make_item(company, code="BOOK-1", name="Pattern book", unit_price="5.00", tax_rate=standard)
    make_item(company, code="OIL-1", name="Lamp oil", unit_price="3.35", tax_rate=standard)
    page = enter(staff["Fay"], 1440)
    page.add_init_script(COUNTS)
    page.goto("/admin/billing/invoice/add/")
    before = clicks(page)

    pick(page, "id_customer", "Bell")
    typed = page.locator(".t-typed")
    for number, (item, quantity) in enumerate((("LAN-1", "4"), ("BOOK-1", "2"), ("OIL-1", "3"))):
        if number:
            page.get_by_text("Add another Line").click()
        pick(page, f"id_lines-{number}-item", item)
        expect(page.locator(f"#id_lines-{number}-unit_price")).not_to_have_value("")
        page.locator(f"#id_lines-{number}-quantity").fill(quantity)
    # 50.00 + 10.00 + 10.05, and 20 % of it
    expect(typed).to_contain_text("84.06 GBP")
    expect(typed).to_contain_text("Due ")
    page.screenshot(path=pictures / "invoice-typed.png", full_page=True)
    page.get_by_role("button", name="Save and issue…").click()
    expect(page.locator("main")).to_contain_text("Bell & Daughters owes 84.06 GBP")
    page.screenshot(path=pictures / "invoice-asked.png", full_page=True)
    page.get_by_role("button", name="Issue", exact=True).click()
    expect(page.locator("main")).to_contain_text("Issued as ")

    invoice = Invoice.objects.get()
    assert (invoice.is_issued, invoice.total) == (True, Decimal("84.06"))
    assert clicks(page) - before <= 12
    assert clicks(page) - before >= 4  # they are counted
