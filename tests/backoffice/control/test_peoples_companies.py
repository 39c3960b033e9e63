"""Who says which companies a person sees, and what follows at their next request."""

from collections.abc import Callable
from functools import partial
from io import StringIO
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from apps.billing.models import Company, CompanyMember
from apps.staff.access import add_member
from apps.staff.models import RightsRequest, SecurityEvent, User
from apps.staff.people import agree, change_rights
from apps.staff.roles import RoleName
from tests.backoffice.frame.test_saves_kept import filled
from tests.backoffice.people import PASSWORD
from tests.backoffice.two_companies import narrow
from tests.factories import make_company

Browse = Callable[[str], Client]


@pytest.fixture
def two(db: None) -> tuple[Company, Company]:
    return make_company(legal_name="Thornfield Ltd"), make_company(legal_name="Lowood Ltd")


def page(user: User) -> str:
    return reverse("admin:staff_user_change", args=[user.pk])


def give(client: Client, user: User, **typed: Any) -> Any:
    """As the page filled it in, with what is typed over it; an empty answer unticks."""
    form = {**filled(client, page(user)), **typed}
    return client.post(page(user), {name: each for name, each in form.items() if each != ""})


def seen(user: User) -> set[int]:
    return set(CompanyMember.objects.filter(user=user).values_list("company_id", flat=True))


def test_an_administrator_gives_and_takes_companies_and_it_is_kept(
    two: tuple[Company, Company], people: dict[str, User], browse: Browse
) -> None:
    ours, _ = two
    give(browse("Ada"), people["Vera"], every_company="", companies=[str(ours.pk)])
    vera = User.objects.get(name="Vera")
    assert not vera.every_company
    assert seen(vera) == {ours.pk}
    event = SecurityEvent.objects.get(kind="rights_changed", subject=vera)
    assert event.words == "Vera saw every company, and sees 1 company now."
    assert event.details == {"companies_before": None, "companies_now": [ours.pk]}
    names = browse("Vera").get("/admin/billing/company/").content.decode()
    assert "Thornfield Ltd" in names
    assert "Lowood Ltd" not in names


def test_nobody_gives_companies_to_themselves(
    two: tuple[Company, Company], people: dict[str, User], browse: Browse
) -> None:
    ada = people["Ada"]
    narrow(ada, two[0])
    give(browse("Ada"), ada, every_company="on", companies=[str(each.pk) for each in two])
    assert not User.objects.get(pk=ada.pk).every_company
    assert seen(ada) == {two[0].pk}


def test_an_administrator_of_one_company_gives_no_other(
    two: tuple[Company, Company], people: dict[str, User], browse: Browse
) -> None:
    ours, theirs = two
    narrow(people["Ada"], ours)
    narrow(people["Vera"], theirs)
    narrow(people["Fay"], ours, theirs)
    narrow(people["Otto"], ours)
    ada = browse("Ada")
    listed = ada.get(reverse("admin:staff_user_changelist")).content.decode()
    assert "otto@" in listed
    for beyond in ("Vera", "Fay", "Cleo"):  # of another company, of both, and of every one
        person = people[beyond]
        assert person.email not in listed
        before = (person.every_company, seen(person))
        for name in ("change", "history", "reset-factor", "end-sessions", "invite", "agree"):
            address = reverse(f"admin:staff_user_{name}", args=[person.pk])
            assert ada.get(address).status_code == 404, (beyond, name)
            typed = {"reason": "x", "companies": [str(ours.pk)], "name": "Mine"}
            assert ada.post(address, typed).status_code == 404, (beyond, name)
        found = User.objects.get(pk=person.pk)
        assert (found.name, found.every_company, seen(found)) == (beyond, *before)
    give(ada, people["Otto"], every_company="on", companies=[str(ours.pk), str(theirs.pk)])
    assert not User.objects.get(name="Otto").every_company
    assert seen(people["Otto"]) == {ours.pk}


