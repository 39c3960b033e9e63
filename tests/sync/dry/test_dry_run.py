"""A dry run says what a run would send, and leaves nothing: no row here, no writing call there.

By hand: 2 lanterns at 40.00 are 80.00; 20 % of 190.00 are 38.00 (see `test_foretold.taxed`).
"""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from apps.billing.models import Customer
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.mappings.models import Mapping
from apps.sync.dry.looked import Would
from apps.sync.dry.running import DryRun, dry_run, dry_run_of_a_run
from apps.sync.models import Call, State, SyncRecord
from tests.books import Books
from tests.connectors.freshbooks.live import FreshBooksBooks
from tests.connectors.xero.live import XeroBooks
from tests.factories import make_customer, make_invoice, make_item, make_payment
from tests.freshbooks_twin import FreshBooksTwin
from tests.kept_books import live_books, live_on
from tests.kept_rows import rows_of
from tests.sandbox_server import SandboxServer
from tests.sync.assemble.conftest import uk  # noqa: F401 # a fixture
from tests.sync.assemble.test_foretold import RECEIVABLE, taxed
from tests.xero_twin import XeroTwin

pytestmark = pytest.mark.django_db
READS_LEAVE = "connections_bucket"  # calls that do leave are counted


def of_quickbooks(server: SandboxServer) -> Books:
    return live_books(server)


def of_xero(server: SandboxServer) -> Books:
    return live_on(XeroBooks, XeroTwin(server))[0]


def of_freshbooks(server: SandboxServer) -> Books:
    return live_on(FreshBooksBooks, FreshBooksTwin(server))[0]


@pytest.fixture(
    params=[
        of_quickbooks,
        pytest.param(of_xero, marks=pytest.mark.slow),
        pytest.param(of_freshbooks, marks=pytest.mark.slow),
    ],
    ids=lambda made: made.__name__,
)
def each(request: pytest.FixtureRequest, ledger: SandboxServer) -> Books:
    made: Callable[[SandboxServer], Books] = request.param
    return made(ledger)


def without_a_trace(books: Books, do: Callable[[], DryRun]) -> DryRun:
    """What it says, having left no row here and made nothing there."""
    before, there = rows_of(), standing(books)
    found = do()
    after = rows_of()
    for table in before:
        if table != READS_LEAVE or not found.reads:
            assert sorted(map(repr, after[table])) == sorted(map(repr, before[table])), table
    assert standing(books) == there
    return found


def standing(books: Books) -> str:
    """Everything that writing would move over there."""
    kinds = ("Customer", "Item", "Invoice", "Payment")
    if books.system == "xero":
        kinds = ("Contacts", "Items", "Invoices", "Payments")
    if books.system == "freshbooks":
        kinds = ("clients", "items", "invoices", "payments")
    return json.dumps([books.theirs(kind) for kind in kinds], sort_keys=True, default=str)


def test_a_document_is_told_with_what_goes_with_it_and_leaves_nothing(each: Books) -> None:
    customer = make_customer(each.company, name="Harbour Lights Ltd")
    item = make_item(each.company, code="LAN-2", name="Lantern")
    invoice = make_invoice(customer=customer, lines=[(item, 2, "40.00")])
    found = without_a_trace(each, lambda: dry_run(each.connection, [invoice]))
    sent = {(one.kind, one.record.pk) for one in found.looked if one.would == Would.CREATE}
    assert (Kind.INVOICE, invoice.pk) in sent
    assert (Kind.CUSTOMER, customer.pk) in sent
    assert found.why_none == ""
    raw = b"\n".join(request.body for request in found.requests).decode()
    assert "Harbour Lights Ltd" in raw
    assert invoice.number in raw
    assert all(request.writes for request in found.requests)
    if each.connection.capabilities.accounts:
        told = found.told[0]
        assert (told.total.debit, told.total.credit) == (Decimal(80), Decimal(80))


