"""A company of ours that is live on the simulated FreshBooks: the real engine, over HTTP."""

import pytest

from tests.books import point_at
from tests.connectors.freshbooks.live import FreshBooksBooks
from tests.contract.live import in_haste
from tests.freshbooks_twin import FreshBooksTwin
from tests.kept_books import live_on
from tests.sandbox_server import SandboxServer


@pytest.fixture
def twin(request: pytest.FixtureRequest, sandbox_server: SandboxServer) -> FreshBooksTwin:
    in_haste(request)
    point_at(sandbox_server, request.getfixturevalue("settings"))
    return FreshBooksTwin(sandbox_server)


@pytest.fixture
def books(twin: FreshBooksTwin, db: None) -> FreshBooksBooks:
    """Connected, tested with one invoice, live."""
    found, _ = live_on(FreshBooksBooks, twin)
    return found
