"""Cleo brings payments and answers what is asked, Fay releases them: clicked in a browser."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from apps.billing.models import Payment
from apps.exchange.imports import background
from apps.exchange.models import FileImport
from apps.staff.models import User
from tests.factories import make_company, make_customer, make_invoice, make_payment
from tests.journeys.conftest import Enter
from tests.journeys.looks import Looks

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def a_file(folder: Path, invoices: list[str]) -> Path:
    """A payment over two invoices, one that is here already without a reference, and two alike."""
    path = folder / "payments of march.csv"
    rows = [
        "Date,Customer,Invoice,Amount,Reference",
        f"2026-03-16,Bell & Daughters,{invoices[0]},80.00,BACS 1",
        f"2026-03-16,Bell & Daughters,{invoices[1]},60.00,BACS 1",
        "2026-03-17,Bell & Daughters,,50.00,",
        "2026-03-18,Bell & Daughters,,25.00,CHQ 7",
        "2026-03-18,Bell & Daughters,,25.00,CHQ 7",
        "",
    ]
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


def test_what_is_asked_is_answered_and_then_released(
    staff: dict[str, User], enter: Enter, pictures: Path, tmp_path: Path, settings: Any
) -> None:
    settings.PRIVATE_FILES_DIR = str(tmp_path / "private")
    bell = make_customer(make_company(), name="Bell & Daughters")
    owed = [make_invoice(customer=bell, lines=[("Lantern", 1, each)]) for each in (80, 60)]
    make_payment(customer=bell, amount="50.00", date=date(2026, 3, 17))
    cleo = enter(staff["Cleo"], 1440)
    looks = Looks(cleo, pictures, "import-payments", every=True)

    cleo.goto("/admin/exchange/fileimport/add/")
    cleo.set_input_files("#id_file", a_file(tmp_path, [each.number or "" for each in owed]))
    cleo.get_by_role("button", name="Check the file").click()
    expect(cleo.locator("body")).to_contain_text("2 rows only you can decide")
    looks.at("asked")
    cleo.get_by_role("link", name=re.compile("^Answer one by one$")).first.click()
    cleo.get_by_label(re.compile("^Row 4")).wait_for()
    cleo.get_by_label(re.compile("^Row 4")).select_option("leave")
    cleo.get_by_label(re.compile("^Row 6")).select_option("take")
    cleo.locator("form .t-main").first.click()
    expect(cleo.locator("body")).to_contain_text("1 taken, 1 left out. Now write it.")
    cleo.get_by_role("button", name=re.compile("^Write all of it$")).first.click()
    expect(cleo.locator("body")).to_contain_text("Being written")
    brought = FileImport.objects.get()
    background.go_on(brought.pk)  # as a worker does
    cleo.reload()
    expect(cleo.locator("body")).to_contain_text("3 payments wait here")

    make_payment(invoice=owed[0], date=date(2026, 3, 20))  # meanwhile
    fay = enter(staff["Fay"], 1440)
    fay.goto(f"/admin/exchange/fileimport/{brought.pk}/change/")
    fay.get_by_role("link", name=re.compile("^Release$")).first.click()
    fay.locator("form .t-main").first.click()
    expect(fay.locator("body")).to_contain_text("2 released. 1 payment stays on hold")
    looks_of_fay = Looks(fay, pictures, "import-payments", every=True)
    looks_of_fay.at("refused", asks_again=True)
    amounts = Payment.objects.order_by("pk").values_list("amount", flat=True)
    assert list(amounts) == [50, 80, 25, 25]
    assert [*looks.wrong, *looks_of_fay.wrong] == []
