"""From when these books are kept in agreement, as a person decided it."""

from datetime import date

from django.db import transaction
from django.db.models import Q

from apps.connections.clock import now
from apps.connections.lifecycle import set_cut_off
from apps.connections.models import Connection
from apps.connections.stage import moved
from apps.staff.models import User
from apps.sync.want.wake import wake
from apps.sync.want.wishes import sweep


def settle_sides(connection: Connection, day: date, user: User) -> None:
    """Keep the cut-off and who answered what is whose. Of live books what falls after a day that
    was moved back is wished for at once; nothing that was sent is taken back."""
    with transaction.atomic():
        set_cut_off(connection, day)
        moved(connection, when=Q(), sides_settled_at=now(), sides_settled_by=user)
        if connection.is_live:
            sweep(connection)
    if connection.is_live:
        wake(connection.pk)
