"""The four steps from nothing to live books, in order: connect, map, test invoice, go live."""

from dataclasses import dataclass

from django.urls import reverse

from apps.connections.models import Connection, Grant
from apps.sync.completeness import still_missing

# A connection's pages, as their addresses name them.
MAP = "map"
MATCH = "match"
TEST_INVOICE = "test-invoice"
GO_LIVE = "go-live"
OPEN_ITEMS = "open-items"


def page_of(connection: Connection, name: str) -> str:
    """The address of one of a connection's pages: an act's name, or "change"."""
    return reverse(f"admin:connections_connection_{name}", args=[connection.pk])


@dataclass(frozen=True, kw_only=True)
class Step:
    number: int
    title: str
    note: str
    done: bool
    now: bool
    url: str


def is_authorised(connection: Connection) -> bool:
    grant = connection.grant
    return grant is not None and grant.status == Grant.Status.ACTIVE


def is_tested(connection: Connection) -> bool:
    """A test invoice matched, with the settings and mappings in force now."""
    return (
        connection.trial_matched_at is not None
        and connection.trial_fingerprint != ""
        and connection.trial_fingerprint == connection.settings_fingerprint
    )


def steps_of(connection: Connection | None, shown: str) -> list[Step]:
    """All four, with what is done. `shown` names the step whose page is open."""

    def page(name: str) -> str:
        return page_of(connection, name) if connection is not None else ""

    authorised = connection is not None and is_authorised(connection)
    open_choices = still_missing(connection) if connection is not None and authorised else []
    mapped = authorised and not open_choices
    tested = connection is not None and is_tested(connection)
    live = connection is not None and connection.is_live
    to_choose = f"{len(open_choices)} to choose" if open_choices else "Accounts and methods"
    return [
        Step(
            number=1,
            title="Connect",
            note=connection.name if connection and authorised else "Give consent over there",
            done=authorised,
            now=shown == "connect",
            url=page("change") if connection else reverse("admin:connections_connection_connect"),
        ),
        Step(
            number=2,
            title="Map",
            note="Everything is chosen" if mapped else to_choose,
            done=mapped,
            now=shown == MAP,
            url=page(MAP) if authorised else "",
        ),
        Step(
            number=3,
            title="Test invoice",
            note="It matched" if tested else "One goes over and is compared",
            done=tested,
            now=shown == TEST_INVOICE,
            url=page(TEST_INVOICE) if authorised else "",
        ),
        Step(
            number=4,
            title="Go live",
            note="Live" if live else "Only after a matching test",
            done=live,
            now=shown == GO_LIVE,
            url=page(GO_LIVE) if tested and not live else "",
        ),
    ]
