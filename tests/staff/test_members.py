"""Members of staff: added by command, signing in with a password, and nobody by themselves."""

from io import StringIO

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client

from apps.staff.access import set_up_roles
from apps.staff.models import User

pytestmark = pytest.mark.django_db

PASSWORD = "long enough to be kept"


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAFF_PASSWORD", PASSWORD)
    cache.clear()  # allauth counts failed attempts there
    set_up_roles()


def staff(*arguments: str) -> str:
    out = StringIO()
    call_command("staff", *arguments, stdout=out)
    return out.getvalue()


def roles_of(email: str) -> list[str]:
    return list(User.objects.get(email=email).groups.values_list("name", flat=True))


def test_a_member_is_added_with_a_role_and_a_verified_address() -> None:
    said = staff("add", "Fay@Willow.test", "--role", "Accountant", "--name", "Fay Fern")
    fay = User.objects.get(email="fay@willow.test")
    assert said == "fay@willow.test may sign in as Accountant.\n"
    assert PASSWORD not in said
    assert (fay.name, fay.is_staff, fay.is_superuser) == ("Fay Fern", True, False)
    assert fay.check_password(PASSWORD)
    assert fay.has_perm("billing.issue_invoice")
    assert EmailAddress.objects.filter(user=fay, verified=True, primary=True).count() == 1


def test_another_role_replaces_the_former() -> None:
    staff("add", "vera@willow.test", "--role", "Viewer")
    staff("role", "vera@willow.test", "--role", "Clerk")
    assert roles_of("vera@willow.test") == ["Clerk"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("add", "no address", "--role", "Viewer"), "valid email address"),
        (("role", "nobody@willow.test", "--role", "Viewer"), "no member of staff"),
    ],
)
def test_what_cannot_be_done_is_said(arguments: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        staff(*arguments)


def test_a_member_is_not_added_twice() -> None:
    staff("add", "fay@willow.test", "--role", "Accountant")
    with pytest.raises(CommandError, match="already"):
        staff("add", "FAY@willow.test", "--role", "Viewer")
    assert roles_of("fay@willow.test") == ["Accountant"]


def test_a_short_password_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAFF_PASSWORD", "short")
    with pytest.raises(CommandError, match="too short"):
        staff("add", "fay@willow.test", "--role", "Accountant")
    assert not User.objects.exists()


def test_the_stock_admin_login_is_replaced(client: Client) -> None:
    answer = client.get("/admin/login/?next=/admin/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


def test_a_member_signs_in_with_the_password(client: Client) -> None:
    staff("add", "fay@willow.test", "--role", "Accountant")
    answer = client.post("/accounts/login/", {"login": "fay@willow.test", "password": PASSWORD})
    assert answer.status_code == 302
    assert client.get("/admin/").status_code == 200


def test_a_wrong_password_signs_nobody_in(client: Client) -> None:
    staff("add", "fay@willow.test", "--role", "Accountant")
    client.post("/accounts/login/", {"login": "fay@willow.test", "password": "something else"})
    assert client.get("/admin/").status_code == 302


def test_guessing_is_slowed_down_even_for_the_right_password(client: Client) -> None:
    staff("add", "fay@willow.test", "--role", "Accountant")
    for _ in range(6):
        client.post("/accounts/login/", {"login": "fay@willow.test", "password": "wrong"})
    client.post("/accounts/login/", {"login": "fay@willow.test", "password": PASSWORD})
    assert client.get("/admin/").status_code == 302


def test_nobody_signs_up_by_themselves(client: Client) -> None:
    form = {"email": "eve@evil.test", "password1": PASSWORD, "password2": PASSWORD}
    answer = client.post("/accounts/signup/", form)
    assert answer.status_code == 200
    assert not User.objects.exists()
