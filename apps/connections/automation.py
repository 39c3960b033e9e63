"""What of a live connection happens by itself: four events, each switched on and off by a person.

Pausing is another thing: it stops everything, and leaves these as they are.
"""

from collections.abc import Collection

from django.db import models, transaction
from django.db.models import Q

from apps.connections.models import Connection
from apps.connections.stage import moved


class Automation(models.TextChoices):
    """An event on which Tieout sends or reads by itself; the value is its column of a connection."""

    ON_ISSUE = "on_issue", "When an invoice or credit note is issued"
    ON_CHANGE = "on_change", "When something in their books already changes here"
    ON_MONEY = "on_money", "When money is recorded"
    BY_SCHEDULE = "by_schedule", "By schedule"

    @property
    def gerund(self) -> str:
        """What is switched off where it is off: “sending changes is switched off”."""
        return GERUNDS[self]


GERUNDS = {
    Automation.ON_ISSUE: "sending what is issued",
    Automation.ON_CHANGE: "sending changes",
    Automation.ON_MONEY: "sending money",
    Automation.BY_SCHEDULE: "running by schedule",
}
# Those that decide whether a record leaves; the schedule only says when a run begins.
SENDING = (Automation.ON_ISSUE, Automation.ON_CHANGE, Automation.ON_MONEY)


def off(
    connection: Connection, of: Collection[Automation] = tuple(Automation)
) -> frozenset[Automation]:
    """What of these is switched off, by the row as it was read."""
    return frozenset(each for each in of if not getattr(connection, each.value))


@transaction.atomic
def automate(
    connection: Connection, on: Collection[Automation]
) -> tuple[frozenset[Automation], frozenset[Automation]]:
    """These happen by themselves from now, and the others do not; what was switched on by that,
    and what was switched off.

    Whoever is behind it stands in the history of the connection. `connection` is refreshed.
    """
    held = Connection.objects.select_for_update().get(pk=connection.pk)
    before, after = off(held), frozenset(Automation) - frozenset(on)
    if before != after:
        moved(connection, when=Q(), **{each.value: each not in after for each in Automation})
    return before - after, after - before
