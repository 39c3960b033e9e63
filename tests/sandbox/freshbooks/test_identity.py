"""Consent, tokens for a single use, and who the person is: roles, and businesses without an account."""

from typing import Any

import pytest
import requests

from tests.freshbooks_twin import FreshBooksCaller, FreshBooksTwin, sale
from tests.sandbox_server import CLIENT_ID, CLIENT_SECRET, REDIRECT


def works(twin: FreshBooksTwin, business: Any, tokens: Any) -> bool:
    caller = FreshBooksCaller(twin, business, tokens)
    return caller.call("GET", "users/clients").status_code == 200


def test_a_consent_opens_all_businesses_of_a_person(twin: FreshBooksTwin) -> None:
    first = twin.open("First", person="ana")
    second = twin.open("Second", person="ana", role="business_manager")
    stranger = twin.open("Other")
    fb = twin.connect(first)
    assert works(twin, second, fb.tokens)
    assert FreshBooksCaller(twin, stranger, fb.tokens).refusal("GET", "users/clients")[:2] == (
        404,
        1012,
    )
    mine = twin.me(fb.tokens).json()["response"]["business_memberships"]
    told = {one["business"]["id"]: (one["role"], one["business"]["account_id"]) for one in mine}
    assert told[first["business_id"]] == ("owner", first["account_id"])
    assert told[second["business_id"]] == ("business_manager", second["account_id"])
    assert stranger["business_id"] not in told


def test_a_business_may_have_no_account_and_name_one_of_a_client(twin: FreshBooksTwin) -> None:
    own = twin.open("Bare", person="bo", account_named=False)
    theirs = twin.open("Agency", person="bo", role="client", listed_in="roles")
    fb = twin.connect(theirs)
    me = twin.me(fb.tokens).json()["response"]
    [member] = me["business_memberships"]
    assert member["business"]["account_id"] is None
    assert [one["account_id"] for one in member["business"]["business_clients"]] == [
        theirs["account_id"]
    ]
    assert [(one["role"], one["accountid"]) for one in me["roles"]] == [
        ("client", theirs["account_id"])
    ]
    assert not works(twin, own, fb.tokens)
    assert works(twin, theirs, fb.tokens)


@pytest.mark.parametrize("kind", ["POST", "PUT", "DELETE"])
def test_a_client_reads_and_writes_nothing(twin: FreshBooksTwin, kind: str) -> None:
    fb = twin.connect(twin.open(role="client"))
    path = "invoices/invoices" + ("" if kind == "POST" else "/1")
    assert fb.refusal(kind, path, {"invoice": sale(1)})[:2] == (403, 1003)
    assert fb.listed("invoices") == []


def test_a_refresh_token_is_for_a_single_use(twin: FreshBooksTwin, business: Any) -> None:
    fb = twin.connect(business)
    again = twin.refresh(fb.tokens["refresh_token"])
    assert again.status_code == 200
    assert set(again.json()) == set(fb.tokens)
    used = twin.refresh(fb.tokens["refresh_token"])
    assert (used.status_code, used.json()["error"]) == (400, "invalid_grant")
    assert not works(twin, business, fb.tokens)
    assert works(twin, business, again.json())
    assert twin.state(business["business_id"])["refreshes"] == 1
    assert len(again.json()["refresh_token"]) == 64


def test_a_lost_answer_of_a_refresh_costs_the_grant(twin: FreshBooksTwin, business: Any) -> None:
    fb = twin.connect(business)
    twin.arm(fb.id, "lose_after_commit", match={"endpoint": "token"})
    with pytest.raises(requests.ConnectionError):
        twin.refresh(fb.tokens["refresh_token"])
    assert twin.refresh(fb.tokens["refresh_token"]).status_code == 400
    assert not works(twin, business, fb.tokens)


def test_a_refresh_that_never_arrived_may_be_sent_again(
    twin: FreshBooksTwin, business: Any
) -> None:
    fb = twin.connect(business)
    twin.arm(fb.id, "lose_before_commit", match={"endpoint": "token"})
    with pytest.raises(requests.ConnectionError):
        twin.refresh(fb.tokens["refresh_token"])
    assert twin.refresh(fb.tokens["refresh_token"]).status_code == 200


def test_a_code_is_used_once_and_with_its_redirect(twin: FreshBooksTwin, business: Any) -> None:
    code = twin.consent(business["person"])["code"]
    assert twin.exchange(code, redirect_uri="https://other.example/back").status_code == 400
    assert twin.exchange(code).status_code == 200
    assert twin.exchange(code).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"grant_type": "client_credentials"}, 400, "unsupported_grant_type"),
        ({"code": "none"}, 400, "invalid_grant"),
    ],
)
def test_what_is_wrong_at_the_token_endpoint(
    twin: FreshBooksTwin, form: dict[str, str], status: int, error: str
) -> None:
    told = {"grant_type": "authorization_code", "code": "x", **form}
    answer = twin.token_request(told)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_the_redirect_uri_is_https_or_this_machine_and_without_a_query(
    twin: FreshBooksTwin, business: Any
) -> None:
    for address in ("http://far.example/back", "https://far.example/back?x=1"):
        assert twin.authorize(business["person"], redirect_uri=address).status_code == 400


