"""A company of its own for every test, and the independent clients to drive it with."""

from typing import Any

import pytest

from tests.independent import app_of, client_of
from tests.sandbox_server import Caller, SandboxServer


@pytest.fixture
def realm(sandbox_server: SandboxServer) -> str:
    return sandbox_server.open_company()


@pytest.fixture
def caller(sandbox_server: SandboxServer, realm: str) -> Caller:
    return sandbox_server.connect(realm)


@pytest.fixture
def app(sandbox_server: SandboxServer) -> Any:
    """Intuit's own OAuth client, pointed here by its discovery address."""
    return app_of(sandbox_server)


@pytest.fixture
def connected(sandbox_server: SandboxServer, realm: str, app: Any) -> Any:
    back = sandbox_server.consent(realm)
    app.get_bearer_token(back["code"], realm_id=back["realmId"])
    return app


@pytest.fixture
def books(
    sandbox_server: SandboxServer, connected: Any, realm: str, monkeypatch: pytest.MonkeyPatch
) -> Any:
    """python-quickbooks on this test's company."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    return client_of(sandbox_server, connected, realm)
