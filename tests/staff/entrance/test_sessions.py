"""How long a session lasts, where it stands, and how it ends."""

import re
import time
from base64 import urlsafe_b64decode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from cryptography.fernet import Fernet
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client
from django.urls import reverse

from apps.staff.models import SecurityEvent, User
from tests.backoffice.people import PASSWORD
from tests.staff.entrance.visitor import give_app, is_in, links_leave, sign_in, type_password

pytestmark = pytest.mark.django_db
Kind = SecurityEvent.Kind
START = datetime(2026, 11, 30, 8, tzinfo=UTC)


@pytest.fixture(autouse=True)
def by_password_alone(settings: Any) -> None:
    settings.SECOND_FACTOR = "waived"


def test_half_an_hour_of_silence_ends_it(people: dict[str, User]) -> None:
    client = Client()
    with time_machine.travel(START, tick=False) as clock:
        type_password(client, "fay@example.com")
        clock.shift(timedelta(minutes=29))
        assert is_in(client)
        clock.shift(timedelta(minutes=29))
        assert is_in(client)
        clock.shift(timedelta(minutes=31))
        assert not is_in(client)


def test_twelve_hours_end_it_however_busy(people: dict[str, User]) -> None:
    client = Client()
    with time_machine.travel(START, tick=False) as clock:
        type_password(client, "fay@example.com")
        for _ in range(24):  # never idle for half an hour; all but 24 minutes of the twelve hours
            clock.shift(timedelta(minutes=29))
            assert is_in(client)
        clock.shift(timedelta(minutes=25))
        assert not is_in(client)


def test_the_row_ends_with_the_session_for_whatever_reads_it(people: dict[str, User]) -> None:
    client = Client()
    with time_machine.travel(START, tick=False):
        type_password(client, "fay@example.com")
        row = Session.objects.get(pk=client.session.session_key)
    assert row.expire_date == START + timedelta(minutes=30)


def test_a_session_from_before_there_were_clocks_is_over(people: dict[str, User]) -> None:
    client = Client()
    client.force_login(people["Fay"])
    session = client.session
    del session["signed_in_at"]
    session.save()
    assert not is_in(client)


def test_pages_within_a_minute_write_nothing(
    people: dict[str, User], django_assert_num_queries: Any
) -> None:
    client = Client()
    with time_machine.travel(START, tick=False):
        type_password(client, "fay@example.com")
        before = client.session["seen_at"]
        client.get("/admin/")
        assert client.session["seen_at"] == before == time.time()


def test_ones_own_sessions_are_listed_and_ended_but_for_this_one(people: dict[str, User]) -> None:
    here, there = Client(), Client()
    type_password(here, "fay@example.com", HTTP_USER_AGENT="Firefox on a desk")
    type_password(there, "fay@example.com", HTTP_USER_AGENT="Somebody's phone")
    other = Client()
    type_password(other, "ada@example.com", HTTP_USER_AGENT="Ada's browser")
    page = here.get("/accounts/sessions/").content.decode()
    assert "Firefox on a desk" in page
    assert "Somebody&#x27;s phone" in page
    assert "Ada" not in page
    here.post("/accounts/sessions/")
    assert (is_in(here), is_in(there), is_in(other)) == (True, False, True)
    ended = SecurityEvent.objects.get(kind=Kind.SESSIONS_ENDED)
    assert (ended.person, ended.details["count"]) == (people["Fay"], 1)


def test_an_administrator_signs_another_out_everywhere(people: dict[str, User]) -> None:
    boss, theirs = Client(), Client()
    type_password(boss, "ada@example.com")
    type_password(theirs, "fay@example.com")
    address = reverse("admin:staff_user_end-sessions", args=[people["Fay"].pk])
    boss.post(address, {"reason": "Left her laptop on the train", "one_time_key": "k" * 24})
    assert not is_in(theirs)
    assert is_in(boss)
    assert not UserSession.objects.filter(user=people["Fay"]).exists()
    event = SecurityEvent.objects.get(kind=Kind.SESSIONS_ENDED)
    assert (event.person, event.subject) == (people["Ada"], people["Fay"])


def test_a_new_password_ends_the_other_sessions(people: dict[str, User]) -> None:
    here, there = Client(), Client()
    for client in (here, there):
        type_password(client, "fay@example.com")
    new = "another good long one"
    form = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    here.post("/accounts/password/change/", form)
    assert (is_in(here), is_in(there)) == (True, False)
    kinds = [each.kind for each in SecurityEvent.objects.order_by("id")[2:]]
    assert kinds == [Kind.PASSWORD_CHANGED, Kind.SESSIONS_ENDED]
    assert [each.to for each in mail.outbox] == [["fay@example.com"]]


