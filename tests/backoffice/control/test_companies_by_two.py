"""A company that is given to somebody who has a role waits for a second administrator, as a role does."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from apps.billing.models import Company
from apps.staff import people as acts
from apps.staff.access import add_member
from apps.staff.models import RightsRequest, SecurityEvent, User
from apps.staff.reach import Seen, seen_by
from apps.staff.roles import RoleName
from tests.backoffice.control.test_peoples_companies import give, page
from tests.backoffice.people import PASSWORD
from tests.backoffice.two_companies import narrow
from tests.factories import make_company

Browse = Callable[[str], Client]
ACCOUNTANT = frozenset({RoleName.ACCOUNTANT})
ADMINISTRATOR = frozenset({RoleName.ADMINISTRATOR})
NONE: frozenset[RoleName] = frozenset()


@pytest.fixture
def two(db: None) -> tuple[Company, Company]:
    """Thornfield, of which Bea is an Administrator, and Lowood, which only Ada reaches."""
    return make_company(legal_name="Thornfield Ltd"), make_company(legal_name="Lowood Ltd")


@pytest.fixture
def bea(two: tuple[Company, Company], people: dict[str, User]) -> User:
    made = add_member("bea@example.com", RoleName.ADMINISTRATOR, PASSWORD, name="Bea")
    narrow(made, two[0])
    people["Bea"] = made
    return made


def change(person: User, roles: frozenset[RoleName], companies: Any, by: User) -> Any:
    person = User.objects.get(pk=person.pk)
    return acts.change_rights(
        person, roles, active=person.is_active, companies=companies, by=User.objects.get(pk=by.pk)
    )


def test_a_role_that_was_given_alone_enters_no_company_of_another_administrator(
    two: tuple[Company, Company],
    people: dict[str, User],
    bea: User,
    browse: Browse,
    django_capture_on_commit_callbacks: Any,
) -> None:
    ours, theirs = two
    otto = people["Otto"]
    narrow(otto, theirs)
    assert change(otto, ACCOUNTANT, acts.AsTheyAre.ARE, people["Ada"]) is None
    both = [str(each.pk) for each in two]
    with django_capture_on_commit_callbacks(execute=True):
        give(browse("Ada"), otto, companies=both)
    assert seen_by(otto) == {theirs.pk}
    [letter] = mail.outbox
    assert letter.to == ["bea@example.com"]
    assert "New for them would be: Thornfield Ltd." in letter.body
    assert "Lowood" not in letter.body

    # Bea is shown whom it is about, and what she decides; nothing else of them is hers.
    theirs_of_bea = browse("Bea")
    listed = theirs_of_bea.get(reverse("admin:staff_user_changelist")).content.decode()
    assert "otto@example.com" in listed
    shown = theirs_of_bea.get(page(otto)).content.decode()
    assert "also see Thornfield Ltd" in shown
    assert "Lowood" not in shown
    for name in ("invite", "withdraw-invitation", "reset-factor", "end-sessions", "held"):
        theirs_of_bea.post(reverse(f"admin:staff_user_{name}", args=[otto.pk]), {"reason": "x"})
    typed = {"name": "Mine", "groups": [], "companies": [str(ours.pk)]}
    assert theirs_of_bea.post(page(otto), typed).status_code == 403
    otto.refresh_from_db()
    assert (otto.name, otto.role_names, seen_by(otto)) == ("Otto", ACCOUNTANT, {theirs.pk})

    asked = RightsRequest.objects.get(person=otto)
    made = add_member("dan@example.com", RoleName.ADMINISTRATOR, PASSWORD, name="Dan")
    narrow(made, theirs)  # by Ada alone: nobody else reaches Lowood
    for unfit in (people["Ada"], made, otto):
        with pytest.raises(ValidationError):
            acts.agree(asked, User.objects.get(pk=unfit.pk))
    assert seen_by(otto) == {theirs.pk}
    agree = reverse("admin:staff_user_agree", args=[otto.pk])
    assert theirs_of_bea.get(agree).status_code == 200


def test_once_it_is_agreed_to_the_company_is_seen_and_the_person_is_gone_from_sight(
    two: tuple[Company, Company], people: dict[str, User], bea: User, browse: Browse
) -> None:
    vera = people["Vera"]
    narrow(vera, two[1])
    asked = change(vera, vera.role_names, frozenset(each.pk for each in two), people["Ada"])
    acts.agree(asked, User.objects.get(pk=bea.pk))
    assert seen_by(vera) == {each.pk for each in two}
    assert browse("Bea").get(page(vera)).status_code == 404
    event = SecurityEvent.objects.get(subject=vera, details__has_key="companies_now")
    assert event.words == "Vera saw 1 company, and sees 2 companies now. Bea agreed."


@pytest.mark.parametrize(
    ("first", "then"),
    [
        # (roles, companies) by number; None: every company.
        ((ACCOUNTANT, [1]), (ACCOUNTANT, None)),
        ((ACCOUNTANT, [1]), (ACCOUNTANT, [0])),
        ((ACCOUNTANT, []), (ACCOUNTANT, [0])),
        ((NONE, [0, 1]), (ACCOUNTANT, [0, 1])),
        ((NONE, None), (ACCOUNTANT, None)),
        ((NONE, [1]), (ACCOUNTANT, [0, 1])),
        ((ADMINISTRATOR, [1]), (ADMINISTRATOR, [0, 1])),
        ((ADMINISTRATOR, [1]), (ADMINISTRATOR, None)),
    ],
)
@pytest.mark.parametrize("active", [True, False])
def test_in_whatever_order_it_waits(
    first: tuple[frozenset[RoleName], list[int] | None],
    then: tuple[frozenset[RoleName], list[int] | None],
    active: bool,
    two: tuple[Company, Company],
    people: dict[str, User],
    bea: User,
) -> None:
    """Inactive: whoever is invited becomes active without anybody's word."""

    def keys(chosen: list[int] | None) -> Seen:
        return None if chosen is None else frozenset(two[each].pk for each in chosen)

    otto = people["Otto"]
    narrow(otto, two[1])
    otto.is_active = active
    otto.save()
    assert (
        change(otto, NONE, keys(first[1]), people["Ada"]) is None
    )  # without a role they open nothing
    if first[0]:
        assert change(otto, first[0], keys(first[1]), people["Ada"]) is None
    assert change(otto, then[0], keys(then[1]), people["Ada"]) is not None
    otto = User.objects.get(pk=otto.pk)
    assert (otto.role_names, seen_by(otto)) == (first[0], keys(first[1]))


