"""What the controls of all simulated ledgers share: who may call, the clock, and forgetting."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse

from . import asking
from .clock import clock

LOOPBACK = ("127.0.0.1", "::1")
Json = Any
# A day is far enough either way for a token, a year for a grant, thirty for a calendar.
MOST_SECONDS = 30 * 366 * 86400
CLOCK: asking.Spec = {"offset_seconds": asking.within(MOST_SECONDS)}
# What a reset does beside, one entry for each ledger.
forgetters: list[Callable[[], None]] = []


class NotFound(Exception):
    """There is no such company or control."""


def answering(
    request: HttpRequest,
    what: str,
    route: Callable[[str, list[str], Json], Json],
    encode: Callable[[Json], str],
) -> HttpResponse:
    """One control call; what is not understood is 400 or 404 with a sentence, never ignored."""

    def answer(content: Json, status: int = 200) -> HttpResponse:
        return HttpResponse(encode(content), status=status, content_type="application/json")

    if request.META.get("REMOTE_ADDR") not in LOOPBACK:
        return answer({"error": "Control answers this machine only."}, 403)
    try:
        body = json.loads(request.body) if request.body else {}
        return answer(route(request.method or "GET", what.strip("/").split("/"), body))
    except NotFound as missing:
        return answer({"error": str(missing)}, 404)
    except KeyError as missing:
        return answer({"error": f"{missing.args[0]} is missing."}, 400)
    except (ValueError, TypeError) as wrong:
        return answer({"error": str(wrong)}, 400)


def move_clock(body: Json) -> Json:
    """`{offset_seconds}` from the real time."""
    clock.offset = timedelta(seconds=float(body["offset_seconds"]))
    return read_clock({})


def read_clock(body: Json) -> Json:
    return {"now": clock.now().isoformat(), "offset_seconds": clock.offset.total_seconds()}
