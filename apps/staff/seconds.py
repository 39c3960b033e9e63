"""Which second administrator has to agree to a change of rights, and who may.

A role counts where it is used: whoever gives one, or gives a company to somebody who has one, asks an
administrator of the companies in which that person can do more from then on.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.core.exceptions import ValidationError

from apps.staff.models import RightsRequest, User
from apps.staff.reach import Seen, is_within, seen_by
from apps.staff.roles import RoleName

NOBODY_SEES_ALL: Final = (
    "Other administrators see some of these companies, and none of them sees all. Give one company after"
    " another, so that an administrator of each agrees; a role is given with the first of them."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rights:
    """What somebody may do, and where."""

    roles: frozenset[RoleName]
    active: bool
    last_day: date | None
    companies: Seen


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """That somebody can do more, in these companies (None: in every one)."""

    companies: Seen


def rights_of(person: User) -> Rights:
    return Rights(
        roles=person.role_names,
        active=person.is_active,
        last_day=person.last_day,
        companies=seen_by(person),
    )


def rights_before(asked: RightsRequest) -> Rights:
    """What the person was when it was asked for."""
    return Rights(
        roles=_roles(asked.roles_before),
        active=asked.active_before,
        last_day=asked.last_day_before,
        companies=_keys(asked.companies_before),
    )


def rights_wanted(asked: RightsRequest) -> Rights:
    return Rights(
        roles=_roles(asked.roles),
        active=asked.active,
        last_day=asked.last_day,
        companies=_keys(asked.companies),
    )


def new_companies(before: Seen, wanted: Seen) -> Seen:
    """Those that are seen only afterwards; None where every one is."""
    if before is None:
        return frozenset()
    return None if wanted is None else wanted - before


def given(before: Rights, wanted: Rights) -> Given | None:
    """Where somebody can do more than before; None where they cannot."""
    longer = bool(before.last_day and wanted.last_day and wanted.last_day > before.last_day)
    let_in = wanted.active and not before.active and bool(wanted.roles)
    if wanted.roles - before.roles or longer or let_in:
        return Given(companies=wanted.companies)
    new = new_companies(before.companies, wanted.companies)
    # Also of somebody who is not active: whoever is invited makes themselves active.
    if wanted.roles and new != frozenset():
        return Given(companies=new)
    return None


def ends_administrator(before: Rights, wanted: Rights) -> bool:
    """Whether somebody who gives access now would not any more."""
    gives = before.active and RoleName.ADMINISTRATOR in before.roles
    return gives and not (wanted.active and RoleName.ADMINISTRATOR in wanted.roles)


def concerned(what: Given, others: Iterable[User]) -> list[User]:
    """Those of these administrators who see a company of it."""
    return [each for each in others if _touches(seen_by(each), what.companies)]


def who_may_agree(person: User, before: Rights, wanted: Rights, others: list[User]) -> list[User]:
    """Those of these administrators who can agree to it; none where nobody has to.

    They see each company of it that any of them sees: with one company of their own, somebody's
    accomplice would agree to what concerns others. Raises `ValidationError` where nobody sees all.
    """
    ends = ends_administrator(before, wanted)
    fit = [each for each in others if is_within(person, each)] if ends else others
    what = given(before, wanted)
    if what is None:
        return fit if ends else []
    them = concerned(what, others)
    if not them:
        return fit if ends else []
    seen = {each.pk: seen_by(each) for each in them}
    covered = _covered(what.companies, seen.values())
    able = [each for each in them if each in fit and _holds(seen[each.pk], covered)]
    if not able and not ends:
        raise ValidationError(NOBODY_SEES_ALL)
    return able


def is_concerned(asked: RightsRequest, by: User, others: list[User]) -> bool:
    """Whether it is this administrator's to decide: they are shown it, and may refuse it."""
    before, wanted = rights_before(asked), rights_wanted(asked)
    what = given(before, wanted)
    if what is not None and by in concerned(what, others):
        return True
    return by in others and is_within(asked.person, by)


def _touches(seen: Seen, companies: Seen) -> bool:
    if seen is None:
        return True
    return bool(seen if companies is None else seen & companies)


def _covered(companies: Seen, seen: Iterable[Seen]) -> Seen:
    """Those of the companies that are seen by any of these."""
    found: frozenset[int] = frozenset()
    for each in seen:
        if each is None:
            return companies
        found |= each
    return found if companies is None else found & companies


def _holds(seen: Seen, covered: Seen) -> bool:
    return seen is None or (covered is not None and covered <= seen)


def _roles(names: list[str]) -> frozenset[RoleName]:
    return frozenset(RoleName(each) for each in names)


def _keys(listed: list[int] | None) -> Seen:
    return None if listed is None else frozenset(listed)
