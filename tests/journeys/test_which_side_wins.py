"""Fay lets QuickBooks win in an e-mail address, is told before she types over it, and brings back what
gave way: clicked in a browser, over live books."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from apps.billing.models import Customer
from apps.staff.models import User
from tests.books import Books
from tests.factories import make_company, make_customer, make_invoice
from tests.journeys.conftest import Enter
from tests.sandbox_server import SandboxServer
from tests.sync.theirs import their_id

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def books(staff: dict[str, User], reached: SandboxServer) -> Books:
    books = Books(reached, company=make_company(legal_name="Thornfield Trading Ltd"))
    books.go_live()
    return books


@pytest.mark.parametrize("width", [1440, 390])
def test_fay_chooses_is_told_and_brings_it_back(
    books: Books, staff: dict[str, User], enter: Enter, pictures: Path, width: int
) -> None:
    customer = make_customer(books.company, name="Bell & Daughters", email="bell@example.com")
    make_invoice(customer=customer)
    books.run()
    fay = enter(staff["Fay"], width)

    # The connection's page leads to it; what is fixed says why.
    fay.goto(f"/admin/connections/connection/{books.connection.pk}/change/")
    fay.get_by_role("link", name="Which side wins").first.click()
    fay.locator("#id_customer-email").select_option(label="QuickBooks wins")
    fay.locator("summary", has_text="Fixed by the rules").nth(2).click()
    expect(fay.locator("main, body").first).to_contain_text("It is frozen once issued")
    fay.screenshot(path=pictures / f"which-side-wins-{width}.png", full_page=True)
    fay.get_by_role("button", name="Save", exact=True).click()
    expect(fay.locator("label[for=id_customer-email]")).to_contain_text("Chosen by Fay")

    # She types over it, is told before it is saved, and saves all the same.
    fay.goto(f"/admin/billing/customer/{customer.pk}/change/")
    fay.fill("#id_email", "office@bell.example")
    fay.click("input[name=_save], button[name=_save]")
    fay.wait_for_load_state()
    expect(fay.locator(".t-asked")).to_contain_text("wins in the e-mail address")
    fay.screenshot(path=pictures / f"which-side-wins-told-{width}.png", full_page=True)
    fay.check(".t-asked input")
    fay.click("input[name=_save], button[name=_save]")
    fay.wait_for_load_state()
    assert Customer.objects.get(pk=customer.pk).email == "office@bell.example"

    # A run puts it back as it stands there; the customer's page leads to what gave way.
    books.run()
    assert Customer.objects.get(pk=customer.pk).email == "bell@example.com"
    fay.goto(f"/admin/billing/customer/{customer.pk}/change/")
    fay.get_by_role("link", name="What was decided").click()
    expect(fay.locator("#result_list, table").first).to_contain_text("Rule: QuickBooks wins")
    fay.screenshot(path=pictures / f"what-was-decided-{width}.png", full_page=True)
    fay.locator("#result_list a, table a", has_text="Bell & Daughters").first.click()
    fay.screenshot(path=pictures / f"decided-{width}.png", full_page=True)

    fay.get_by_role("link", name="Bring it back").first.click()
    expect(fay.locator("form.t-box")).to_contain_text("“office@bell.example” again")
    fay.fill("#id_reason", "They told us so")
    fay.screenshot(path=pictures / f"bring-it-back-{width}.png", full_page=True)
    fay.get_by_role("button", name="Bring it back").click()
    books.run()

    remote_id = their_id(books, customer)
    (there,) = (each for each in books.theirs("Customer") if each["Id"] == remote_id)
    assert there["PrimaryEmailAddr"]["Address"] == "office@bell.example"
    assert Customer.objects.get(pk=customer.pk).email == "office@bell.example"
