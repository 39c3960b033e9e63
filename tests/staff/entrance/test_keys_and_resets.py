"""What an attack showed: keys that outlive a sign-out, factors removed at once, resets that tell."""

import re
import threading
from datetime import timedelta
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ

from apps.staff.entrance.resets import send_link
from apps.staff.models import SecurityEvent, User
from apps.staff.roles import RoleName
from apps.staff.security import mark_of, note
from apps.triggers.api.keys import make_key, make_service_key
from apps.triggers.models import ApiKey, Scope
from tests.factories import make_company
from tests.staff.entrance.visitor import give_app, links_leave, sign_in, type_password

pytestmark = pytest.mark.django_db
Kind = SecurityEvent.Kind


def keys_of(person: User, service_of: User) -> tuple[ApiKey, ApiKey]:
    company = make_company()
    own = make_key(person, name="Web shop", companies=[company], scopes=[Scope.READ]).key
    service = make_service_key(
        service_of, name="Robot", role=RoleName.VIEWER, companies=[company], scopes=[Scope.READ]
    ).key
    return own, service


@pytest.fixture(autouse=True)
def by_password_alone(settings: Any) -> None:
    settings.SECOND_FACTOR = "waived"


def test_a_key_of_the_api_opens_no_page(people: dict[str, User]) -> None:
    text = make_key(
        people["Fay"], name="Web shop", companies=[make_company()], scopes=[Scope.READ]
    ).text
    bearer = {"Authorization": f"Bearer {text}"}
    assert Client().get("/api/v1/me", headers=bearer).status_code == 200
    for address in ("/admin/", "/admin/billing/invoice/", "/accounts/sessions/"):
        assert "/login/" in Client().get(address, headers=bearer)["Location"]
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = text
    assert "/login/" in client.get("/admin/")["Location"]


def test_signed_out_everywhere_by_an_administrator_the_own_keys_end_and_no_service(
    people: dict[str, User],
) -> None:
    own, service = keys_of(people["Fay"], people["Ada"])
    boss = Client()
    type_password(boss, "ada@example.com")
    address = reverse("admin:staff_user_end-sessions", args=[people["Fay"].pk])
    asked = {"reason": "Her laptop was stolen", "one_time_key": "k" * 24}
    page = boss.post(address, asked, follow=True).content.decode()
    assert "API keys of their own revoked: 1." in page
    own.refresh_from_db()
    service.refresh_from_db()
    assert (own.is_alive(), service.revoked_at) == (False, None)
    event = SecurityEvent.objects.get(kind=Kind.KEY_REVOKED)
    assert (event.subject, event.person) == (people["Fay"], people["Ada"])
    assert SecurityEvent.objects.get(kind=Kind.SESSIONS_ENDED).details["keys"] == 1


def test_who_signs_out_everywhere_else_may_end_their_keys_by_a_tick(
    people: dict[str, User],
) -> None:
    own, _ = keys_of(people["Fay"], people["Ada"])
    client = Client()
    type_password(client, "fay@example.com")
    assert "Revoke my API keys too (1)" in client.get("/accounts/sessions/").content.decode()
    client.post("/accounts/sessions/", {})
    own.refresh_from_db()
    assert own.is_alive()
    client.post("/accounts/sessions/", {"keys": "on"})
    own.refresh_from_db()
    assert not own.is_alive()
    assert "Revoke my API keys" not in client.get("/accounts/sessions/").content.decode()


