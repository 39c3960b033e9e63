"""A second factor of everybody, and no way around it."""

import json
import re
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib import admin
from django.core import mail
from django.db import connection
from django.test import Client, TestCase
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from apps.staff.entrance.doors import ENROLMENT, ENTRANCE
from apps.staff.entrance.factors import SealedFactors
from apps.staff.models import SecurityEvent, User
from tests.staff.entrance.visitor import (
    code_of,
    give_app,
    is_in,
    links_leave,
    secret_of,
    set_up_app,
    sign_in,
    type_password,
)
from tests.started import bare, documented, manage

pytestmark = pytest.mark.django_db
COMMITS = pytest.mark.django_db(transaction=True)
Kind = SecurityEvent.Kind
# Whoever comes is answered, and told nothing of an installation: sign-up is shut, a link is its own proof.
OPEN = {
    "account_signup",
    "account_email_verification_sent",
    "staff_invitation",
    "health",
    "admin:logout",
}


def kinds() -> list[str]:
    return list(SecurityEvent.objects.order_by("id").values_list("kind", flat=True))


def addresses() -> list[tuple[str, str]]:
    """Every address of the product with its name; what stands in them is made up."""
    found = []

    def walk(patterns: Any, space: str, prefix: str) -> None:
        for each in patterns:
            here = prefix + str(each.pattern)
            if isinstance(each, URLResolver):
                inner = f"{space}{each.namespace}:" if each.namespace else space
                walk(each.url_patterns, inner, here)
            elif isinstance(each, URLPattern) and each.name:
                found.append((f"{space}{each.name}", "/" + filled(here)))

    walk(get_resolver().url_patterns, "", "")
    return found


def filled(route: str) -> str:
    made_up = {"uuid": "6f1b2c3d-0000-4000-8000-000000000000", "int": "1", "slug": "quickbooks"}
    route = re.sub(r"<(?:(\w+):)?\w+>", lambda found: made_up.get(found[1] or "", "1"), route)
    route = re.sub(r"\(\?P<\w+>[^)]*\)+", "1", route)
    return route.replace("^", "").replace("$", "").replace("\\Z", "").replace("\\", "")


def test_no_page_opens_to_a_session_without_a_second_factor(people: dict[str, User]) -> None:
    client = Client()
    client.force_login(people["Fay"])
    seen, let_in = 0, []
    for name, address in addresses():
        if name in ENTRANCE | ENROLMENT or address.startswith(("/api/", "/webhooks/")):
            continue
        seen += 1
        looked, sent = client.get(address), client.post(address, {})
        if looked.status_code not in (302, 301, 403, 404) or sent.status_code not in (
            403,
            404,
            405,
        ):
            let_in.append((name, looked.status_code, sent.status_code))
        elif looked.status_code == 302 and looked["Location"] not in (
            reverse("mfa_index"),
            "/admin/",
        ):
            let_in.append((name, looked["Location"], 0))
    assert let_in == []
    assert seen > 400
    assert not SecurityEvent.objects.filter(kind=Kind.DOWNLOADED).exists()


def test_no_page_opens_without_a_session(people: dict[str, User]) -> None:
    client, seen, open_ = Client(), 0, []
    for name, address in addresses():
        if name in ENTRANCE | OPEN or address.startswith(("/api/", "/webhooks/")):
            continue
        seen += 1
        answer = client.get(address)
        led = answer.headers.get("Location", "")
        if answer.status_code not in (301, 302, 403, 404, 405) or (
            answer.status_code == 302 and not led.startswith(("/accounts/login/", "/admin/login/"))
        ):
            open_.append((name, answer.status_code, led))
    assert open_ == []
    assert seen > 400


def test_what_a_script_asks_is_refused_and_not_led_elsewhere(people: dict[str, User]) -> None:
    client = Client()
    client.force_login(people["Fay"])
    query = {"app_label": "billing", "model_name": "invoice", "field_name": "customer"}
    assert client.get("/admin/autocomplete/", query).status_code == 403
    assert client.get("/admin/", headers={"Accept": "application/json"}).status_code == 403
    assert client.get("/admin/", headers={"Sec-Fetch-Dest": "empty"}).status_code == 403


