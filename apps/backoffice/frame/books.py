"""The books of whoever asks, read once for a request."""

from django.http import HttpRequest

from apps.backoffice.frame.asked_once import asked_once
from apps.backoffice.frame.sight import in_sight
from apps.connections.models import Connection


def books_of(request: HttpRequest) -> list[Connection]:
    """Every set of books in sight, also one that was disconnected, with its company and its grant."""
    rows = in_sight(request.user, Connection.objects.select_related("company", "grant"))
    return asked_once((books_of, request.user.pk), lambda: list(rows))