def test_a_whole_run_names_what_would_be_held_and_left_out(each: Books) -> None:
    books = each
    fits = make_invoice(company=books.company)
    paid = make_payment(invoice=fits, amount="10.00", method=books.method)
    before = make_invoice(company=books.company, issue_date="2025-12-30")
    found = without_a_trace(books, lambda: dry_run_of_a_run(books.connection))
    fate = {(one.kind, one.record.pk): one.would for one in found.looked}
    assert fate[(Kind.INVOICE, fits.pk)] == Would.CREATE
    assert fate[(Kind.PAYMENT, paid.pk)] == Would.CREATE
    assert (Kind.INVOICE, before.pk) not in fate  # a run does not look at it
    alone = dry_run(books.connection, [before])
    assert [one.would for one in alone.looked if one.record == before] == [Would.LEFT_OUT]
    assert "dated before the cut-off" in alone.of(Would.LEFT_OUT)[0].sentence

    books.run()
    assert books.record(fits).state == State.IN_THE_BOOKS  # as was foretold
    assert not [one for one in dry_run_of_a_run(books.connection).looked if one.is_sent]


def test_what_lacks_a_mapping_is_held_with_its_name_and_its_payment_waits(books: Books) -> None:
    invoice = make_invoice(company=books.company)
    payment = make_payment(invoice=invoice, amount="10.00", method=books.method)
    Mapping.objects.filter(connection=books.connection, subject="income").delete()
    found = without_a_trace(books, lambda: dry_run(books.connection, [invoice, payment]))
    held = {one.kind: one for one in found.of(Would.HELD)}
    assert "o QuickBooks account is chosen for the sales" in held[Kind.INVOICE].sentence
    assert held[Kind.INVOICE].mapping == "income"
    assert found.told == ()
    assert all(request.members for request in found.requests)


def test_a_change_is_told_by_its_fields(books: Books, invoice: Any) -> None:
    customer = Customer.objects.get(pk=invoice.customer_id)
    customer.phone = "020 7946 0000"
    customer.save()
    found = without_a_trace(books, lambda: dry_run(books.connection, [customer]))
    (one,) = found.looked
    assert one.would == Would.CHANGE
    assert one.sentence == "Phone number from empty to “020 7946 0000”."
    same = dry_run(books.connection, [invoice])
    assert [each.would for each in same.looked if each.kind == Kind.INVOICE] == [Would.STANDS]
    assert same.headline == "Nothing would be sent" or "customer" in same.headline


def test_what_it_books_is_what_they_then_book(uk: Books) -> None:  # noqa: F811 # the fixture
    invoice = taxed(uk)
    before = uk.trial_balance()
    found = without_a_trace(uk, lambda: dry_run(uk.connection, [invoice]))
    told = {row.account: row.debit - row.credit for row in found.told[0].rows}
    uk.run()
    after = uk.trial_balance()
    moved = {name: after[name] - before.get(name, Decimal(0)) for name in after}
    assert moved[RECEIVABLE] == told[RECEIVABLE] == Decimal(228)
    assert sorted(filter(None, moved.values())) == sorted(told.values())


def test_a_run_of_many_asks_a_bounded_number_of_questions(books: Books) -> None:
    def asked() -> int:
        with CaptureQueriesContext(database) as seen:
            dry_run_of_a_run(books.connection)
        return len(seen)

    customer = make_customer(books.company)
    item = make_item(books.company)
    for _ in range(2):
        make_invoice(customer=customer, lines=[(item, 1, "10.00")])
    few = asked()
    for _ in range(8):
        make_invoice(customer=customer, lines=[(item, 1, "10.00")])
    assert asked() <= few + 2


def test_without_access_it_still_says_what_would_go(books: Books) -> None:
    """Of raw requests that need a reading first it says why there are none."""
    Connection.objects.filter(pk=books.connection.pk).update(stage="paused")
    books.connection.refresh_from_db()
    invoice = make_invoice(company=books.company)
    calls = Call.objects.count()
    found = dry_run(books.connection, [invoice])
    assert found.headline.endswith("would be sent")
    assert Call.objects.count() == calls
    assert not SyncRecord.objects.filter(invoice=invoice).exists()
