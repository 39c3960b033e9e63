"""What a verification found, as somebody reads it who sees some companies only."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from apps.staff.models import User
from apps.staff.security import Kind, note
from apps.trail.models import Verification
from apps.trail.sealing import seal
from apps.trail.tasks import ask, carry_out
from tests.backoffice.two_companies import narrow
from tests.factories import make_company
from tests.trail.raw import attack

Browse = Callable[[str], Client]


@pytest.mark.slow
def test_a_finding_of_no_company_quotes_nothing_to_whoever_sees_some(
    people: dict[str, User], browse: Browse, settings: object
) -> None:
    """An event is of no company, and names a record of any."""
    event = note(Kind.OPERATED, "Downloaded the ledger of Lowood Ltd")
    seal()
    attack("UPDATE staff_securityevent SET address = '10.0.0.9' WHERE id = %s", event.pk)
    asked = ask(None)
    carry_out(asked.pk)
    page = reverse("admin:trail_verification_change", args=[asked.pk])
    assert "Lowood" in browse("Fay").get(page).content.decode()
    narrow(people["Fay"], make_company())
    shown = browse("Fay").get(page).content.decode()
    assert "Lowood" not in shown
    assert f"row {event.pk} of staff_securityevent" in shown


def test_what_was_kept_before_is_told_without_its_words(
    people: dict[str, User], browse: Browse
) -> None:
    ours, theirs = make_company(), make_company()
    findings = [
        {"what": "rewritten", "sentence": "The security event (of Lowood)", "company": None},
        {"what": "cut out", "sentence": "The call of Lowood Ltd", "company": theirs.pk},
        {"what": "cut out", "sentence": "The call of ours", "company": ours.pk},
    ]
    row = Verification.objects.create(state="done", count=3, findings=findings)
    page = reverse("admin:trail_verification_change", args=[row.pk])
    narrow(people["Fay"], ours)
    shown = browse("Fay").get(page).content.decode()
    assert "Lowood" not in shown
    assert "The call of ours" in shown
    assert "Something of no company" in shown
    assert "1 of them in companies that you do not see" in shown
