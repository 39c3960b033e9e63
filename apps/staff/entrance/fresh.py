"""A sign-in of a moment ago, for what gives access, moves a limit or shows a secret.

Which acts ask for it stands in the table of acts. Asked on the way to the page of the act, and once
more when its form comes back too late: what was typed is then shown again.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from apps.staff.acts import ACTS, ActName
from apps.staff.entrance import kept_forms
from apps.staff.entrance.doors import asks_for_data
from apps.staff.entrance.factors import is_waived
from apps.staff.entrance.records import is_fresh
from apps.staff.entrance.sessions import Answer

Given = ParamSpec("Given")

# Django's own forms of a record, by their model: saving one is the act.
FORMS: Final = {
    "staff_user": ActName.GIVE_ACCESS,
    "billing_actlimit": ActName.SET_LIMITS,
    "triggers_endpoint": ActName.ADD_LISTENER,
}


def is_asked(act: str) -> bool:
    return act in set(ActName) and ACTS[ActName(act)].fresh


def ask_again(request: HttpRequest, act: str) -> HttpResponse | None:
    """The way to sign in again where this act asks for it; None where it may go on."""
    if not is_asked(act) or is_waived() or is_fresh(request):
        return None
    methods = get_adapter().get_reauthentication_methods(request.user)
    if not methods or asks_for_data(request):
        raise PermissionDenied("A fresh sign-in is needed first.")
    if kept_forms.is_a_form_of_ours(request):
        kept_forms.keep(request, int(request.user.pk or 0))
    factor = (each for each in methods if each["id"].startswith("mfa_reauthenticate"))
    way = next(factor, methods[0])["url"]
    return HttpResponseRedirect(f"{way}?{urlencode({'next': request.get_full_path()})}")


def asks_for_fresh(
    act: ActName,
) -> Callable[
    [Callable[Concatenate[HttpRequest, Given], HttpResponse]],
    Callable[Concatenate[HttpRequest, Given], HttpResponse],
]:
    """A page of its own that is such an act."""

    def of(
        page: Callable[Concatenate[HttpRequest, Given], HttpResponse],
    ) -> Callable[Concatenate[HttpRequest, Given], HttpResponse]:
        @wraps(page)
        def asked(request: HttpRequest, *args: Given.args, **kwargs: Given.kwargs) -> HttpResponse:
            return ask_again(request, act) or page(request, *args, **kwargs)

        return asked

    return of


class AskFresh:
    """Asks for it before one of Django's own forms is saved."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.answer(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> Any:
        if not request.user.is_authenticated or not kept_forms.is_a_form_of_ours(request):
            return None
        name = request.resolver_match.url_name if request.resolver_match else ""
        model, _, page = str(name).rpartition("_")
        act = FORMS.get(model) if page in ("add", "change") else None
        return ask_again(request, act) if act and request.user.has_perm(act) else None
