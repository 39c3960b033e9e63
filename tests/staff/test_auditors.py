"""An Auditor only looks, and only until a last day."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client

from apps.staff import people as acts
from apps.staff.access import add_member, give_role, set_up_roles
from apps.staff.models import RightsRequest, SecurityEvent, User
from apps.staff.roles import RoleName

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-enough-password-1"
LAST = date(2027, 3, 31)
AUDITOR = frozenset({RoleName.AUDITOR})


@pytest.fixture(autouse=True)
def roles(db: None) -> None:
    set_up_roles()


def member(name: str, role: RoleName, last_day: date | None = None) -> User:
    return add_member(f"{name}@example.com", role, PASSWORD, name=name, last_day=last_day)


def test_the_role_is_given_with_a_last_day_and_alone() -> None:
    ada, vera = member("Ada", RoleName.ADMINISTRATOR), member("Vera", RoleName.VIEWER)
    with pytest.raises(ValidationError, match="say its last day"):
        acts.change_rights(vera, AUDITOR, active=True, by=ada)
    with pytest.raises(ValidationError, match="today or later"):
        acts.change_rights(vera, AUDITOR, active=True, by=ada, last_day=date(2020, 1, 1))
    with pytest.raises(ValidationError, match="has no other role"):
        acts.change_rights(
            vera, AUDITOR | {RoleName.CLERK}, active=True, by=ada, last_day=date(2099, 1, 1)
        )
    with pytest.raises(ValidationError, match="say its last day"):
        give_role(vera, RoleName.AUDITOR)
    with pytest.raises(CommandError, match="say its last day"):
        call_command("staff", "role", "vera@example.com", "--role", "Auditor")
    assert User.objects.get(pk=vera.pk).role_names == {RoleName.VIEWER}


def test_a_second_administrator_agrees_also_to_a_later_day() -> None:
    ada, bea = member("Ada", RoleName.ADMINISTRATOR), member("Bea", RoleName.ADMINISTRATOR)
    iris = member("Iris", RoleName.AUDITOR, date(2098, 1, 1))
    asked = acts.change_rights(iris, AUDITOR, active=True, by=ada, last_day=date(2099, 1, 1))
    assert isinstance(asked, RightsRequest)
    assert str(asked) == "Iris: Auditor until 1 January 2099"
    assert User.objects.get(pk=iris.pk).last_day == date(2098, 1, 1)
    acts.agree(asked, bea)
    assert User.objects.get(pk=iris.pk).last_day == date(2099, 1, 1)
    said = SecurityEvent.objects.filter(subject=iris, kind="rights_changed").first()
    assert said is not None
    assert "is Auditor until 1 January 2099" in said.words
    # Shorter takes away: nobody is asked. Another role ends the day with it.
    assert acts.change_rights(iris, AUDITOR, active=True, by=ada, last_day=date(2097, 1, 1)) is None
    asked = acts.change_rights(iris, frozenset({RoleName.VIEWER}), active=True, by=ada)
    assert asked is not None
    acts.agree(asked, bea)
    assert User.objects.get(pk=iris.pk).last_day is None


def test_whatever_else_they_were_given_they_only_look() -> None:
    iris = member("Iris", RoleName.AUDITOR, date(2099, 1, 1))
    iris.groups.add(*member("Fay", RoleName.ACCOUNTANT).groups.all())  # past every rule
    held = User.objects.get(pk=iris.pk).get_all_permissions()
    acts = {each for each in held if not each.split(".")[1].startswith("view_")}
    assert acts == {"trail.make_pack"}  # what they see, taken away
    assert held - acts


def test_after_the_last_day_they_are_refused_and_their_session_has_ended(client: Client) -> None:
    form: Any = {"login": "iris@example.com", "password": PASSWORD}
    with time_machine.travel(datetime(2027, 3, 31, 23, 50, tzinfo=UTC), tick=False) as clock:
        iris = member("Iris", RoleName.AUDITOR, LAST)
        assert client.post("/accounts/login/", form).status_code == 302
        assert client.get("/admin/").status_code == 200
        clock.move_to(datetime(2027, 4, 1, 0, 1, tzinfo=UTC))
        assert client.get("/admin/").status_code == 302
        answer = client.post("/accounts/login/", form)
        assert answer.status_code == 403
        assert "Your last day was 31 March 2027" in answer.content.decode()
        assert client.get("/admin/").status_code == 302
        assert User.objects.get(pk=iris.pk).get_all_permissions() == set()
    kinds = SecurityEvent.objects.values_list("kind", flat=True)
    assert {"sessions_ended", "sign_in_refused"} <= {*kinds}
