"""A month's end clicked in a browser: taxed invoice, money less a charge, bank deposit, refund."""

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from apps.billing.models import BankAccount, CreditNote, Deposit, Invoice, PaymentMethod
from apps.staff.models import User
from tests.factories import (
    make_company,
    make_customer,
    make_item,
    make_method,
    make_tax_rate,
)
from tests.journeys.test_whole_way import issue, pick

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_fay_sells_with_discount_receives_less_a_charge_banks_it_and_refunds_a_part(
    staff: dict[str, User], enter: Any, pictures: Path
) -> None:
    company = make_company(legal_name="Thornfield Trading Ltd")
    customer = make_customer(company, name="Bell & Daughters")
    standard = make_tax_rate(company, 20, code="S20", name="Standard")
    zero = make_tax_rate(company, 0, code="Z0", name="Zero", treatment="zero")
    make_item(company, code="LAN-1", name="Brass lantern", unit_price="12.50", tax_rate=standard)
    make_item(company, code="BOOK-1", name="Pattern book", unit_price="5.00", tax_rate=zero)
    bank = BankAccount.objects.create(company=company, name="Barclays", currency="GBP")
    make_method(company, name="Card", bank_account=bank)
    make_method(company, name="Bank transfer", posts_to=PaymentMethod.PostsTo.BANK)
    page = enter(staff["Fay"], 1440)

    invoice = sell(page)
    issue(page, invoice.pk)
    # 10 × 12.50 less 10 % = 112.50, and 2 × 5.00 = 10.00; less 10 % on the whole
    assert figures(page) == {
        "Lines before discounts": "135.00",
        "Discounts": "-24.75",
        "Net": "110.25",
        "Tax S20 20 %": "20.25",
        "Tax Z0 0 %": "0.00",
        "Total": "130.50",
        "Paid": "0.00",
        "Credited": "0.00",
        "Written off and deducted": "0.00",
        "Balance due": "130.50",
    }

    receive_less_a_charge(page)
    page.screenshot(path=pictures / "journey-received.png", full_page=True)
    page.goto(f"/admin/billing/invoice/{invoice.pk}/change/")
    settled = figures(page)
    assert (settled["Paid"], settled["Written off and deducted"]) == ("129.00", "1.50")
    assert settled["Balance due"] == "0.00"

    bank_it(page)
    page.screenshot(path=pictures / "journey-deposit.png", full_page=True)
    assert Deposit.objects.get().total == Decimal("127.00")

    note = credit_four_lanterns(page, invoice)
    refund(page, note)
    page.goto(f"/admin/billing/creditnote/{note.pk}/change/")
    # 4 × 12.50 less 10 %, less 10 % on the whole, as they were sold
    back = figures(page)
    assert (back["Net"], back["Tax S20 20 %"], back["Total"]) == ("40.50", "8.10", "48.60")
    assert (back["Applied and refunded"], back["Open credit"]) == ("48.60", "0.00")
    page.screenshot(path=pictures / "journey-refunded.png", full_page=True)
    page.goto(f"/admin/billing/customer/{customer.pk}/change/")
    expect(page.locator("main")).not_to_contain_text(str(invoice))  # owes nothing


def figures(page: Page) -> dict[str, str]:
    """The box of sums: words of each row → amount as it is shown."""
    expect(page.locator(".t-sums")).to_be_visible()
    shown = {}
    for row in page.locator(".t-sums tbody tr").all():
        head = row.locator("th")
        note = head.locator(".t-quiet")
        words = head.inner_text()
        if note.count():
            words = words.removesuffix(note.inner_text())
        shown[words.strip()] = row.locator("td").inner_text().removesuffix("GBP").strip()
    return shown