def test_a_reset_factor_says_how_many_keys_still_work(people: dict[str, User]) -> None:
    keys_of(people["Fay"], people["Ada"])
    give_app(people["Fay"])
    boss = Client()
    type_password(boss, "ada@example.com")
    address = reverse("admin:staff_user_reset-factor", args=[people["Fay"].pk])
    page = boss.post(address, {"reason": "Lost it", "one_time_key": "k" * 24}, follow=True)
    assert "API keys of theirs that still work: 1." in page.content.decode()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_of_two_factors_removed_at_once_one_stays(people: dict[str, User], settings: Any) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time, and none beside it in memory.")
    settings.SECOND_FACTOR = "required"
    fay = people["Fay"]
    give_app(fay)
    here, there = Client(), Client()
    sign_in(here, fay)
    there.cookies = here.cookies
    passkey = Authenticator.objects.create(user=fay, type="webauthn", data={"name": "Key"})
    start = threading.Barrier(2)

    def post(client: Client, address: str) -> None:
        start.wait()
        client.post(address)
        connection.close()

    addresses = (
        "/accounts/2fa/totp/deactivate/",
        reverse("mfa_remove_webauthn", args=[passkey.pk]),
    )
    both = [
        threading.Thread(target=post, args=each)
        for each in zip((here, there), addresses, strict=True)
    ]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert Authenticator.objects.filter(user=fay, type__in=("totp", "webauthn")).count() == 1


def test_removing_the_app_holds_the_row_of_the_person(
    people: dict[str, User], settings: Any
) -> None:
    """The factor goes within the transaction that holds the person, not after it."""
    settings.SECOND_FACTOR = "required"
    fay = people["Fay"]
    give_app(fay)
    client = Client()
    sign_in(client, fay)
    Authenticator.objects.create(user=fay, type="webauthn", data={"name": "Key"})
    held: list[bool] = []

    def look(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("DELETE") and "mfa_authenticator" in sql:
            held.append(len(connection.savepoint_ids) > 0)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(look):
        client.post("/accounts/2fa/totp/deactivate/")
    assert held == [True]


def test_a_mail_server_that_is_away_tells_nobody_who_is_here(
    people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise SMTPServerDisconnected("away")

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", away)
    known = Client().post("/accounts/password/reset/", {"email": "fay@example.com"})
    unknown = Client().post("/accounts/password/reset/", {"email": "stranger@example.com"})
    assert (known.status_code, known["Location"]) == (302, "/accounts/password/reset/done/")
    assert (unknown.status_code, unknown["Location"]) == (302, known["Location"])
    links_leave()
    failed, stranger, asked = SecurityEvent.objects.filter(kind=Kind.RESET_ASKED)
    assert (asked.subject, failed.subject) == (people["Fay"], people["Fay"])
    assert failed.details == {"fault": "SMTPServerDisconnected"}
    assert stranger.subject is None
    assert stranger.details == {"account": mark_of("stranger@example.com")}
    assert "stranger" not in f"{stranger.words} {stranger.details}"


def test_a_known_address_is_answered_by_the_same_work_as_any_other(
    people: dict[str, User],
) -> None:
    """So that the time it takes tells a stranger nothing; the letter is a worker's."""
    User.objects.filter(pk=people["Cleo"].pk).update(is_active=False)
    asked: dict[str, list[str]] = {}
    for name in ("fay", "stranger", "cleo"):
        client = Client()
        client.get("/accounts/password/reset/")
        with CaptureQueriesContext(connection) as seen:
            client.post("/accounts/password/reset/", {"email": f"{name}@example.com"})
        asked[name] = [re.sub(r"'[^']*'|\d+", "", each["sql"])[:60] for each in seen]
        assert mail.outbox == []
    assert asked["fay"] == asked["stranger"] == asked["cleo"]
    assert [len(row.task["args"]) for row in OrmQ.objects.all()] == [1, 1, 1]
    assert not any("example.com" in str(row.task) for row in OrmQ.objects.all())
    links_leave()
    (letter,) = mail.outbox
    assert letter.to == ["fay@example.com"]
    assert f"{settings.SITE_URL}/accounts/password/reset/key/" in letter.body


def test_a_link_is_sent_of_nothing_else_and_not_of_yesterday(people: dict[str, User]) -> None:
    other = note(Kind.SIGNED_OUT, "Signed out.", subject=people["Fay"])
    send_link(other.pk)
    with time_machine.travel(timezone.now() - timedelta(hours=2)):
        late = note(Kind.RESET_ASKED, "Asked.", subject=people["Fay"])
    send_link(late.pk)
    send_link(10**9)
    assert mail.outbox == []
