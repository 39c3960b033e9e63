"""What is shut beside the company's sign-in."""

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import logout
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from apps.staff.entrance.company.links import may_use_password
from apps.staff.entrance.factors import has_factor, used_factor
from apps.staff.entrance.records import is_fresh, vouched_for, why_over
from apps.staff.models import User
from apps.staff.security import Kind, note

Answer = Callable[[HttpRequest], HttpResponse]

# What a password or a passkey opens by itself, or what gives somebody a password.
SHUT: Final = frozenset(
    {
        "account_change_password",
        "account_set_password",
        "account_reauthenticate",
        "account_reset_password",
        "account_reset_password_done",
        "account_reset_password_from_key",
        "account_reset_password_from_key_done",
        "mfa_login_webauthn",
    }
)
# What would give a session that somebody left open another way in. allauth asks nothing of a person with
# neither a password nor a factor here; their company is asked instead.
GIVES_A_WAY: Final = frozenset(
    {
        "account_set_password",
        "account_email",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "mfa_generate_recovery_codes",
    }
)


def _why_shut(request: HttpRequest, person: User) -> str:
    """Why a session that a password or a passkey began is over; empty where it goes on."""
    if settings.OIDC is None or not settings.OIDC.only or vouched_for(request):
        return ""
    if may_use_password(person):
        return ""
    return "It began without the company's sign-in, which alone counts now: the session ended."


class CompanyDoors:
    """Shuts passwords where `OIDC_ONLY` is set, ends what they began before it was, and asks the company before a new way in is made."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        person = request.user
        if isinstance(person, User) and (words := why_over(request) or _why_shut(request, person)):
            note(Kind.SESSIONS_ENDED, words, request=request, person=person, count=1)
            logout(request)
        return self.answer(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> Any:
        if settings.OIDC is None or request.resolver_match is None:
            return None
        name = request.resolver_match.view_name
        person: Any = request.user if request.user.is_authenticated else None
        if settings.OIDC.only and name in SHUT and not may_use_password(person):
            raise PermissionDenied(f"Sign in with {settings.OIDC.name}: passwords are shut here.")
        if (
            name in GIVES_A_WAY
            and person is not None
            and used_factor(request)
            and not is_fresh(request)
            and not person.has_usable_password()
            and not has_factor(person)
        ):
            if request.method != "GET":
                raise PermissionDenied("A fresh sign-in is needed first.")
            again = reverse("company_again")
            return HttpResponseRedirect(f"{again}?{urlencode({'next': request.get_full_path()})}")
        return None
