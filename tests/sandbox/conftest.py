"""A company of its own for every test, and the independent clients to drive it with."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.sandbox_server import CLIENT_ID, CLIENT_SECRET, REDIRECT, Caller, SandboxServer


@pytest.fixture
def realm(sandbox_server: SandboxServer) -> str:
    return sandbox_server.open_company()


@pytest.fixture
def caller(sandbox_server: SandboxServer, realm: str) -> Caller:
    return sandbox_server.connect(realm)


@pytest.fixture
def app(sandbox_server: SandboxServer) -> Any:
    """Intuit's own OAuth client, pointed here by its discovery address."""
    from intuitlib.client import AuthClient

    return AuthClient(CLIENT_ID, CLIENT_SECRET, REDIRECT, sandbox_server.discovery)


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
    return client_of(sandbox_server, monkeypatch)(connected, realm)


def client_of(server: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> Callable[[Any, str], Any]:
    from quickbooks import QuickBooks

    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")

    class Simulated(QuickBooks):
        api_url_v3 = f"{server.api}/v3"
        sandbox_api_url_v3 = f"{server.api}/v3"

    return lambda app, realm: Simulated(
        auth_client=app, refresh_token=app.refresh_token, company_id=realm
    )
