"""The independent clients: Intuit's OAuth client and python-quickbooks, pointed at the sandbox."""

from typing import Any

from tests.sandbox_server import CLIENT_ID, CLIENT_SECRET, REDIRECT, SandboxServer


def app_of(server: SandboxServer) -> Any:
    """Intuit's own OAuth client, pointed here by its discovery address."""
    from intuitlib.client import AuthClient

    return AuthClient(CLIENT_ID, CLIENT_SECRET, REDIRECT, server.discovery)


def connected_app(server: SandboxServer, realm: str) -> Any:
    """The OAuth client after a person's consent for one company."""
    app = app_of(server)
    back = server.consent(realm)
    app.get_bearer_token(back["code"], realm_id=back["realmId"])
    return app


def client_of(server: SandboxServer, app: Any, realm: str) -> Any:
    """python-quickbooks on one company. Needs OAUTHLIB_INSECURE_TRANSPORT in the environment."""
    from quickbooks import QuickBooks

    class Simulated(QuickBooks):
        api_url_v3 = f"{server.api}/v3"
        sandbox_api_url_v3 = f"{server.api}/v3"

    return Simulated(auth_client=app, refresh_token=app.refresh_token, company_id=realm)
