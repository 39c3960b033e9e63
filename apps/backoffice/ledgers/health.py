"""How a connection is, in one label and one sentence."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.timezone import now

from apps.backoffice.frame.asked_once import while_shown
from apps.backoffice.frame.formatting import BAD, BUSY, GOOD, PLAIN, WARN
from apps.backoffice.ledgers.automation import why_waits
from apps.backoffice.ledgers.comparing import LastWord, ask_last_word, last_word
from apps.connections.automation import SENDING, off
from apps.connections.models import Connection, Grant
from apps.connections.sealed import locked_out
from apps.core.together import Together
from apps.sync.decide.automation import Waiting, ask_waiting, waiting_from
from apps.sync.models import OPEN_STATES, State, SyncRecord


@dataclass(frozen=True, kw_only=True)
class Health:
    connection: Connection
    words: str
    colour: str
    sentence: str
    url: str
    last_ok_at: datetime | None
    in_the_books: int
    on_the_way: int
    needs_person: int
    compared: LastWord
    by_hand: int  # wait for a person to send them, since something is switched off


def label_of(connection: Connection) -> tuple[str, str]:
    """(words, colour): the worst that is true of it."""
    grant = connection.grant
    if connection.stage == Connection.Stage.DISCONNECTED:
        return "Disconnected", PLAIN
    if locked_out(grant):
        return "Connect again", BAD
    if connection.stage == Connection.Stage.PAUSED:
        return "Paused", WARN
    if connection.stage == Connection.Stage.SETUP:
        return "Being set up", BUSY
    if connection.last_error:
        return "Trouble", WARN
    return ("Live, partly by hand", WARN) if off(connection, SENDING) else ("Live", GOOD)


@while_shown
def health_of(connection: Connection) -> Health:
    """Of one set of books, counted to the last record."""
    asked = Together()
    ask_health(asked, connection)
    asked.ask()
    return health_from(asked, connection)


def ask_health(asked: Together, connection: Connection, most: int | None = None) -> None:
    """Put what `health_from` reads; with `most` nothing is counted beyond it."""
    rows = SyncRecord.objects.filter(connection=connection)
    asked.count((connection, "done"), rows.filter(state=State.IN_THE_BOOKS), most=most)
    asked.count((connection, "open"), rows.filter(state__in=OPEN_STATES), most=most)
    asked.count((connection, "stuck"), rows.filter(state=State.NEEDS_PERSON), most=most)
    ask_waiting(asked, connection)
    ask_last_word(asked, connection)


def health_from(asked: Together, connection: Connection) -> Health:
    words, colour = label_of(connection)
    waits = waiting_from(asked, connection)
    by_hand = sum(sum(kinds.values()) for kinds in waits.values())
    return Health(
        connection=connection,
        words=words,
        colour=colour,
        sentence=_sentence(connection, waits),
        url=reverse("admin:connections_connection_change", args=[connection.pk]),
        last_ok_at=connection.last_ok_at,
        in_the_books=asked.count_of((connection, "done")),
        on_the_way=max(asked.count_of((connection, "open")) - by_hand, 0),
        needs_person=asked.count_of((connection, "stuck")),
        by_hand=by_hand,
        compared=last_word(asked, connection),
    )


def _sentence(connection: Connection, waits: Waiting) -> str:
    grant = connection.grant
    if grant is not None and grant.status != Grant.Status.REVOKED and (why := locked_out(grant)):
        return why
    told = connection.last_error or connection.stage_reason or _read_anew(connection)
    return " ".join(each for each in (told, _by_hand(connection, waits)) if each)


def _by_hand(connection: Connection, waits: Waiting) -> str:
    """How many wait for a person and why, and whether any clock starts a run."""
    if connection.stage == Connection.Stage.DISCONNECTED:
        return ""
    told = why_waits(waits) if off(connection, SENDING) else ""
    if not connection.by_schedule:
        told = f"{told} Running by schedule is switched off.".strip()
    return told


def _read_anew(connection: Connection) -> str:
    """For a month after it was found out: what staff entered since the copy may be missing here."""
    found = connection.found_older_at
    if found is None or now() - found > timedelta(days=30):
        return ""
    return (
        f"On {found:%d %B %Y} Tieout's database was found to be older than these books. What Tieout "
        "had made there was taken up again, and nothing was sent twice. What was entered here "
        "after the copy was made is missing: enter it again."
    )
