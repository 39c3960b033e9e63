"""A form that timed out, shown as it was typed: as if it had just been sent, and refused."""

from collections.abc import Callable
from copy import copy

from django.contrib.messages.storage import default_storage
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from apps.backoffice.frame.asking import only_shown
from apps.backoffice.frame.once import did_it
from apps.backoffice.frame.versions import FIELD
from apps.staff.entrance import kept_forms


def shown_again(
    request: HttpRequest, show: Callable[[HttpRequest], HttpResponse], *, able: bool = True
) -> HttpResponse:
    """The page by `show`; with what was typed before the session ended, where something was.

    `able`: whether the page is made of forms that know how to be only shown.
    """
    typed = kept_forms.taken(request) if able and request.method == "GET" else None
    if typed is None:
        return show(request)
    asked = copy(request)
    asked.method = "POST"
    asked._post, asked._files = typed, request.FILES  # type: ignore[attr-defined] # as their loader does
    asked._messages = default_storage(asked)  # type: ignore[attr-defined] # nobody is told that it was done
    # What it was opened with then: a change by others since is found when it is sent.
    asked.opened_at = typed.get(FIELD, "")  # type: ignore[attr-defined] # read by the tag
    with transaction.atomic():
        with only_shown():
            shown = show(asked)
        if not did_it(shown):
            return shown
        transaction.set_rollback(True)
    kept_forms.give_back(request, typed)
    return show(request)
