"""Lines of the work list of each set of books: is it connected, and what does it ask."""

from collections.abc import Collection, Iterable, Sequence
from functools import partial

from django.http import HttpRequest

from apps.backoffice.frame.permissions import may
from apps.backoffice.ledgers.automation import AUTOMATION, list_of
from apps.backoffice.ledgers.firsts import first_url
from apps.backoffice.ledgers.mailbox import FILES, has_files
from apps.backoffice.ledgers.mailbox_times import ask_to_look_at, to_look_at
from apps.backoffice.ledgers.mapping_work import MappingWork
from apps.backoffice.ledgers.steps import MATCH, page_of
from apps.backoffice.worklist.lines import MOST, Line, Then, Work, counted
from apps.backoffice.worklist.reading import Reading
from apps.connections.automation import SENDING, Automation, off
from apps.connections.models import Connection, Grant
from apps.mappings.models import Mapping
from apps.staff.acts import ActName
from apps.sync.mapped.lacking import Lacks, mappings_of
from apps.sync.models import On, State, SyncRecord
from apps.sync.trial.first_proposed import KindAsks, ask_kinds, kinds_that_ask
from apps.sync.want.by_hand import kept_back
from apps.sync.wording import listed


def of_books(reading: Reading) -> Then:
    maps = may(reading.request, ActName.CHANGE_MAPPINGS)
    asks = maps or may(reading.request, ActName.SEND_FIRST)
    rows = mappings_of(reading.books if asks else [])
    lines: list[Line] = []
    works: list[MappingWork] = []
    for connection in reading.books:
        lines += _of(reading, connection, rows.get(connection.pk, []))
        if maps:
            work = MappingWork(Lacks(connection, rows[connection.pk]))
            work.ask(reading.asked)
            works.append(work)
            lines.append(partial(_of_mappings, reading, work))

    def then() -> list[Line]:
        for work in works:
            work.ask_blocks(reading.asked, reading.then)
        return lines

    return then


def _of_mappings(reading: Reading, work: MappingWork) -> list[Work]:
    return [
        Work(count=each.count, what=each.what, more=each.more, url=each.url)
        for each in work.lines(reading.asked, reading.then)
    ]


def _of(reading: Reading, connection: Connection, mappings: Sequence[Mapping]) -> Iterable[Line]:
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
    if connection.is_live and may(reading.request, ActName.SEND_FIRST):
        ask_kinds(reading.asked, connection, MOST)
        yield lambda: [
            _of_firsts(connection, each)
            for each in kinds_that_ask(reading.asked, connection, mappings)
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


def _of_firsts(connection: Connection, stands: KindAsks) -> Work:
    """One line for a kind, however many wait."""
    more = "Send one of them, alone: it is compared, and then the others follow by themselves."
    if stands.tried:
        more = "One was sent and has not matched: see what differs, then send it again."
    return Work(
        count=max(stands.waiting, 1),
        what=f"{stands.words} wait for their first in {connection}",
        more=more,
        url=first_url(connection, stands.kind),
    )
