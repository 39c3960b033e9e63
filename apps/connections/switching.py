"""What a person switches on for one set of books, of what its connector offers and does not do else."""

from collections.abc import Collection

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from apps.connections.models import Connection
from apps.connections.stage import moved
from apps.connectors.capabilities import Switch


def switches_of(connection: Connection) -> dict[str, Switch]:
    """What its connector offers, by name; empty where it offers nothing."""
    return dict(connection.capabilities.switches)


@transaction.atomic
def switch(connection: Connection, on: Collection[str]) -> bool:
    """These are on from now, and the others of its connector off; whether that is a change.

    It holds for what is made from then on: what was left out before stays left out until a person
    presses Retry, and what stands there stays there. Who did it is in the history of the connection.
    Raises ValidationError for a name that its connector does not offer.
    """
    offered = switches_of(connection)
    if unknown := sorted(set(on) - offered.keys()):
        raise ValidationError(
            f"{connection.system_name} has nothing called {', '.join(unknown)} to switch on."
        )
    names = [name for name in offered if name in on]
    held = Connection.objects.select_for_update().get(pk=connection.pk)
    if held.switched_on == names:
        return False
    return moved(connection, when=Q(), switched_on=names)
