"""Live books on each ledger, with an invoice in them, and the fields that are changed there."""

from dataclasses import dataclass
from typing import Any

import pytest

from tests.connectors.freshbooks.live import FreshBooksBooks
from tests.connectors.xero.live import XeroBooks
from tests.freshbooks_twin import FreshBooksTwin
from tests.kept_books import live_on
from tests.sandbox_server import SandboxServer
from tests.sync.rules.there import FRESHBOOKS, XERO, Case
from tests.sync.theirs import an_invoice_in_their_books
from tests.xero_twin import XeroTwin


@dataclass(frozen=True)
class Elsewhere:
    """Books on another ledger than QuickBooks."""

    books: Any
    invoice: Any
    cases: list[Case]


@pytest.fixture(params=["xero", "freshbooks"])
def elsewhere(request: pytest.FixtureRequest, ledger: SandboxServer, db: None) -> Elsewhere:
    if request.param == "xero":
        found, invoice = live_on(XeroBooks, XeroTwin(ledger), an_invoice_in_their_books)
        return Elsewhere(found, invoice, XERO)
    books, sent = live_on(FreshBooksBooks, FreshBooksTwin(ledger), an_invoice_in_their_books)
    return Elsewhere(books, sent, FRESHBOOKS)