@COMMITS
def test_the_first_sign_in_explains_itself_and_ends_in_the_back_office(
    people: dict[str, User],
) -> None:
    client = Client()
    assert type_password(client, "fay@example.com", next="/admin/").status_code == 302
    shown = client.get("/admin/", follow=True)
    assert shown.redirect_chain == [("/accounts/2fa/", 302)]
    assert "Before you use the back office, add a second factor" in shown.content.decode()
    done = set_up_app(client)
    assert done["Location"] == "/accounts/2fa/recovery-codes/"
    codes = re.findall(r"\b\d{8}\b", client.get("/accounts/2fa/recovery-codes/").content.decode())
    assert len(set(codes)) == 10
    assert is_in(client)
    assert kinds() == [Kind.SIGNED_IN, Kind.FACTOR_ADDED, Kind.RECOVERY_CODES]


def test_from_then_on_the_password_alone_opens_nothing(people: dict[str, User]) -> None:
    give_app(people["Fay"])
    client = Client()
    answer = type_password(client, "fay@example.com")
    assert answer["Location"].startswith("/accounts/2fa/authenticate/")
    assert not is_in(client)
    client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert not is_in(client)
    assert kinds() == [Kind.FACTOR_REFUSED]
    refused = SecurityEvent.objects.get()
    assert refused.subject == people["Fay"]
    client.post("/accounts/2fa/authenticate/", {"code": code_of(secret_of(people["Fay"]))})
    assert is_in(client)


def test_a_code_is_good_once(people: dict[str, User]) -> None:
    secret = give_app(people["Fay"])
    first, second = Client(), Client()
    code = code_of(secret)
    for client in (first, second):
        type_password(client, "fay@example.com")
        client.post("/accounts/2fa/authenticate/", {"code": code})
    assert (is_in(first), is_in(second)) == (True, False)


def test_a_code_of_another_half_minute_opens_nothing(people: dict[str, User]) -> None:
    secret = give_app(people["Fay"])
    client = Client()
    for periods in (-2, -1, 2):
        type_password(client, "fay@example.com")
        client.post("/accounts/2fa/authenticate/", {"code": code_of(secret, periods)})
        assert not is_in(client), periods
    client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert is_in(client)


def test_a_forgotten_password_passes_no_factor_by(people: dict[str, User]) -> None:
    secret = give_app(people["Fay"])
    client, new = Client(), "another good long one"
    client.post("/accounts/password/reset/", {"email": "fay@example.com"})
    links_leave()
    (letter,) = mail.outbox
    link = next(word for word in letter.body.split() if "/password/reset/key/" in word)
    page = client.get(link.partition(":8000")[2], follow=True)
    client.post(page.redirect_chain[-1][0], {"password1": new, "password2": new})
    assert not is_in(client)
    asked = type_password(client, "fay@example.com", new)
    assert asked["Location"].startswith("/accounts/2fa/authenticate/")
    assert not is_in(client)
    client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert is_in(client)


def test_a_session_that_used_no_factor_adds_none_beside_the_one_there_is(
    people: dict[str, User],
) -> None:
    """Whoever holds an old session must not get past the factor by adding one of their own."""
    give_app(people["Fay"])
    client = Client()
    client.force_login(people["Fay"])
    for page in ("mfa_add_webauthn", "mfa_index", "mfa_view_recovery_codes"):
        answer = client.get(reverse(page))
        assert answer["Location"].startswith("/accounts/2fa/reauthenticate/?next="), page
    assert client.post(reverse("mfa_generate_recovery_codes")).status_code == 403
    client.post("/accounts/2fa/reauthenticate/", {"code": code_of(secret_of(people["Fay"]))})
    assert is_in(client)


