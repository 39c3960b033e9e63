"""Once: the same form posted twice does once what it asks for.

Every form of ours carries a key that no other has. The row of a used key is written in the
transaction that books what the form asks for, so a second post of it (a double click, a reload,
the back button, a proxy that tries again, two workers at the same moment) waits for the first,
finds the row, and is led to what the first made.
"""

import re
import secrets
from collections.abc import Callable
from typing import Any, Final

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseRedirectBase

from apps.backoffice.frame.formatting import ago
from apps.billing.models import OneTimeKey

FIELD: Final = "one_time_key"
SHAPE = re.compile(r"[A-Za-z0-9_-]{20,64}")

NO_KEY = (
    "Nothing was done: this form lacks its one-time key, without which Tieout cannot tell that it "
    "is not sent a second time. It is shown afresh; type it in again."
)


def new_key() -> str:
    return secrets.token_urlsafe(24)


def nothing_done(response: HttpResponse) -> HttpResponse:
    """Mark an answer that leads elsewhere though nothing was done: its key stays unused."""
    response.did_it = False  # type: ignore[attr-defined] # read below
    return response


def done(response: HttpResponse) -> HttpResponse:
    """Mark an answer that shows what was done on the page itself."""
    response.did_it = True  # type: ignore[attr-defined] # read below
    return response


def did_it(response: HttpResponse) -> bool:
    """A form that is shown again did nothing; what was done leads somewhere."""
    said: bool | None = getattr(response, "did_it", None)
    return isinstance(response, HttpResponseRedirectBase) if said is None else said


class _NothingDone(Exception):
    """Takes back the transaction together with the use of the key."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__()
        self.response = response


def once(
    request: HttpRequest,
    purpose: str,
    do: Callable[[], HttpResponse],
    *,
    back: str,
    calls_out: bool = False,
) -> HttpResponse:
    """Answer a POST by `do`, unless its key was used already.

    With `calls_out`, `do` speaks to an accounting system, during which no transaction may be
    open: the key is noted before, and given back where nothing was done.
    """
    key = request.POST.get(FIELD, "")
    if not SHAPE.fullmatch(key):
        messages.error(request, NO_KEY)
        return HttpResponseRedirect(request.get_full_path())
    facts = {"purpose": purpose[:120], "user_id": request.user.pk}
    carry_out = _apart if calls_out else _together
    return carry_out(request, key, facts, do, back)


def _together(
    request: HttpRequest, key: str, facts: dict[str, Any], do: Callable[[], HttpResponse], back: str
) -> HttpResponse:
    try:
        with transaction.atomic():
            used, fresh = OneTimeKey.objects.get_or_create(key=key, defaults=facts)
            if not fresh:
                return _shown_again(request, used, back)
            response = do()
            if not did_it(response):
                raise _NothingDone(response)
            _note_made(used, response)
            return response
    except _NothingDone as nothing:
        return nothing.response


def _apart(
    request: HttpRequest, key: str, facts: dict[str, Any], do: Callable[[], HttpResponse], back: str
) -> HttpResponse:
    used, fresh = OneTimeKey.objects.get_or_create(key=key, defaults=facts)
    if not fresh:
        return _shown_again(request, used, back)
    noted = False
    try:
        response = do()
        if did_it(response):
            _note_made(used, response)
            noted = True
        return response
    finally:
        if not noted:
            used.delete()


def _note_made(used: OneTimeKey, response: HttpResponse) -> None:
    used.made = response.get("Location", "")[:300]
    used.save(update_fields=["made"])


def _shown_again(request: HttpRequest, used: OneTimeKey, back: str) -> HttpResponse:
    messages.warning(
        request,
        f"This form was sent already, {ago(used.used_at)}. What it did then is shown here, and "
        "nothing was done a second time.",
    )
    return HttpResponseRedirect(used.made or back)
