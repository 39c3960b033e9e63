"""People and their rights: added, changed, asked for and agreed to by a second administrator.

Everything here holds the row of the Administrators' group, so that two administrators who act at once
act one after the other.
"""

from collections.abc import Iterable
from datetime import date
from enum import Enum
from typing import Final

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from apps.staff import declaring
from apps.staff.access import NO_LAST_DAY, put_roles
from apps.staff.acts import ActName
from apps.staff.entrance.company.links import got_in
from apps.staff.inviting import invite
from apps.staff.letters import write_to
from apps.staff.models import RightsRequest, User
from apps.staff.reach import Seen, in_words, is_within, listed, named, put, seen_by
from apps.staff.roles import BOTH_HANDS, RoleName, in_both_hands, why_apart
from apps.staff.seconds import (
    Rights,
    ends_administrator,
    is_concerned,
    new_companies,
    rights_before,
    rights_of,
    rights_wanted,
    who_may_agree,
)
from apps.staff.security import Kind, note

OWN: Final = "Nobody changes their own roles, or whether they are active. Ask another administrator to do it."
PROGRAM: Final = (
    "This is the account of a program: its role came with its key, which a second person released. Revoke"
    " the key and make another one under “API keys”."
)
BEYOND: Final = (
    "This person sees companies that you do not see: an administrator who sees them too does it."
)
ADMINISTRATORS: Final = (
    "Nobody takes a company from an Administrator alone. Take the role first, to which another Administrator"
    " agrees (of two, whoever operates the host does it), then the company."
)
NOT_YOURS: Final = (
    "You do not see each company that this concerns and that other administrators see: one who sees"
    " them agrees to it, or you refuse it."
)
UNSEEN: Final = "Give companies that you see yourself."
TWO_LEFT: Final = (
    "There is no third administrator who could agree, and of two neither takes the other away alone. Ask"
    " whoever operates the host: manage.py staff role EMAIL --role Viewer."
)
WAITS: Final = "It waits for a second administrator, who agrees on the page of that person."


class AsTheyAre(Enum):
    """Companies that are not asked for: they stay."""

    ARE = "as they are"


def may_change_rights_of(actor: User, person: User) -> bool:
    """Nobody changes their own rights, companies included."""
    return actor.pk != person.pk


def hold_administrators() -> None:
    """Until the transaction ends nobody else changes rights."""
    Group.objects.select_for_update().filter(name=RoleName.ADMINISTRATOR.value).first()


def active_with(*roles: RoleName) -> "Iterable[User]":
    """People, not programs, who may sign in and have one of these roles."""
    return (
        User.objects.filter(
            is_active=True, is_staff=True, groups__name__in=[each.value for each in roles]
        )
        .order_by("pk")
        .distinct()
    )


def why_not(person: User, roles: Iterable[RoleName]) -> str:
    """Why this person must not have these roles together; empty where they may."""
    if in_both_hands(roles) and not person.does_everything:
        return BOTH_HANDS
    return why_apart(roles)


def why_no_last_day(person: User, roles: frozenset[RoleName], last_day: date | None) -> str:
    """What is wrong with the last day of these roles; empty where nothing is."""
    if RoleName.AUDITOR not in roles:
        return ""
    if last_day is None:
        return NO_LAST_DAY
    if last_day != person.last_day and last_day < timezone.now().date():
        return "The last day of an Auditor is today or later."
    return ""


def enter(
    person: User,
    roles: frozenset[RoleName],
    *,
    by: User | None,
    request: HttpRequest | None = None,
    mailed: bool = True,
    last_day: date | None = None,
    companies: Seen | AsTheyAre = AsTheyAre.ARE,
) -> RightsRequest | None:
    """A new person, saved and inactive: gets companies, and roles and an invitation, or these two wait
    for a second administrator. `by` is None for the command. Raises `ValidationError`."""
    with transaction.atomic():
        hold_administrators()
        if not isinstance(companies, AsTheyAre):
            # First: they say who may agree to the rights, and without a role they open nothing.
            _refuse_unseen(person, companies, by)
            put(person, companies, by=by, request=request)
        note(
            Kind.PERSON_ADDED,
            f"{person} was added.",
            request=request,
            person=by,
            subject=person,
        )
        wanted = _rights(person, roles, False, last_day, AsTheyAre.ARE)
        asked = _give(person, wanted, by=by, request=request)
        if asked is None:
            invite(person, by=by, mailed=mailed)
    return asked


