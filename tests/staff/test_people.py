"""Rights of people: never one's own, never both hands, and a second administrator where there is one."""

from io import StringIO
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import Group
from django.core import mail
from django.core.exceptions import ValidationError
from django.core.management import call_command

from apps.staff import people
from apps.staff.access import add_member, add_service, set_up_roles
from apps.staff.declaring import NOT_ON_A_PAGE, why_not_declare
from apps.staff.models import RightsRequest, SecurityEvent, User
from apps.staff.people import agree, change_rights, enter, refuse, withdraw
from apps.staff.roles import RoleName

pytestmark = pytest.mark.django_db

PASSWORD = "a-long-enough-password-1"
ADMIN = frozenset({RoleName.ADMINISTRATOR})
ACCOUNTANT = frozenset({RoleName.ACCOUNTANT})
CLERK = frozenset({RoleName.CLERK})


def member(name: str, role: RoleName) -> User:
    return add_member(f"{name.lower()}@example.com", role, PASSWORD, name=name)


@pytest.fixture
def ada() -> User:
    set_up_roles()
    return member("Ada", RoleName.ADMINISTRATOR)


@pytest.fixture
def fay(ada: User) -> User:
    return member("Fay", RoleName.ACCOUNTANT)


@pytest.fixture
def bea(ada: User) -> User:
    return member("Bea", RoleName.ADMINISTRATOR)


def roles(person: User) -> frozenset[RoleName]:
    return User.objects.get(pk=person.pk).role_names


@pytest.mark.parametrize(
    ("wanted", "active"), [(ADMIN | ACCOUNTANT, True), (ADMIN, False), (frozenset(), True)]
)
def test_nobody_changes_their_own_rights(
    ada: User, bea: User, wanted: frozenset[RoleName], active: bool
) -> None:
    with pytest.raises(ValidationError, match=r"Nobody changes their own roles"):
        change_rights(ada, wanted, active=active, by=ada)
    assert (roles(ada), User.objects.get(pk=ada.pk).is_active) == (ADMIN, True)
    assert not RightsRequest.objects.exists()


@pytest.mark.parametrize("both", [ADMIN | ACCOUNTANT, ADMIN | CLERK])
def test_nobody_gives_access_and_works_on_the_books(
    ada: User, fay: User, both: frozenset[RoleName]
) -> None:
    with pytest.raises(ValidationError, match="one person must not do both"):
        change_rights(fay, both, active=True, by=ada)
    with pytest.raises(ValidationError, match="one person must not do both"):
        change_rights(fay, both, active=True, by=None)
    assert roles(fay) == ACCOUNTANT


def test_whoever_has_both_all_the_same_only_looks(fay: User) -> None:
    fay.groups.add(Group.objects.get(name="Administrator"))
    fay = User.objects.get(pk=fay.pk)
    assert fay.must_part
    assert fay.has_perm("billing.view_invoice")
    for act in (
        "billing.issue_invoice",
        "staff.change_user",
        "billing.approve",
        "triggers.make_key",
    ):
        assert not fay.has_perm(act)


def test_a_second_administrator_agrees_before_rights_are_given(
    ada: User, bea: User, fay: User
) -> None:
    asked = change_rights(fay, CLERK | ACCOUNTANT, active=True, by=ada)
    assert asked is not None
    assert roles(fay) == ACCOUNTANT
    with pytest.raises(ValidationError, match="You asked for this yourself"):
        agree(asked, ada)
    with pytest.raises(ValidationError, match="may not give people access"):
        agree(asked, member("Gus", RoleName.ACCOUNTANT))
    with pytest.raises(ValidationError, match="Nobody changes their own"):
        agree(asked, fay)
    agree(asked, bea)
    assert roles(fay) == CLERK | ACCOUNTANT
    with pytest.raises(ValidationError, match="agreed already"):
        agree(asked, bea)
    event = SecurityEvent.objects.filter(kind="rights_changed").first()
    assert event is not None
    assert event.details["before"] == ["Accountant"]
    assert event.details["after"] == ["Accountant", "Clerk"]
    assert event.details["agreed_by"] == bea.pk
    assert (event.person, event.subject) == (ada, fay)


