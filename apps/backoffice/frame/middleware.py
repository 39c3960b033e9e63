"""What every request of a screen begins with: an address that can be one, who signs its changes, and no
company at hand."""

import re
from collections.abc import Callable
from typing import Any, Final

from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseNotAllowed,
)

from apps.backoffice.frame.asked_once import within_a_request
from apps.backoffice.frame.days import show_days_of
from apps.billing.changes import made_by

Answer = Callable[[HttpRequest], HttpResponse]
LENGTH: Final = re.compile(r"[0-9]{0,18}")
METHODS: Final = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")


def refuse_odd_requests(answer: Answer) -> Answer:
    """Methods that no page has: one that looks at POST alone would answer TRACE as it answers GET. A length
    that is none. And NUL: no text of ours holds NUL, and PostgreSQL takes none: an address with one asks for nothing, nor does
    a cookie, in which “\\000” within quotes is read as one. The API says of both in its own words."""

    def asked(request: HttpRequest) -> HttpResponse:
        if any("\0" in each for each in request.COOKIES.values()):
            return HttpResponseBadRequest("A cookie holds a character that none of ours holds.")
        # gunicorn refuses such a length itself; Django reads it as a number where it stands.
        if not LENGTH.fullmatch(request.META.get("CONTENT_LENGTH") or ""):
            return HttpResponseBadRequest("The length of this request is no number.")
        if request.path_info.startswith("/api/"):
            return answer(request)
        if request.method not in METHODS:
            return HttpResponseNotAllowed(METHODS)
        if "\0" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            return HttpResponseBadRequest("This address holds a character that none of ours holds.")
        return answer(request)

    return asked


class RefuseNulTyped:
    """The same of what a page of ours sends: many texts go from there to the database past any form. What
    is exempt from the check against forged requests reads its body itself."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.answer(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> Any:
        if request.method != "POST" or getattr(view, "csrf_exempt", False):
            return None
        if any("\0" in text for texts in request.POST.lists() for text in (texts[0], *texts[1])):
            return HttpResponseBadRequest("What was typed holds a character that no text has.")
        return None


def sign_changes(answer: Answer) -> Answer:
    def signed(request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return answer(request)
        with made_by(request.user.pk):
            return answer(request)

    return signed


def forget_company(answer: Answer) -> Answer:
    """Each request begins without a company whose order of days is shown (its screen says whose), and
    knows nothing of what another one asked."""

    def begun(request: HttpRequest) -> HttpResponse:
        show_days_of(None)
        with within_a_request(only_shows=request.method in ("GET", "HEAD")):
            return answer(request)

    return begun
