"""How FreshBooks lets us in, which books a consent opens, and where it is reached."""

from collections.abc import Iterator
from typing import Any

from apps.connectors.access import Environment, OAuth, Opened, Organisation
from apps.connectors.errors import TryLater
from apps.connectors.freshbooks.capabilities import NAME
from apps.connectors.freshbooks.client import HEADERS, read_answer
from apps.connectors.port import Courier, Purpose, Request

ME = "/auth/api/v1/users/me"

# One that is unknown, or that the app was not given, fails only after the sign-in. Reports have no
# :write.
SCOPES = (
    "user:profile:read",
    *(
        f"user:{what}:{act}"
        for what in ("clients", "billable_items", "taxes", "invoices", "payments", "credit_notes")
        for act in ("read", "write")
    ),
    "user:reports:read",
)

NO_ACCOUNT = (
    f"This business has no accounting in {NAME} (it is known only as a customer or a member), so "
    "there are no books to connect. Choose another one, or sign in as its owner."
)
ONLY_CLIENT = (
    f"You are a customer of this business in {NAME}: its books can be read, and nothing can be "
    "written. Sign in as its owner or administrator."
)


def organisations(courier: Courier) -> Opened:
    """Every business of whoever consented, by its account id. What cannot be connected is shown with
    the sentence why; a null account id is looked for among the roles and the business's clients."""
    request = Request(method="GET", path=ME, headers=HEADERS, purpose=Purpose.READS)
    for asked, reply in courier.carry([request]):
        said = read_answer(asked, reply).said
        if not isinstance(said, dict):
            raise TryLater(f"{NAME} did not say which businesses are open.")
        return Opened(organisations=tuple(_organisations(said)), person=_text(said, "identity_id"))
    raise TryLater(f"{NAME} was not asked which businesses are open.")


def _organisations(me: dict[str, Any]) -> Iterator[Organisation]:
    roles = {_text(each, "accountid"): _text(each, "role") for each in _dicts(me, "roles")}
    seen: set[str] = set()
    for membership in _dicts(me, "business_memberships"):
        business = membership.get("business")
        if not isinstance(business, dict):
            continue
        name, role = _text(business, "name"), _text(membership, "role")
        account = _text(business, "account_id")
        # Of a business without books of its own: those in which it is a customer, which name it.
        elsewhere = [
            _text(each, "account_id")
            for each in _dicts(business, "business_clients")
            if _text(each, "account_id")
        ]
        refusal = ""
        if not account:
            account = elsewhere[0] if elsewhere else ""
            refusal = ONLY_CLIENT if account else NO_ACCOUNT
        if "client" in (role, roles.get(account, "")):
            refusal = ONLY_CLIENT
        yield Organisation(
            remote_id=account or f"business-{_text(business, 'id')}",
            name=name,
            refusal=refusal,
        )
        seen.add(account)
    for account, role in roles.items():
        if account and account not in seen:
            yield Organisation(
                remote_id=account,
                name=account,
                refusal=ONLY_CLIENT if role == "client" else "",
            )


def _dicts(source: dict[str, Any], name: str) -> list[dict[str, Any]]:
    value = source.get(name)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _text(source: dict[str, Any], name: str) -> str:
    value = source.get(name)
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


ACCESS = OAuth(
    scopes=SCOPES,
    organisations=organisations,
    basic_auth=False,
    redirect_on_renewal=True,
    revoke_as_json=False,
    access_seconds=43_200,
    made_at_field="created_at",  # a refresh may tell the first one again
    reuses_refresh_token=False,
)

# The consent has a host of its own.
ENVIRONMENTS = {
    "production": Environment(
        api="https://api.freshbooks.com",
        web="https://my.freshbooks.com",
        authorization="https://auth.freshbooks.com/oauth/authorize/",
        token="https://api.freshbooks.com/auth/oauth/token",
        revocation="https://api.freshbooks.com/auth/oauth/revoke",
    ),
    "simulated": Environment(
        api="/freshbooks",
        web="/freshbooks/app/{company}/{kind}/{id}",
        authorization="/freshbooks/oauth/authorize",
        token="/freshbooks/auth/oauth/token",
        revocation="/freshbooks/auth/oauth/revoke",
    ),
}