def change_rights(
    person: User,
    roles: frozenset[RoleName],
    *,
    active: bool,
    by: User | None,
    request: HttpRequest | None = None,
    last_day: date | None = None,
    companies: Seen | AsTheyAre = AsTheyAre.ARE,
) -> RightsRequest | None:
    """These roles and no other, active or not, of an Auditor until this day, in these companies and no
    other. Returns the request where a second administrator has to agree first. Raises
    `ValidationError`, for one's own rights too."""
    with transaction.atomic():
        hold_administrators()
        person = User.objects.select_for_update().get(pk=person.pk)
        if by is not None and not may_change_rights_of(by, person):
            if _rights(person, roles, active, last_day, companies) == rights_of(person):
                return None
            raise ValidationError(OWN)
        if by is not None and not is_within(person, by):
            raise ValidationError(BEYOND)
        if not person.is_staff and (roles != person.role_names or active > person.is_active):
            raise ValidationError(PROGRAM)
        if active and not person.is_active and not got_in(person):
            raise ValidationError(
                f"{person} has not used an invitation yet, and is active once they have. Send it again."
            )
        wanted = _rights(person, roles, active, last_day, companies)
        _refuse_unseen(person, wanted.companies, by)
        return _give(person, wanted, by=by, request=request)


def agree(asked: RightsRequest, by: User, *, request: HttpRequest | None = None) -> None:
    """Give what was asked for. Raises `ValidationError` for one's own request or rights, where either
    administrator is none any more, and where the person is not what they were then."""
    with transaction.atomic():
        hold_administrators()
        asked = _held(asked)
        _refuse_unfit(asked, by)
        asker, person = asked.asked_by, User.objects.select_for_update().get(pk=asked.person_id)
        if not asker.has_perm(ActName.GIVE_ACCESS):
            raise ValidationError(f"{asker}, who asked, is no administrator any more. Refuse it.")
        if not is_within(person, asker):
            raise ValidationError(
                f"{asker}, who asked, does not see every company of {person} any more. Refuse it."
            )
        before, wanted = rights_before(asked), rights_wanted(asked)
        if rights_of(person) != before:
            raise ValidationError(
                f"{person} was changed since this was asked for. Refuse it, and ask again."
            )
        _refuse(person, wanted)
        _refuse_unseen(person, wanted.companies, asker)
        if by not in who_may_agree(person, before, wanted, _others(asker, person)):
            raise ValidationError(NOT_YOURS)
        _decide(asked, by, RightsRequest.State.APPROVED)
        _apply(person, wanted, by=asker, agreed=by, request=request)
        if not got_in(person):
            invite(person, by=asker)


def refuse(asked: RightsRequest, by: User, *, reason: str) -> None:
    """Say no; nothing is given."""
    with transaction.atomic():
        hold_administrators()
        asked = _held(asked)
        _refuse_unfit(asked, by)
        _decide(asked, by, RightsRequest.State.REFUSED, reason)


def withdraw(asked: RightsRequest, by: User) -> None:
    """Take back one's own request."""
    with transaction.atomic():
        hold_administrators()
        asked = _held(asked)
        if asked.asked_by_id != by.pk:
            raise ValidationError("Only whoever asked can withdraw it.")
        _decide(asked, by, RightsRequest.State.WITHDRAWN)


def awaiting(by: User) -> frozenset[int]:
    """The keys of the people about whom this administrator decides something that another asked."""
    rows = RightsRequest.objects.filter(state=RightsRequest.State.WAITING)
    waiting = rows.exclude(asked_by=by).exclude(person=by).select_related("asked_by", "person")
    return frozenset(
        each.person_id
        for each in waiting
        if is_concerned(each, by, _others(each.asked_by, each.person))
    )


def _rights(
    person: User,
    roles: frozenset[RoleName],
    active: bool,
    last_day: date | None,
    companies: Seen | AsTheyAre,
) -> Rights:
    return Rights(
        roles=roles,
        active=active,
        # Only an Auditor has one.
        last_day=last_day if RoleName.AUDITOR in roles else None,
        companies=seen_by(person) if isinstance(companies, AsTheyAre) else companies,
    )


def _give(
    person: User, wanted: Rights, *, by: User | None, request: HttpRequest | None
) -> RightsRequest | None:
    _refuse(person, wanted)
    before = rights_of(person)
    if before == wanted:
        return None
    if by is not None:
        able = who_may_agree(person, before, wanted, _others(by, person))
        if not able and ends_administrator(before, wanted):
            raise ValidationError(TWO_LEFT)
        if able:
            return _ask(person, before, wanted, by, able, request)
    _apply(person, wanted, by=by, agreed=None, request=request)
    return None


def _others(by: User, person: User) -> list[User]:
    """Administrators who could agree to what this one asks about that person."""
    return [
        each for each in active_with(RoleName.ADMINISTRATOR) if each.pk not in (by.pk, person.pk)
    ]


def _refuse(person: User, wanted: Rights) -> None:
    if refused := why_not(person, wanted.roles) or why_no_last_day(
        person, wanted.roles, wanted.last_day
    ):
        raise ValidationError(refused)


