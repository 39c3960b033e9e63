"""Payments are brought, asked of, answered, released and taken back, as people do it."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from apps.billing.models import Customer, Payment
from apps.exchange.imports import background
from apps.exchange.imports.money.holding import waiting
from apps.exchange.models import FileImport
from apps.staff.models import User
from tests.backoffice.documents.test_acts import page
from tests.backoffice.files.test_importing import ADD, press
from tests.backoffice.world import World
from tests.factories import make_customer, make_invoice, make_payment

Browse = Callable[[str], Client]
HEADING = "Date,Customer,Invoice,Amount,Reference"


@pytest.fixture(autouse=True)
def private_folder(settings: Any, tmp_path: Any) -> None:
    settings.PRIVATE_FILES_DIR = str(tmp_path)


@pytest.fixture
def carr(world: World) -> Customer:
    return make_customer(world.company, name="Carr")


def bring(client: Client, world: World, *rows: str) -> FileImport:
    file = SimpleUploadedFile("payments.csv", "\n".join([HEADING, *rows, ""]).encode())
    given = {"company": world.company.pk, "file": file, "profile": "payments"}
    client.post(reverse(ADD), given)
    return FileImport.objects.latest("pk")


def write(client: Client, brought: FileImport) -> str:
    told = press(client, brought, "write")
    background.go_on(brought.pk)
    brought.refresh_from_db()
    return told


def shown(client: Client, brought: FileImport) -> str:
    return client.get(page(brought)).content.decode()


def test_what_is_asked_is_answered_and_only_then_written(
    world: World, browse: Browse, people: dict[str, User], carr: Customer
) -> None:
    make_payment(customer=carr, amount="50.00", date=date(2026, 3, 16))
    clerk = browse("Cleo")
    rows = [f"2026-03-16,Carr,,{amount}.00," for amount in (50, 60, 60, 60)]
    brought = bring(clerk, world, *rows)
    told = shown(clerk, brought)
    assert "3 rows only you can decide" in told
    assert "50.00 GBP of Carr on 16 March 2026 stands here already" in told
    assert "Payments as the file has them." in told
    assert "Write all of it" not in told
    press(clerk, brought, "write")
    assert brought.stage == "checked", "it is refused while something is open"

    form = clerk.get(page(brought, "answer")).content.decode()
    assert "Row 2: 50.00, Carr" in form
    asked = list(brought.refused_rows.filter(asked=True))
    told = press(
        clerk,
        brought,
        "answer",
        **{f"row_{asked[0].pk}": "leave", f"row_{asked[1].pk}": "take"},
    )
    assert "1 taken, 1 left out. 1 are still to be answered." in told
    assert "1 row only you can decide" in told
    assert "1 taken, 0 left out. Now write it." in press(clerk, brought, "take-all")
    told = shown(clerk, brought)
    assert "Each was answered." in told
    assert "Cleo" in told

    assert "Nothing of it is in the books before it is released" in write(clerk, brought)
    told = shown(clerk, brought)
    assert "3 payments wait here, and are in no books." in told
    assert Payment.objects.filter(customer=carr).count() == 1
    assert "3 payments of" in browse("Fay").get(page(brought, "release-money")).content.decode()
    assert "3 released: all of it is in the books here." in press(
        browse("Fay"), brought, "release-money"
    )
    assert Payment.objects.filter(customer=carr).count() == 4


@pytest.mark.slow
def test_leaving_out_all_leaves_nothing_to_write(
    world: World, browse: Browse, carr: Customer
) -> None:
    make_payment(customer=carr, amount="50.00", date=date(2026, 3, 16))
    clerk = browse("Cleo")
    brought = bring(clerk, world, "2026-03-16,Carr,,50.00,")
    press(clerk, brought, "leave-all")
    told = press(clerk, brought, "write")
    assert "nothing was written" in told
    assert (brought.stage, brought.batch) == ("written", None)


@pytest.mark.slow
def test_what_billing_refuses_stays_and_says_why_until_it_is_left_out(
    world: World, browse: Browse, carr: Customer
) -> None:
    owed = make_invoice(customer=carr, lines=[("Lantern", 1, 80)])
    brought = bring(
        browse("Cleo"),
        world,
        f"2026-03-16,Carr,{owed.number},80.00,R-1",
        "2026-03-17,Carr,,5.00,R-2",
    )
    write(browse("Cleo"), brought)
    make_payment(invoice=owed, date=date(2026, 3, 20))
    fay = browse("Fay")
    assert "release-money" not in shown(browse("Cleo"), brought), "a Clerk receives no payments"
    assert "release-money" in shown(fay, brought)
    told = press(fay, brought, "release-money")
    assert "1 released. 1 payment stays on hold: this page says why." in told
    assert "The release was begun; what billing refused says why below." in told
    assert "Released in part" in told
    assert "take-back" not in told
    assert fay.get(page(brought, "take-back")).status_code != 200
    told = press(fay, brought, "leave-refused-out")
    assert "1 left out. Receive by hand what did arrive." in told
    assert "Released" in told
    assert brought.batch is not None
    assert waiting(brought.batch).count() == 0


@pytest.mark.slow
def test_taken_back_nothing_waits(world: World, browse: Browse, carr: Customer) -> None:
    clerk = browse("Cleo")
    brought = bring(clerk, world, "2026-03-17,Carr,,5.00,R-2")
    write(clerk, brought)
    assert "1 taken back. The file may be brought again." in press(clerk, brought, "take-back")
    assert "Taken back" in shown(clerk, brought)


@pytest.mark.slow
def test_much_is_released_in_the_background(
    world: World, browse: Browse, carr: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    brought = bring(
        browse("Cleo"),
        world,
        *(f"2026-03-17,Carr,,{amount}.00,R-{amount}" for amount in range(1, 5)),
    )
    write(browse("Cleo"), brought)
    queued: list[tuple[Any, ...]] = []
    monkeypatch.setattr(background, "async_task", lambda *task: queued.append(task))
    monkeypatch.setattr(background, "MONEY_AT_ONCE", 3)
    assert "It is being released" in press(browse("Fay"), brought, "release-money")
    [(_, *given)] = queued
    monkeypatch.setattr(background.settings, "SYNC_TASK_BUDGET", 0)
    assert background.release_on(*given) == "1 released"
    assert len(queued) == 2
    monkeypatch.setattr(background.settings, "SYNC_TASK_BUDGET", 60)
    assert background.release_on(*given) == "3 released"
    assert len(queued) == 2
    brought.refresh_from_db()
    assert brought.batch is not None
    assert brought.batch.released_at is not None
    assert Payment.objects.filter(customer=carr).count() == 4
