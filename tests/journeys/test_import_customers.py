"""Cleo brings a file of customers in: half are new, a third differ, one is refused. Wide and narrow."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from apps.billing.models import Customer
from apps.exchange.imports import background
from apps.exchange.models import FileImport
from apps.staff.models import User
from tests.factories import make_company, make_customer
from tests.journeys.conftest import Enter
from tests.journeys.looks import TOO_WIDE, violations

pytestmark = [pytest.mark.browser, pytest.mark.slow]
HEADINGS = "Code,Name,Email,Phone,Currency,Address,City,Country,Notes"


def a_file(folder: Path) -> Path:
    path = folder / "customers of the old shop.csv"
    rows = [f'N{place},New shop {place} Ltd,n{place}@example.com,,GBP,"{place} High Street\nThe Mill",'
            f"York,United Kingdom," for place in range(6)]  # fmt: skip
    rows += [f"K{place},Kept {place} plc,,+44 161 {place},GBP,,Leeds,GB," for place in range(4)]
    rows += ["S1,Same GmbH,,,GBP,,,,", "X1,Wrong Ltd,nowhere,,GBP,,,,"]
    rows += ["K9,Kept 1 P.L.C.,,,GBP,,,,"]
    path.write_text("\n".join([HEADINGS, *rows, ""]), encoding="utf-8")
    return path


def test_cleo_sees_what_changes_before_it_is_written(
    staff: dict[str, User], enter: Enter, pictures: Path, tmp_path: Path, settings: Any
) -> None:
    settings.PRIVATE_FILES_DIR = str(tmp_path / "private")
    company = make_company(legal_name="Thornfield Trading Ltd", home_currency="GBP")
    for place in range(4):
        make_customer(company, code=f"K{place}", name=f"Kept {place} plc", city="York")
    make_customer(company, code="S1", name="Same GmbH")
    cleo = enter(staff["Cleo"], 1440)
    cleo.goto("/admin/exchange/fileimport/add/")
    cleo.set_input_files("#id_file", a_file(tmp_path))
    cleo.get_by_role("button", name="Check the file").click()
    expect(cleo.locator("body")).to_contain_text("1 row refused")
    expect(cleo.locator("body")).to_contain_text("city from “York” to “Leeds”")
    expect(cleo.locator("body")).to_contain_text("looks like Kept 1 plc (K1)")
    found = []
    for width in (1440, 390):
        cleo.set_viewport_size({"width": width, "height": 900})
        cleo.screenshot(path=pictures / f"import-customers-{width}.png", full_page=True)
        found += violations(cleo)
        assert not cleo.evaluate(TOO_WIDE), width
    assert found == []
    cleo.get_by_role("link", name="Take the good rows").first.click()
    expect(cleo.locator("body")).to_contain_text("11 customers are taken")
    cleo.locator("form .t-main").first.click()
    expect(cleo.locator("body")).to_contain_text("Being written")
    background.go_on(FileImport.objects.get().pk)  # as a worker does
    cleo.reload()
    expect(cleo.locator("body")).to_contain_text("Written")
    assert Customer.objects.get(code="K3").city == "Leeds"
