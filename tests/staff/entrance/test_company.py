"""Signing in by the company: who gets in, and what of a provider's word is not believed."""

import re
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialToken
from cryptography.hazmat.primitives.asymmetric import rsa
from django.contrib import admin
from django.core.cache import caches
from django.test import Client

from apps.core.company_sign_in import CompanySignIn
from apps.staff.inviting import invite, link_of
from apps.staff.models import SecurityEvent, User
from apps.staff.recovering import recover
from tests.backoffice.people import PASSWORD
from tests.staff.entrance.company_provider import CLIENT, FAY, SECRET, Claims, Provider
from tests.staff.entrance.visitor import code_of, give_app, is_in, sign_in, type_password

pytestmark = pytest.mark.django_db
Kind = SecurityEvent.Kind
_KEY_OF_ANOTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_OWN_KEY: dict[str, Any] = {
    "kid": "its-own",
    "jku": "https://keys.elsewhere.example/",
    "jwk": jwt.algorithms.RSAAlgorithm.to_jwk(_KEY_OF_ANOTHER.public_key(), as_dict=True),
}


def say(settings: Any, **more: Any) -> None:
    company = settings.OIDC
    settings.OIDC = CompanySignIn(
        name="Acme", issuer=company.issuer, client_id=CLIENT, secret=SECRET, **more
    )


def set_out(client: Client, **form: str) -> str:
    """Press the button: the address at the provider."""
    page = client.post("/accounts/company/begin/", {"for": "sign-in", **form})
    assert page.status_code == 200, page.content.decode()
    address = page["Refresh"].partition("url=")[2]
    assert f'href="{address.replace("&", "&amp;")}"' in page.content.decode()
    return address


def come(client: Client, there: Provider, **form: str) -> Any:
    return client.get(there.authorize(set_out(client, **form)))


def linked(person: User, there: Provider) -> None:
    SocialAccount.objects.create(user=person, provider=there.issuer, uid="fay-there")


def refusals() -> list[str]:
    return [each.words for each in SecurityEvent.objects.filter(kind=Kind.SIGN_IN_REFUSED)]


# --- who gets in ----------------------------------------------------------------------------------


def test_linked_once_by_password_and_factor_and_from_then_on_by_the_subject_alone(
    people: dict[str, User], there: Provider
) -> None:
    secret = give_app(people["Fay"])
    client = Client()
    answer = come(client, there)
    assert answer["Location"] == "/accounts/company/link/"
    wrong = client.post(
        answer["Location"], {"password": "not hers at all", "code": code_of(secret)}
    )
    assert "This is not the password" in wrong.content.decode()
    wrong = client.post(answer["Location"], {"password": PASSWORD, "code": "000000"})
    assert "This code is not right" in wrong.content.decode()
    assert not SocialAccount.objects.exists()
    done = client.post(answer["Location"], {"password": PASSWORD, "code": code_of(secret)})
    assert done["Location"] == "/accounts/login/"
    assert not is_in(client)
    there.person["email"] = "married@example.com"  # it is the subject that counts
    assert come(client, there)["Location"].startswith("/accounts/2fa/authenticate/")
    assert not is_in(client)
    caches["default"].clear()  # the code of this half minute was used to link
    client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert is_in(client)
    (link,) = SocialAccount.objects.all()
    assert (link.user, link.uid, link.extra_data) == (people["Fay"], "fay-there", {})
    assert not SocialToken.objects.exists()
    event = SecurityEvent.objects.get(kind=Kind.PERSON_CHANGED)
    assert (event.person, event.details) == (people["Fay"], {"how": "password and second factor"})
    came = SecurityEvent.objects.get(kind=Kind.SIGNED_IN)
    assert came.details["by"] == ["socialaccount", "totp"]
    client.post("/accounts/logout/")
    assert not is_in(client)


