"""Live books of each ledger."""

from typing import Any

import pytest

from tests.connectors.freshbooks.live import FreshBooksBooks
from tests.connectors.xero.live import XeroBooks
from tests.freshbooks_twin import FreshBooksTwin
from tests.kept_books import live_on
from tests.sandbox_server import SandboxServer
from tests.xero_twin import XeroTwin


@pytest.fixture
def xero(ledger: SandboxServer, db: None) -> Any:
    books, _ = live_on(XeroBooks, XeroTwin(ledger))
    return books


@pytest.fixture
def freshbooks(ledger: SandboxServer, db: None) -> Any:
    books, _ = live_on(FreshBooksBooks, FreshBooksTwin(ledger))
    return books