def _refuse_unseen(person: User, companies: Seen, by: User | None) -> None:
    """Nobody gives what they do not see, and nobody takes a company from an Administrator alone."""
    before = seen_by(person)
    sees = None if by is None else seen_by(by)
    new = new_companies(before, companies)
    if sees is not None and (new is None or not new <= sees):
        raise ValidationError(UNSEEN)
    takes = companies is not None and (before is None or not before <= companies)
    gives_access = person.is_active and RoleName.ADMINISTRATOR in person.role_names
    if by is not None and takes and gives_access:
        raise ValidationError(ADMINISTRATORS)


def _ask(
    person: User,
    before: Rights,
    wanted: Rights,
    by: User,
    able: list[User],
    request: HttpRequest | None,
) -> RightsRequest:
    if RightsRequest.objects.filter(person=person, state="waiting").exists():
        raise ValidationError(
            f"A change of the rights of {person} waits already. It is agreed to, refused or withdrawn "
            "first."
        )
    asked = RightsRequest.objects.create(
        person=person,
        roles_before=_names(before.roles),
        roles=_names(wanted.roles),
        active_before=before.active,
        active=wanted.active,
        last_day_before=before.last_day,
        last_day=wanted.last_day,
        companies_before=listed(before.companies),
        companies=listed(wanted.companies),
        asked_by=by,
    )
    where = "" if wanted.companies == before.companies else f", seeing {in_words(wanted.companies)}"
    words = (
        f"{by} asked that {person} be {_as(wanted.roles, wanted.last_day)}{where}; a second"
        " administrator has to agree."
    )
    note(Kind.RIGHTS_CHANGED, words, request=request, person=by, subject=person, waits=True)
    for each in able:
        names = named(new_companies(before.companies, wanted.companies), each)
        more = f" New for them would be: {', '.join(names)}." if names else ""
        write_to([each], "Somebody asks for rights", words + more)
    return asked


def _apply(
    person: User,
    wanted: Rights,
    *,
    by: User | None,
    agreed: User | None,
    request: HttpRequest | None,
) -> None:
    """Change it, and say so: as an event, in the history, and by mail."""
    put(person, wanted.companies, by=by, agreed=agreed, request=request)
    before, was_active, until = person.role_names, person.is_active, person.last_day
    roles, active, last_day = wanted.roles, wanted.active, wanted.last_day
    if (before, was_active, until) == (roles, active, last_day):
        return
    person.last_day = last_day
    put_roles(person, roles)
    person.is_active = active
    person._history_user = by  # type: ignore[attr-defined] # read by simple-history
    person.save()
    declaring.end_where_a_second_is_active()
    words = f"{person} was {_as(before, until)} and is {_as(roles, last_day)}."
    if was_active != active:
        words = f"{words} {'May sign in again.' if active else 'May not sign in any more.'}"
    if agreed is not None:
        words = f"{words} {agreed} agreed."
    note(
        Kind.RIGHTS_CHANGED if (before, until) != (roles, last_day) else Kind.PERSON_CHANGED,
        words,
        request=request,
        person=by,
        subject=person,
        before=_names(before),
        after=_names(roles),
        active=active,
        last_day=last_day.isoformat() if last_day else None,
        agreed_by=agreed.pk if agreed else None,
    )
    who = f"{by}" if by else "The operator, by command,"
    readers = {*active_with(RoleName.ACCOUNTANT)}
    if RoleName.ADMINISTRATOR in before | roles:
        readers |= {*active_with(RoleName.ADMINISTRATOR)}
    if was_active:
        # Also an accountant who was made inactive: nobody else may be left to tell.
        readers.add(person)
    readers = {each for each in readers if by is None or each.pk != by.pk}
    write_to(readers, "Somebody's rights changed", f"{who} changed rights: {words}")


def _as(roles: Iterable[RoleName], last_day: date | None = None) -> str:
    until = f" until {last_day:%-d %B %Y}" if last_day else ""
    return (" and ".join(_names(roles)) or "without a role") + until


def _names(roles: Iterable[RoleName]) -> list[str]:
    return sorted(each.value for each in roles)


def _held(asked: RightsRequest) -> RightsRequest:
    found = (
        RightsRequest.objects.select_for_update(of=("self",))
        .select_related("asked_by", "person")
        .get(pk=asked.pk)
    )
    found.refuse_decided()
    return found


def _refuse_unfit(asked: RightsRequest, by: User) -> None:
    asked.refuse_own(by)
    if not may_change_rights_of(by, asked.person):
        raise ValidationError(OWN)
    if not by.has_perm(ActName.GIVE_ACCESS):
        raise ValidationError(f"{by} may not give people access.")
    if not is_concerned(asked, by, _others(asked.asked_by, asked.person)):
        raise ValidationError(BEYOND)


def _decide(asked: RightsRequest, by: User, state: str, reason: str = "") -> None:
    asked.decide(by, state, reason)
    if state != RightsRequest.State.APPROVED:
        words = f"“{asked}” was {asked.get_state_display().lower()}: nothing was given."
        note(Kind.RIGHTS_CHANGED, words, person=by, subject=asked.person, reason=reason)