def test_taking_rights_away_waits_for_nobody(ada: User, bea: User, fay: User) -> None:
    assert change_rights(fay, frozenset(), active=True, by=ada) is None
    assert roles(fay) == frozenset()


@pytest.mark.parametrize(("wanted", "active"), [(ADMIN, False), (CLERK, True), (frozenset(), True)])
def test_of_two_administrators_neither_takes_the_other_away(
    wanted: frozenset[RoleName], active: bool, ada: User, bea: User
) -> None:
    with pytest.raises(ValidationError, match="whoever operates the host"):
        change_rights(bea, wanted, active=active, by=ada)
    assert (roles(bea), User.objects.get(pk=bea.pk).is_active) == (ADMIN, True)
    call_command("staff", "role", bea.email, "--role", "Viewer", stdout=StringIO())
    assert roles(bea) == {RoleName.VIEWER}
    assert change_rights(bea, frozenset(), active=False, by=ada) is None


def test_of_three_administrators_two_agree_that_the_third_goes(ada: User, bea: User) -> None:
    cid = member("Cid", RoleName.ADMINISTRATOR)
    asked = change_rights(bea, ADMIN, active=False, by=ada)
    assert asked is not None
    for unfit in (ada, bea):  # who asked, and whom it is about
        with pytest.raises(ValidationError):
            agree(asked, unfit)
    with pytest.raises(ValidationError):
        refuse(asked, bea, reason="I stay")
    assert User.objects.get(pk=bea.pk).is_active
    agree(asked, cid)
    assert not User.objects.get(pk=bea.pk).is_active


def test_letting_somebody_in_again_is_giving(ada: User, bea: User, fay: User) -> None:
    change_rights(fay, ACCOUNTANT, active=False, by=ada)
    asked = change_rights(fay, ACCOUNTANT, active=True, by=ada)
    assert asked is not None
    assert not User.objects.get(pk=fay.pk).is_active
    agree(asked, bea)
    assert User.objects.get(pk=fay.pk).is_active


def test_who_comes_by_their_company_alone_counts_as_somebody_who_got_in(
    ada: User, bea: User, fay: User
) -> None:
    """They never chose a password: rights are given, they are let in again, and nobody is alone."""
    fay.set_unusable_password()
    fay.save()
    SocialAccount.objects.create(user=fay, provider="https://login.acme.example", uid="fay-there")
    change_rights(fay, ACCOUNTANT, active=False, by=ada)
    asked = change_rights(fay, ACCOUNTANT, active=True, by=ada)
    assert asked is not None
    agree(asked, bea)
    assert User.objects.get(pk=fay.pk).is_active
    assert not fay.invitations.exists()
    User.objects.exclude(pk=ada.pk).update(is_active=False)
    User.objects.filter(pk=bea.pk).update(password="!")
    assert why_not_declare(ada) == NOT_ON_A_PAGE


def test_a_new_account_that_approves_is_not_made_by_one_administrator(ada: User, bea: User) -> None:
    eve = User.objects.create_user("eve@example.com", name="Eve", is_active=False)
    asked = enter(eve, ACCOUNTANT, by=ada)
    assert asked is not None
    assert not eve.invitations.exists()
    assert roles(eve) == frozenset()
    agree(asked, bea)
    assert eve.invitations.count() == 1
    assert roles(eve) == ACCOUNTANT


