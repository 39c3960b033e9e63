"""A connected company for the tests of the engine: real HTTP to the simulated ledger."""

from typing import Any

import pytest

from apps.connections.buckets import RowBuckets
from tests.books import Books, point_at
from tests.kept_books import live_books, live_books_after
from tests.sandbox_server import SandboxServer
from tests.sync.theirs import an_invoice_in_their_books


@pytest.fixture
def ledger(
    sandbox_server: SandboxServer, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> SandboxServer:
    """The simulated ledgers, reachable by the product without TLS on the loopback."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    # A lost answer may be asked about at once: the sandbox executes nothing late by itself.
    settings.SYNC_PROVIDER_TIMEOUT = 0.2
    settings.SYNC_CALL_DEADLINE = 5
    settings.SYNC_RETRY_BASE = 0.01
    # Their limits are kept elsewhere (tests/connections); here nobody waits for a bucket.
    monkeypatch.setattr(RowBuckets, "spend", lambda self, costs, *, reserve: None)
    point_at(sandbox_server, settings)
    return sandbox_server


@pytest.fixture
def books(request: pytest.FixtureRequest, ledger: SandboxServer, db: None) -> Books:
    """Connected, mapped, tested with one invoice, live; where a test asks for an `invoice`, with it."""
    if "begun" in request.fixturenames:
        books, _ = request.getfixturevalue("begun")
        return books
    return live_books(ledger)


@pytest.fixture
def begun(ledger: SandboxServer, db: None) -> tuple[Books, Any]:
    """Live books, and an invoice over 100.00 that is in them."""
    return live_books_after(an_invoice_in_their_books, ledger)


@pytest.fixture
def invoice(begun: tuple[Books, Any]) -> Any:
    """An invoice over 100.00 that is in their books."""
    return begun[1]
