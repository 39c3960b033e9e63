"""Who says which companies a person sees, and what follows at their next request."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.billing.models import Company, CompanyMember
from apps.staff.access import add_member
from apps.staff.models import SecurityEvent, User
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
    ada = browse("Ada")
    assert "Lowood" not in ada.get(page(people["Vera"])).content.decode()
    give(ada, people["Vera"], every_company="on", companies=[str(ours.pk)])
    assert not User.objects.get(name="Vera").every_company
    assert seen(people["Vera"]) == {ours.pk, theirs.pk}  # what she has elsewhere stays
    refused = give(ada, people["Cleo"], companies=[str(theirs.pk)])
    assert refused.status_code in (200, 302)
    assert seen(people["Cleo"]) == set()
    assert User.objects.get(name="Cleo").every_company  # her reach goes beyond Ada's


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