def test_a_password_set_by_a_link_ends_all_sessions(people: dict[str, User]) -> None:
    there, reset = Client(), Client()
    type_password(there, "fay@example.com")
    reset.post("/accounts/password/reset/", {"email": "fay@example.com"})
    links_leave()
    (letter,) = mail.outbox
    link = next(word for word in letter.body.split() if "/password/reset/key/" in word)
    page = reset.get(link.partition(":8000")[2], follow=True)
    new = "another good long one"
    reset.post(page.redirect_chain[-1][0], {"password1": new, "password2": new})
    assert not is_in(there)
    assert not is_in(reset)  # the link is no sign-in
    assert type_password(Client(), "fay@example.com", new).status_code == 302
    kinds = [each.kind for each in SecurityEvent.objects.order_by("id")]
    assert kinds[1:3] == [Kind.RESET_ASKED, Kind.PASSWORD_CHANGED]


def test_a_stranger_who_types_an_address_makes_no_mail(people: dict[str, User]) -> None:
    answer = Client().post("/accounts/password/reset/", {"email": "stranger@example.com"})
    assert answer["Location"] == "/accounts/password/reset/done/"
    links_leave()
    assert mail.outbox == []


def test_signing_in_and_out_is_kept(people: dict[str, User], settings: Any) -> None:
    settings.SECOND_FACTOR = "required"
    give_app(people["Fay"])
    client = Client()
    sign_in(client, people["Fay"])
    client.post("/accounts/logout/")
    came, went = SecurityEvent.objects.order_by("id")
    assert (came.kind, came.person, came.details) == (
        Kind.SIGNED_IN, people["Fay"], {"by": ["password", "totp"]},
    )  # fmt: skip
    assert (went.kind, went.person) == (Kind.SIGNED_OUT, people["Fay"])


def test_whoever_leaves_takes_the_pages_out_of_the_browser(people: dict[str, User]) -> None:
    client = Client()
    with time_machine.travel(START, tick=False) as clock:
        type_password(client, "fay@example.com")
        assert "Clear-Site-Data" not in client.get(reverse("admin:index"))
        assert client.post(reverse("account_logout"))["Clear-Site-Data"] == '"cache"'
        type_password(client, "fay@example.com")
        clock.shift(timedelta(minutes=31))
        assert client.get(reverse("admin:index"))["Clear-Site-Data"] == '"cache"'


def test_signing_in_begins_another_key_and_the_former_opens_nothing(
    people: dict[str, User],
) -> None:
    client, planted = Client(), Client()
    client.get(reverse("account_login"))
    keys = set()
    for _ in range(2):
        type_password(client, "fay@example.com")
        key = client.session.session_key
        assert key is not None
        # Letters and figures by the system's generator: 32 of 36 are 165 bits.
        assert len(key) == 32
        keys.add(key)
        former = client.cookies[settings.SESSION_COOKIE_NAME].value
        client.post(reverse("account_logout"))
    assert len(keys) == 2
    planted.cookies[settings.SESSION_COOKIE_NAME] = former
    assert not is_in(planted)


def test_a_key_from_before_the_sign_in_is_not_carried_on(people: dict[str, User]) -> None:
    """Somebody else may have put it into the browser."""
    client, planted = Client(), Client()
    session = client.session
    session["anything"] = 1
    session.save()
    before = session.session_key
    type_password(client, "fay@example.com")
    assert is_in(client)
    assert client.session.session_key != before
    assert not Session.objects.filter(pk=before).exists()
    planted.cookies[settings.SESSION_COOKIE_NAME] = before
    assert not is_in(planted)


def test_signing_out_is_at_hand_on_each_page(people: dict[str, User]) -> None:
    client = Client()
    type_password(client, "ada@example.com")
    ways = {reverse("account_logout"), reverse("admin:logout")}
    for address in ("/admin/", "/admin/billing/company/", "/admin/staff/user/",
                    "/accounts/sessions/", "/accounts/password/change/", "/accounts/2fa/"):  # fmt: skip
        page = client.get(address).content.decode()
        assert ways & set(re.findall(r'(?:href|action)="([^"]+)"', page)), address


def test_whoever_is_made_inactive_is_out_at_the_next_request(people: dict[str, User]) -> None:
    client = Client()
    type_password(client, "fay@example.com")
    assert is_in(client)
    people["Fay"].is_active = False
    people["Fay"].save()
    assert not is_in(client)


def test_what_a_session_holds_cannot_be_read_from_its_row(people: dict[str, User]) -> None:
    client = Client()
    type_password(client, "fay@example.com")
    session = client.session
    session["held"] = "canary"
    session.save()
    row = Session.objects.get(pk=session.session_key)
    text = row.session_data.split(":")[0].lstrip(".")
    assert b"canary" not in urlsafe_b64decode(text + "==")
    assert row.get_decoded()["held"] == "canary"


def test_a_session_that_no_key_opens_is_over(people: dict[str, User], settings: Any) -> None:
    client = Client()
    type_password(client, "fay@example.com")
    assert is_in(client)
    settings.TOKEN_KEYS = [Fernet.generate_key().decode()]
    assert not is_in(client)
