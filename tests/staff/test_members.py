"""Members of staff: invited by command, signing in with a password, and nobody by themselves."""

import re
from io import StringIO

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client

from apps.staff.access import add_member, set_up_roles
from apps.staff.models import SecurityEvent, User
from apps.staff.roles import RoleName

pytestmark = pytest.mark.django_db

PASSWORD = "long enough to be kept"


@pytest.fixture(autouse=True)
def ready() -> None:
    cache.clear()  # allauth counts failed attempts there
    set_up_roles()


def staff(*arguments: str) -> str:
    out = StringIO()
    call_command("staff", *arguments, stdout=out)
    return out.getvalue()


def link_in(text: str) -> str:
    found = re.search(r"https?://[^/]+(/invitations/\S+)", text)
    assert found is not None, text
    return found[1]


def roles_of(email: str) -> list[str]:
    return list(User.objects.get(email=email).groups.values_list("name", flat=True))


def signs_in(email: str, password: str = PASSWORD) -> bool:
    client = Client()
    client.post("/accounts/login/", {"login": email, "password": password})
    return client.get("/admin/").status_code == 200


@pytest.fixture
def fay() -> User:
    return add_member("fay@willow.test", RoleName.ACCOUNTANT, PASSWORD, name="Fay Fern")


def test_the_command_prints_a_link_with_which_the_first_person_gets_in(client: Client) -> None:
    said = staff("add", "Fay@Willow.test", "--role", "Accountant", "--name", "Fay Fern")
    fay = User.objects.get(email="fay@willow.test")
    assert "fay@willow.test is invited as Accountant, and sees every company." in said
    assert (fay.name, fay.is_staff, fay.is_active) == ("Fay Fern", True, False)
    answer = client.post(link_in(said), {"password": PASSWORD, "again": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/")
    assert signs_in("fay@willow.test")
    fay.refresh_from_db()
    assert fay.has_perm("billing.issue_invoice")
    assert EmailAddress.objects.filter(user=fay, verified=True, primary=True).count() == 1
    assert SecurityEvent.objects.filter(kind="operated", subject=fay).exists()


def test_the_command_mails_the_link_and_prints_none(
    django_capture_on_commit_callbacks: object,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        said = staff("add", "fay@willow.test", "--role", "Accountant", "--mail")
    assert "/invitations/" not in said
    [letter] = [each for each in mail.outbox if "invitation" in each.subject]
    assert letter.to == ["fay@willow.test"]
    assert link_in(letter.body)


def test_another_role_replaces_the_former() -> None:
    staff("add", "vera@willow.test", "--role", "Viewer")
    staff("role", "vera@willow.test", "--role", "Clerk")
    assert roles_of("vera@willow.test") == ["Clerk"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("add", "no address", "--role", "Viewer"), "valid email address"),
        (("role", "nobody@willow.test", "--role", "Viewer"), "no member of staff"),
        (("add", "fay@willow.test"), "Say which role"),
        (("declare", "nobody@willow.test", "--reason", "Alone"), "no member of staff"),
    ],
)
def test_what_cannot_be_done_is_said(arguments: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        staff(*arguments)
    assert not User.objects.exists()


def test_a_member_is_not_added_twice(fay: User) -> None:
    with pytest.raises(CommandError, match="already"):
        staff("add", "FAY@willow.test", "--role", "Viewer")
    assert roles_of("fay@willow.test") == ["Accountant"]


def test_there_are_no_superusers(fay: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    with pytest.raises(CommandError, match="rights come by role"):
        call_command("createsuperuser", "--noinput", email="eve@evil.test")
    with pytest.raises(AttributeError):
        User(email="eve@evil.test", is_superuser=True)
    with pytest.raises(AttributeError):
        fay.is_superuser = True  # type: ignore[misc]
    assert not fay.has_perm("staff.change_user")
    assert User.objects.count() == 1


def test_the_stock_admin_login_is_replaced(client: Client) -> None:
    answer = client.get("/admin/login/?next=/admin/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


def test_a_wrong_password_signs_nobody_in(fay: User) -> None:
    assert not signs_in("fay@willow.test", "something else")
    assert signs_in("fay@willow.test")


def test_guessing_is_slowed_down_even_for_the_right_password(fay: User, client: Client) -> None:
    for _ in range(6):
        client.post("/accounts/login/", {"login": "fay@willow.test", "password": "wrong"})
    client.post("/accounts/login/", {"login": "fay@willow.test", "password": PASSWORD})
    assert client.get("/admin/").status_code == 302


def test_nobody_signs_up_by_themselves(client: Client) -> None:
    form = {"email": "eve@evil.test", "password1": PASSWORD, "password2": PASSWORD}
    answer = client.post("/accounts/signup/", form)
    assert answer.status_code == 200
    assert not User.objects.exists()
