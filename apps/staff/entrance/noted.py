"""What allauth tells of sign-ins, factors and passwords, kept as security events."""

from typing import Any

from allauth.account import signals as account
from allauth.account.models import EmailAddress
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.http import HttpRequest, HttpResponse

from apps.staff.entrance import devices, sessions
from apps.staff.entrance.addresses import own_address
from apps.staff.entrance.factors import FACTORS, note_used
from apps.staff.entrance.records import methods_used
from apps.staff.models import User
from apps.staff.security import Kind, note

CALLED = {
    Authenticator.Type.TOTP: "an authenticator app",
    Authenticator.Type.WEBAUTHN: "a passkey",
    Authenticator.Type.RECOVERY_CODES: "recovery codes",
}


def listen() -> None:
    user_logged_in.connect(_begins, dispatch_uid="tieout")
    user_logged_out.connect(_signed_out, dispatch_uid="tieout")
    account.user_logged_in.connect(_signed_in, dispatch_uid="tieout")
    account.password_changed.connect(_password_changed, dispatch_uid="tieout")
    account.password_set.connect(_password_changed, dispatch_uid="tieout")
    account.password_reset.connect(_password_reset, dispatch_uid="tieout")
    account.email_changed.connect(_email_changed, dispatch_uid="tieout")
    mfa.authenticator_added.connect(_factor_added, dispatch_uid="tieout")
    mfa.authenticator_removed.connect(_factor_removed, dispatch_uid="tieout")
    mfa.authenticator_reset.connect(_codes_made, dispatch_uid="tieout")
    mfa.authenticator_used.connect(_factor_used, dispatch_uid="tieout")
    mfa.authentication_failed.connect(_factor_refused, dispatch_uid="tieout")


def _begins(request: HttpRequest, **_: Any) -> None:
    sessions.begin(request)


def _signed_in(request: HttpRequest, user: User, response: HttpResponse, **_: Any) -> None:
    devices.remember(request, response, user)
    if not EmailAddress.objects.filter(user=user).exists():
        own_address(user)  # somebody added by hand: without it no letter reaches them
    methods = [str(each.get("type") or each["method"]) for each in methods_used(request)]
    note(Kind.SIGNED_IN, "Signed in.", request=request, person=user, by=methods)


def _signed_out(request: HttpRequest, user: User | None, **_: Any) -> None:
    if user is not None:
        note(Kind.SIGNED_OUT, "Signed out.", request=request, person=user)


def _end_others(request: HttpRequest, user: User, because: str) -> None:
    """What proved a person has changed: whoever got in by the former proof is sent away."""
    count = sessions.end_of(user, but=request.session.session_key or "")
    if count:
        words = f"{because}: {count} other {'session' if count == 1 else 'sessions'} ended."
        note(Kind.SESSIONS_ENDED, words, request=request, person=user, count=count)


def _password_changed(request: HttpRequest, user: User, **_: Any) -> None:
    note(Kind.PASSWORD_CHANGED, "The password was changed.", request=request, person=user)
    _end_others(request, user, "The password was changed")


def _password_reset(request: HttpRequest, user: User, **_: Any) -> None:
    words = "A new password was set by the link from a mail."
    note(Kind.PASSWORD_CHANGED, words, request=request, person=user)
    _end_others(request, user, "A new password was set")


def _email_changed(
    request: HttpRequest, user: User, from_email_address: Any, to_email_address: Any, **_: Any
) -> None:
    words = "The e-mail address was changed by its owner, who opened the link sent to the new one."
    note(Kind.EMAIL_CHANGED, words, request=request, person=user)
    _end_others(request, user, "The e-mail address was changed")


def _factor_added(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    if authenticator.type not in FACTORS:
        note(Kind.RECOVERY_CODES, "Recovery codes were made.", request=request, person=user)
        return
    words = f"A second factor was added: {CALLED[authenticator.type]}."
    note(Kind.FACTOR_ADDED, words, request=request, person=user, factor=authenticator.type)
    note_used(request, user, authenticator)
    _end_others(request, user, "A second factor was added")


def _factor_removed(
    request: HttpRequest, user: User, authenticator: Authenticator, **_: Any
) -> None:
    words = f"A second factor was removed: {CALLED[authenticator.type]}."
    note(Kind.FACTOR_REMOVED, words, request=request, person=user, factor=authenticator.type)
    _end_others(request, user, "A second factor was removed")


def _codes_made(request: HttpRequest, user: User, **_: Any) -> None:
    words = "New recovery codes were made; the former ones are void."
    note(Kind.RECOVERY_CODES, words, request=request, person=user)
    _end_others(request, user, "New recovery codes were made")


def _factor_used(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    if authenticator.type not in FACTORS:
        stored = Authenticator.objects.get(pk=authenticator.pk)  # the code is struck off in its row
        left = len(stored.wrap().get_unused_codes())
        words = f"A recovery code was used; {left} are left."
        note(Kind.RECOVERY_CODES, words, request=request, person=user, left=left)


def _factor_refused(
    request: HttpRequest, user: User, authenticator: Authenticator, **_: Any
) -> None:
    words = "The password was right, the second factor was not."
    note(Kind.FACTOR_REFUSED, words, request=request, subject=user, factor=authenticator.type)
