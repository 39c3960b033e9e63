"""What a comparison found, taken along from its page as CSV and Excel."""

import csv
import io
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from html import escape, unescape
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.connections.models import Connection
from apps.connectors.totals import ControlTotal
from apps.reconciliation.figures import (
    AccountLine,
    Both,
    Comparison,
    CustomerLine,
    Explanation,
    TotalLine,
)
from apps.reconciliation.findings import Finding
from apps.reconciliation.keeping import to_json
from apps.reconciliation.lasting import keep_differences
from apps.reconciliation.models import Difference, KeptComparison, Question, Why
from apps.staff.models import SecurityEvent, User
from apps.sync.models import RemoteRecord, packed
from tests.backoffice.world import World

Browse = Callable[[str], Client]


def address(kept: KeptComparison, table: str, form: str) -> str:
    return reverse("admin:reconciliation_keptcomparison_file", args=[kept.pk, table, form])


def read(client: Client, kept: KeptComparison, table: str) -> list[dict[str, str]]:
    answer: Any = client.get(address(kept, table, "csv"))
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def line(
    world: World, currency: str, ours: str, theirs: str, *, at_home: tuple[str, str]
) -> CustomerLine:
    customer = world.open_invoice.customer
    home = Both(ours=Decimal(at_home[0]), theirs=Decimal(at_home[1]))
    return CustomerLine(
        customer_id=customer.pk, remote_ids=("71", "72"), name=customer.name, currency=currency,
        ours=Decimal(ours), theirs=Decimal(theirs), home=home,
    )  # fmt: skip


@pytest.fixture
def compared(world: World) -> KeptComparison:
    """By hand: an invoice 5.00 more there, a payment only here, one more only there; 119.00 and
    -99.00 are theirs where 120.00 and -100.00 are ours."""
    invoice = ("invoice", world.open_invoice.pk)
    moved = Finding(
        "=Invoice: total is 1,200.00 GBP here and 1,205.00 GBP there.", Why.AMOUNT,
        ours=(invoice,), theirs=(("Invoice", "1042"),), figure="total",
        here="1,200.00 GBP", there="1,205.00 GBP", amount=Decimal("5.00"), currency="GBP",
    )  # fmt: skip
    lacking = Finding(
        "Payment is not there as it is here.", Why.ONLY_HERE, ours=(("payment", world.payment.pk),)
    )
    found = Comparison(
        system="QuickBooks", books="Thornfield", currency="GBP", at=timezone.now(),
        differences=[moved], only_here=[lacking], only_there=["Credit note 9, 20.00 GBP."],
        questions=[world.question],
        sums={"invoices: total": Both(ours=Decimal("120.00"), theirs=Decimal("119.00"))},
        accounts=[
            AccountLine(account_id="84", name="Sales", role="income", ours=Decimal("-100.00"),
                        explained=Decimal("0.40"), theirs=Decimal("-99.00"))
        ],
        totals=[
            TotalLine(
                total=ControlTotal.RECEIVABLE, currency="EUR", on=date(2026, 11, 27),
                ours=Decimal("120.00"), theirs=Decimal("118.50"),
                explanations=(Explanation(why=Why.AMOUNT, amount=Decimal("-1.00"), sentence="7"),),
            )
        ],
    )  # fmt: skip
    found.customers = [
        line(world, "EUR", "200.00", "210.00", at_home=("170.00", "178.50")),
        CustomerLine(
            customer_id=None, remote_ids=("8",), name="Ames (only in QuickBooks)", currency="GBP",
            ours=Decimal(0), theirs=Decimal("-20.00"), explained=Decimal("-20.00"),
            home=Both(ours=Decimal(0), theirs=Decimal("-20.00")),
        ),
    ]  # fmt: skip
    keep_differences(world.connection, found.findings, found.at)
    kept = world.comparison
    kept.found, kept.ended_at = to_json(found), timezone.now()
    kept.save()
    return kept


def test_each_difference_is_a_row_with_both_sides_what_to_do_and_what_became_of_it(
    world: World, compared: KeptComparison, browse: Browse
) -> None:
    vera = browse("Vera")
    page = vera.get(f"/admin/reconciliation/keptcomparison/{compared.pk}/change/").content.decode()
    assert address(compared, "differences", "csv") in page

    first, second, asked, listed = read(vera, compared, "differences")

    assert (first["List"], first["Why"], first["Kind"]) == ("Differences", "Amount", "Invoice")
    assert first["Record here"] == str(world.open_invoice)
    assert (first["Here"], first["There"], first["Theirs less ours"], first["Currency"]) == (
        "1200.00", "1205.00", "5.00", "GBP",
    )  # fmt: skip
    # No spreadsheet runs what somebody typed over there.
    assert first["In words"] == "'=Invoice: total is 1,200.00 GBP here and 1,205.00 GBP there."
    assert "nothing goes over and nothing is read until it is live" in first["What to do"]
    assert first["State"] == "Differs since 28 Nov 2026"
    assert (second["List"], second["Why"], second["Kind"]) == ("Only here", "Only here", "Payment")
    assert asked["List"] == "Questions to be answered"
    assert (asked["In words"], asked["State"]) == (world.question.sentence, "To be answered")
    assert (listed["List"], listed["In words"]) == ("Only there", "Credit note 9, 20.00 GBP.")