def test_a_company_that_is_added_while_a_role_waits_is_not_agreed_to(
    two: tuple[Company, Company], people: dict[str, User], bea: User
) -> None:
    otto = people["Otto"]
    narrow(otto, two[0])
    asked = change(otto, ACCOUNTANT, acts.AsTheyAre.ARE, people["Ada"])
    assert change(otto, NONE, frozenset(each.pk for each in two), people["Ada"]) is None
    with pytest.raises(ValidationError, match="was changed since"):
        acts.agree(asked, User.objects.get(pk=bea.pk))


def test_where_no_other_sees_all_of_them_each_company_is_given_by_itself(
    two: tuple[Company, Company], people: dict[str, User], bea: User
) -> None:
    """Else whoever made an administrator of one company alone would have them agree for the other."""
    dan = add_member("dan@example.com", RoleName.ADMINISTRATOR, PASSWORD, name="Dan")
    narrow(dan, two[1])
    otto, both = people["Otto"], frozenset(each.pk for each in two)
    narrow(otto)
    for companies in (both, None):
        with pytest.raises(ValidationError, match="Give one company after another"):
            change(otto, ACCOUNTANT, companies, people["Ada"])
    for chosen, administrator in (({two[0].pk}, bea), (both, dan)):
        asked = change(otto, ACCOUNTANT, frozenset(chosen), people["Ada"])
        acts.agree(asked, User.objects.get(pk=administrator.pk))
    assert seen_by(otto) == both


def test_nobody_gives_what_they_do_not_see_even_past_the_page(
    two: tuple[Company, Company], people: dict[str, User], bea: User
) -> None:
    vera = people["Vera"]
    narrow(vera, two[0])
    for companies in (frozenset(each.pk for each in two), None):
        with pytest.raises(ValidationError, match="that you see yourself"):
            change(vera, vera.role_names, companies, bea)
    with pytest.raises(ValidationError, match="from an Administrator alone"):
        change(bea, ADMINISTRATOR, frozenset(), people["Ada"])


def test_the_first_page_counts_what_is_ones_own_to_decide(
    two: tuple[Company, Company], people: dict[str, User], bea: User, browse: Browse
) -> None:
    dan = people["Dan"] = add_member(
        "dan@example.com", RoleName.ADMINISTRATOR, PASSWORD, name="Dan"
    )
    narrow(dan, two[1])
    narrow(people["Otto"], two[0])
    change(people["Otto"], ACCOUNTANT, acts.AsTheyAre.ARE, people["Ada"])
    assert acts.awaiting(bea) == {people["Otto"].pk}
    assert acts.awaiting(dan) == acts.awaiting(people["Ada"]) == frozenset()
    assert "Rights of people" in browse("Bea").get("/admin/").content.decode()
    assert "Rights of people" not in browse("Dan").get("/admin/").content.decode()
