"""The books of whoever asks, read once for a request."""

from typing import Final

from django.http import HttpRequest

from apps.backoffice.frame.sight import in_sight
from apps.connections.models import Connection

KEPT: Final = "_books_in_sight"


def books_of(request: HttpRequest) -> list[Connection]:
    """Every set of books in sight, also one that was disconnected, with its company and its grant."""
    kept: list[Connection] | None = getattr(request, KEPT, None)
    if kept is None:
        rows = Connection.objects.select_related("company", "grant")
        kept = list(in_sight(request.user, rows))
        setattr(request, KEPT, kept)
    return kept