def test_a_session_by_the_company_ends_like_any_other(
    people: dict[str, User], there: Provider, settings: Any
) -> None:
    say(settings, their_factor=True)
    linked(people["Fay"], there)
    client = Client()
    come(client, there)
    assert is_in(client)
    session = client.session
    session["seen_at"] = time.time() - settings.SESSION_IDLE - 1
    session.save()
    assert not is_in(client)
    come(client, there)
    session = client.session
    session["signed_in_at"] = time.time() - settings.SESSION_LONGEST - 1
    session.save()
    assert not is_in(client)
    come(client, there)
    assert is_in(client)
    client.post("/accounts/logout/")
    assert not is_in(client)


def test_the_same_subject_of_another_provider_is_somebody_else(
    people: dict[str, User], there: Provider, settings: Any
) -> None:
    """Of the one before, say: what it called Fay may be anybody at the one of now."""
    say(settings, their_factor=True)
    SocialAccount.objects.create(
        user=people["Fay"], provider="https://login.former.example", uid="fay-there"
    )
    there.person = {"sub": "fay-there", "email": "else@example.com", "email_verified": True}
    client = Client()
    assert come(client, there).status_code == 403
    assert not is_in(client)
    SocialAccount.objects.update(provider=there.issuer)
    come(client, there)
    assert is_in(client)


def test_nobody_is_made_and_no_unverified_or_second_account_takes_a_person_over(
    people: dict[str, User], there: Provider
) -> None:
    before = User.objects.count()
    for person in (
        {"sub": "stranger", "email": "stranger@example.com", "email_verified": True},
        {"sub": "thief", "email": "fay@example.com", "email_verified": False},
        {"sub": "thief", "email": "fay@example.com", "email_verified": "yes"},
        {"sub": "thief", "email": "fay@example.com"},
    ):
        there.person = person
        answer = come(Client(), there)
        assert answer.status_code == 403
        assert "Ask an administrator to invite you" in answer.content.decode()
    linked(people["Fay"], there)
    there.person = {**FAY, "sub": "who-has-her-address-now"}
    client = Client()
    assert come(client, there).status_code == 403
    assert client.get("/accounts/company/link/").status_code == 403
    assert User.objects.count() == before
    assert SocialAccount.objects.count() == 1
    assert len(refusals()) == 6
    marks = {each.details.get("account") for each in SecurityEvent.objects.all()}
    assert not any("@" in (mark or "") for mark in marks)


def test_who_may_not_sign_in_any_more_is_refused(people: dict[str, User], there: Provider) -> None:
    linked(people["Fay"], there)
    people["Fay"].is_active = False
    people["Fay"].save()
    client = Client()
    assert "You may not sign in any more" in come(client, there).content.decode()
    assert not is_in(client)
    (event,) = SecurityEvent.objects.filter(kind=Kind.SIGN_IN_REFUSED)
    assert event.subject == people["Fay"]


def test_who_is_invited_comes_by_the_company_and_has_no_password(
    people: dict[str, User], there: Provider
) -> None:
    new = User.objects.create_user("neil@example.com", is_active=False)
    address = link_of(invite(new, by=people["Ada"], mailed=False))
    client = Client()
    page = client.get(address.partition("8000")[2] or address).content.decode()
    key, token = re.findall(r'name="(?:key|token)" value="([^"]+)"', page)
    there.person = {"sub": "other", "email": "fay@example.com", "email_verified": True}
    refused = come(client, there, **{"for": "invited", "key": key, "token": token})
    assert "no verified e-mail address neil@example.com" in refused.content.decode()
    new.refresh_from_db()
    assert not new.is_active
    there.person = {"sub": "neil-there", "email": "neil@example.com", "email_verified": True}
    come(client, there, **{"for": "invited", "key": key, "token": token})
    new.refresh_from_db()
    assert (new.is_active, new.has_usable_password()) == (True, False)
    assert client.get("/admin/")["Location"] == "/accounts/2fa/"  # ours is asked for
    assert client.get("/accounts/company/")["Location"] == "/accounts/2fa/"
    again = Client().post(
        "/accounts/company/begin/", {"for": "invited", "key": key, "token": token}
    )
    assert "This link opens nothing" in again.content.decode()