def test_what_was_settled_since_is_told_so_and_what_stands_says_what_to_do(
    world: World, compared: KeptComparison, people: dict[str, User], browse: Browse
) -> None:
    Difference.objects.filter(why=Why.AMOUNT).update(ended_at=timezone.now())
    Question.objects.update(
        answer="right",
        reason="Two sales",
        answered_at=timezone.now(),
        answered_by=people["Fay"],
    )
    matched = {"trial_fingerprint": "tried", "settings_fingerprint": "tried"}
    Connection.objects.update(stage="live", trial_matched_at=timezone.now(), **matched)

    first, second, asked, _ = read(browse("Vera"), compared, "differences")

    assert (first["State"], first["What to do"]) == ("Differs no more since 28 Nov 2026", "")
    assert "Decide under “Maybe the same”" in second["What to do"]
    assert asked["State"] == "It is right as it stands: Two sales (Fay, 28 Nov 2026)"


def test_its_figures_are_numbers_in_a_workbook_too(
    compared: KeptComparison, browse: Browse
) -> None:
    vera = browse("Vera")
    rows = [list(row.values()) for row in read(vera, compared, "figures")]
    assert rows == [
        ["Documents and money", "Invoices: total", "GBP", "120.00", "", "119.00", "-1.00", "-1.00"],
        ["Accounts", "Sales", "GBP", "-100.00", "0.40", "-99.00", "1.00", "0.60"],
        ["Receivable in EUR", "At the end of 27 November 2026", "EUR", "120.00", "-1.00", "118.50",
         "-1.50", "-0.50"],
        ["Receivable in EUR: explained", "7", "EUR", "", "-1.00", "", "", ""],
    ]  # fmt: skip

    answer: Any = vera.get(address(compared, "figures", "xlsx"))
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    assert [cell.value for cell in book.active[2]][3:7] == [120, None, 119, -1]
    event = SecurityEvent.objects.first()
    assert event is not None
    assert event.details["file"].endswith("2026-11-27-figures.xlsx")


def test_each_customer_stands_with_both_balances_and_the_way_to_its_documents(
    world: World, compared: KeptComparison, browse: Browse
) -> None:
    vera = browse("Vera")
    page = vera.get(f"/admin/reconciliation/keptcomparison/{compared.pk}/change/").content.decode()
    told = page[page.index('id="customers"') :]

    assert "2 of them differ and stand first." in told
    # −11.50 altogether, in home currency: 8.50 and −20.00.
    assert "All, in GBP" in told
    assert "-11.50" in told
    name = world.open_invoice.customer.name
    here = re.search(f'href="([^"]*)" aria-label="Documents here of {escape(name)}"', told)
    there = re.search(f'href="([^"]*)" aria-label="Documents over there of {escape(name)}"', told)
    assert here is not None
    assert there is not None
    account = vera.get(unescape(here[1]))
    assert escape(name) in account.content.decode()
    RemoteRecord.objects.create(
        connection=world.connection, kind="Invoice", remote_id="901", number="THEIRS-9",
        of_kind="invoice", customer_id_there="72", packed_raw=packed({}), read_at=timezone.now(),
        arrival=RemoteRecord.Arrival.ONLY_THEIRS,
    )  # fmt: skip
    listed = vera.get(unescape(there[1])).content.decode()
    assert "THEIRS-9" in listed
    assert str(world.remote) not in listed

    rows = [list(row.values()) for row in read(vera, compared, "customers")]
    assert rows == [
        [name, "EUR", "200.00", "210.00", "10.00", "0.00", "10.00", "170.00", "178.50", "8.50"],
        ["Ames (only in QuickBooks)", "GBP", "0.00", "-20.00", "-20.00", "-20.00", "0.00", "0.00",
         "-20.00", "-20.00"],
    ]  # fmt: skip


def test_it_is_for_whoever_may_see_it_and_of_what_was_compared(
    compared: KeptComparison, browse: Browse
) -> None:
    assert browse("Otto").get(address(compared, "figures", "csv")).status_code == 403
    assert browse("Vera").get(address(compared, "figures", "exe")).status_code == 404
    assert browse("Vera").get(address(compared, "passwords", "csv")).status_code == 404
    KeptComparison.objects.update(state="stopped", agrees=None)
    assert browse("Vera").get(address(compared, "figures", "csv")).status_code == 404
