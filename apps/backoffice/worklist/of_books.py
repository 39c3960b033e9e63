"""Lines of the work list of each set of books: is it connected, and what does it ask."""

from collections.abc import Collection, Iterable

from django.http import HttpRequest

from apps.backoffice.frame.permissions import may
from apps.backoffice.ledgers.automation import AUTOMATION, list_of
from apps.backoffice.ledgers.firsts import asking
from apps.backoffice.ledgers.mailbox import FILES, has_files
from apps.backoffice.ledgers.mailbox_times import ask_to_look_at, to_look_at
from apps.backoffice.ledgers.mapping_work import mapping_work
from apps.backoffice.ledgers.steps import MATCH, page_of
from apps.backoffice.worklist.lines import Line, Then, Work, counted
from apps.backoffice.worklist.reading import Reading
from apps.connections.automation import SENDING, Automation, off
from apps.connections.models import Connection, Grant
from apps.staff.acts import ActName
from apps.sync.models import On, State, SyncRecord
from apps.sync.trial.first_proposed import KindStands
from apps.sync.want.by_hand import kept_back
from apps.sync.wording import listed


def of_books(reading: Reading) -> Then:
    lines: list[Line] = []
    for connection in reading.books:
        lines += _of(reading, connection)
    return lambda: lines


def _of(reading: Reading, connection: Connection) -> Iterable[Line]:
    standing = _standing(connection)
    yield lambda: standing
    held = SyncRecord.objects.filter(On.MATCH.rows, connection=connection, state=State.NEEDS_PERSON)
    yield counted(
        reading.asked,
        held,
        what=f"May be in {connection} already",
        more="Customers and items that wait until you say whether they are the same.",
        url=page_of(connection, MATCH),
    )
    if by_hand := off(connection, SENDING):
        yield _sent_by_hand(reading, connection, by_hand)
    if has_files(connection):
        ask_to_look_at(reading.asked, connection)
        yield lambda: [
            Work(
                count=to_look_at(reading.asked, connection),
                what=f"Came back from {connection} and is not taken",
                more="Rows that ask you, rows that are not taken, and files that could not be read.",
                url=page_of(connection, FILES),
            )
        ]
    yield lambda: [
        _of_firsts(connection, each, url) for each, url in asking(reading.request, connection)
    ]
    if may(reading.request, ActName.CHANGE_MAPPINGS):
        yield lambda: [
            Work(count=each.count, what=each.what, more=each.more, url=each.url)
            for each in mapping_work(connection)
        ]


def _standing(connection: Connection) -> list[Work]:
    page, grant = page_of(connection, "change"), connection.grant
    if grant is None or grant.status != Grant.Status.ACTIVE:
        more = "Nothing goes out or comes in until somebody connects it again."
        return [Work(count=1, what=f"Connection to {connection} is lost", more=more, url=page)]
    if connection.stage == Connection.Stage.PAUSED:
        more = connection.stage_reason or "Nothing goes out or comes in."
        return [Work(count=1, what=f"{connection} is paused", more=more, url=page)]
    if connection.stage == Connection.Stage.SETUP:
        more = "Finish its set-up: map, send a test invoice, go live."
        return [Work(count=1, what=f"{connection} is not live yet", more=more, url=page)]
    return []


def _sent_by_hand(
    reading: Reading, connection: Connection, by_hand: Collection[Automation]
) -> Line:
    request: HttpRequest = reading.request
    sends = may(request, ActName.PAUSE) and may(request, ActName.RETRY)
    why = listed([each.gerund for each in SENDING if each in by_hand])
    return counted(
        reading.asked,
        kept_back(connection, *by_hand),
        what=f"Wait to be sent to {connection}",
        more=f"Until a person sends them: {why} is switched off.",
        url=page_of(connection, AUTOMATION) if sends else list_of(connection),
    )


def _of_firsts(connection: Connection, stands: KindStands, url: str) -> Work:
    """One line for a kind, however many wait."""
    more = "Send one of them, alone: it is compared, and then the others follow by themselves."
    if stands.tried is not None:
        more = "One was sent and has not matched: see what differs, then send it again."
    return Work(
        count=max(stands.waiting, 1),
        what=f"{stands.words} wait for their first in {connection}",
        more=more,
        url=url,
    )
