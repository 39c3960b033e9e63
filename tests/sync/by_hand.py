"""Switching off what books do by themselves, and what waits for a person then."""

from typing import Any

from django_q.models import OrmQ

from apps.billing.changes import made_by
from apps.connections.automation import Automation
from apps.connections.models import Connection
from apps.sync.decide.automation import set_automation
from apps.sync.models import Reason, State
from apps.sync.tasks import sync_connection, tick
from tests.books import Books

EVERYTHING = frozenset(Automation)


def switch_off(books: Books, *these: Automation) -> int:
    """Fay leaves on all but these; how many records go by that."""
    with made_by(books.fay.pk):
        return set_automation(books.connection, EVERYTHING - set(these))


def forget_the_queue() -> None:
    """As after a crash of every worker: no task is queued, and no wake is remembered."""
    OrmQ.objects.all().delete()
    Connection.objects.update(woken_at=None)


def by_itself(books: Books) -> None:
    """All that begins without a person: what a change has woken, the tick, and one more run."""
    while OrmQ.objects.exists():
        forget_the_queue()
        sync_connection(books.connection.pk)
    if tick() != "0 woken":
        forget_the_queue()
        sync_connection(books.connection.pk)
    books.run()


def why_waits(books: Books, subject: Any) -> str:
    """The sentence of a record that waits for a person to send it."""
    record = books.record(subject)
    assert (record.state, record.reason) == (State.WAITING, Reason.NOT_BY_ITSELF), record.sentence
    assert record.due_at is None
    return record.sentence
