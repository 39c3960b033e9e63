"""Who gets past the entrance: no page of the product to a session that used no second factor."""

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url

from apps.core.sealing import CannotOpen
from apps.staff.entrance.factors import LOST_KEY, has_factor, is_waived, used_factor
from apps.staff.security import Kind, note

Answer = Callable[[HttpRequest], HttpResponse]

# What anybody may open: it signs in, signs in again, or signs out.
ENTRANCE: Final = frozenset(
    {
        "account_login",
        "account_logout",
        "account_reauthenticate",
        "account_inactive",
        "account_reset_password",
        "account_reset_password_done",
        "account_reset_password_from_key",
        "account_reset_password_from_key_done",
        "mfa_authenticate",
        "mfa_reauthenticate",
        "mfa_reauthenticate_webauthn",
        "mfa_login_webauthn",
        "company_begin",
        "company_back",
        "company_link",
        "company_again",
    }
)
# What a person without a second factor may open besides. Whoever has one shows it first: a second one
# added by a password alone would be a way around it.
ENROLMENT: Final = frozenset(
    {
        "mfa_index",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "mfa_list_webauthn",
        "mfa_view_recovery_codes",
        "mfa_generate_recovery_codes",
        "mfa_download_recovery_codes",
    }
)


class AskForFactor:
    """Refuses whatever is not named above: a page that is added is closed by itself."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.answer(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return say_lost_key(request, exception)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> Any:
        if is_waived() or not request.user.is_authenticated or used_factor(request):
            return None
        match = request.resolver_match
        name = match.view_name if match is not None else ""
        if name in ENTRANCE or (name in ENROLMENT and not has_factor(request.user)):
            return None
        if request.method != "GET" or asks_for_data(request):
            raise PermissionDenied("A second factor is needed first.")
        return HttpResponseRedirect(way_on(request))


def say_lost_key(request: HttpRequest, exception: Exception) -> HttpResponse | None:
    """A page of second factors that cannot be read: said in words, and how to go on."""
    match = request.resolver_match
    if not isinstance(exception, CannotOpen) or match is None:
        return None
    if not match.view_name.startswith("mfa_"):
        return None
    note(Kind.FACTOR_REFUSED, "A second factor cannot be read: its key is gone.", request=request)
    return render(request, "mfa/lost_key.html", {"why": LOST_KEY}, status=409)


def asks_for_data(request: HttpRequest) -> bool:
    """Whether a script asks: it could do nothing with a page to sign in on."""
    match = request.resolver_match
    return (
        (match is not None and match.url_name in ("autocomplete", "jsi18n"))
        or request.headers.get("X-Requested-With") == "XMLHttpRequest"
        or request.headers.get("Sec-Fetch-Dest", "document") == "empty"
        or request.headers.get("Accept", "").startswith("application/json")
    )


def way_on(request: HttpRequest) -> str:
    """Where a person adds a second factor, or shows the one that they have."""
    if not has_factor(request.user):  # type: ignore[arg-type] # signed in
        return resolve_url("mfa_index")
    methods = get_adapter().get_reauthentication_methods(request.user)
    first = next(each["url"] for each in methods if each["id"].startswith("mfa_reauthenticate"))
    return f"{first}?{urlencode({'next': request.get_full_path()})}"
