"""Cleo brings the balance of a card processor, Fay releases it: clicked in a browser."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from apps.billing.models import Deposit
from apps.exchange.imports import background
from apps.exchange.models import FileImport
from apps.staff.models import User
from tests.exchange.imports.money.payouts.world import ready_for_stripe
from tests.factories import make_company
from tests.journeys.conftest import Enter
from tests.journeys.looks import TOO_WIDE

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def look(page: Page, pictures: Path, stage: str) -> None:
    """Wide and narrow: nothing is cut off."""
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=pictures / f"payouts-{stage}-{width}.png", full_page=True)
        assert not page.evaluate(TOO_WIDE), f"{stage} is wider than {width}"


def test_a_payout_is_brought_asked_released_and_at_the_bank(
    staff: dict[str, User],
    enter: Enter,
    pictures: Path,
    tmp_path: Path,
    settings: Any,
) -> None:
    settings.PRIVATE_FILES_DIR = str(tmp_path / "private")
    company = make_company(
        legal_name="Thornfield Trading Inc.",
        home_currency="USD",
        time_zone="America/Los_Angeles",
    )
    path = tmp_path / "balance of april.csv"
    path.write_text(ready_for_stripe(company, "Cards"), encoding="utf-8")

    cleo = enter(staff["Cleo"], 1440)
    cleo.goto("/admin/exchange/fileimport/add/")
    cleo.set_input_files("#id_file", path)
    cleo.get_by_role("button", name="Check the file").click()
    expect(cleo.locator("body")).to_contain_text(
        "Say by which payment method the money of Stripe comes in"
    )
    cleo.get_by_role("link", name="How it is written").first.click()
    cleo.get_by_label("Payment method that the money comes in by").select_option("Cards")
    look(cleo, pictures, "method")
    cleo.locator("form .t-main").first.click()
    expect(cleo.locator("body")).to_contain_text("What the bank shows")
    expect(cleo.locator("body")).to_contain_text("31.80 USD")
    look(cleo, pictures, "checked")
    cleo.get_by_role("button", name="Write all of it").first.click()
    expect(cleo.locator("body")).to_contain_text("Being written")
    brought = FileImport.objects.get()
    background.go_on(brought.pk)  # as a worker does

    fay = enter(staff["Fay"], 1440)
    fay.goto(f"/admin/exchange/fileimport/{brought.pk}/change/")
    expect(fay.locator("body")).to_contain_text("On hold")
    look(fay, pictures, "on-hold")
    fay.get_by_role("link", name="Release").first.click()
    fay.locator("form .t-main").first.click()
    expect(fay.locator("body")).to_contain_text("Each is a bank deposit here")
    deposit = Deposit.objects.latest("pk")
    assert (f"{deposit.total:.2f}", deposit.reference) == ("31.80", "po_1")