def test_who_lies_within_ones_companies_is_helped_and_nobody_else_even_past_the_pages(
    two: tuple[Company, Company], people: dict[str, User]
) -> None:
    ours, theirs = two
    narrow(people["Ada"], ours)
    narrow(people["Vera"], theirs)
    narrow(people["Cleo"], ours)
    ada = User.objects.get(name="Ada")
    with pytest.raises(ValidationError, match="companies that you do not see"):
        change_rights(people["Vera"], frozenset(), active=False, by=ada)
    assert change_rights(people["Cleo"], frozenset(), active=False, by=ada) is None
    assert not User.objects.get(name="Cleo").is_active


def test_whoever_cannot_see_somebody_is_not_asked_to_agree(
    two: tuple[Company, Company], people: dict[str, User]
) -> None:
    """Ada would wait for Bea for ever, who is shown nobody of the other company."""
    bea = add_member("bea@example.com", RoleName.ADMINISTRATOR, PASSWORD, name="Bea")
    narrow(bea, two[0])
    narrow(people["Vera"], two[1])
    narrow(people["Cleo"], two[0])
    more = frozenset({RoleName.CLERK, RoleName.ACCOUNTANT})
    assert change_rights(people["Vera"], more, active=True, by=people["Ada"]) is None
    asked = change_rights(people["Cleo"], more, active=True, by=people["Ada"])
    assert asked is not None
    agree(asked, User.objects.get(pk=bea.pk))
    assert User.objects.get(name="Cleo").role_names == more


def test_nobody_takes_companies_from_an_administrator_and_then_agrees_with_nobody(
    two: tuple[Company, Company], people: dict[str, User], browse: Browse
) -> None:
    """Bea would see nobody, so that Ada gave roles alone."""
    bea = add_member("bea@example.com", RoleName.ADMINISTRATOR, PASSWORD, name="Bea")
    for left in ([], [str(two[0].pk)], [str(each.pk) for each in two]):
        refused = give(browse("Ada"), bea, every_company="", companies=left)
        assert "Nobody takes a company from an Administrator alone" in refused.content.decode()
        assert User.objects.get(pk=bea.pk).every_company
    narrow(bea, *two)
    give(browse("Ada"), bea, companies=[str(two[0].pk)])
    assert seen(bea) == {each.pk for each in two}
    narrow(bea, two[0])
    give(browse("Ada"), bea, companies=[str(each.pk) for each in two])
    assert seen(bea) == {each.pk for each in two}


def test_what_somebody_asked_for_ends_with_the_companies_that_they_saw(
    two: tuple[Company, Company], people: dict[str, User]
) -> None:
    bea = add_member("bea@example.com", RoleName.ADMINISTRATOR, PASSWORD, name="Bea")
    narrow(people["Ada"], two[0])
    narrow(people["Vera"], two[0])
    ada = User.objects.get(name="Ada")
    asked = change_rights(people["Vera"], frozenset({RoleName.ACCOUNTANT}), active=True, by=ada)
    assert asked is not None
    narrow(ada, two[1])
    with pytest.raises(ValidationError, match="does not see every company of Vera any more"):
        agree(asked, User.objects.get(pk=bea.pk))
    assert User.objects.get(name="Vera").role_names == people["Vera"].role_names


def test_whoever_sees_one_company_brings_nobody_who_sees_none(
    two: tuple[Company, Company], people: dict[str, User], browse: Browse
) -> None:
    narrow(people["Ada"], two[0])
    add = reverse("admin:staff_user_add")
    new = {**filled(browse("Ada"), add), "email": "bo@example.com", "name": "Bo"}
    refused = browse("Ada").post(add, {**new, "companies": []})
    assert "Choose at least one company" in refused.content.decode()
    browse("Ada").post(add, {**new, "companies": [str(two[0].pk)]})
    assert seen(User.objects.get(email="bo@example.com")) == {two[0].pk}


