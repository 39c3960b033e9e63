"""Debits and credits foretold on the pages where a person decides, and what a ledger has not."""

import dataclasses
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.billing.models import Invoice
from apps.connections.models import Connection
from apps.connectors.port import LineTax
from apps.connectors.quickbooks.connector import QuickBooks
from apps.connectors.registry import systems
from apps.connectors.snapshots import Kind
from apps.mappings.fingerprint import fingerprint
from apps.mappings.models import Mapping, RemoteCode
from apps.sync.models import Call, SyncRecord
from tests.backoffice.world import World
from tests.books import Books
from tests.factories import make_credit_note, make_tax_rate
from tests.sync.assemble.conftest import uk  # noqa: F401 # a fixture
from tests.sync.assemble.test_foretold import taxed
from tests.sync.conftest import ledger  # noqa: F401 # a fixture

Browse = Callable[[str], Client]
NO_ACCOUNTS, NO_NOTES = "They keep no chart of accounts.", "They keep no credit notes."
NO_CODES = "They keep no tax codes: a line says all itself."


def having(monkeypatch: pytest.MonkeyPatch, **said: Any) -> None:
    """Their books as ours see them, with less than they have."""
    less = dataclasses.replace(QuickBooks.capabilities, **said)
    monkeypatch.setattr(QuickBooks, "capabilities", less)
    known = systems()["quickbooks"]
    monkeypatch.setitem(systems(), "quickbooks", dataclasses.replace(known, capabilities=less))