@COMMITS
def test_adding_a_factor_ends_the_other_sessions(people: dict[str, User]) -> None:
    here, there = Client(), Client()
    for client in (here, there):
        type_password(client, "fay@example.com")
    set_up_app(here)
    assert there.get("/accounts/2fa/")["Location"].startswith("/accounts/login/")
    assert is_in(here)
    ended = SecurityEvent.objects.get(kind=Kind.SESSIONS_ENDED)
    assert ended.details == {"count": 1}


def test_the_last_factor_stays_and_another_may_go(people: dict[str, User]) -> None:
    fay = people["Fay"]
    give_app(fay)
    client = Client()
    sign_in(client, fay)
    answer = client.post("/accounts/2fa/totp/deactivate/")
    assert "This is your only second factor" in answer.content.decode()
    passkey = Authenticator.objects.create(user=fay, type="webauthn", data={"name": "Old key"})
    remove = reverse("mfa_remove_webauthn", args=[passkey.pk])
    assert client.post(remove).status_code == 302
    assert not Authenticator.objects.filter(pk=passkey.pk).exists()
    assert Authenticator.objects.filter(user=fay, type="totp").exists()
    Authenticator.objects.filter(user=fay, type="totp").delete()
    last = Authenticator.objects.create(user=fay, type="webauthn", data={"name": "Last key"})
    client.post(reverse("mfa_remove_webauthn", args=[last.pk]))
    assert Authenticator.objects.filter(pk=last.pk).exists()


def test_nobody_removes_the_passkey_of_another(people: dict[str, User]) -> None:
    give_app(people["Fay"])
    client = Client()
    sign_in(client, people["Fay"])
    other = Authenticator.objects.create(user=people["Ada"], type="webauthn", data={"name": "Hers"})
    assert client.post(reverse("mfa_remove_webauthn", args=[other.pk])).status_code == 404
    assert Authenticator.objects.filter(pk=other.pk).exists()


@COMMITS
def test_a_recovery_code_signs_in_once(people: dict[str, User]) -> None:
    first = Client()
    type_password(first, "fay@example.com")
    set_up_app(first)
    page = first.get("/accounts/2fa/recovery-codes/").content.decode()
    (code, *_) = re.findall(r"\b\d{8}\b", page)
    found, lost = Client(), Client()
    for client in (found, lost):
        type_password(client, "fay@example.com")
        client.post("/accounts/2fa/authenticate/", {"code": code})
    assert (is_in(found), is_in(lost)) == (True, False)
    used = SecurityEvent.objects.filter(kind=Kind.RECOVERY_CODES).latest("id")
    assert used.words == "A recovery code was used; 9 are left."


@COMMITS
def test_no_secret_of_a_factor_lies_open_in_the_database(people: dict[str, User]) -> None:
    client = Client()
    type_password(client, "fay@example.com")
    set_up_app(client)
    secret = secret_of(people["Fay"])
    codes = re.findall(r"\b\d{8}\b", client.get("/accounts/2fa/recovery-codes/").content.decode())
    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM mfa_authenticator")
        stored = json.dumps(cursor.fetchall())
    assert secret not in stored
    assert not any(code in stored for code in codes)
    assert not re.search(r"[0-9a-f]{80}", stored)  # the seed of the codes
    assert stored.count("gAAAA") == 2


def test_a_lost_key_is_said_and_lets_nobody_in(people: dict[str, User], settings: Any) -> None:
    give_app(people["Fay"])
    settings.TOKEN_KEYS = ["MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA="]
    client = Client()
    type_password(client, "fay@example.com")
    answer = client.post("/accounts/2fa/authenticate/", {"code": "123456"})
    assert "Ask an Administrator to reset it" in answer.content.decode()
    assert not is_in(client)


def test_the_demo_says_on_each_page_that_nobody_is_asked(
    people: dict[str, User], settings: Any
) -> None:
    words = "Nobody is asked for a second factor here"
    client = Client()
    assert words not in client.get("/accounts/login/").content.decode()
    settings.SECOND_FACTOR = "waived"
    assert words in client.get("/accounts/login/").content.decode()
    client.force_login(people["Fay"])
    assert words in client.get("/admin/").content.decode()
    assert words in client.get("/admin/billing/invoice/").content.decode()


