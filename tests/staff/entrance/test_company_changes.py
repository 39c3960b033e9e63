"""The company's sign-in, where it changes: shut for passwords, moved to another provider, asked for more."""

import time
from io import StringIO
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.core.cache import caches
from django.core.management import CommandError, call_command
from django.test import Client

from apps.core.company_sign_in import CompanySignIn
from apps.staff.models import SecurityEvent, User
from tests.backoffice.people import PASSWORD
from tests.staff.entrance.company_provider import CLIENT, SECRET, Provider
from tests.staff.entrance.test_company import come, linked, refusals, say, set_out
from tests.staff.entrance.visitor import code_of, give_app, is_in, sign_in

pytestmark = pytest.mark.django_db
FORMER = "https://login.former.example"


def without_password(person: User) -> User:
    person.set_unusable_password()
    person.save()
    return person


def ended() -> list[str]:
    return [each.words for each in SecurityEvent.objects.filter(kind="sessions_ended")]


# --- passwords are shut ---------------------------------------------------------------------------


def test_what_a_password_began_ends_as_passwords_are_shut(
    people: dict[str, User], there: Provider, settings: Any
) -> None:
    settings.SECOND_FACTOR = "waived"
    linked(people["Fay"], there)
    by_password, by_company, recovered = Client(), Client(), Client()
    sign_in(by_password, people["Fay"])
    come(by_company, there)
    people["Ada"].invitations.create(
        recovers=True, used_at=people["Ada"].date_joined, ends_at=people["Ada"].date_joined
    )
    sign_in(recovered, people["Ada"])
    say(settings, only=True)
    assert not is_in(by_password)
    assert [each.partition(",")[0] for each in ended()] == [
        "It began without the company's sign-in"
    ]
    assert is_in(by_company)
    assert is_in(recovered)  # until they are linked
    there.person = {"sub": "ada-there", "email": "ada@example.com", "email_verified": True}
    come(recovered, there, **{"for": "link"})
    assert SocialAccount.objects.filter(user=people["Ada"]).exists()
    assert is_in(recovered)  # their company has named them in this very session


# --- another provider -----------------------------------------------------------------------------


@pytest.mark.parametrize("only", [True, False])
def test_whoever_has_no_password_is_told_whom_to_ask_as_the_provider_moves(
    only: bool, people: dict[str, User], there: Provider, settings: Any
) -> None:
    say(settings, only=only, their_factor=True)
    fay = without_password(people["Fay"])
    SocialAccount.objects.create(user=fay, provider=FORMER, uid="fay-then")
    refused = come(Client(), there)
    assert refused.status_code == 403
    words = refused.content.decode()
    assert "manage.py staff invite fay@example.com" in words
    assert 'type="password"' not in words

    out = StringIO()
    call_command("staff", "invite", "fay@example.com", stdout=out)
    address = out.getvalue().partition("8000")[2].strip()
    key, token = address.strip("/").split("/")[-2:]
    client = Client()
    assert 'name="for" value="invited"' in client.get(address).content.decode()
    come(client, there, **{"for": "invited", "key": key, "token": token})
    assert is_in(client)
    assert User.objects.get(pk=fay.pk).role_names == fay.role_names
    (link,) = SocialAccount.objects.filter(user=fay)
    assert link.provider == there.issuer


def test_whoever_was_made_inactive_is_not_let_in_by_starting_anew(people: dict[str, User]) -> None:
    User.objects.filter(pk=people["Fay"].pk).update(is_active=False)
    with pytest.raises(CommandError, match="was made inactive"):
        call_command("staff", "invite", "fay@example.com", stdout=StringIO())
    assert people["Fay"].invitations.count() == 0


