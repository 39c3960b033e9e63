"""Books are left: what was registered there is withdrawn, then the access is ended."""

from django.contrib import messages
from django.http import HttpRequest

from apps.backoffice.frame.sight import sees
from apps.connections import lifecycle
from apps.connections.books import living_beside
from apps.connections.models import Connection
from apps.webhooks import registering


def leave(request: HttpRequest, connection: Connection, reason: str) -> None:
    """Disconnected; what could not be told over there is said, with what a person does there."""
    others = living_beside(connection)
    # First, while the access still stands.
    for left in (registering.withdraw(connection), lifecycle.disconnect(connection, reason)):
        if left:
            messages.warning(request, left)
    if others:
        named = sorted(str(each) for each in others if sees(request.user, each))
        words = ", ".join(named) or "the books of another company"
        messages.info(request, f"The access stays for {words}.")
