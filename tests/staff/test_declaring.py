"""A company of one person: declared with a reason, over with the second, and recovered at the host."""

from io import StringIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client

from apps.staff.access import add_member, set_up_roles
from apps.staff.declaring import declare, part, standing
from apps.staff.inviting import link_of, use
from apps.staff.models import OnePersonDeclaration, SecurityEvent, User
from apps.staff.people import change_rights, enter
from apps.staff.roles import RoleName
from tests.staff.test_members import PASSWORD, link_in

pytestmark = pytest.mark.django_db

ADMIN = frozenset({RoleName.ADMINISTRATOR})
ACCOUNTANT = frozenset({RoleName.ACCOUNTANT})
BOTH = ADMIN | ACCOUNTANT


@pytest.fixture
def ada() -> User:
    set_up_roles()
    return add_member("ada@example.com", RoleName.ADMINISTRATOR, PASSWORD, name="Ada")


def again(person: User) -> User:
    return User.objects.get(pk=person.pk)


def bring(name: str, roles: frozenset[RoleName], by: User) -> User:
    """A second person, who uses the invitation."""
    person = User.objects.create_user(f"{name.lower()}@example.com", name=name, is_active=False)
    enter(person, roles, by=by)
    row = person.invitations.get()
    token = link_of(row).rstrip("/").split("/")[-1]
    return use(row.pk, token, PASSWORD)


def test_the_only_person_declares_it_and_then_does_everything(ada: User) -> None:
    assert not ada.has_perm("billing.issue_invoice")
    declare(ada, "I am alone here", by=ada)
    ada = again(ada)
    assert ada.has_perm("billing.issue_invoice")
    assert ada.has_perm("staff.change_user")
    event = SecurityEvent.objects.get(kind="rights_changed")
    assert "Ada declared to be the only person, who does everything: I am alone here" in event.words
    found = standing()
    assert found is not None
    assert (found.person, found.reason) == (ada, "I am alone here")


def test_a_declaration_needs_a_reason_and_to_be_alone(ada: User) -> None:
    with pytest.raises(ValidationError, match="Say why"):
        declare(ada, " ", by=ada)
    add_member("vera@example.com", RoleName.VIEWER, PASSWORD)
    with pytest.raises(ValidationError, match="exactly one person"):
        declare(ada, "Alone", by=ada)
    with pytest.raises(CommandError, match="exactly one person"):
        call_command("staff", "declare", "ada@example.com", "--reason", "Alone", stdout=StringIO())
    assert again(ada).role_names == ADMIN


def test_who_makes_all_others_inactive_is_not_both_hands_by_it(
    ada: User, django_capture_on_commit_callbacks: Any
) -> None:
    """An administrator alone makes anybody inactive, so being left alone is theirs to bring about."""
    fay = add_member("fay@example.com", RoleName.ACCOUNTANT, PASSWORD, name="Fay")
    with django_capture_on_commit_callbacks(execute=True):
        change_rights(fay, frozenset(), active=False, by=ada)
    assert [each.to for each in mail.outbox] == [[fay.email]], "she would hear it from nobody else"
    with pytest.raises(ValidationError, match="whoever operates the host declares it"):
        declare(ada, "Alone", by=ada)
    assert again(ada).role_names == ADMIN
    call_command("staff", "declare", ada.email, "--reason", "Fay has left", stdout=StringIO())
    assert again(ada).role_names == BOTH


def test_what_was_declared_is_altered_and_deleted_by_nobody(ada: User) -> None:
    made = declare(ada, "Alone", by=ada)
    made.reason = "Something else"
    for act in (made.save, made.delete, OnePersonDeclaration.objects.all().delete):
        with pytest.raises(ValidationError):
            act()
    with pytest.raises(ValidationError):
        OnePersonDeclaration.objects.update(reason="")