def test_an_administrator_resets_the_factor_of_another_who_is_told(
    people: dict[str, User],
) -> None:
    ada, fay = people["Ada"], people["Fay"]
    give_app(ada)
    give_app(fay)
    boss, theirs = Client(), Client()
    sign_in(boss, ada)
    sign_in(theirs, fay)
    address = reverse("admin:staff_user_reset-factor", args=[fay.pk])
    form = {"reason": "Her phone fell into the sea", "one_time_key": "k" * 24}
    assert "Reset second factor" in boss.get(address).content.decode()
    with TestCase.captureOnCommitCallbacks(execute=True):
        assert boss.post(address, form).status_code == 302
    assert not Authenticator.objects.filter(user=fay).exists()
    assert not is_in(theirs)
    assert theirs.get("/admin/")["Location"].startswith("/admin/login/")
    event = SecurityEvent.objects.get(kind=Kind.FACTOR_REMOVED)
    assert (event.person, event.subject) == (ada, fay)
    assert event.details["reason"] == "Her phone fell into the sea"
    (told,) = [each for each in mail.outbox if each.to == ["fay@example.com"]]
    assert "second factor was reset" in told.subject
    assert "Ada" in told.body
    assert "Her phone fell into the sea" in told.body
    type_password(theirs, "fay@example.com")
    assert theirs.get("/admin/")["Location"] == "/accounts/2fa/"


def test_nobody_resets_their_own_factor(people: dict[str, User]) -> None:
    ada = people["Ada"]
    give_app(ada)
    client = Client()
    sign_in(client, ada)
    page = client.get(reverse("admin:staff_user_change", args=[ada.pk])).content.decode()
    assert "Reset second factor" not in page
    address = reverse("admin:staff_user_reset-factor", args=[ada.pk])
    answer = client.post(address, {"reason": "Mine", "one_time_key": "k" * 24})
    assert answer.status_code == 403
    assert Authenticator.objects.filter(user=ada).exists()


@pytest.mark.parametrize("name", ["Fay", "Cleo", "Vera", "Otto"])
def test_who_gives_no_access_resets_nothing(people: dict[str, User], name: str) -> None:
    give_app(people[name])
    give_app(people["Ada"])
    client = Client()
    sign_in(client, people[name])
    for act in ("reset-factor", "end-sessions"):
        address = reverse(f"admin:staff_user_{act}", args=[people["Ada"].pk])
        answer = client.post(address, {"reason": "x", "one_time_key": "k" * 24})
        assert answer.status_code in (403, 404)
    assert Authenticator.objects.filter(user=people["Ada"]).exists()


def test_second_factors_are_on_no_screen_of_the_back_office() -> None:
    assert not admin.site.is_registered(Authenticator)


def test_factors_from_before_are_sealed_where_they_stand(people: dict[str, User]) -> None:
    migration = import_module("apps.staff.migrations.0005_seal_factors_and_share_a_cache")
    plain = Authenticator.objects.create(user=people["Fay"], type="totp", data={"secret": "ABCD"})
    codes = Authenticator.objects.create(
        user=people["Fay"], type="recovery_codes", data={"seed": "00ff", "used_mask": 3}
    )
    migration.seal(apps, SimpleNamespace(connection=connection))
    plain.refresh_from_db()
    codes.refresh_from_db()
    adapter = SealedFactors()
    assert plain.data["secret"].startswith("gAAAA")
    assert adapter.decrypt(plain.data["secret"]) == "ABCD"
    assert adapter.decrypt(codes.data["seed"]) == "00ff"
    assert codes.data["used_mask"] == 3


def test_nothing_starts_without_it_where_books_are_real(tmp_path: Path) -> None:
    environment = {**documented(tmp_path), "SECOND_FACTOR": "waived"}
    refused = manage(environment, "check")
    assert refused.returncode != 0
    assert "SECOND_FACTOR is waived" in refused.stderr
    local = manage({**bare(), "TIEOUT_LOCAL": "True", "SECOND_FACTOR": "waived"}, "check")
    assert local.returncode == 0, local.stderr
