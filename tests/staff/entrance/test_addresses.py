"""An e-mail address is the way to a password: whoever moves it proves who they are, and all are told."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse

from apps.staff.models import SecurityEvent, User
from tests.backoffice.desk import Desk
from tests.staff.entrance.visitor import give_app, sign_in, type_password

pytestmark = pytest.mark.django_db
Kind = SecurityEvent.Kind
NEW = "fay.fern@example.com"


def rows(user: User) -> tuple[str, list[tuple[str, bool, bool]]]:
    user.refresh_from_db()
    found = EmailAddress.objects.filter(user=user).order_by("email")
    return user.email, [(each.email, each.primary, each.verified) for each in found]


def one(email: str) -> tuple[str, list[tuple[str, bool, bool]]]:
    return email, [(email, True, True)]


def signed_in(user: User, client: Client | None = None) -> Client:
    if not user.authenticator_set.exists():
        give_app(user)
    client = client or Client()
    sign_in(client, user)
    return client


def link_in(letter: Any) -> str:
    word = next(word for word in letter.body.split() if "/confirm-email/" in word)
    return str(word.partition("testserver")[2])


def test_the_new_address_proves_itself_and_the_former_is_told(people: dict[str, User]) -> None:
    fay = people["Fay"]
    here = signed_in(fay)
    assert here.post("/accounts/email/", {"email": NEW, "action_add": ""}).status_code == 302
    assert rows(fay)[0] == "fay@example.com"
    (asked,) = mail.outbox
    assert asked.to == [NEW]
    mail.outbox.clear()
    assert "Confirm" in here.get(link_in(asked)).content.decode()
    assert rows(fay)[0] == "fay@example.com"  # looking at it moves nothing: a mail scanner looks
    here.post(link_in(asked))
    assert rows(fay) == one(NEW)
    assert [each.to for each in mail.outbox] == [["fay@example.com"]]
    event = SecurityEvent.objects.filter(kind=Kind.EMAIL_CHANGED).get()
    assert event.subject or event.person == fay
    assert type_password(Client(), NEW).status_code == 302
    assert type_password(Client(), "fay@example.com").status_code == 200


def test_it_asks_for_a_sign_in_of_a_moment_ago(people: dict[str, User]) -> None:
    with time_machine.travel(datetime(2026, 11, 30, 8, tzinfo=UTC), tick=False) as clock:
        client = signed_in(people["Fay"])
        clock.shift(timedelta(minutes=6))
        answer = client.post("/accounts/email/", {"email": NEW, "action_add": ""})
        assert answer.status_code == 302
        assert "reauthenticate" in answer["Location"]
    assert mail.outbox == []
    assert rows(people["Fay"]) == one("fay@example.com")


def test_and_for_the_second_factor(people: dict[str, User]) -> None:
    client = Client()
    type_password(client, "fay@example.com")
    answer = client.post("/accounts/email/", {"email": NEW, "action_add": ""})
    assert answer.status_code == 403
    assert rows(people["Fay"]) == one("fay@example.com")


def test_both_rows_move_or_neither(people: dict[str, User], monkeypatch: Any) -> None:
    fay = people["Fay"]
    client = signed_in(fay)
    client.post("/accounts/email/", {"email": NEW, "action_add": ""})
    (asked,) = mail.outbox
    before = rows(fay)

    def full(*_: Any, **__: Any) -> None:
        raise IntegrityError("the disk is full")

    monkeypatch.setattr(EmailAddress, "remove", full)
    with pytest.raises(IntegrityError):
        client.post(link_in(asked))
    assert rows(fay) == before


def test_an_address_of_somebody_else_is_refused(people: dict[str, User]) -> None:
    client = signed_in(people["Fay"])
    User.objects.create_user("made.by.hand@example.com")  # without a row of allauth's
    for taken in ("ada@example.com", "ADA@example.com", "made.by.hand@example.com"):
        answer = client.post("/accounts/email/", {"email": taken, "action_add": ""})
        assert "Somebody else signs in with this address" in answer.content.decode()
    assert mail.outbox == []
    assert rows(people["Fay"]) == one("fay@example.com")


def test_no_administrator_moves_it(people: dict[str, User]) -> None:
    """Whose mailbox it is takes the account over."""
    cleo = people["Cleo"]
    boss = signed_in(people["Ada"], Desk())
    address = reverse("admin:staff_user_change", args=[cleo.pk])
    form = {"email": "ada.too@example.com", "name": "Cleo", "is_active": "on", "every_company": "on",
            "groups": [each.pk for each in cleo.groups.all()]}  # fmt: skip
    assert boss.post(address, form).status_code == 302
    assert rows(cleo) == one("cleo@example.com")


def test_whoever_was_added_by_hand_gets_the_row_of_their_address(people: dict[str, User]) -> None:
    bo = User.objects.create_user("bo@example.com", "a-long-enough-password-1", name="Bo")
    type_password(Client(), bo.email)
    assert rows(bo) == one("bo@example.com")