def test_it_ends_with_the_second_person_and_nothing_is_done_until_the_roles_are_parted(
    ada: User, django_capture_on_commit_callbacks: Any
) -> None:
    declare(ada, "Alone", by=ada)
    with django_capture_on_commit_callbacks(execute=True):
        bring("Fay", ACCOUNTANT, again(ada))
    ada = again(ada)
    assert standing() is None
    assert ada.must_part
    assert not ada.has_perm("billing.issue_invoice")
    assert not ada.has_perm("staff.change_user")
    [told] = [each for each in mail.outbox if each.to == [ada.email] and "alone" in each.subject]
    assert "choose which you keep" in told.body
    with pytest.raises(ValidationError, match="Nobody else is an Administrator"):
        part(ada, RoleName.ACCOUNTANT)
    part(ada, RoleName.ADMINISTRATOR)
    ada = again(ada)
    assert ada.role_names == ADMIN
    assert ada.has_perm("staff.change_user")
    assert not ada.has_perm("billing.issue_invoice")


def test_it_never_stands_again_where_the_second_person_leaves(ada: User) -> None:
    declare(ada, "Alone", by=ada)
    fay = bring("Fay", ACCOUNTANT, again(ada))
    change_rights(fay, frozenset(), active=False, by=None)
    ada = again(ada)
    assert standing() is None
    assert ada.must_part
    assert not ada.has_perm("billing.issue_invoice")


def test_somebody_who_only_looks_ends_nothing(ada: User) -> None:
    declare(ada, "Alone", by=ada)
    bring("Vera", frozenset({RoleName.VIEWER}), again(ada))
    assert standing() is not None
    assert again(ada).has_perm("billing.issue_invoice")


def test_parting_gives_nobody_anything(ada: User) -> None:
    fay = add_member("fay@example.com", RoleName.ACCOUNTANT, PASSWORD, name="Fay")
    for person, keep in ((ada, RoleName.ACCOUNTANT), (fay, RoleName.ADMINISTRATOR),
                         (fay, RoleName.ACCOUNTANT)):  # fmt: skip
        with pytest.raises(ValidationError, match="Only one of two roles"):
            part(person, keep)
    assert (again(ada).role_names, again(fay).role_names) == (ADMIN, ACCOUNTANT)


# --- recovering ------------------------------------------------------------------------------------


def test_a_lost_last_administrator_is_recovered_at_the_host_and_everybody_is_told(
    ada: User, client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    fay = add_member("fay@example.com", RoleName.ACCOUNTANT, PASSWORD, name="Fay")
    bea = add_member("bea@example.com", RoleName.ADMINISTRATOR, PASSWORD, name="Bea")
    Authenticator.objects.create(user=ada, type=Authenticator.Type.TOTP, data={})
    out = StringIO()
    with django_capture_on_commit_callbacks(execute=True):
        call_command("staff", "recover", "ada@example.com", stdout=out)
    told = {address for letter in mail.outbox for address in letter.to}
    assert told == {fay.email, bea.email, ada.email}
    event = SecurityEvent.objects.get(kind="operated")
    assert "recovers ada@example.com as Administrator" in event.words
    ada = again(ada)
    assert not ada.check_password(PASSWORD)
    assert not Authenticator.objects.filter(user=ada).exists()
    path = link_in(out.getvalue())
    assert client.post(path, {"password": "q" * 5 + PASSWORD, "again": "q" * 5 + PASSWORD}).status_code == 302  # fmt: skip
    assert again(ada).has_perm("staff.change_user")


def test_recovering_an_accountant_takes_the_books_from_them(ada: User) -> None:
    fay = add_member("fay@example.com", RoleName.ACCOUNTANT, PASSWORD, name="Fay")
    call_command("staff", "recover", "fay@example.com", stdout=StringIO())
    assert again(fay).role_names == ADMIN


def test_somebody_new_may_be_recovered(ada: User) -> None:
    out = StringIO()
    call_command("staff", "recover", "new@example.com", stdout=out)
    new = User.objects.get(email="new@example.com")
    assert (new.role_names, new.is_active) == (ADMIN, False)
    assert "/invitations/" in out.getvalue()
