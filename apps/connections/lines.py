"""Opens the line to a set of books: the one place that knows which kind of line a system has."""

from django.views.decorators.debug import sensitive_variables

from apps.connections.endpoints import App
from apps.connections.folders import FolderLine
from apps.connections.models import Connection
from apps.connections.transport import HttpLine
from apps.connectors.access import Folder, Headers
from apps.connectors.line import Line
from apps.connectors.registry import system


def line_of(connection: Connection) -> Line:
    """The line of a connection's grant. Raises `ConnectionLost` where nothing lets us in,
    `TryLater` where that cannot be renewed now."""
    if isinstance(system(connection.system).access, Folder):
        return FolderLine(connection)
    return HttpLine(connection)


@sensitive_variables()
def line_to(app: App, credential: Headers, address: str = "") -> Line:
    """A line for a grant that is not saved yet; `address` where one was filled in: of the API, or
    the name of a folder."""
    if isinstance(app.access, Folder):
        return FolderLine.unsaved(address)
    return HttpLine.unsaved(app, credential, address)
