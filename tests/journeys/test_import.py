"""Cleo brings a file of invoices in, Fay releases it: clicked in a browser."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from apps.billing.models import Invoice
from apps.exchange.imports import background
from apps.exchange.models import FileImport
from apps.staff.models import User
from tests.exchange.imports.test_online_retail import HEADING, row
from tests.factories import make_company
from tests.journeys.conftest import Enter

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def a_file(folder: Path) -> Path:
    """Some invoices of three months, a credit note, and two rows that are no sale."""
    path = folder / "sales of the winter.csv"
    rows = [
        row(
            number=str(5360 + place),
            day=f"2010-{10 + place % 3}-0{place % 8 + 1} 08:26:00",
            quantity=str(place + 1),
        )
        for place in range(12)
    ]
    rows += [
        row(number="C6001", quantity="-2"),
        row(number="6002", price="0"),
        row(number="6003", quantity="six"),
    ]
    path.write_text("\n".join([HEADING, *rows, ""]), encoding="utf-8")
    return path


@pytest.mark.parametrize("width", [1440, 390])
def test_cleo_brings_a_file_and_fay_releases_it(
    staff: dict[str, User],
    enter: Enter,
    pictures: Path,
    tmp_path: Path,
    settings: Any,
    width: int,
) -> None:
    settings.PRIVATE_FILES_DIR = str(tmp_path / "private")
    make_company(legal_name="Thornfield Trading Ltd")
    cleo = enter(staff["Cleo"], width)

    cleo.goto("/admin/exchange/fileimport/")
    cleo.screenshot(path=pictures / f"imports-none-{width}.png", full_page=True)
    cleo.goto("/admin/exchange/fileimport/add/")
    cleo.set_input_files("#id_file", a_file(tmp_path))
    cleo.screenshot(path=pictures / f"import-which-{width}.png", full_page=True)
    cleo.get_by_role("button", name="Check the file").click()
    expect(cleo.locator("body")).to_contain_text("2 rows refused")
    cleo.screenshot(path=pictures / f"import-checked-{width}.png", full_page=True)

    with cleo.expect_download() as download:
        cleo.get_by_role("link", name="Download refused rows").first.click()
    assert "a document of nil value" in download.value.path().read_text(encoding="utf-8-sig")

    cleo.get_by_role("link", name="Take the good rows").first.click()
    expect(cleo.locator("body")).to_contain_text("2 rows are left out")
    cleo.screenshot(path=pictures / f"import-good-rows-{width}.png", full_page=True)
    cleo.locator("form .t-main").first.click()
    expect(cleo.locator("body")).to_contain_text("Being written")
    brought = FileImport.objects.get()
    background.go_on(brought.pk)  # as a worker does
    cleo.reload()
    expect(cleo.locator("body")).to_contain_text("On hold")
    cleo.screenshot(path=pictures / f"import-on-hold-{width}.png", full_page=True)

    fay = enter(staff["Fay"], width)
    fay.goto(f"/admin/exchange/fileimport/{brought.pk}/change/")
    fay.get_by_role("link", name="Release").first.click()
    fay.screenshot(path=pictures / f"import-release-{width}.png", full_page=True)
    fay.locator("form .t-main").first.click()
    expect(fay.locator("body")).to_contain_text("Released")
    assert set(Invoice.objects.values_list("status", flat=True)) == {"issued"}