def test_a_session_that_the_former_provider_began_is_over(
    people: dict[str, User], there: Provider, settings: Any
) -> None:
    say(settings, their_factor=True)
    linked(people["Fay"], there)
    client = Client()
    come(client, there)
    assert is_in(client)
    settings.OIDC = CompanySignIn(
        name="Acme", issuer=FORMER, client_id=CLIENT, secret=SECRET, their_factor=True
    )
    assert not is_in(client)
    assert [each.partition(":")[0] for each in ended()] == [
        "It began at a provider that is not the company's any more"
    ]


def test_no_page_is_promised_that_could_show_who_somebody_is(
    people: dict[str, User], there: Provider, settings: Any
) -> None:
    """Nobody asks a person for a password whom no password opens."""
    settings.SECOND_FACTOR = "waived"
    client = Client()
    sign_in(client, people["Fay"])
    client.force_login(without_password(people["Fay"]))
    page = client.get("/accounts/company/").content.decode()
    assert "manage.py staff invite" in page
    assert "Show first that it is you" not in page
    assert client.post("/accounts/company/")["Location"] == "/accounts/company/"


# --- how strong it was ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "told", "comes"),
    [
        ({"acr": ("phr", "phrh")}, {"acr": "phrh"}, True),
        ({"acr": ("phr",)}, {}, False),
        ({"acr": ("phr",)}, {"acr": "0"}, False),
        ({"acr": ("phr",)}, {"acr": ["phr"]}, False),
        ({"amr": ("mfa",)}, {"amr": ["pwd", "mfa"]}, True),
        ({"amr": ("mfa",)}, {"amr": ["pwd"]}, False),
        ({"amr": ("mfa",)}, {"amr": "mfa"}, False),
        ({"amr": ("mfa", "hwk")}, {"amr": ["mfa", {}]}, False),
        ({"amr": ("mfa",), "acr": ("phr",)}, {"amr": ["mfa"]}, False),
    ],
)
def test_a_sign_in_without_the_strength_that_is_asked_for_lets_nobody_in(
    asked: dict[str, Any],
    told: dict[str, Any],
    comes: bool,
    people: dict[str, User],
    there: Provider,
    settings: Any,
) -> None:
    say(settings, their_factor=True, **asked)
    linked(people["Fay"], there)
    there.twist = lambda claims: claims.update(told)
    client = Client()
    assert ("acr_values=phr" in set_out(client)) is ("acr" in asked)
    answer = come(client, there)
    assert is_in(client) is comes
    if not comes:
        assert "without the second factor that Tieout asks of it" in answer.content.decode()
        assert len(refusals()) == 1


# --- another key ----------------------------------------------------------------------------------


def test_a_fresh_sign_in_takes_another_key_and_the_list_of_sessions_along(
    people: dict[str, User], there: Provider, settings: Any
) -> None:
    """By a factor, by the password and by the company: whoever knew the key from before is out."""
    say(settings, their_factor=True)
    fay = people["Fay"]
    secret = give_app(fay)
    linked(fay, there)

    def by_factor(client: Client) -> None:
        caches["default"].clear()  # the code of this half minute was used to sign in
        client.post("/accounts/2fa/reauthenticate/", {"code": code_of(secret)})

    def by_password(client: Client) -> None:
        client.post("/accounts/reauthenticate/", {"password": PASSWORD})

    def by_company(client: Client) -> None:
        there.twist = lambda told: told.update(auth_time=int(time.time()))
        come(client, there, **{"for": "again", "next": "/accounts/company/"})

    client = Client()
    caches["default"].clear()
    sign_in(client, fay)
    began = UserSession.objects.get(user=fay).created_at
    for way in (by_factor, by_password, by_company):
        former = client.cookies["sessionid"].value
        known = Client()
        known.cookies["sessionid"] = former
        assert is_in(known)
        way(client)
        assert client.cookies["sessionid"].value != former, way.__name__
        assert is_in(client)
        assert not is_in(known)
        row = UserSession.objects.get(user=fay)
        assert (row.session_key, row.created_at) == (client.cookies["sessionid"].value, began)
    assert "This browser" in client.get("/accounts/sessions/").content.decode()
