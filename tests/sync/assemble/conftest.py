"""Live books of other sorts for what is foretold."""

import pytest

from tests.books import Books
from tests.factories import make_exchange_rate
from tests.kept_books import live_books
from tests.sandbox_server import SandboxServer


@pytest.fixture
def uk(ledger: SandboxServer, db: None) -> Books:
    return live_books(ledger, profile="uk")


@pytest.fixture
def abroad(ledger: SandboxServer, db: None) -> Books:
    books = live_books(ledger, multicurrency=True)
    make_exchange_rate(books.company, "EUR", "0.85")
    return books
