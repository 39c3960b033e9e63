"""How QuickBooks Online lets us in, and where it is reached."""

from apps.connectors.access import Environment, OAuth

ACCESS = OAuth(
    scopes=("com.intuit.quickbooks.accounting",),
    company_parameter="realmId",
    basic_auth=True,
    # Opt-in, so that a token's last day is known before it comes (five years at most).
    token_headers={"x-include-refresh-token-hard-expires-in": "true"},
    revoke_as_json=True,
    access_seconds=3600,
    refresh_expires_field="x_refresh_token_expires_in",
    refresh_hard_expires_field="x_refresh_token_hard_expires_in",
    reuses_refresh_token=True,
)

ENVIRONMENTS = {
    "production": Environment(
        discovery="https://developer.intuit.com/.well-known/openid_configuration",
        api="https://quickbooks.api.intuit.com",
        web="https://app.qbo.intuit.com",
    ),
    "sandbox": Environment(
        discovery="https://developer.intuit.com/.well-known/openid_sandbox_configuration",
        api="https://sandbox-quickbooks.api.intuit.com",
        web="https://app.sandbox.qbo.intuit.com",
    ),
    "simulated": Environment(
        discovery="/quickbooks/.well-known/openid_configuration",
        api="/quickbooks",
        web="/quickbooks/app/{company}/{kind}/{id}",
    ),
}
