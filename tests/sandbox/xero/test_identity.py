"""Consent, tokens and connections as Xero runs them."""

import base64
import json
from typing import Any

import pytest

from tests.sandbox_server import CLIENT_ID, CLIENT_SECRET
from tests.xero_twin import SCOPES, VERIFIER, XeroCaller, XeroTwin, bearer, challenge


@pytest.fixture
def still_clock(twin: XeroTwin) -> Any:
    """Time that a test moves is put right again."""

    def move(seconds: float) -> None:
        twin.control("POST", "clock", {"offset_seconds": seconds})

    yield move
    move(0)


def claims(token: str) -> dict[str, Any]:
    body = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return found


def test_a_person_chooses_organisations_and_the_app_gets_them(twin: XeroTwin) -> None:
    first = twin.open("First", person="olga")
    second = twin.open("Second", person="olga")
    page = twin.http.get(
        f"{twin.url}/identity/connect/authorize",
        params={
            "client_id": CLIENT_ID,
            "response_type": "code",
            "scope": SCOPES,
            "redirect_uri": "http://localhost:8000/back",
            "state": "s",
        },
    )
    assert "First" in page.text
    assert 'type="checkbox"' in page.text
    back = twin.consent(first, second)
    assert back["state"] == "a-state"
    tokens = twin.exchange(back["code"]).json()
    assert (tokens["expires_in"], tokens["token_type"]) == (1800, "Bearer")
    told = claims(tokens["access_token"])
    event = told["authentication_event_id"]
    found = twin.connections(tokens, "Connections", authEventId=event)
    assert [one["tenantId"] for one in found] == [first, second]
    assert {one["tenantType"] for one in found} == {"ORGANISATION"}
    assert len(found[0]["createdDateUtc"]) == len("2019-12-07T18:46:19.5165400")
    assert twin.connections(tokens) == found


def test_a_code_is_used_once_and_lives_five_minutes(
    twin: XeroTwin, tenant: str, still_clock: Any
) -> None:
    code = twin.consent(tenant)["code"]
    assert twin.exchange(code).status_code == 200
    again = twin.exchange(code)
    assert (again.status_code, again.json()) == (400, {"error": "invalid_grant"})
    late = twin.consent(tenant)["code"]
    still_clock(301)
    assert twin.exchange(late).json() == {"error": "invalid_grant"}


@pytest.mark.parametrize("verifier", ["", "short", "w" * 43])
def test_a_challenge_wants_its_verifier(twin: XeroTwin, tenant: str, verifier: str) -> None:
    told = {"code_challenge": challenge(), "code_challenge_method": "S256"}
    code = twin.consent(tenant, **told)["code"]
    assert twin.exchange(code, code_verifier=verifier).status_code == 400
    code = twin.consent(tenant, **told)["code"]
    assert twin.exchange(code, code_verifier=VERIFIER).status_code == 200


def test_a_client_proves_itself_by_basic_or_by_form(twin: XeroTwin, tenant: str) -> None:
    refresh = twin.exchange(twin.consent(tenant)["code"]).json()["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": refresh}
    assert twin.token_request(form, basic=False).status_code == 200
    wrong = twin.http.post(f"{twin.url}/connect/token", data=form, auth=(CLIENT_ID, "wrong"))
    assert (wrong.status_code, wrong.json()) == (400, {"error": "invalid_client"})


@pytest.mark.parametrize(
    ("scope", "word"),
    [
        ("offline_access accounting.transactions", "accounting.transactions"),
        ("accounting.reports.read", "accounting.reports.read"),
        ("accounting.nothing", "accounting.nothing"),
        ("", "no scope"),
    ],
)
def test_scopes_that_a_new_app_may_not_ask_for(
    twin: XeroTwin, tenant: str, scope: str, word: str
) -> None:
    answer = twin.authorize(tenant, scope=scope)
    assert answer.status_code == 400
    assert "invalid_scope" in answer.text
    assert word in answer.text


def test_without_offline_access_there_is_no_refresh_token(twin: XeroTwin, tenant: str) -> None:
    code = twin.consent(tenant, scope="accounting.contacts")["code"]
    assert "refresh_token" not in twin.exchange(code).json()


def test_a_refresh_rotates_and_the_old_one_works_on_for_half_an_hour(
    twin: XeroTwin, tenant: str, still_clock: Any
) -> None:
    old = twin.exchange(twin.consent(tenant)["code"]).json()["refresh_token"]
    new = twin.refresh(old).json()["refresh_token"]
    assert new != old
    still_clock(29 * 60)
    again = twin.refresh(old).json()["refresh_token"]
    assert again not in (old, new)
    still_clock(31 * 60)
    assert twin.refresh(old).json() == {"error": "invalid_grant"}
    assert twin.refresh(new).status_code == 200


def test_a_refresh_token_that_nobody_uses_lives_sixty_days(
    twin: XeroTwin, tenant: str, still_clock: Any
) -> None:
    token = twin.exchange(twin.consent(tenant)["code"]).json()["refresh_token"]
    still_clock(61 * 86_400)
    assert twin.refresh(token).json() == {"error": "invalid_grant"}


