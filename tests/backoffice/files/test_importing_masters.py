"""Customers and tax rates come in through the same pages as documents."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from apps.billing.models import Customer, TaxRate
from apps.exchange.imports import background
from apps.exchange.models import FileImport
from tests.backoffice.documents.test_acts import page
from tests.backoffice.files.test_importing import ADD, press
from tests.backoffice.world import World
from tests.factories import make_customer

Browse = Callable[[str], Client]


@pytest.fixture(autouse=True)
def private_folder(settings: Any, tmp_path: Any) -> None:
    settings.PRIVATE_FILES_DIR = str(tmp_path)


def bring(client: Client, world: World, *rows: str) -> FileImport:
    file = SimpleUploadedFile("customers.csv", "\n".join([*rows, ""]).encode())
    client.post(reverse(ADD), {"company": world.company.pk, "file": file, "profile": ""})
    return FileImport.objects.latest("pk")


def test_customers_are_shown_with_what_changes_and_written(world: World, browse: Browse) -> None:
    kept = make_customer(world.company, name="Zeta Ltd", code="Z1", city="York")
    clerk = browse("Cleo")
    found = bring(
        clerk, world, "Code,Name,Email,Currency,City", "Z1,Zeta Ltd,,,Leeds", "Z2,Zulu,z@example.com",
        "Z3,Zora,nowhere",
    )  # fmt: skip
    assert (found.profile, found.stage) == ("native-customers", "checked")
    shown = clerk.get(page(found)).content.decode()
    assert "What comes of its first rows" in shown
    assert "city from “York” to “Leeds”" in shown
    assert "Email: Enter a valid email address" in shown
    assert "1 remark: what changes, and what was noticed" in shown
    assert "<th>Customer</th>" in shown
    means = clerk.get(page(found, "write-good-rows")).content.decode()
    assert "2 customers are taken. 1 rows are left out" in means
    press(clerk, found, "write-good-rows")
    background.go_on(found.pk)
    found.refresh_from_db()
    kept.refresh_from_db()
    assert (found.stage, found.batch, kept.city) == ("written", None, "Leeds")
    assert Customer.objects.filter(code="Z2").exists()


def test_who_may_not_change_tax_rates_by_hand_may_not_by_a_file(
    world: World, browse: Browse
) -> None:
    rows = "Code,Name,Percent,Components", "X9,Ninth,9,Nine: 9 % to Somebody"
    clerk, fay = browse("Cleo"), browse("Fay")
    found = bring(clerk, world, *rows)
    assert found.stage == "checked"
    said = press(clerk, found, "write")
    assert "Somebody who may change tax rates here, an Accountant, writes it." in said
    assert found.stage == "checked"
    press(fay, found, "write")
    background.go_on(found.pk)
    assert TaxRate.objects.filter(code="X9").exists()


def test_stopped_while_it_is_written_it_says_that_something_stays(
    world: World, browse: Browse
) -> None:
    clerk = browse("Cleo")
    found = bring(clerk, world, "Code,Name,Email,Currency", "Z2,Zulu")
    press(clerk, found, "write")
    assert found.stage == "writing"
    assert "What was written by then stays" in press(clerk, found, "cancel")
