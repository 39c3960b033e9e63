"""The screens of staff, as a dishonest administrator tries them."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.core import mail
from django.urls import reverse

from apps.billing.models import ActLimit
from apps.staff.access import add_member
from apps.staff.models import RightsRequest, SecurityEvent, User
from apps.staff.roles import RoleName
from tests.backoffice.frame.test_saves_kept import filled
from tests.backoffice.people import ADA, PASSWORD
from tests.backoffice.world import World

pytestmark = pytest.mark.django_db

Browse = Callable[[str], Any]
LIST, ADD = "admin:staff_user_changelist", "admin:staff_user_add"


def page(person: User, act: str = "change") -> str:
    return reverse(f"admin:staff_user_{act}", args=[person.pk])


def group(role: RoleName) -> str:
    return str(Group.objects.get(name=role.value).pk)


def roles(person: User) -> set[str]:
    return {each.value for each in User.objects.get(pk=person.pk).role_names}


def told(answer: Any) -> str:
    return " ".join(str(each) for each in answer.context["messages"])


@pytest.fixture
def bea(people: dict[str, User]) -> User:
    people["Bea"] = add_member("bea@example.com", ADA, PASSWORD, name="Bea")
    return people["Bea"]


def test_no_page_takes_a_password_for_another(people: dict[str, User], browse: Browse) -> None:
    ada, fay = browse("Ada"), people["Fay"]
    shown = ada.get(page(fay)).content.decode()
    assert 'type="password"' not in shown
    assert 'type="password"' not in ada.get(reverse(ADD)).content.decode()
    sent = {**filled(ada, page(fay)), "password_now": "ada knows it now 1", "password": "x",
            "email": "ada+fay@example.com"}  # fmt: skip
    ada.post(page(fay), sent)
    fay.refresh_from_db()
    assert fay.check_password(PASSWORD)
    assert fay.email == "fay@example.com"


def test_ada_gives_herself_nothing_whatever_she_posts(
    people: dict[str, User], browse: Browse
) -> None:
    ada = browse("Ada")
    shown = ada.get(page(people["Ada"])).content.decode()
    assert "Nobody changes their own roles" in shown
    assert 'name="groups"' not in shown
    for more in ({"groups": [group(RoleName.ADMINISTRATOR), group(RoleName.ACCOUNTANT)]},
                 {"is_active": ""}, {"groups": []}, {"is_superuser": "on"}):  # fmt: skip
        ada.post(page(people["Ada"]), {**filled(ada, page(people["Ada"])), **more})
    assert roles(people["Ada"]) == {"Administrator"}
    me = User.objects.get(pk=people["Ada"].pk)
    assert me.is_active
    assert not me.has_perm("billing.issue_invoice")


def test_nobody_is_both_hands_by_the_form(people: dict[str, User], browse: Browse) -> None:
    ada, fay = browse("Ada"), people["Fay"]
    sent = {**filled(ada, page(fay)),
            "groups": [group(RoleName.ADMINISTRATOR), group(RoleName.ACCOUNTANT)]}  # fmt: skip
    answer = ada.post(page(fay), sent)
    assert "one person must not do both" in answer.content.decode()
    assert roles(fay) == {"Accountant"}


def test_a_person_is_added_by_an_invitation(
    people: dict[str, User], browse: Browse, django_capture_on_commit_callbacks: Any
) -> None:
    ada = browse("Ada")
    sent = {**filled(ada, reverse(ADD)), "email": "Gus@example.com", "name": "Gus",
            "groups": [group(RoleName.CLERK)]}  # fmt: skip
    with django_capture_on_commit_callbacks(execute=True):
        answer = ada.post(reverse(ADD), sent, follow=True)
    assert "An invitation goes to gus@example.com" in told(answer)
    gus = User.objects.get(email="gus@example.com")
    assert (gus.is_active, gus.has_usable_password(), roles(gus)) == (False, False, {"Clerk"})
    letters = {address: each for each in mail.outbox for address in each.to}
    assert "/invitations/" in letters["gus@example.com"].body
    assert "Gus was without a role and is Clerk" in letters["fay@example.com"].body
    shown = ada.get(page(gus)).content.decode()
    assert "may sign in once it is used" in shown
    assert "Invited" in ada.get(reverse(LIST)).content.decode()
    kinds = SecurityEvent.objects.filter(subject=gus).values_list("kind", flat=True)
    assert {"person_added", "rights_changed"} <= {*kinds}

    first = gus.invitations.get()
    ada.post(page(gus, "invite"), {})
    first.refresh_from_db()
    assert not first.is_open()
    assert gus.invitations.count() == 2
    ada.post(page(gus, "withdraw-invitation"), {})
    assert not any(each.is_open() for each in gus.invitations.all())
    assert "Nobody signs in with it" in ada.get(page(gus)).content.decode()


def test_a_second_administrator_agrees_on_the_page_of_the_person(
    people: dict[str, User], bea: User, browse: Browse
) -> None:
    ada, vera = browse("Ada"), people["Vera"]
    sent = {**filled(ada, page(vera)), "groups": [group(RoleName.ACCOUNTANT)]}
    assert "waits for a second administrator" in told(ada.post(page(vera), sent, follow=True))
    assert roles(vera) == {"Viewer"}
    for name, act in (("Ada", "agree"), ("Ada", "refuse-rights"), ("Fay", "agree"),
                      ("Vera", "agree"), ("Bea", "withdraw-rights")):  # fmt: skip
        browse(name).post(page(vera, act), {"reason": "x"})
        assert RightsRequest.objects.get().is_waiting, (name, act)
    assert roles(vera) == {"Viewer"}
    shown = browse("Bea").get(page(vera)).content.decode()
    assert "Waits for a second administrator" in shown
    assert page(vera, "agree") in shown
    assert page(vera, "agree") not in ada.get(page(vera)).content.decode()
    browse("Bea").post(page(vera, "agree"), {})
    assert roles(vera) == {"Accountant"}
    history = ada.get(page(vera, "history")).content.decode()
    assert "Viewer" in history
    assert "Accountant" in history


def test_the_only_person_declares_it_on_their_own_page(
    people: dict[str, User], browse: Browse
) -> None:
    ada = browse("Ada")
    assert page(people["Ada"], "declare") not in ada.get(page(people["Ada"])).content.decode()
    ada.post(page(people["Ada"], "declare"), {"reason": "Alone"})
    assert roles(people["Ada"]) == {"Administrator"}
    for name in ("Vera", "Cleo", "Fay", "Otto", "Iris"):
        User.objects.filter(pk=people[name].pk).update(is_active=False)
    # They are invited, and have not come yet: whoever chose a password once was a second person.
    for name in ("Vera", "Cleo", "Fay", "Otto", "Iris"):
        User.objects.filter(pk=people[name].pk).update(password=make_password(None))
    assert page(people["Ada"], "declare") in ada.get(page(people["Ada"])).content.decode()
    ada.post(page(people["Ada"], "declare"), {"reason": "Alone here"})
    assert roles(people["Ada"]) == {"Administrator", "Accountant"}
    assert "Ada gives access and works on the books" in ada.get("/admin/").content.decode()
    # A second person comes: it is over, and Ada chooses.
    User.objects.filter(pk=people["Fay"].pk).update(is_active=True)
    assert "choose which you keep" in ada.get("/admin/").content.decode()
    refused = ada.post(page(people["Fay"]), {})
    assert refused.status_code == 403
    assert "until your roles are parted" in refused.content.decode()
    ada.post(page(people["Ada"], "part"), {"keep": "Administrator"})
    assert roles(people["Ada"]) == {"Administrator"}
    assert "choose which you keep" not in ada.get("/admin/").content.decode()


# --- limits ----------------------------------------------------------------------------------------


@pytest.fixture
def limit(world: World) -> ActLimit:
    return ActLimit.objects.create(
        company=world.company, role="Accountant", act="billing.write_off", amount=100
    )


def limit_page(limit: ActLimit, act: str = "change") -> str:
    return reverse(f"admin:billing_actlimit_{act}", args=[limit.pk])


@pytest.mark.parametrize("typed", ["500", ""])
def test_a_limit_is_raised_or_emptied_by_two_administrators(
    limit: ActLimit, bea: User, browse: Browse, typed: str
) -> None:
    ada = browse("Ada")
    answer = ada.post(
        limit_page(limit), {**filled(ada, limit_page(limit)), "amount": typed}, follow=True
    )
    assert "waits for a second administrator" in told(answer)
    for name, act in (("Ada", "agree"), ("Ada", "refuse"), ("Fay", "agree"), ("Bea", "withdraw")):
        browse(name).post(limit_page(limit, act), {"reason": "x"})
    limit.refresh_from_db()
    assert limit.amount == 100
    shown = browse("Bea").get(limit_page(limit)).content.decode()
    assert limit_page(limit, "agree") in shown
    assert "Higher limits" in browse("Bea").get("/admin/").content.decode()
    browse("Bea").post(limit_page(limit, "agree"), {})
    limit.refresh_from_db()
    assert limit.amount == (Decimal(typed) if typed else None)
    assert "Agreed by Bea" in browse("Bea").get(limit_page(limit, "history")).content.decode()


def test_a_limit_is_lowered_at_once(limit: ActLimit, bea: User, browse: Browse) -> None:
    ada = browse("Ada")
    ada.post(limit_page(limit), {**filled(ada, limit_page(limit)), "amount": "20"})
    limit.refresh_from_db()
    assert limit.amount == 20


def test_the_only_administrator_is_told_that_there_is_no_second_one(
    limit: ActLimit, browse: Browse
) -> None:
    ada = browse("Ada")
    ada.post(limit_page(limit), {**filled(ada, limit_page(limit)), "amount": "500"})
    assert "no other administrator" in ada.get(limit_page(limit)).content.decode()
    limit.refresh_from_db()
    assert limit.amount == 100


def test_of_somebody_who_never_got_in_nothing_is_taken_off(
    people: dict[str, User], browse: Browse
) -> None:
    new = User.objects.create_user("bo@example.com", name="Bo", is_active=False)
    for person, offered in ((new, False), (people["Cleo"], True)):
        page = browse("Ada").get(reverse("admin:staff_user_change", args=[person.pk]))
        for words in ("Reset second factor", "Sign out everywhere"):
            assert (words in page.content.decode()) == offered


def test_people_are_members_of_staff_on_every_page(browse: Browse, people: dict[str, User]) -> None:
    """“User” is Django's word."""
    ada = browse("Ada")
    shown = ada.get(reverse(ADD)).content.decode()
    assert "Add a member of staff" in shown
    assert "Add user" not in shown
    added = {**filled(ada, reverse(ADD)), "email": "bo@example.com", "name": "Bo"}
    said = told(ada.post(reverse(ADD), added, follow=True))
    said += told(ada.post(page(people["Vera"]), filled(ada, page(people["Vera"])), follow=True))
    assert said.lower().count("the member of staff “") == 2
    assert "The user" not in said
    browse("Cleo").get(page(people["Vera"]))
    refused = SecurityEvent.objects.filter(kind="act_refused", person=people["Cleo"]).last()
    assert refused is not None
    assert refused.words.startswith("Was refused Member of staff ")