def test_what_was_granted_grows_until_it_is_revoked(twin: XeroTwin, tenant: str) -> None:
    twin.connect(tenant)
    tokens = twin.exchange(
        twin.consent(tenant, scope="offline_access accounting.contacts")["code"]
    ).json()
    assert "accounting.invoices" in tokens["scope"].split()


def test_a_consent_given_again_keeps_its_first_event(twin: XeroTwin, tenant: str) -> None:
    first = twin.connect(tenant)
    again = twin.connect(tenant)
    event = claims(first.tokens["access_token"])["authentication_event_id"]
    assert [one["authEventId"] for one in twin.connections(again.tokens)] == [event]


def test_revocation_ends_all_organisations_of_that_person(twin: XeroTwin) -> None:
    first, second = twin.open(person="rita"), twin.open(person="rita")
    one = twin.connect(first)
    two = twin.connect(second)
    answer = twin.http.post(
        f"{twin.url}/connect/revocation",
        data={"token": one.tokens["refresh_token"]},
        auth=(CLIENT_ID, CLIENT_SECRET),
    )
    assert answer.status_code == 200
    assert two.call("GET", "Organisation").status_code == 403
    assert twin.refresh(two.tokens["refresh_token"]).json() == {"error": "invalid_grant"}


def test_one_organisation_is_disconnected_alone(twin: XeroTwin) -> None:
    first, second = twin.open(person="dora"), twin.open(person="dora")
    twin.connect(first)
    xero = twin.connect(second)
    mine = {one["tenantId"]: one["id"] for one in twin.connections(xero.tokens)}
    address = f"{twin.url}/Connections/{mine[first]}"
    assert twin.http.delete(address, headers=bearer(xero.tokens)).status_code == 204
    assert twin.http.delete(address, headers=bearer(xero.tokens)).status_code == 404
    assert xero.call("GET", "Organisation").status_code == 200
    xero.tenant = first
    assert xero.call("GET", "Organisation").status_code == 403


@pytest.mark.parametrize(("switch", "status"), [("renews", 200), ("refused", 400)])
def test_after_the_last_was_disconnected_there_a_refresh_does_either(
    twin: XeroTwin, tenant: str, switch: str, status: int
) -> None:
    xero = twin.connect(tenant)
    twin.act(tenant, "disconnect")
    assert xero.call("GET", "Organisation").status_code == 403
    twin.control("POST", "app", {"renews_when_closed": switch})
    try:
        assert twin.refresh(xero.tokens["refresh_token"]).status_code == status
    finally:
        twin.control("POST", "app", {"renews_when_closed": "renews"})


def test_401_and_403_in_their_shapes(twin: XeroTwin, xero: XeroCaller, tenant: str) -> None:
    refused = xero.call("GET", "Organisation", headers={"xero-tenant-id": ""})
    body = refused.json()
    assert refused.status_code == 403
    assert (body["Title"], body["Detail"]) == ("Forbidden", "AuthenticationUnsuccessful")
    assert set(body) == {"Type", "Title", "Status", "Detail", "Instance", "Extensions"}
    wrong = xero.call("GET", "Organisation", headers={"Authorization": "Bearer nonsense"})
    assert (wrong.status_code, wrong.json()["Detail"]) == (401, "AuthenticationUnsuccessful")
    twin.tokens(tenant, "expire_access")
    expired = xero.call("GET", "Organisation")
    assert expired.status_code == 401
    assert expired.json()["Detail"].startswith("TokenExpired: token expired at ")


@pytest.mark.parametrize(
    ("scope", "method", "path", "allowed"),
    [
        ("accounting.contacts.read", "GET", "Contacts", True),
        ("accounting.contacts.read", "PUT", "Contacts", False),
        ("accounting.invoices", "GET", "CreditNotes", True),
        ("accounting.invoices", "GET", "Payments", False),
        ("accounting.invoices.read", "GET", "Items", True),
        ("accounting.settings", "GET", "Items", True),
        ("accounting.payments", "GET", "Overpayments", True),
        ("accounting.settings", "GET", "Reports/TrialBalance", False),
        ("accounting.reports.trialbalance.read", "GET", "Reports/TrialBalance", True),
        ("accounting.reports.trialbalance.read", "GET", "Reports/BalanceSheet", False),
    ],
)
def test_each_endpoint_asks_for_its_scope(
    twin: XeroTwin, tenant: str, scope: str, method: str, path: str, allowed: bool
) -> None:
    xero = twin.connect(tenant, scope=scope)
    body = {"Contacts": [{"Name": "N"}]} if method == "PUT" else None
    answer = xero.call(method, path, body)
    assert answer.status_code == (200 if allowed else 403)
    twin.set_up(tenant, missing_scope="401")
    if not allowed:
        refused = xero.call(method, path, body)
        assert (refused.status_code, refused.json()["Detail"]) == (401, "AuthorizationUnsuccessful")
