"""How allauth lets staff in: nobody signs up by themselves, and guessing is slow."""

import logging
from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.stagekit import clear_login
from allauth.core import context
from allauth.core.internal import ratelimit
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from apps.core.whence import client_address
from apps.staff.entrance import devices
from apps.staff.entrance.company.links import link_of, may_use_password
from apps.staff.entrance.records import counts_theirs, is_fresh, is_signing_in_by_company
from apps.staff.models import User
from apps.staff.security import Kind, mark_of, note

log = logging.getLogger("tieout.security")

NOWHERE = "0.0.0.0"  # a socket of this host that no trusted proxy speaks for
UNKNOWN_DEVICES = "login_failed_unknown_devices"  # the slow limit, over all addresses


class StaffEntrance(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "too_many_login_attempts": (
            "Too many tries. Wait a few minutes, or ask for a new password. On a device on which you "
            "signed in before, other people's tries do not count."
        ),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request) or NOWHERE

    # --- guessing -----------------------------------------------------------------------------

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """What tries are counted by: the account with the known device, or else with the address.

        Somebody elsewhere uses up their own tries, and never those of the person themselves.
        """
        account = _account(credentials)
        device = devices.known(request, account)
        return f"{account} {device or ratelimit.get_ip(request)}"

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        account = _account(credentials)
        self._of_account = None
        try:
            super().pre_authenticate(request, **credentials)
            if not devices.known(request, account):
                self._of_account = ratelimit.consume(
                    request, app="allauth.account", action=UNKNOWN_DEVICES, key=account
                )
                if not self._of_account:
                    raise self.validation_error("too_many_login_attempts")
        except ValidationError:
            note(
                Kind.SIGN_IN_REFUSED,
                "Too many tries to sign in.",
                request=request,
                subject=_person(account),
                account=mark_of(account),
            )
            raise

    def _rollback_login_failed_rl_usage(self) -> None:
        super()._rollback_login_failed_rl_usage()
        if self._of_account:
            self._of_account.rollback()

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        """A new password ends the waiting: whoever set it holds the mailbox."""
        super()._delete_login_attempts_cached_email(request, **credentials)
        ratelimit.clear(
            request, app="allauth.account", action=UNKNOWN_DEVICES, key=_account(credentials)
        )

    # --- what is kept of it -------------------------------------------------------------------

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        account = _account(credentials)
        note(
            Kind.SIGN_IN_REFUSED,
            "A wrong password, or an address that nobody has.",
            request=request,
            subject=_person(account),
            account=mark_of(account),
        )

    def pre_login(self, request: HttpRequest, user: Any, **hooks: Any) -> HttpResponse | None:
        """Every way in comes through here: a password, a passkey, another's word for the person."""
        if user.access_is_over:
            clear_login(request)
            return self._respond_access_over(request, user)
        refused: HttpResponse | None = super().pre_login(request, user, **hooks)
        return refused

    def _respond_access_over(self, request: HttpRequest, user: User) -> HttpResponse:
        note(
            Kind.SIGN_IN_REFUSED,
            "An Auditor whose last day has passed gave the right password.",
            request=request,
            subject=user,
        )
        return render(request, "account/access_over.html", {"last_day": user.last_day}, status=403)

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        note(
            Kind.SIGN_IN_REFUSED,
            "Somebody who may not sign in any more gave the right password.",
            request=request,
            subject=user,
        )
        response: HttpResponse = super().respond_user_inactive(request, user)
        return response

    def send_password_reset_mail(self, user: User, email: str, context_: dict[str, Any]) -> None:
        """A mail server that is away is noted: whoever asked was answered before."""
        try:
            super().send_password_reset_mail(user, email, context_)
        except (OSError, SMTPException) as fault:
            log.error("a link to set a password did not leave: %s", type(fault).__name__)
            note(
                Kind.RESET_ASKED,
                "The link to set a new password did not leave: the mail server did not take it.",
                request=context.request,
                subject=user,
                fault=type(fault).__name__,
            )

    # --- signing in again ---------------------------------------------------------------------

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """A sign-in of a moment ago counts: whoever adds their first factor is not asked twice."""
        return not is_fresh(context.request)

    def get_reauthentication_methods(self, user: User) -> list[dict[str, Any]]:
        """With the company's sign-in where it asks for a second factor, and without a password that
        opens nothing."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        if not user.is_authenticated or settings.OIDC is None:
            return methods
        if not may_use_password(user):
            methods = [each for each in methods if each["id"] != "reauthenticate"]
        if counts_theirs() and link_of(user) is not None:
            words = f"Sign in with {settings.OIDC.name}"
            methods.append({"id": "company", "description": words, "url": reverse("company_again")})
        return methods

    def get_login_stages(self) -> list[str]:
        """Who comes from a company that asked for a second factor is not asked for one again."""
        stages: list[str] = super().get_login_stages()
        if counts_theirs() and is_signing_in_by_company(context.request):
            return [each for each in stages if each != "allauth.mfa.stages.AuthenticateStage"]
        return stages


def _account(credentials: dict[str, Any]) -> str:
    return str(credentials.get("email") or credentials.get("username") or "").strip().lower()


def _person(account: str) -> User | None:
    return User.objects.filter(email=account).first()
