"""Fay teaches Tieout the file of a product that nobody here has heard of; then Cleo brings the next one."""

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from apps.billing.models import CreditNote, Invoice
from apps.exchange.imports import background
from apps.exchange.models import FileImport, ImportProfile
from apps.staff.models import User
from tests.factories import make_company, make_tax_rate
from tests.journeys.conftest import Enter
from tests.journeys.looks import Looks

pytestmark = [pytest.mark.browser, pytest.mark.slow]
HEADINGS = "Belegnr.;Belegart;Belegdatum;Kunde;Bezeichnung;Anzahl;Stückpreis;Rabatt;MwSt-Code;Bemerkung;Kasse"
MARCH = [
    "1001;VK;03.03.2026;Möwe & Söhne GmbH;Sturmlaterne;12;1.012,50;5;N19;;K1",
    "1001;VK;03.03.2026;Möwe & Söhne GmbH;Versandkarton;3;2,40;;E7;;K1",
    "1002;VK;17.03.2026;Gasthof Adler;Fachbuch;2;29,90;;E7;;K2",
    "1003;VK;21.03.2026;Vale AG;Beratung;4;85,00;;FREI;;K2",
    "G-7;Gutschrift;24.03.2026;Gasthof Adler;Fachbuch;1;29,90;;E7;beschädigt;K2",
]
APRIL = ["1004;VK;02.04.2026;Gasthof Adler;Fachbuch;5;29,90;;E7;;K1"]


def a_file(folder: Path, name: str, rows: list[str]) -> Path:
    path = folder / name
    path.write_bytes("\r\n".join([HEADINGS, *rows, ""]).encode("cp1252"))
    return path


def mean(page: Page, heading: str, words: str) -> None:
    """Say under a column what it means."""
    page.get_by_label(f"What “{heading}” means", exact=True).select_option(label=words)


def test_a_file_of_an_unknown_product_is_taught_once(
    staff: dict[str, User], enter: Enter, pictures: Path, tmp_path: Path, settings: Any
) -> None:
    settings.PRIVATE_FILES_DIR = str(tmp_path / "private")
    company = make_company(
        legal_name="Laternen Nord GmbH",
        country="DE",
        home_currency="EUR",
        time_zone="Europe/Berlin",
    )
    make_tax_rate(company, 19, code="DE19", name="Regelsatz", country="DE")
    make_tax_rate(company, 7, code="DE7", name="Ermäßigt", country="DE")
    every = bool(os.environ.get("TIEOUT_PICTURES"))

    cleo = enter(staff["Cleo"], 390)
    cleo.goto("/admin/exchange/fileimport/add/")
    cleo.set_input_files("#id_file", a_file(tmp_path, "kasse-maerz.csv", MARCH))
    cleo.get_by_role("button", name="Check the file").click()
    expect(cleo.locator("body")).to_contain_text("ask an Accountant to say what its columns mean")

    march = FileImport.objects.get()
    fay = enter(staff["Fay"], 1440)
    look = Looks(fay, pictures, "own-layout", every=every)
    fay.goto(f"/admin/exchange/fileimport/{march.pk}/change/")
    look.at("unknown")
    fay.get_by_role("link", name="Say what its columns mean").first.click()
    expect(fay.locator("body")).to_contain_text("Its headings fit no layout")
    expect(fay.locator("body")).to_contain_text("Möwe & Söhne GmbH")
    # What sounds like something is proposed, also in German.
    proposed = fay.get_by_label("What “Bezeichnung” means", exact=True)
    expect(proposed).to_have_value("description")
    expect(fay.get_by_label("What “Kasse” means", exact=True)).to_have_value("")
    look.at("begun")

    mean(fay, "Belegart", "Invoice or credit note")
    mean(fay, "Rabatt", "Discount in %")
    mean(fay, "Bemerkung", "Reason of the credit note")
    fay.get_by_role("button", name="Show how it reads").click()
    expect(fay.get_by_role("region", name="How it reads", exact=True)).to_contain_text(
        "It is called “VK”"
    )
    mean(fay, "VK", "an invoice")
    expect(fay.get_by_label("What “Gutschrift” means", exact=True)).to_have_value("credit_note")
    fay.get_by_label("Amounts of a credit note stand").select_option(value="positive")
    fay.get_by_label("Prices are", exact=True).select_option(label="without tax")
    fay.get_by_role("button", name="Show how it reads").click()
    expect(fay.get_by_role("region", name="How it reads", exact=True)).to_contain_text(
        "here is no tax rate N19 here"
    )
    look.at("tried")

    # The rates are said on the same page, but one is left: that is asked from its refusal.
    mean(fay, "N19", "DE19: Regelsatz, 19 %")
    mean(fay, "E7", "DE7: Ermäßigt, 7 %")
    fay.get_by_label("Name of the layout").fill("Kasse Nord")
    fay.get_by_role("button", name="Save this layout").click()
    expect(fay.locator("body")).to_contain_text("“Kasse Nord” is saved")
    expect(fay.locator("body")).to_contain_text("1 row refused")
    look.at("saved")
    fay.get_by_role("link", name="Say what its tax rates mean").first.click()
    mean(fay, "FREI", "no tax")
    look.at("tax-rates")
    fay.get_by_role("button", name="Save and check again").click()
    expect(fay.locator("body")).to_contain_text("Write all of it")

    fay.get_by_role("button", name="Write all of it").click()
    background.go_on(march.pk)  # as a worker does
    fay.reload()
    expect(fay.locator("body")).to_contain_text("On hold")
    fay.get_by_role("link", name="Release").first.click()
    fay.locator("form .t-main").first.click()
    expect(fay.locator("body")).to_contain_text("Released")
    totals = {each.number: f"{each.total:.2f}" for each in Invoice.objects.all()}
    # 12 × 1,012.50 less 5 %, with 19 %; 3 × 2.40 with 7 %. Worked out by hand.
    assert totals == {"1001": "13743.28", "1002": "63.99", "1003": "340.00"}
    note = CreditNote.objects.get()
    assert (note.number, f"{note.total:.2f}", note.reason) == ("G-7", "31.99", "beschädigt")

    layout = ImportProfile.objects.get()
    fay.goto(f"/admin/exchange/importprofile/{layout.pk}/change/")
    expect(fay.locator("body")).to_contain_text("Tax rate (its code or name): “N19” means “DE19”")
    look.at("layout")
    assert look.wrong == []

    cleo.goto("/admin/exchange/fileimport/add/")
    cleo.set_input_files("#id_file", a_file(tmp_path, "kasse-april.csv", APRIL))
    cleo.get_by_role("button", name="Check the file").click()
    expect(cleo.locator("body")).to_contain_text("Read as “Kasse Nord”, which its headings fit.")
    assert FileImport.objects.latest("pk").tally["documents"] == {"new": 1}
