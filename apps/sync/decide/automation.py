"""What a person says of what happens by itself: switch it on or off, and send now what waits."""

from collections.abc import Collection

from django.db import transaction
from django.db.models import Count

from apps.connections.automation import SENDING, Automation, automate
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.core.together import Together
from apps.sync.want.by_hand import forget_the_done, kept_back, make_due
from apps.sync.want.wake import wake

Waiting = dict[Automation, dict[Kind, int]]  # how many of each kind wait for a person


@transaction.atomic
def set_automation(connection: Connection, on: Collection[Automation]) -> int:
    """These happen by themselves from now, and no others; how many records go that waited for one
    of them to be switched on again. Nothing that is switched off is lost: it waits."""
    switched_on, switched_off = automate(connection, on)
    if switched_off:
        forget_the_done(connection)
    released = make_due(kept_back(connection, *switched_on), by_hand=False)
    if switched_on:
        wake(connection.pk)
    return released


@transaction.atomic
def send_what_waits(connection: Connection, automation: Automation) -> int:
    """Let all go that waits because this is switched off, which it stays; the number. They go with
    the next run, which starts now."""
    count = make_due(kept_back(connection, automation), by_hand=True)
    if count:
        wake(connection.pk)
    return count


def waiting(connection: Connection) -> Waiting:
    """By the event that is switched off; events for which nothing waits are left out."""
    asked = Together()
    ask_waiting(asked, connection)
    asked.ask()
    return waiting_from(asked, connection)


def ask_waiting(asked: Together, connection: Connection) -> None:
    for automation in SENDING:
        rows = kept_back(connection, automation).order_by().values("kind")
        asked.rows((connection, automation), rows.annotate(count=Count("pk")), "kind", "count")


def waiting_from(asked: Together, connection: Connection) -> Waiting:
    found: Waiting = {}
    for automation in SENDING:
        counted = {kind: int(count) for kind, count in asked.rows_of((connection, automation))}
        if counted:
            found[automation] = {kind: counted[kind] for kind in Kind if kind in counted}
    return found