# --- what is not believed -------------------------------------------------------------------------


def wrong(**claims: Any) -> Callable[[Claims], None]:
    return lambda told: told.update(claims)


LIES: dict[str, dict[str, Any]] = {
    "nonce of another sign-in": {"twist": wrong(nonce="another")},
    "no nonce": {"twist": lambda told: told.pop("nonce") and None},
    "for another program": {"twist": wrong(aud="another-client")},
    "for several, and given to another": {"twist": wrong(aud=[CLIENT, "b"], azp="b")},
    "for several, and not said to whom": {"twist": wrong(aud=[CLIENT, "b"])},
    "for nobody": {"twist": lambda told: told.pop("aud") and None},
    "not yet": {"twist": wrong(nbf=int(time.time()) + 3600)},
    "over": {"twist": wrong(exp=int(time.time()) - 3600)},
    "without an end": {"twist": lambda told: told.pop("exp") and None},
    "of another issuer": {"twist": wrong(iss="https://login.elsewhere.example")},
    "nobody": {"twist": wrong(sub="")},
    "unsigned": {"sign": lambda there, told: jwt.encode(told, None, "none")},
    "signed by another": {
        "sign": lambda there, told: jwt.encode(told, _KEY_OF_ANOTHER, "RS256", {"kid": there.kid})
    },
    "signed with the secret": {
        "sign": lambda there, told: jwt.encode(told, SECRET * 3, "HS256", {"kid": there.kid})
    },
    "brings a key of its own": {
        "sign": lambda there, told: jwt.encode(told, _KEY_OF_ANOTHER, "RS256", _OWN_KEY)
    },
    "no token at all": {"sign": lambda there, told: ""},
    "described as another": {"description": {"issuer": "https://login.elsewhere.example"}},
    "tells of another person": {
        "twist": lambda told: told.pop("email") and None,
        "userinfo": {**FAY, "sub": "another"},
    },
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_lets_nobody_in(lie: str, people: dict[str, User], there: Provider) -> None:
    linked(people["Fay"], there)
    client = Client()
    address = set_out(client)
    for name, value in LIES[lie].items():
        setattr(there, name, value)
    caches["process"].clear()
    answer = client.get(there.authorize(address))
    assert answer.status_code == 403
    assert not is_in(client)
    (words,) = refusals()
    assert "could not be asked, or its answer does not hold" in words


def test_the_issuer_is_theirs_to_the_last_sign(people: dict[str, User], there: Provider) -> None:
    linked(people["Fay"], there)
    client = Client()
    address = set_out(client)
    there.description = {"issuer": there.issuer + "/"}
    caches["process"].clear()
    assert client.get(there.authorize(address)).status_code == 403
    there.description = {}
    caches["process"].clear()
    there.twist = lambda told: told.update(iss=there.issuer + "/")
    assert come(client, there).status_code == 403
    there.twist = lambda told: None
    assert come(client, there).status_code == 302


def test_a_state_and_a_code_are_good_once_and_in_the_browser_that_set_out(
    people: dict[str, User], there: Provider, settings: Any
) -> None:
    say(settings, their_factor=True)
    linked(people["Fay"], there)
    client, other = Client(), Client()
    back = there.authorize(set_out(client))
    assert "over: it was used already" in other.get(back).content.decode()
    client.get(back)
    assert is_in(client)
    client.post("/accounts/logout/")
    assert client.get(back).status_code == 403
    mine = there.authorize(set_out(client))  # the code of another sign-in, with a state of its own
    stolen = there.authorize(set_out(other)).partition("code=")[2].partition("&")[0]
    assert client.get(re.sub(r"code=[^&]+", f"code={stolen}", mine)).status_code == 403
    assert not is_in(client)


def test_an_answer_of_another_issuer_is_not_even_taken_to_ours(
    people: dict[str, User], there: Provider
) -> None:
    linked(people["Fay"], there)
    there.named_issuer = "https://login.elsewhere.example"
    client = Client()
    assert come(client, there).status_code == 403
    assert there.codes  # unused: it went nowhere
    there.named_issuer, there.description = (
        "",
        {"authorization_response_iss_parameter_supported": True},
    )
    caches["process"].clear()
    assert come(client, there).status_code == 403


def test_keys_that_they_change_are_found(people: dict[str, User], there: Provider) -> None:
    linked(people["Fay"], there)
    give_app(people["Fay"])
    assert come(Client(), there).status_code == 302
    there.new_key("second")
    assert come(Client(), there).status_code == 302


def test_an_address_from_their_second_page_counts_as_well(
    people: dict[str, User], there: Provider
) -> None:
    there.person, there.userinfo = {"sub": "fay-there"}, dict(FAY)
    assert come(Client(), there)["Location"] == "/accounts/company/link/"


def test_nobody_is_led_elsewhere_and_no_other_site_sets_somebody_out(
    people: dict[str, User], there: Provider, settings: Any
) -> None:
    say(settings, their_factor=True)
    linked(people["Fay"], there)
    assert come(Client(), there, next="https://evil.example/")["Location"] == "/admin/"
    assert come(Client(), there, next="/admin/billing/")["Location"] == "/admin/billing/"
    assert Client().get("/accounts/company/begin/").status_code == 405
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/accounts/company/begin/", {"for": "sign-in"}).status_code == 403
    address = set_out(Client(HTTP_HOST="localhost"), auth_params="prompt=none", scope="admin")
    assert "prompt" not in address
    assert "admin" not in address


def test_a_provider_that_is_away_is_said(people: dict[str, User], there: Provider) -> None:
    there.stop()
    answer = Client().post("/accounts/company/begin/", {"for": "sign-in"})
    assert "Acme could not be asked" in answer.content.decode()


def is_fresh_at(client: Client) -> bool:
    """Whether a page that asks for a fresh sign-in opens."""
    answer = client.get("/admin/triggers/apikey/make-service/")
    led = answer.status_code == 302 and "/accounts/" in answer["Location"]
    assert led or answer.status_code == 200, answer.status_code
    return not led


# --- afterwards -----------------------------------------------------------------------------------


def test_a_fresh_sign_in_is_theirs_where_they_ask_for_the_factor_and_say_when(
    people: dict[str, User], there: Provider, settings: Any
) -> None:
    say(settings, their_factor=True)
    ada = people["Ada"]
    linked(ada, there)
    client = Client()
    come(client, there)  # signed in at their company since this morning
    assert not is_fresh_at(client)
    form = {"for": "again", "next": "/accounts/company/"}
    address = set_out(client, **form)
    assert "prompt=login" in address
    assert "max_age=0" in address
    silent = client.get(there.authorize(address))
    assert "does not say that it asked you just now" in silent.content.decode()
    there.twist = lambda told: told.update(auth_time=int(time.time()) - 3600)
    assert come(client, there, **form).status_code == 403
    there.twist = lambda told: told.update(auth_time=10**400)  # no second of any clock
    assert come(client, there, **form).status_code == 403
    there.twist = lambda told: told.update(auth_time=int(time.time()), sub="fay-elsewhere")
    assert "another account" in come(client, there, **form).content.decode()
    assert not is_fresh_at(client)
    there.twist = lambda told: told.update(auth_time=int(time.time()))
    assert come(client, there, **form)["Location"] == "/accounts/company/"
    assert is_fresh_at(client)


def test_a_session_left_open_gives_itself_no_other_way_in(
    people: dict[str, User], there: Provider, settings: Any
) -> None:
    say(settings, their_factor=True)
    fay = people["Fay"]
    fay.set_unusable_password()
    fay.save()
    linked(fay, there)
    client = Client()
    come(client, there)
    for address in ("/accounts/password/set/", "/accounts/email/", "/accounts/2fa/totp/activate/"):
        led = client.get(address)
        assert led["Location"].startswith("/accounts/company/again/?next=")
        assert client.post(address, {}).status_code == 403


def test_one_sees_the_link_and_unlinks_while_a_password_remains(
    people: dict[str, User], there: Provider
) -> None:
    fay = people["Fay"]
    give_app(fay)
    client = Client()
    sign_in(client, fay)
    assert "You are not linked with Acme" in client.get("/accounts/company/").content.decode()
    assert come(client, there, **{"for": "link"})["Location"] == "/accounts/company/"
    assert "You are linked with Acme since" in client.get("/accounts/company/").content.decode()
    client.post("/accounts/company/")
    assert not SocialAccount.objects.exists()
    told = [each.words for each in SecurityEvent.objects.filter(kind=Kind.PERSON_CHANGED)]
    assert told == [
        "Fay unlinked themselves from the company's sign-in.",
        "Fay was linked with the company's sign-in, by a fresh sign-in here.",
    ]
    linked(fay, there)
    User.objects.filter(pk=fay.pk).update(password="!")
    client = Client()
    come(client, there)
    caches["default"].clear()
    app = Authenticator.objects.get(user=fay, type="totp")
    assert app is not None
    client.post(
        "/accounts/2fa/authenticate/", {"code": code_of("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")}
    )
    assert "only way in" in client.get("/accounts/company/").content.decode()
    client.post("/accounts/company/")
    assert SocialAccount.objects.exists()


def test_whoever_came_by_an_account_is_out_once_it_is_unlinked(
    people: dict[str, User], there: Provider, settings: Any
) -> None:
    say(settings, their_factor=True)
    linked(people["Fay"], there)
    give_app(people["Fay"])
    somebody, fay = Client(), Client()
    come(somebody, there)
    assert is_in(somebody)
    sign_in(fay, people["Fay"])
    fay.post("/accounts/company/")
    assert not SocialAccount.objects.exists()
    assert is_in(fay)
    assert not is_in(somebody)


def test_where_the_company_alone_counts_no_password_opens_but_for_who_is_recovered(
    people: dict[str, User], there: Provider, settings: Any
) -> None:
    settings.SECOND_FACTOR = "waived"
    say(settings, only=True)
    client = Client()
    assert "passwords are shut here" in type_password(client, "fay@example.com").content.decode()
    assert not is_in(client)
    assert refusals() == ["A password was typed where only the company's sign-in counts."]
    for shut in ("/accounts/password/reset/", "/accounts/2fa/webauthn/login/"):
        assert client.get(shut).status_code == client.post(shut, {}).status_code == 403
    new = User.objects.create_user("neil@example.com", is_active=False)
    address = link_of(invite(new, by=people["Ada"], mailed=False)).partition("8000")[2]
    assert 'name="password"' not in client.get(address).content.decode()
    chosen = {"password": "a sentence only he knows", "again": "a sentence only he knows"}
    assert client.post(address, chosen).status_code == 200
    new.refresh_from_db()
    assert not new.is_active
    address = link_of(recover("boss@example.com", mailed=False)).partition("8000")[2]
    assert client.post(address, chosen).status_code == 302
    type_password(client, "boss@example.com", chosen["password"])
    assert is_in(client)


def test_no_screen_of_the_back_office_makes_a_link() -> None:
    assert not [each for each in admin.site._registry if each._meta.app_label == "socialaccount"]


def test_nothing_of_it_is_there_where_none_is_set_up(people: dict[str, User]) -> None:
    for address in ("company/", "company/back/", "company/link/", "3rdparty/", "3rdparty/signup/"):
        assert Client().get(f"/accounts/{address}").status_code == 404
    assert "company" not in Client().get("/accounts/login/").content.decode()
