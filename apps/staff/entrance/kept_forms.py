"""What was typed into a form whose session ended meanwhile: kept, and shown again to the same person.

It lies sealed in the session of that browser for an hour, and is never sent by itself.
"""

import json
import time
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import resolve_url
from django.template.response import TemplateResponse
from django.utils.http import urlencode

from apps.core.sealing import CannotOpen, Sealer
from apps.staff.entrance import devices
from apps.staff.entrance.sessions import Answer

KEPT: Final = "kept_form"
OWNER = uuid5(NAMESPACE_URL, "tieout:kept-form")
LIFE: Final = 3600.0  # seconds
LARGEST: Final = 1_000_000  # characters
BACK_OFFICE: Final = "admin"  # whose forms are kept: those that take credentials lie elsewhere
SECRETS: Final = ("csrf", "password", "secret", "credential")
SHOWN: Final = 40  # answers that are told where a page cannot show them in their fields
SIGNED_OUT = (
    "You were signed out while you typed. This is what you typed; nothing was done yet. Look at it, "
    "choose files anew where there were any, and send it."
)


def is_a_form_of_ours(request: HttpRequest) -> bool:
    match = request.resolver_match
    return request.method == "POST" and match is not None and match.app_name == BACK_OFFICE


def keep(request: HttpRequest, person: int) -> None:
    """Keep what this request posts, for that person and this address."""
    fields = [
        [name, values]
        for name, values in request.POST.lists()
        if not any(word in name.lower() for word in SECRETS)
    ]
    content = {"to": request.get_full_path(), "of": person, "at": time.time(), "fields": fields}
    text = json.dumps(content)
    if len(text) <= LARGEST:
        request.session[KEPT] = Sealer(settings.TOKEN_KEYS).seal(text, OWNER)


class KeepForms:
    """Keeps the form that somebody sent after their session had ended, and hands it back to them."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.answer(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> Any:
        """After the check against forged requests: only what this browser's own page sent is kept."""
        if request.user.is_authenticated:
            if request.method == "GET" and KEPT in request.session:
                _hand_back(request, int(request.user.pk))
            return None
        person = devices.last_person(request)
        if person is None or not is_a_form_of_ours(request):
            return None
        keep(request, person)
        query = urlencode({"next": request.get_full_path()})
        return HttpResponseRedirect(f"{resolve_url(settings.LOGIN_URL)}?{query}")

    def process_template_response(
        self, request: HttpRequest, response: TemplateResponse
    ) -> TemplateResponse:
        """A page that has no fields for it says what it was: it can be copied from there."""
        typed = taken(request)
        if typed is not None:
            messages.warning(request, _in_words(typed))
        return response


def _hand_back(request: HttpRequest, person: int) -> None:
    content = _opened(request)
    if content is None or content["of"] != person:
        del request.session[KEPT]  # over, unreadable, or somebody else's
        return
    if content["to"] != request.get_full_path():
        return
    del request.session[KEPT]
    typed = QueryDict(mutable=True)
    for name, values in content["fields"]:
        typed.setlist(name, values)
    request.kept_form = typed  # type: ignore[attr-defined] # taken below


def _opened(request: HttpRequest) -> Any:
    try:
        content = json.loads(Sealer(settings.TOKEN_KEYS).open(request.session[KEPT], OWNER))
    except CannotOpen:
        return None
    return content if time.time() - content["at"] < LIFE else None


def taken(request: HttpRequest) -> QueryDict | None:
    """What was typed here, once: whoever takes it shows it."""
    typed: QueryDict | None = getattr(request, "kept_form", None)
    if typed is not None:
        del request.kept_form  # type: ignore[attr-defined] # set above
    return typed


def give_back(request: HttpRequest, typed: QueryDict) -> None:
    """Whoever took it could not show it in its fields."""
    request.kept_form = typed  # type: ignore[attr-defined] # taken by another


def _in_words(typed: QueryDict) -> str:
    hidden = ("_", "one_time_key", "opened_at", "action", "select_across", "index")
    told = [
        f"{name.replace('_', ' ')}: {', '.join(values)}"
        for name, values in typed.lists()
        if not name.startswith(hidden) and any(values)
    ]
    return f"{SIGNED_OUT} {'; '.join(told[:SHOWN])}"
