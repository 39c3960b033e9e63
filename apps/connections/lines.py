"""Opens the line to a set of books: the one place that knows which kind of line a system has."""

from collections.abc import Mapping

from django.views.decorators.debug import sensitive_variables

from apps.connections.endpoints import App
from apps.connections.folders import FolderLine
from apps.connections.mailbox import MailboxLine
from apps.connections.models import Connection
from apps.connections.transport import HttpLine
from apps.connectors.access import Folder, Headers, Mailbox
from apps.connectors.line import Line
from apps.connectors.registry import system


def line_of(connection: Connection) -> Line:
    """The line of a connection's grant. Raises `ConnectionLost` where nothing lets us in,
    `TryLater` where that cannot be renewed now."""
    access = system(connection.system).access
    if isinstance(access, Folder):
        return FolderLine(connection)
    if isinstance(access, Mailbox):
        return MailboxLine(connection)
    return HttpLine(connection)


@sensitive_variables()
def line_to(
    app: App, credential: Headers, address: str = "", filled_in: Mapping[str, str] | None = None
) -> Line:
    """A line for a grant that is not saved yet; `address` where one was filled in: of the API, or
    the name of a folder. A mailbox tells of `filled_in` itself, since nobody else can."""
    if isinstance(app.access, Mailbox):
        return MailboxLine.unsaved(filled_in or {}, address)
    if isinstance(app.access, Folder):
        return FolderLine.unsaved(address)
    return HttpLine.unsaved(app, credential, address)
