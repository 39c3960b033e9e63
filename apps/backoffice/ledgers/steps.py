"""The six steps from nothing to live books, in order, and what is left in each."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from django.urls import reverse

from apps.connections.checking import checks_of, is_checked, is_confirmed
from apps.connections.models import Connection
from apps.connections.sealed import locked_out
from apps.sync.mapped.completeness import Lacking, completeness, lacking_of
from apps.sync.match.standing import match_standing
from apps.sync.opening.standing import open_to_link

# A connection's pages, as their addresses name them.
CONNECT = "connect"
WHOSE = "whose"
MAP = "map"
MATCH = "match"
TEST_INVOICE = "test-invoice"
GO_LIVE = "go-live"
OPEN_ITEMS = "open-items"
FIRSTS = "first-of-its-kind"


def page_of(connection: Connection, name: str) -> str:
    """The address of one of a connection's pages: an act's name, or "change"."""
    return reverse(f"admin:connections_connection_{name}", args=[connection.pk])


@dataclass(frozen=True, kw_only=True)
class Step:
    number: int
    name: str
    title: str
    note: str
    done: bool
    now: bool
    url: str


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How far a step is: `note` tells what is left, `url` is empty where it cannot be opened yet."""

    note: str
    done: bool
    url: str = ""


def is_authorised(connection: Connection) -> bool:
    return not locked_out(connection.grant)


def is_tested(connection: Connection) -> bool:
    """A test invoice matched, with the settings and mappings in force now."""
    return (
        connection.trial_matched_at is not None
        and connection.trial_fingerprint != ""
        and connection.trial_fingerprint == connection.settings_fingerprint
    )


def is_read(connection: Connection) -> bool:
    """What stands there was read; books that were tested before are read by their runs."""
    return connection.first_read_at is not None or connection.trial_matched_at is not None


def may_go_on(connection: Connection) -> bool:
    """A person said that these are the right books: nothing is chosen, sent or settled before."""
    in_use = connection.stage != Connection.Stage.DISCONNECTED
    return in_use and is_confirmed(connection) and is_checked(connection)


def is_settled(connection: Connection) -> bool:
    """What is whose was answered; books that were tested before had their cut-off chosen."""
    tested = connection.trial_matched_at is not None
    return connection.starts_on is not None and (connection.sides_settled_at is not None or tested)


# --- Each step ------------------------------------------------------------------------------------


def _connect(connection: Connection | None, lacking: list[Lacking]) -> Standing:
    if connection is None:
        url = reverse("admin:connections_connection_connect")
        return Standing(note="Give consent over there", done=False, url=url)
    url = page_of(connection, CONNECT)
    if not is_authorised(connection):
        return Standing(note="Connect again", done=False, url=url)
    if not is_read(connection):
        stopped = bool(connection.last_error)
        note = "Reading stopped: look why" if stopped else "Being read"
        return Standing(note=note, done=False, url=url)
    if not is_confirmed(connection):
        return Standing(note="Is it the right company?", done=False, url=url)
    left = 0 if is_checked(connection) else sum(each.is_open for each in checks_of(connection))
    note = f"{left} to check" if left else connection.name
    return Standing(note=note, done=not left, url=url)


def _whose(connection: Connection | None, lacking: list[Lacking]) -> Standing:
    if connection is None or not may_go_on(connection):
        return Standing(note="From when, and who records money", done=False)
    url = page_of(connection, WHOSE)
    if is_settled(connection):
        return Standing(note=f"From {connection.starts_on:%-d %b %Y}", done=True, url=url)
    return Standing(note="3 to answer", done=False, url=url)


def _map(connection: Connection | None, lacking: list[Lacking]) -> Standing:
    if connection is None or not (is_authorised(connection) and may_go_on(connection)):
        return Standing(note="Accounts, tax and methods", done=False)
    left = len(lacking)
    note = f"{left} to choose" if left else "Everything is chosen"
    return Standing(note=note, done=not left, url=page_of(connection, MAP))


def _match(connection: Connection | None, lacking: list[Lacking]) -> Standing:
    if connection is None or not (is_authorised(connection) and may_go_on(connection)):
        return Standing(note="Who is who on both sides", done=False)
    told, url = match_standing(connection), page_of(connection, MATCH)
    if told.done and (left := left_to_link(connection)):
        return Standing(note=f"{left} open at the cut-off to link", done=False, url=url)
    return Standing(note=told.note, done=told.done, url=url)


def left_to_link(connection: Connection) -> int:
    """Of what was open at the cut-off: asked while these books are set up."""
    is_set_up = connection.stage == Connection.Stage.SETUP
    return open_to_link(connection) if is_set_up and is_settled(connection) else 0


def _test(connection: Connection | None, lacking: list[Lacking]) -> Standing:
    if connection is None or not (is_authorised(connection) and may_go_on(connection)):
        return Standing(note="One goes over and is compared", done=False)
    tested = is_tested(connection)
    note = "It matched" if tested else "One goes over and is compared"
    return Standing(note=note, done=tested, url=page_of(connection, TEST_INVOICE))


def _go_live(connection: Connection | None, lacking: list[Lacking]) -> Standing:
    """Open with mappings missing, too: what needs them waits by itself. That is said, and not done."""
    if connection is None or not is_tested(connection):
        return Standing(note="Only after a matching test", done=False)
    blocked = completeness(connection, lacking).blocked if lacking else 0
    waits = f"{blocked} wait{'s' if blocked == 1 else ''} for a mapping"
    if connection.is_live:
        return Standing(note=f"Live, {waits}" if blocked else "Live", done=not blocked)
    url = page_of(connection, GO_LIVE) if is_authorised(connection) else ""
    note = waits.capitalize() if blocked else "Ready when you are"
    return Standing(note=note, done=False, url=url)


# Name, title, and how far it is, by the connection and what is still to be mapped for it: a step
# more is a line more.
ORDER: tuple[tuple[str, str, Callable[[Connection | None, list[Lacking]], Standing]], ...] = (
    (CONNECT, "Connect", _connect),
    (WHOSE, "What is whose", _whose),
    (MAP, "Map", _map),
    (MATCH, "Match", _match),
    (TEST_INVOICE, "Test invoice", _test),
    (GO_LIVE, "Go live", _go_live),
)


def steps_of(connection: Connection | None, shown: str) -> list[Step]:
    """All of them, with what is left. `shown` names the step whose page is open."""
    return [
        Step(
            number=number,
            name=name,
            title=title,
            note=standing.note,
            done=standing.done,
            now=shown == name,
            url=standing.url,
        )
        for number, name, title, standing in _standings(connection)
    ]


def next_of(steps: Iterable[Step]) -> Step | None:
    """The first that is open and not done: where to go on after an interruption."""
    return next((each for each in steps if each.url and not each.done), None)


def _standings(connection: Connection | None) -> Iterator[tuple[int, str, str, Standing]]:
    maps = connection is not None and is_authorised(connection) and may_go_on(connection)
    lacking = lacking_of(connection) if connection is not None and maps else []
    for number, (name, title, standing_of) in enumerate(ORDER, start=1):
        yield number, name, title, standing_of(connection, lacking)
