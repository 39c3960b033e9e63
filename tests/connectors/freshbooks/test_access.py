"""Which books a consent opens, and how FreshBooks lets us in."""

from typing import Any

import pytest

from apps.connectors.access import Organisation
from apps.connectors.errors import ConnectionLost, TryLater
from apps.connectors.freshbooks.access import (
    ACCESS,
    ENVIRONMENTS,
    NO_ACCOUNT,
    ONLY_CLIENT,
    SCOPES,
    organisations,
)
from tests.connectors.freshbooks import answers
from tests.connectors.freshbooks.answers import ACCOUNT, Script, freshbooks, listed, said
from tests.connectors.freshbooks.test_reports import trial_balance

ME = "GET /auth/api/v1/users/me"


def membership(role: str = "owner", **business: Any) -> dict[str, Any]:
    whole = {"id": 439000, "business_uuid": "u1", "name": "Brass & Oak", "account_id": ACCOUNT}
    whole |= {"address": {"country": "United Kingdom"}, "business_clients": []}
    return {"id": 140130, "role": role, "business": whole | business}


def me(*memberships: dict[str, Any], roles: Any = ()) -> Any:
    return said(
        {
            "response": {
                "id": 1,
                "identity_id": 12345,
                "business_memberships": list(memberships),
                "roles": list(roles),
            }
        }
    )


def opened(answer: Any) -> tuple[Organisation, ...]:
    found = organisations(Script({ME: answer}))
    assert found.person in ("12345", "")
    return found.organisations


def test_each_business_with_books_can_be_chosen() -> None:
    second = membership("business_accountant", id=438000, account_id="DEF456", name="Bayern")
    assert opened(me(membership(), second)) == (
        Organisation(remote_id=ACCOUNT, name="Brass & Oak"),
        Organisation(remote_id="DEF456", name="Bayern"),
    )


def test_a_business_without_an_account_is_shown_and_cannot_be_chosen() -> None:
    (found,) = opened(me(membership(account_id=None)))
    assert (found.remote_id, found.refusal) == ("business-439000", NO_ACCOUNT)


def test_one_that_is_only_a_customer_of_another_cannot_be_chosen() -> None:
    """Reads would work, and every write be refused."""
    of_another = membership(account_id=None, business_clients=[{"account_id": "XYZ321"}])
    (found,) = opened(me(of_another))
    assert (found.remote_id, found.refusal) == ("XYZ321", ONLY_CLIENT)
    (found,) = opened(me(membership("client")))
    assert found.refusal == ONLY_CLIENT
    (found,) = opened(me(membership(), roles=[{"role": "client", "accountid": ACCOUNT}]))
    assert found.refusal == ONLY_CLIENT


def test_an_account_that_only_a_role_names_is_shown_too() -> None:
    found = opened(
        me(
            membership(),
            roles=[
                {"role": "admin", "accountid": ACCOUNT},
                {"role": "admin", "accountid": "GHI789"},
                {"role": "client", "accountid": "GAF54"},
            ],
        )
    )
    assert [(each.remote_id, bool(each.refusal)) for each in found] == [
        (ACCOUNT, False),
        ("GHI789", False),
        ("GAF54", True),
    ]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (said({"error": "unauthenticated", "error_description": "No."}, 401), ConnectionLost),
        (said([1]), TryLater),
        (answers.LOST, TryLater),
    ],
)
def test_what_cannot_be_asked_opens_nothing(answer: Any, kind: type) -> None:
    with pytest.raises(kind):
        opened(answer)


def test_the_way_in_is_as_they_want_it() -> None:
    """No header proves the app; each renewal names the redirect address and burns its token."""
    assert not ACCESS.basic_auth
    assert ACCESS.redirect_on_renewal
    assert not ACCESS.reuses_refresh_token
    assert ACCESS.made_at_field == "created_at"
    assert ACCESS.company_parameter == ""
    assert len(set(SCOPES)) == len(SCOPES)
    assert not [each for each in SCOPES if each in ("user:reports:write", "user:profile:write")]


def test_both_of_their_hosts_are_named() -> None:
    live = ENVIRONMENTS["production"]
    assert live.authorization.startswith("https://auth.freshbooks.com/")
    assert live.token.startswith("https://api.freshbooks.com/")
    assert all(value.startswith("/freshbooks") for value in vars_of(ENVIRONMENTS["simulated"]))


def vars_of(environment: Any) -> list[str]:
    names = ("api", "web", "authorization", "token", "revocation")
    return [getattr(environment, name) for name in names]


def test_the_company_says_its_currency_by_a_report() -> None:
    """Nothing else tells it."""
    script = Script(
        {
            ME: me(membership()),
            "GET reports/accounting/trial_balance": trial_balance([]),
            "GET invoices/invoices": listed("invoices"),
        }
    )
    company = freshbooks().company(script)
    assert (company.remote_id, company.name) == (ACCOUNT, "Brass & Oak")
    assert (company.country, company.home_currency) == ("GB", "GBP")
    assert (company.refusals, company.settings) == ((), {})
