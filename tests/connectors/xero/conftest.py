"""A company of ours that is live on the simulated Xero: the real engine, over the product's line."""

import pytest

from tests.books import point_at
from tests.connectors.xero.live import XeroBooks
from tests.contract.live import in_haste
from tests.kept_books import live_on
from tests.sandbox_server import SandboxServer
from tests.xero_twin import XeroTwin


@pytest.fixture
def twin(request: pytest.FixtureRequest, sandbox_server: SandboxServer) -> XeroTwin:
    in_haste(request)
    point_at(sandbox_server, request.getfixturevalue("settings"))
    return XeroTwin(sandbox_server)


@pytest.fixture
def books(twin: XeroTwin, db: None) -> XeroBooks:
    """Connected, mapped, tested with one invoice, live."""
    found, _ = live_on(XeroBooks, twin)
    return found
