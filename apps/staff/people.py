"""People and their rights: added, changed, asked for and agreed to by a second administrator.

Everything here holds the row of the Administrators' group, so that two administrators who act at once
act one after the other.
"""

from collections.abc import Iterable
from datetime import date
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
from apps.staff.reach import is_within
from apps.staff.roles import BOTH_HANDS, RoleName, in_both_hands, why_apart
from apps.staff.security import Kind, note

OWN: Final = "Nobody changes their own roles, or whether they are active. Ask another administrator to do it."
PROGRAM: Final = (
    "This is the account of a program: its role came with its key, which a second person released. Revoke"
    " the key and make another one under “API keys”."
)
BEYOND: Final = (
    "This person sees companies that you do not see: an administrator who sees them too does it."
)
TWO_LEFT: Final = (
    "There is no third administrator who could agree, and of two neither takes the other away alone. Ask"
    " whoever operates the host: manage.py staff role EMAIL --role Viewer."
)
WAITS: Final = "It waits for a second administrator, who agrees on the page of that person."


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
) -> RightsRequest | None:
    """A new person, saved and inactive: gets roles and an invitation, or both wait for a second
    administrator. `by` is None for the command. Raises `ValidationError`."""
    with transaction.atomic():
        hold_administrators()
        note(
            Kind.PERSON_ADDED,
            f"{person} was added.",
            request=request,
            person=by,
            subject=person,
        )
        asked = _give(person, roles, active=False, last_day=last_day, by=by, request=request)
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
) -> RightsRequest | None:
    """These roles and no other, active or not, of an Auditor until this day. Returns the request where a second administrator has
    to agree first. Raises `ValidationError`, for one's own rights too."""
    with transaction.atomic():
        hold_administrators()
        person = User.objects.select_for_update().get(pk=person.pk)
        if by is not None and not may_change_rights_of(by, person):
            if _is_so(person, roles, active, _day_of(roles, last_day)):
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
        return _give(person, roles, active=active, last_day=last_day, by=by, request=request)


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
        if (_names(person.role_names), person.is_active, person.last_day) != (
            asked.roles_before,
            asked.active_before,
            asked.last_day_before,
        ):
            raise ValidationError(
                f"{person} was changed since this was asked for. Refuse it, and ask again."
            )
        roles = frozenset(RoleName(name) for name in asked.roles)
        _refuse(person, roles, asked.last_day)
        _decide(asked, by, RightsRequest.State.APPROVED)
        _apply(
            person,
            roles,
            active=asked.active,
            last_day=asked.last_day,
            by=asker,
            agreed=by,
            request=request,
        )
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


def _give(
    person: User,
    roles: frozenset[RoleName],
    *,
    active: bool,
    last_day: date | None,
    by: User | None,
    request: HttpRequest | None,
) -> RightsRequest | None:
    last_day = _day_of(roles, last_day)
    _refuse(person, roles, last_day)
    if _is_so(person, roles, active, last_day):
        return None
    longer = bool(person.last_day and last_day and last_day > person.last_day)
    gains = bool(roles - person.role_names) or longer
    gains = gains or (active and not person.is_active and bool(roles))
    second = [each for each in _others(by) if each.pk != person.pk and is_within(person, each)]
    if by is not None and _ends_administrator(person, roles, active) and not second:
        raise ValidationError(TWO_LEFT)
    if second and (gains or _ends_administrator(person, roles, active)):
        return _ask(person, roles, active, last_day, by, request)
    _apply(person, roles, active=active, last_day=last_day, by=by, agreed=None, request=request)
    return None


def _others(by: User | None) -> list[User]:
    """Administrators who could agree to what this one asks; a command asks nobody."""
    found = active_with(RoleName.ADMINISTRATOR)
    return [] if by is None else [each for each in found if each.pk != by.pk]


def _ends_administrator(person: User, roles: frozenset[RoleName], active: bool) -> bool:
    """Whether somebody who gives access now would not any more."""
    gives = person.is_active and RoleName.ADMINISTRATOR in person.role_names
    return gives and not (active and RoleName.ADMINISTRATOR in roles)


def _day_of(roles: frozenset[RoleName], last_day: date | None) -> date | None:
    """Only an Auditor has one."""
    return last_day if RoleName.AUDITOR in roles else None


def _is_so(person: User, roles: frozenset[RoleName], active: bool, last_day: date | None) -> bool:
    """Whether nothing would change."""
    now = (person.role_names, person.is_active, person.last_day)
    return now == (roles, active, last_day)


def _refuse(person: User, roles: frozenset[RoleName], last_day: date | None) -> None:
    if refused := why_not(person, roles) or why_no_last_day(person, roles, last_day):
        raise ValidationError(refused)


def _ask(
    person: User,
    roles: frozenset[RoleName],
    active: bool,
    last_day: date | None,
    by: User | None,
    request: HttpRequest | None,
) -> RightsRequest:
    assert by is not None  # a command asks nobody
    if RightsRequest.objects.filter(person=person, state="waiting").exists():
        raise ValidationError(
            f"A change of the rights of {person} waits already. It is agreed to, refused or withdrawn "
            "first."
        )
    asked = RightsRequest.objects.create(
        person=person,
        roles_before=_names(person.role_names),
        roles=_names(roles),
        active_before=person.is_active,
        active=active,
        last_day_before=person.last_day,
        last_day=last_day,
        asked_by=by,
    )
    words = (
        f"{by} asked that {person} be {_as(roles, last_day)}; a second administrator has to agree."
    )
    note(Kind.RIGHTS_CHANGED, words, request=request, person=by, subject=person, waits=True)
    write_to(
        [each for each in _others(by) if is_within(person, each)], "Somebody asks for rights", words
    )
    return asked


def _apply(
    person: User,
    roles: frozenset[RoleName],
    *,
    active: bool,
    last_day: date | None,
    by: User | None,
    agreed: User | None,
    request: HttpRequest | None,
) -> None:
    """Change it, and say so: as an event, in the history, and by mail."""
    before, was_active, until = person.role_names, person.is_active, person.last_day
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
    if not is_within(asked.person, by):
        raise ValidationError(BEYOND)
    if not by.has_perm(ActName.GIVE_ACCESS):
        raise ValidationError(f"{by} may not give people access.")


def _decide(asked: RightsRequest, by: User, state: str, reason: str = "") -> None:
    asked.decide(by, state, reason)
    if state != RightsRequest.State.APPROVED:
        words = f"“{asked}” was {asked.get_state_display().lower()}: nothing was given."
        note(Kind.RIGHTS_CHANGED, words, person=by, subject=asked.person, reason=reason)
