"""A draft of three hundred lines: found, set right and issued in a browser, nothing of it lost."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from apps.billing.sums.totals import work_out
from apps.staff.models import User
from tests.factories import make_company, make_customer, make_invoice, make_item, make_tax_rate
from tests.journeys.test_whole_way import issue, pick

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_fay_sets_line_137_of_300_right_and_issues(
    staff: dict[str, User], enter: Any, pictures: Path
) -> None:
    company = make_company(legal_name="Thornfield Trading Ltd")
    customer = make_customer(company, name="Bell & Daughters")
    rate = make_tax_rate(company, 20, code="S20", name="Standard")
    lantern = make_item(company, code="LAN-1", name="Brass lantern", unit_price="2", tax_rate=rate)
    make_item(company, code="BOOK-1", name="Pattern book", unit_price="5.00", tax_rate=rate)
    draft = make_invoice(issued=False, customer=customer, lines=[(lantern, 1, "2")] * 300)
    work_out(draft)
    page = enter(staff["Fay"], 1440)

    page.goto(f"/admin/billing/invoice/{draft.pk}/change/")
    pages = page.get_by_role("navigation", name="Pages of lines", exact=True)
    expect(pages).to_contain_text("Lines 1–50 of 300")
    pages.scroll_into_view_if_needed()
    page.screenshot(path=pictures / "lines-300-1440.png")
    pages.get_by_role("link", name="101–150").click()
    page.get_by_role("spinbutton", name="Quantity, line 137").fill("31")
    pick(page, "id_lines-36-item", "BOOK-1")
    page.get_by_text("Add another Line at the end").click()
    pick(page, "id_lines-50-item", "BOOK-1")
    page.get_by_role("button", name="Save and continue editing").click()

    expect(pages).to_contain_text("Lines 301 of 301")  # where the new one lies
    expect(page.locator(".t-sums")).to_contain_text("665.00")  # 299 × 2 + 31 × 2 + 5
    page.set_viewport_size({"width": 400, "height": 900})
    pages.get_by_role("link", name="101–150").click()
    expect(page.get_by_role("spinbutton", name="Quantity, line 137")).to_have_value("31")
    page.get_by_role("spinbutton", name="Quantity, line 137").scroll_into_view_if_needed()
    page.screenshot(path=pictures / "lines-300-400.png")
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 400, wide
    page.set_viewport_size({"width": 1440, "height": 900})
    issue(page, draft.pk)

    draft.refresh_from_db()
    lines = list(draft.lines.all())
    assert draft.is_issued
    assert [each.quantity for each in lines] == [Decimal(1)] * 136 + [31] + [1] * 164
    assert [each.item_code for each in lines].count("BOOK-1") == 2
    assert lines[136].item_code == "BOOK-1"
    page.screenshot(path=pictures / "lines-300-issued.png", full_page=True)
