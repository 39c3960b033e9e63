"""What a comparison calls: the pages of each kind that is read, and the reports."""

from collections.abc import Callable
from datetime import date
from math import ceil
from typing import Any

import pytest

from apps.connectors.freshbooks import client as freshbooks_client
from apps.connectors.freshbooks import reader as freshbooks_reader
from apps.connectors.quickbooks import client as quickbooks_client
from apps.connectors.quickbooks import feed as quickbooks_feed
from apps.connectors.xero import feed as xero_feed
from apps.reconciliation.compare import compare
from tests.books import Books
from tests.connectors.freshbooks.live import FreshBooksBooks
from tests.connectors.xero.live import XeroBooks
from tests.factories import make_customer, make_invoice, make_item, make_payment
from tests.freshbooks_twin import FreshBooksTwin
from tests.kept_books import live_on
from tests.sandbox_server import SandboxServer
from tests.sync.conftest import ledger as ledger  # the fixture
from tests.xero_twin import XeroTwin

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
PAGE = 2
INVOICES, PAID = 5, 3  # beside the one with which the books went live


def of_quickbooks(patch: pytest.MonkeyPatch) -> None:
    """Not of its chart, which is one page of another length."""

    def select(*given: Any, **told: Any) -> str:
        return quickbooks_client.select(*given, **told).replace("MAXRESULTS 1000", "MAXRESULTS 2")

    patch.setattr(quickbooks_feed, "PAGE", PAGE)
    patch.setattr(quickbooks_feed, "select", select)


def of_xero(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(xero_feed, "PAGE", PAGE)


def of_freshbooks(patch: pytest.MonkeyPatch) -> None:
    for module in (freshbooks_client, freshbooks_reader):
        patch.setattr(module, "PAGE", PAGE)


def past_a_full_page(count: int) -> int:
    """Pages of a list that ends with one that is not full."""
    return count // PAGE + 1


def counted(count: int) -> int:
    """Pages of a list that says how many it has."""
    return max(1, ceil(count / PAGE))


@pytest.mark.parametrize(
    ("of", "twin", "small_pages", "pages", "items"),
    [
        (Books, lambda each: each, of_quickbooks, past_a_full_page, "Item"),
        (XeroBooks, XeroTwin, of_xero, past_a_full_page, ""),
        (FreshBooksBooks, FreshBooksTwin, of_freshbooks, counted, "items"),
    ],
    ids=["quickbooks", "xero", "freshbooks"],
)
def test_a_comparison_calls_once_for_each_page_of_a_kind_and_for_its_reports(
    ledger: SandboxServer,
    transactional_db: None,
    monkeypatch: pytest.MonkeyPatch,
    of: type[Books],
    twin: Callable[[SandboxServer], Any],
    small_pages: Callable[[pytest.MonkeyPatch], None],
    pages: Callable[[int], int],
    items: str,  # their kind, where it is read in pages
) -> None:
    books, _ = live_on(of, twin(ledger))
    customer, item = make_customer(books.company), make_item(books.company)
    invoices = [make_invoice(customer=customer, lines=[(item, 1, 100)]) for _ in range(INVOICES)]
    for invoice in invoices[:PAID]:
        make_payment(invoice=invoice, method=books.method)
    books.run()
    at_least = compare(books.connection)  # one page of each kind
    small_pages(monkeypatch)

    found = compare(books.connection)

    assert (found.refusals, found.documents, found.payments) == ([], INVOICES + 1, PAID)
    more = pages(INVOICES + 1) - 1 + pages(PAID) - 1
    more += pages(len(books.theirs(items))) - 1 if items else 0
    assert found.calls == at_least.calls + more
    assert at_least.calls <= 19

    # As of a day the same pages are read, and no report more.
    then = compare(books.connection, as_of=date(2026, 3, 31))
    assert (then.refusals, then.documents, then.payments) == ([], INVOICES + 1, PAID)
    assert then.calls <= found.calls