def test_the_administrators_of_a_company_hear_of_somebody_new(
    two: tuple[Company, Company],
    people: dict[str, User],
    browse: Browse,
    django_capture_on_commit_callbacks: Any,
) -> None:
    ours, theirs = two
    for name, company in (("Bea", ours), ("Dan", theirs)):
        email = f"{name.lower()}@example.com"
        narrow(add_member(email, RoleName.ADMINISTRATOR, PASSWORD, name=name), company)
    narrow(people["Vera"], theirs)
    eve = add_member("eve@example.com", RoleName.ADMINISTRATOR, PASSWORD, name="Eve")
    give(browse("Ada"), people["Vera"], companies=[str(ours.pk), str(theirs.pk)])
    asked = RightsRequest.objects.get(person=people["Vera"])
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        agree(asked, eve)
    (told,) = mail.outbox
    assert told.to == ["bea@example.com"]
    assert "Ada let Vera (vera@example.com) see Thornfield Ltd." in told.body
    assert "Lowood" not in told.body


def test_the_command_says_which_companies(two: tuple[Company, Company], people: Any) -> None:
    ours, theirs = two
    add: Any = partial(call_command, "staff", "add", "bo@example.com", "--role", "Viewer")
    with pytest.raises(CommandError, match="Say which this person sees"):
        add(stdout=StringIO())
    with pytest.raises(CommandError, match="names no company"):
        add("--company", "Lowwood", stdout=StringIO())
    assert not User.objects.filter(email="bo@example.com").exists()
    add("--company", "lowood ltd", "--company", str(ours.pk), stdout=StringIO())
    bo = User.objects.get(email="bo@example.com")
    assert not bo.every_company
    assert seen(bo) == {ours.pk, theirs.pk}


def test_a_new_person_sees_no_company_until_somebody_says_which(
    two: tuple[Company, Company], people: dict[str, User], browse: Browse
) -> None:
    address = reverse("admin:staff_user_add")
    new = filled(browse("Ada"), address)
    assert "every_company" not in new
    assert "companies" not in new
    browse("Ada").post(address, {**new, "email": "bo@example.com", "name": "Bo"})
    bo = User.objects.get(email="bo@example.com")
    assert not bo.every_company
    assert seen(bo) == set()


def test_where_there_is_one_company_a_new_person_sees_it(
    people: dict[str, User], browse: Browse
) -> None:
    make_company(legal_name="Thornfield Ltd")
    assert filled(browse("Ada"), reverse("admin:staff_user_add"))["every_company"]


def test_whoever_sees_one_company_adds_no_other(
    two: tuple[Company, Company], people: dict[str, User], browse: Browse
) -> None:
    add = reverse("admin:billing_company_add")
    assert browse("Fay").get(add).status_code == 200
    narrow(people["Fay"], two[0])
    assert browse("Fay").get(add).status_code == 403


def test_whoever_is_moved_out_is_refused_at_the_next_request(
    two: tuple[Company, Company], people: dict[str, User], browse: Browse
) -> None:
    narrow(people["Fay"], *two)
    fay = browse("Fay")
    theirs = reverse("admin:billing_company_change", args=[two[1].pk])
    assert fay.get(theirs).status_code == 200
    narrow(people["Fay"], two[0])
    assert fay.get(theirs).status_code == 404


def test_whoever_is_added_by_command_sees_every_company(db: None) -> None:
    from apps.staff.access import set_up_roles

    set_up_roles()
    assert add_member("gus@example.com", RoleName.CLERK, PASSWORD).every_company
    assert not add_member(
        "bo@example.com", RoleName.CLERK, PASSWORD, every_company=False
    ).every_company


def test_how_many_have_a_role_is_told_of_the_people_whom_one_sees(
    two: tuple[Company, Company], people: dict[str, User], browse: Browse
) -> None:
    narrow(people["Ada"], two[0])
    narrow(people["Cleo"], two[1])

    def counts() -> dict[str, int]:
        page = browse("Ada").get(reverse("admin:auth_group_changelist"))
        return {each.name: each.head_count for each in page.context["cl"].result_list}

    assert counts() == {"Accountant": 0, "Administrator": 1, "Auditor": 0, "Clerk": 0, "Viewer": 0}
    narrow(people["Cleo"], two[0])
    assert counts()["Clerk"] == 1
