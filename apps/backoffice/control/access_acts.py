"""Buttons on a person: what an administrator does for somebody who lost a phone, or was robbed."""

from dataclasses import dataclass
from typing import Any

from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from apps.backoffice.frame.acts import Act, ButtonAct
from apps.backoffice.frame.reasons import ReasonForm
from apps.staff.acts import ActName
from apps.staff.entrance import helping
from apps.staff.entrance.addresses import own_address
from apps.staff.entrance.company.links import got_in
from apps.staff.models import User
from apps.staff.reach import is_within

# Keys of sessions open what somebody else is signed in to, and a link that is typed in by hand lets somebody
# in as another: their owners see them on pages of their own.
for model in (UserSession, SocialAccount, SocialApp, SocialToken):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


@dataclass(frozen=True, kw_only=True)
class ToAnother(ButtonAct):
    """Not to oneself."""

    def offered(self, request: HttpRequest, record: Any) -> bool:
        # Who has not used their invitation yet never signed in: there is nothing to take off.
        helped = got_in(record) and _may_help(request, record)
        return super().offered(request, record) and helped


def _may_help(request: HttpRequest, person: User) -> bool:
    by = request.user
    return isinstance(by, User) and person.pk != by.pk and is_within(person, by)


def _reset(request: HttpRequest, person: User, answers: dict[str, Any]) -> str:
    if not _may_help(request, person):
        raise PermissionDenied
    return helping.reset_factor(request, person, answers["reason"])


def _end(request: HttpRequest, person: User, answers: dict[str, Any]) -> str:
    if not _may_help(request, person):
        raise PermissionDenied
    return helping.end_sessions(request, person, answers["reason"])


RESET_FACTOR = ToAnother(
    name="reset-factor",
    words="Reset second factor",
    permission=ActName.GIVE_ACCESS,
    do=_reset,
    asks=ReasonForm,
    danger=True,
    means=(
        "For a lost phone or key, when no recovery code is left. Make sure that it is really them who "
        "asks, by voice or face to face. They are signed out, told by mail, and add a new second "
        "factor with their next sign-in; their password stays as it is."
    ),
)
END_SESSIONS = ToAnother(
    name="end-sessions",
    words="Sign out everywhere",
    permission=ActName.GIVE_ACCESS,
    do=_end,
    asks=ReasonForm,
    means=(
        "Whoever is signed in as this person, on any device, has to sign in again. API keys of their "
        "own are revoked: programs that use them are refused until they make new ones."
    ),
)


class AccessActs:
    """What a screen of people gets by them: the two buttons, and the row of a new person's address."""

    acts: tuple[Act, ...] = (RESET_FACTOR, END_SESSIONS)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)  # type: ignore[misc] # a mixin of admin classes
        if not change:
            own_address(obj)
