"""Files that leave: as attachments that no browser guesses at, each noted in the log."""

import logging
from collections.abc import Iterator
from typing import TypeVar

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from apps.exchange.exports.writing import Tally

log = logging.getLogger(__name__)
Response = TypeVar("Response", bound=HttpResponseBase)


def logged(
    chunks: Iterator[bytes], request: HttpRequest, what: str, kind: str, tally: Tally
) -> Iterator[bytes]:
    """The same pieces; when they end, the log says who took what, and how many rows."""
    try:
        yield from chunks
    finally:
        note(request, what, kind, tally)


def note(request: HttpRequest, what: str, kind: str, tally: Tally) -> None:
    """Without a filter or a name: those would be customers' data."""
    event = "export.done" if tally.done else "export.broken_off"
    log.info("%s user=%s what=%s format=%s rows=%s", event, request.user.pk, what, kind, tally.rows)


def attached(response: Response, name: str, content_type: str) -> Response:
    """`name` in ASCII, with its end."""
    is_text = content_type.startswith("text/")
    response["Content-Type"] = f"{content_type}; charset=utf-8" if is_text else content_type
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    return response
