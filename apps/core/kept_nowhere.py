"""What a person saw stays on no shared computer: no page in a browser's cache, no message in a cookie
that an http page could set."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage
from django.http import HttpRequest
from django.http.response import HttpResponseBase

Answer = Callable[[HttpRequest], HttpResponseBase]


def keep_pages_nowhere(answer: Answer) -> Answer:
    """Middleware: every answer but a static file is `no-store`."""
    static = urlsplit(settings.STATIC_URL).path

    def kept_nowhere(request: HttpRequest) -> HttpResponseBase:
        response = answer(request)
        if not request.path.startswith(static) and "no-store" not in response.get(
            "Cache-Control", ""
        ):
            response["Cache-Control"] = "no-store"
        return response

    return kept_nowhere


class NamedCookie(CookieStorage):
    cookie_name = f"{settings.COOKIE_PREFIX}messages"


class Messages(FallbackStorage):
    """As Django keeps them until they are shown, under a name that no other host can set."""

    storage_classes = (NamedCookie, SessionStorage)
