"""Kinds that are open without a first, for tests that begin after it: rows alone."""

from django.utils import timezone

from apps.connections.models import Connection
from apps.sync.models import TRIED_FIRST, FirstOfKind
from apps.sync.want.firsts import relied_on


def open_kinds(connection: Connection) -> None:
    """As books that were in use before firsts were tried, under what is in force now."""
    for kind in TRIED_FIRST:
        FirstOfKind.objects.update_or_create(
            connection=connection,
            kind=kind.value,
            defaults={"opened_at": timezone.now(), "fingerprint": relied_on(connection, kind)},
        )
