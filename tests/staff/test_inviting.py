"""Invitations: one link, once, for three days, and no other way in for a new person."""

from datetime import timedelta
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone

from apps.staff.access import put_roles, set_up_roles
from apps.staff.inviting import invite, link_of, withdraw_open
from apps.staff.models import Invitation, User
from apps.staff.roles import RoleName
from tests.staff.entrance.visitor import links_leave

pytestmark = pytest.mark.django_db

PASSWORD = "long enough to be kept"
CHOSEN = {"password": PASSWORD, "again": PASSWORD}


@pytest.fixture
def gus() -> User:
    set_up_roles()
    gus = User.objects.create_user("gus@willow.test", name="Gus", is_active=False)
    put_roles(gus, frozenset({RoleName.ACCOUNTANT}))
    return gus


def path_of(row: Invitation) -> str:
    return "/invitations/" + link_of(row).split("/invitations/")[1]


def test_a_link_lets_its_person_in_once(gus: User, client: Client) -> None:
    path = path_of(invite(gus, by=None))
    assert b"Welcome, Gus" in client.get(path).content
    assert client.post(path, CHOSEN).status_code == 302
    gus.refresh_from_db()
    assert gus.is_active
    assert gus.check_password(PASSWORD)
    for answer in (client.get(path), client.post(path, {**CHOSEN, "password": "x" * 20})):
        assert answer.status_code == 410
    gus.refresh_from_db()
    assert gus.check_password(PASSWORD)


def test_nobody_signs_in_or_resets_a_password_before_the_link_is_used(
    gus: User, client: Client
) -> None:
    invite(gus, by=None, mailed=False)
    gus.set_password(PASSWORD)  # whatever stands there
    gus.save()
    client.post("/accounts/login/", {"login": gus.email, "password": PASSWORD})
    assert client.get("/admin/").status_code == 302
    client.post("/accounts/password/reset/", {"email": gus.email})
    links_leave()
    assert not any("/password/reset/key/" in letter.body for letter in mail.outbox)
    assert not gus.has_perm("billing.issue_invoice")


@pytest.mark.parametrize("end", ["over", "withdrawn", "sent again", "made up", "of another"])
def test_a_link_that_is_not_good_opens_nothing(gus: User, client: Client, end: str) -> None:
    row = invite(gus, by=None)
    path = path_of(row)
    then = timezone.now()
    if end == "over":
        then += timedelta(days=3, seconds=1)
    elif end == "withdrawn":
        assert withdraw_open(gus) == 1
    elif end == "sent again":
        with time_machine.travel(then + timedelta(minutes=1)):
            again = path_of(invite(gus, by=None))
        assert again != path
    elif end == "made up":
        path = path[:-5] + "aaaa/"
    else:
        other = User.objects.create_user("eve@willow.test", is_active=False)
        token = path.rstrip("/").split("/")[-1]
        path = f"/invitations/{invite(other, by=None).pk}/{token}/"
    with time_machine.travel(then):
        shown, sent = client.get(path), client.post(path, CHOSEN)
    assert (shown.status_code, sent.status_code) == (410, 410)
    assert b"Ask an administrator to send a new one" in shown.content
    gus.refresh_from_db()
    assert not gus.is_active
    assert not gus.has_usable_password()


def test_a_bad_password_is_said_and_the_link_stays_good(gus: User, client: Client) -> None:
    path = path_of(invite(gus, by=None))
    short = client.post(path, {"password": "short", "again": "short"})
    assert b"too short" in short.content
    assert b"not the same" in client.post(path, {**CHOSEN, "again": "x" * 20}).content
    assert client.post(path, CHOSEN).status_code == 302


def test_the_page_is_kept_by_no_cache_and_the_link_by_no_row(gus: User, client: Client) -> None:
    row = invite(gus, by=None)
    assert "no-store" in client.get(path_of(row))["Cache-Control"]
    token = path_of(row).rstrip("/").split("/")[-1]
    assert token not in str(Invitation.objects.filter(pk=row.pk).values().get())


def test_a_letter_that_does_not_leave_is_said_on_the_row(
    gus: User, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    def unreachable(*_: Any, **__: Any) -> None:
        raise SMTPServerDisconnected

    monkeypatch.setattr("apps.staff.inviting.send_mail", unreachable)
    with django_capture_on_commit_callbacks(execute=True):
        row = invite(gus, by=None)
    row.refresh_from_db()
    assert "could not be sent" in row.failed
