"""The door of the API: whatever happens behind it, an error leaves as a problem document."""

import logging
from collections.abc import Callable
from time import perf_counter
from typing import Final

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse

from apps.triggers.api.calls import note_call
from apps.triggers.api.problems import KINDS, MEDIA_TYPE, Problem, answer_to, of_status

logger = logging.getLogger(__name__)
BELOW: Final = "/api/"
FIRST_ERROR: Final = 400
LONGEST: Final = 8000
IN_CLEAR: Final = (
    "Ask by https. A key that was sent in clear can have been read on its way: revoke it, and make "
    "another one."
)


class ApiDoor:
    """Middleware, the outermost: also what the framework refuses by itself passes through it (a host
    that is not ours, a wrong method, an address that is not there, a fault)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(BELOW):
            return self.get_response(request)
        began = perf_counter()
        response = _refused(request) or self.get_response(request)
        if response.status_code >= FIRST_ERROR and not _is_problem(response):
            response = _as_problem(response)
        response["Cache-Control"] = "no-store"
        try:
            seconds = perf_counter() - began
            note_call(request, response.status_code, seconds, _file_of(response))
        except DatabaseError:
            # What was done stands: that its line in the list is missing makes no failure of it.
            logger.exception("Not noted: %s %s", request.method, response.status_code)
        return response


def _refused(request: HttpRequest) -> HttpResponse | None:
    """What a server in front of us may let through, and nobody has use for."""
    if settings.SECURE_SSL_REDIRECT and not request.is_secure():
        # No redirect: a program would follow it, and send its key in clear for ever.
        return answer_to(Problem("not-allowed", IN_CLEAR))
    if len(request.META.get("QUERY_STRING", "")) + len(request.path_info) <= LONGEST:
        return None
    kind = KINDS["address-too-long"]
    return answer_to(Problem(kind.name, kind.says))


def _file_of(response: HttpResponse) -> str:
    """The name of what leaves as a file; empty for all else."""
    if response.status_code >= FIRST_ERROR or not response.has_header("Content-Disposition"):
        return ""
    _, _, name = response["Content-Disposition"].partition("filename")
    return name.lstrip("*=").removeprefix("utf-8''").strip('"')[:200] or "a file"


def _is_problem(response: HttpResponse) -> bool:
    return response.get("Content-Type", "").startswith(MEDIA_TYPE)


def _as_problem(response: HttpResponse) -> HttpResponse:
    made = answer_to(of_status(response.status_code))
    if "Allow" in response:
        made["Allow"] = ", ".join(sorted(response["Allow"].split(", ")))
    return made