def words(page: Any) -> str:
    """What a person reads of a page."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.content.decode()))


def rows(page: Any) -> list[list[str]]:
    """The first table of debits and credits: account, debit, credit."""
    table = page.content.decode().partition("t-effect")[2].partition("<tbody>")[2]
    found = re.findall(r"<tr.*?</tr>", table.partition("</tbody>")[0], re.DOTALL)
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", each, re.DOTALL) for each in found]
    return [[re.sub(r"<[^>]+>", "", cell).strip() for cell in row] for row in cells]


def page(record: Any, name: str = "change") -> str:
    meta = record._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{name}", args=[record.pk])


@pytest.fixture
def receivable(world: World) -> RemoteCode:
    return RemoteCode.objects.create(
        connection=world.connection, kind="account", remote_id="84", name="Accounts Receivable",
        roles=["receivable"], read_at=timezone.now(),
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["invoice", "credit note"])
def test_the_issue_page_shows_what_will_be_booked(
    kind: str, world: World, receivable: RemoteCode, browse: Browse
) -> None:
    """4 lanterns at 12.50 and 120 letters at 0.35 are 92.00; a credit note turns it round."""
    draft: Any = world.draft
    if kind == "credit note":
        draft = make_credit_note(invoice=world.open_invoice, issued=False)
    calls = Call.objects.count()
    answer = browse("Fay").get(page(draft, "issue"))
    assert "What QuickBooks will book" in words(answer)
    accounts = ["Accounts Receivable", "4000 Sales of Product Income"]
    debited, credited = accounts if kind == "invoice" else reversed(accounts)
    assert rows(answer) == [
        [debited, "92.00", ""],
        [credited, "", "92.00"],
        ["Total", "92.00", "92.00"],
    ]
    assert Call.objects.count() == calls


def test_what_is_not_mapped_is_named_with_the_way_to_it(
    world: World, receivable: RemoteCode, browse: Browse
) -> None:
    Mapping.objects.filter(connection=world.connection, subject="income").delete()
    answer = browse("Fay").get(page(world.draft, "issue"))
    assert "No QuickBooks account is chosen for the sales of item LAN-1." in words(answer)
    assert page(world.connection, "map") in answer.content.decode()
    told = words(browse("Cleo").get(page(world.open_invoice, "what-it-books")))
    assert "No QuickBooks account is chosen" in told
    assert "Choose it" not in told  # a clerk changes no mapping


def test_books_without_accounts_say_so_on_every_page(
    world: World, browse: Browse, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.SIMULATED_LEDGERS_URL = "http://127.0.0.1:1"  # so that one can be connected
    having(monkeypatch, accounts=False, cannot={"accounts": NO_ACCOUNTS})
    fay = browse("Fay")
    seen = words(fay.get(page(world.draft, "issue")))
    assert f"{NO_ACCOUNTS} An invoice of 92.00 GBP for Bell &amp; Daughters is made in" in seen
    assert NO_ACCOUNTS in words(fay.get(reverse("admin:connections_connection_connect")))
    mapping = words(fay.get(page(world.connection, "map")))
    assert NO_ACCOUNTS in mapping
    for section in ("Sales account by default", "Where bank deposits arrive", "Deductions, fees"):
        assert section not in mapping


@pytest.mark.parametrize("line_tax", [LineTax.PERCENT, LineTax.AMOUNT])
def test_books_without_tax_codes_ask_for_none_and_say_what_tells_the_tax(
    line_tax: LineTax,
    world: World,
    browse: Browse,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
) -> None:
    settings.SIMULATED_LEDGERS_URL = "http://127.0.0.1:1"  # so that one can be connected
    rate = make_tax_rate(world.company)
    Connection.objects.filter(pk=world.connection.pk).update(
        tax_regime="gb", tax_code_on_every_line=True
    )
    fay = browse("Fay")
    before = words(fay.get(page(world.connection, "map")))
    assert str(rate) in before
    assert "Lines without tax" in before
    having(monkeypatch, line_tax=line_tax, cannot={"line_tax": NO_CODES})
    after = words(fay.get(page(world.connection, "map")))
    assert "Without tax codes" in after
    assert NO_CODES in after
    assert str(rate) not in after
    assert "Lines without tax" not in after
    assert "tax code" not in after.replace("Without tax codes", "").replace(NO_CODES, "")
    assert NO_CODES in words(fay.get(page(world.connection)))
    assert NO_CODES in words(fay.get(reverse("admin:connections_connection_connect")))


def test_a_kind_that_they_lack_is_said_where_a_person_meets_it(
    world: World, browse: Browse, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.SIMULATED_LEDGERS_URL = "http://127.0.0.1:1"  # so that one can be connected
    kinds = frozenset(set(Kind) - {Kind.CREDIT_NOTE})
    having(monkeypatch, kinds=kinds, cannot={Kind.CREDIT_NOTE: NO_NOTES})
    SyncRecord.objects.filter(credit_note=world.note).delete()
    draft = make_credit_note(invoice=world.open_invoice, issued=False)
    fay = browse("Fay")
    for address in (
        page(draft, "issue"),
        page(world.note),
        page(world.note, "what-it-books"),
        page(world.connection, "map"),
        reverse("admin:connections_connection_connect"),
    ):
        assert NO_NOTES in words(fay.get(address)), address


def test_going_live_lists_what_will_be_sent_each_with_what_it_books(
    world: World, browse: Browse
) -> None:
    held = world.connection
    held.trial_matched_at = timezone.now()
    held.save()
    used = fingerprint(held)
    Connection.objects.filter(pk=held.pk).update(trial_fingerprint=used, settings_fingerprint=used)
    answer = browse("Fay").get(page(held, "go-live"))
    assert answer.status_code == 200
    seen = words(answer)
    issued = Invoice.objects.filter(status="issued").count()
    assert f"Invoices: {issued}" in seen
    assert page(world.open_invoice, "what-it-books") in answer.content.decode()
    assert page(world.draft, "what-it-books") not in answer.content.decode()


@pytest.mark.slow
@pytest.mark.slow
def test_the_test_invoice_is_shown_before_it_is_sent_and_beside_what_came_back(
    people: Any,
    uk: Books,  # noqa: F811 # the fixture of that name
    browse: Browse,
) -> None:
    draft = taxed(uk, issued=False)
    fay, address = browse("Fay"), page(uk.connection, "test-invoice")
    seen = words(fay.post(address, {"invoice": draft.pk, "show": "yes"}))
    table = (
        "Accounts Receivable (A/R) 228.00 Sales of Product Income 85.50 Services 104.50 Tax 20.0% S"
    )
    assert "What QuickBooks will book" in seen
    assert table in seen
    draft.refresh_from_db()
    assert draft.is_draft
    assert len(uk.theirs("Invoice")) == 1  # the one of going live

    seen = words(fay.post(address, {"invoice": draft.pk, "shown": draft.pk}))
    assert "It matched" in seen
    assert seen.count(table) == 2
    assert "What QuickBooks booked, as it was read back" in seen
    assert "What Tieout said before" in seen
    assert "will book" not in seen
    assert Decimal(str(uk.theirs("Invoice")[-1]["TotalAmt"])) == Decimal(228)