def sell(page: Page) -> Invoice:
    """A draft over two rates with both discounts; every choice fills in its line at once."""
    page.goto("/admin/billing/invoice/add/")
    pick(page, "id_customer", "Bell")
    pick(page, "id_lines-0-item", "LAN-1")
    expect(page.locator("#id_lines-0-unit_price")).to_have_value("12.5")
    expect(page.locator("#select2-id_lines-0-tax_rate-container")).to_contain_text("S20")
    page.locator("#id_lines-0-quantity").fill("10")
    page.locator("#id_lines-0-discount_percent").fill("10")
    page.get_by_text("Add another Line").click()
    pick(page, "id_lines-1-item", "BOOK-1")
    expect(page.locator("#select2-id_lines-1-tax_rate-container")).to_contain_text("Z0")
    page.locator("#id_lines-1-quantity").fill("2")
    page.get_by_text("Tax and discount").first.click()
    page.locator("#id_discount_percent").fill("10")
    # What it comes to is shown while it is typed, before anything is saved.
    expect(page.locator("[data-running=sums] .t-strong")).to_contain_text("130.50")
    assert figures(page)["Discounts"] == "-24.75"
    assert not Invoice.objects.exists()
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.get_by_role("link", name="Issue", exact=True)).to_be_visible()
    return Invoice.objects.get()


def receive_less_a_charge(page: Page) -> None:
    """129.00 arrived by card for 130.50; the rest is the customer's bank's."""
    page.get_by_role("link", name="Receive payment").click()
    page.get_by_label("Amount (GBP)").fill("129.00")
    page.get_by_label("Payment method").select_option(label="Card (GBP)")
    page.get_by_text("Deductions: what the customer kept").click()
    kept = page.locator("details tbody tr").first
    kept.locator("select").first.select_option(label=str(Invoice.objects.get()))
    kept.locator("select[name$=role]").select_option(label="Bank charges and fees")
    kept.locator("input[data-deduct]").fill("1.50")
    kept.locator("input").last.fill("Their bank kept it")
    # What is kept needs no money, so less of it is set against the invoice.
    expect(page.locator("input[data-invoice]")).to_have_value("129.00")
    expect(page.locator("[data-out=rest]")).to_have_text("0.00 GBP")
    do(page, "Receive payment")
    expect(page.get_by_text("129.00 GBP received.")).to_be_visible()


def bank_it(page: Page) -> None:
    """What is proposed, less the processor's fee, is the line of the statement."""
    page.goto("/admin/billing/deposit/make/")
    page.get_by_role("link", name="Look through").click()
    page.get_by_label("Amount on the bank statement").fill("127.00")
    expect(page.locator("[data-out=ticked]")).to_have_text("129.00 GBP")
    page.locator("input[data-off]").first.fill("2.00")
    expect(page.locator("[data-out=total]")).to_have_text("127.00 GBP")
    do(page, "Make bank deposit")
    expect(page.get_by_text("Bank deposit made: 127.00 GBP on Barclays.")).to_be_visible()
    total = page.locator("main tr", has_text="Line of the bank statement")
    expect(total).to_contain_text("127.00")


def credit_four_lanterns(page: Page, invoice: Invoice) -> CreditNote:
    """Typing a quantity chooses a part by itself."""
    page.goto(f"/admin/billing/invoice/{invoice.pk}/change/")
    page.get_by_role("link", name="Credit this invoice").click()
    page.get_by_label("Reason").fill("Four came broken")
    page.get_by_label("Quantity to credit of Brass lantern").fill("4")
    expect(page.get_by_label("A part of it, typed below")).to_be_checked()
    do(page, "Make the draft credit note")
    page.get_by_role("link", name="Issue", exact=True).click()
    do(page, "Issue")
    expect(page.get_by_text(re.compile("Issued as CN-"))).to_be_visible()
    return CreditNote.objects.get()


def refund(page: Page, note: CreditNote) -> None:
    page.get_by_role("link", name="Refund", exact=True).click()
    expect(page.get_by_label("Amount (GBP)")).to_have_value("48.60")
    page.get_by_label("Paid out by").select_option(label="Bank transfer")
    page.get_by_label("Reason").fill("Paid back to the card holder")
    do(page, "Refund")
    expect(page.get_by_text("48.60 GBP refunded.")).to_be_visible()
    expect(page.locator("main")).to_contain_text(f"Credit note {note}")


def do(page: Page, words: str) -> None:
    button: Locator = page.locator("main").get_by_role("button", name=words, exact=True)
    button.click()