def test_an_unknown_scope_fails_only_after_the_sign_in(twin: FreshBooksTwin, business: Any) -> None:
    told = {"client_id": CLIENT_ID, "response_type": "code", "redirect_uri": REDIRECT}
    for scope in ("user:nothing:read", "user:reports:write"):
        page = twin.http.get(f"{twin.url}/oauth/authorize/", params={**told, "scope": scope})
        assert page.status_code == 200
        assert business["person"] in page.text
        back = twin.consent(business["person"], scope=scope)
        assert back["error"] == "invalid_scope"
        assert "code" not in back
    assert twin.consent(business["person"], decision="cancel")["error"] == "access_denied"


def test_a_missing_scope_is_told_with_those_that_are_given(
    twin: FreshBooksTwin, business: Any
) -> None:
    fb = twin.connect(business, scope="user:clients:read")
    assert fb.tokens["scope"] == "user:clients:read user:profile:read"
    assert fb.listed("clients") == []
    answer = fb.call("POST", "users/clients", {"client": {"email": "a@b.example"}})
    message = answer.json()["response"]["errors"][0]["message"]
    assert answer.status_code == 403
    assert "user:clients:read" in message
    assert "user:clients:write" in message
    assert fb.refusal("GET", "reports/accounting/trial_balance")[:2] == (403, 1003)


def test_a_revoked_token_is_dead_at_once(twin: FreshBooksTwin, business: Any) -> None:
    for which in ("refresh_token", "access_token"):
        fb = twin.connect(business)
        gone = twin.revoke(fb.tokens[which])
        assert (gone.status_code, gone.json()) == (200, {})
        assert not works(twin, business, fb.tokens)
        assert twin.refresh(fb.tokens["refresh_token"]).status_code == 400


def test_tokens_expire_and_grants_end_on_demand(twin: FreshBooksTwin, business: Any) -> None:
    fb = twin.connect(business)
    twin.tokens(fb.id, "expire_access")
    answer = fb.call("GET", "users/clients")
    assert (answer.status_code, answer.json()["error"]) == (401, "unauthenticated")
    fresh = twin.refresh(fb.tokens["refresh_token"]).json()
    assert works(twin, business, fresh)
    twin.tokens(fb.id, "revoke_grant")
    assert twin.refresh(fresh["refresh_token"]).status_code == 400


def test_the_second_set_of_addresses_and_a_json_body(twin: FreshBooksTwin, business: Any) -> None:
    told = twin.http.get(f"{twin.url}/.well-known/oauth-authorization-server").json()
    form = {
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "redirect_uri": REDIRECT,
        "grant_type": "authorization_code",
        "code": twin.consent(business["person"])["code"],
    }
    answer = twin.http.post(told["token_endpoint"], json=form)
    assert works(twin, business, answer.json())


@pytest.fixture
def app(twin: FreshBooksTwin) -> Any:
    """The settings of the app as a whole, as they were afterwards."""
    before = twin.control("POST", "app", {})
    yield lambda **told: twin.control("POST", "app", told)
    twin.control("POST", "app", before)


def test_a_refresh_may_tell_the_first_created_at(
    twin: FreshBooksTwin, business: Any, app: Any
) -> None:
    fb = twin.connect(business)
    app(refresh_created_at="first")
    fresh = twin.refresh(fb.tokens["refresh_token"]).json()
    assert fresh["created_at"] == fb.tokens["created_at"]
    assert (fb.tokens["expires_in"], fresh["expires_in"]) == (43200, 43199)


def test_the_old_access_token_may_live_on(twin: FreshBooksTwin, business: Any, app: Any) -> None:
    app(old_access="lives")
    fb = twin.connect(business)
    twin.refresh(fb.tokens["refresh_token"])
    assert works(twin, business, fb.tokens)
    assert twin.refresh(fb.tokens["refresh_token"]).status_code == 400


def test_a_refresh_says_its_redirect_unless_it_need_not(
    twin: FreshBooksTwin, business: Any, app: Any
) -> None:
    fb = twin.connect(business)
    assert twin.refresh(fb.tokens["refresh_token"], redirect_uri="").status_code == 400
    app(refresh_redirect="optional")
    assert twin.refresh(fb.tokens["refresh_token"], redirect_uri="").status_code == 200
