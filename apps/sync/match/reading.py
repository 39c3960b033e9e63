"""Whether their customers and items were read, so that what is not found is not there."""

from apps.connections.models import Connection
from apps.sync.match.pairs import MASTERS
from apps.sync.models import Cursor, Survey


def are_read(connection: Connection) -> bool:
    """To their end, or since books that were read are followed by their feed."""
    masters = {kind.value for kind in MASTERS if connection.capabilities.may_have(kind)}
    done = Survey.objects.filter(connection=connection, ended=True).values_list("kinds", flat=True)
    if any(masters <= set(kinds) for kinds in done):
        return True
    return Cursor.objects.filter(connection=connection).exclude(read_until=None).exists()
