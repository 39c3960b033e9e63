import logging

import pytest
from django.core.exceptions import ValidationError
from django.test import RequestFactory

from apps.staff.models import SecurityEvent, User
from apps.staff.security import Kind, mark_of, note

pytestmark = pytest.mark.django_db


def test_an_event_says_who_to_whom_and_from_where_in_a_row_and_a_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ada, bo = User.objects.create_user("ada@x.com"), User.objects.create_user("bo@x.com")
    request = RequestFactory().get("/", REMOTE_ADDR="203.0.113.9", HTTP_USER_AGENT="Fire\0fox" * 99)
    request.user = ada
    with caplog.at_level(logging.INFO, "tieout.security"):
        note(Kind.RIGHTS_CHANGED, "Bo became an Accountant.", request=request, subject=bo, to="Accountant")  # fmt: skip
    event = SecurityEvent.objects.get()
    assert (event.person, event.subject, event.address) == (ada, bo, "203.0.113.9")
    assert event.details == {"to": "Accountant"}
    assert event.browser.startswith("Firefox")
    assert len(event.browser) <= 200
    (line,) = caplog.messages
    assert f"event=rights_changed id={event.pk} person={ada.pk} subject={bo.pk}" in line
    assert "x.com" not in line


def test_no_event_is_altered_or_deleted() -> None:
    event = note(Kind.SIGNED_OUT, "Signed out.")
    event.words = "Nothing happened."
    for act in (
        event.save,
        event.delete,
        SecurityEvent.objects.all().delete,
        lambda: SecurityEvent.objects.update(words=""),
        lambda: SecurityEvent.objects.bulk_update([event], ["words"]),
    ):
        with pytest.raises(ValidationError):
            act()


def test_what_was_typed_is_marked_and_not_told() -> None:
    assert mark_of("Ada@x.com ") == mark_of("ada@x.com") != mark_of("bo@x.com")
    assert "ada" not in mark_of("ada@x.com")