def test_the_only_administrator_acts_alone_and_every_accountant_is_told(
    ada: User, fay: User, django_capture_on_commit_callbacks: Any
) -> None:
    eve = User.objects.create_user("eve@example.com", name="Eve", is_active=False)
    with django_capture_on_commit_callbacks(execute=True):
        assert enter(eve, ACCOUNTANT, by=ada) is None
    told = {address for letter in mail.outbox for address in letter.to}
    assert told == {"fay@example.com", "eve@example.com"}
    [letter] = [each for each in mail.outbox if each.to == ["fay@example.com"]]
    assert "Eve was without a role and is Accountant" in letter.body


def test_what_changed_since_is_not_agreed_to(ada: User, bea: User, fay: User) -> None:
    asked = change_rights(fay, CLERK | ACCOUNTANT, active=True, by=ada)
    assert asked is not None
    change_rights(fay, frozenset(), active=False, by=bea)
    with pytest.raises(ValidationError, match="was changed since"):
        agree(asked, bea)
    assert roles(fay) == frozenset()


def test_an_asker_who_is_no_administrator_any_more_gives_nothing(
    ada: User, bea: User, fay: User
) -> None:
    asked = change_rights(fay, CLERK | ACCOUNTANT, active=True, by=ada)
    assert asked is not None
    change_rights(ada, ADMIN, active=False, by=None)
    with pytest.raises(ValidationError, match="no administrator any more"):
        agree(asked, bea)


def test_a_request_is_refused_or_withdrawn_once_and_one_waits_at_a_time(
    ada: User, bea: User, fay: User
) -> None:
    asked = change_rights(fay, CLERK | ACCOUNTANT, active=True, by=ada)
    assert asked is not None
    with pytest.raises(ValidationError, match="waits already"):
        change_rights(fay, CLERK, active=True, by=bea)
    with pytest.raises(ValidationError, match="Only whoever asked"):
        withdraw(asked, bea)
    refuse(asked, bea, reason="Not her work")
    with pytest.raises(ValidationError, match="refused already"):
        agree(asked, bea)
    assert roles(fay) == ACCOUNTANT
    asked.refresh_from_db()
    with pytest.raises(ValidationError, match="decided already"):
        asked.save()


def test_a_program_gets_no_other_role_than_its_key_came_with(ada: User, fay: User) -> None:
    """A key that only reads waits for nobody; its account becomes no accountant afterwards."""
    shop = add_service("Screen", RoleName.VIEWER)
    with pytest.raises(ValidationError, match="account of a program"):
        change_rights(shop, ACCOUNTANT, active=True, by=ada)
    assert roles(shop) == {RoleName.VIEWER}
    change_rights(shop, roles(shop), active=False, by=ada)
    with pytest.raises(ValidationError, match="account of a program"):
        change_rights(shop, roles(shop), active=True, by=ada)
    assert not User.objects.get(pk=shop.pk).is_active


def test_nobody_is_made_active_who_never_used_an_invitation(ada: User) -> None:
    eve = User.objects.create_user("eve@example.com", name="Eve", is_active=False)
    with pytest.raises(ValidationError, match="has not used an invitation"):
        change_rights(eve, frozenset(), active=True, by=ada)


def test_the_history_of_a_person_says_from_what_to_what_and_holds_no_password(
    ada: User, fay: User
) -> None:
    change_rights(fay, CLERK, active=True, by=ada)
    newest, before = fay.history.order_by("-history_id")[:2]
    assert (before.roles_then, newest.roles_then) == ("Accountant", "Clerk")
    assert newest.history_user == ada
    assert not hasattr(newest, "password")
    assert not hasattr(newest, "last_login")
    count = fay.history.count()
    fay = User.objects.get(pk=fay.pk)
    fay.save()
    fay.set_password("another-long-password-2")
    fay.save(update_fields=["password"])
    assert fay.history.count() == count
    with pytest.raises(ValidationError):
        newest.delete()


def test_own_rights_are_asked_by_one_function() -> None:
    one, other = User(pk=1), User(pk=2)
    assert people.may_change_rights_of(one, other)
    assert not people.may_change_rights_of(one, User(pk=1))
