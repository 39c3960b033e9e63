"""The connection's page: what is called, what is left, when what waits has left, until when it is blocked."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db.models import QuerySet
from django.test import Client

from apps.backoffice.ledgers.budget import calls_panel, weight
from apps.billing.models import Customer
from apps.connections.buckets import RowBuckets, in_force
from apps.connections.models import Connection
from apps.connectors.limits import READ
from apps.connectors.registry import system
from apps.sync.models import Cursor, Run, State, SyncRecord
from apps.sync.want.drained import draining
from tests.backoffice.world import World

Browse = Callable[[str], Client]
NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


def of(world: World, name: str) -> Connection:
    """The same books, as if they were kept in another system."""
    Connection.objects.filter(pk=world.connection.pk).update(
        system=name, stage=Connection.Stage.PAUSED
    )
    return Connection.objects.select_related("company").get(pk=world.connection.pk)


def live(connection: Connection) -> Connection:
    Connection.objects.filter(pk=connection.pk).update(
        stage=Connection.Stage.LIVE,
        trial_matched_at=NOON,
        trial_fingerprint="as in force",
        settings_fingerprint="as in force",
    )
    return Connection.objects.select_related("company").get(pk=connection.pk)


def call(connection: Connection, number: int, **headers: str) -> None:
    limits = [
        each
        for each in in_force(connection, system(connection.system).capabilities.limits)
        if each.span.is_long
    ]
    buckets = RowBuckets(connection, limits)
    assert buckets.spend({"call": number, READ: number}, reserve=True) is None
    buckets.noted({name.replace("_", "-"): value for name, value in headers.items()}, 1_400_000)
    buckets.keep()


def queue(connection: Connection, number: int) -> None:
    """So many customers that are due, and nothing else."""
    SyncRecord.objects.filter(connection=connection).update(due_at=None)
    company = connection.company
    many = [Customer(company=company, name=f"C {each}", currency="GBP") for each in range(number)]
    QuerySet(Customer).bulk_create(many)
    QuerySet(SyncRecord).bulk_create(
        SyncRecord(
            connection=connection, kind="customer", customer=each, wanted=1,
            state=State.WAITING, due_at=NOON - timedelta(hours=1),
        )
        for each in many
    )  # fmt: skip


def page_of(browse: Browse, connection: Connection) -> str:
    address = f"/admin/connections/connection/{connection.pk}/change/"
    return browse("Vera").get(address).content.decode()


def test_calls_reads_and_bytes_of_today_and_this_month_stand_on_the_page(
    world: World, browse: Browse
) -> None:
    call(world.connection, 1)
    with time_machine.travel(NOON + timedelta(days=1)):
        call(world.connection, 1)
        found = calls_panel(world.connection)
    today, month = (count for _, count, _ in found.counts)
    assert (today.calls, month.calls) == (1, 2)
    assert [words for *_, words in found.counts] == ["1.4 MB", "2.8 MB"]
    text = page_of(browse, world.connection)
    assert "Calls to QuickBooks" in text
    assert "A day and a month of QuickBooks end at midnight in Los Angeles." in text
    assert "Reads that count" in text


@pytest.mark.parametrize(
    ("size", "words"), [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (2_400_000_000, "2.4 GB")]
)
def test_traffic_is_told_in_thousands(size: int, words: str) -> None:
    assert weight(size) == words


def test_what_they_say_is_left_stands_beside_what_is_counted(world: World) -> None:
    xero = of(world, "xero")
    call(xero, 1, x_daylimit_remaining="999")
    found = {words: rest for words, *rest in calls_panel(xero).limits}
    whose, left, said, upcoming = found["1,000 calls a day, by their answers"]
    assert (whose, left, said, upcoming) == ("for these books", "999", "999 left, just now", "now")
    assert "10,000 calls a minute" in found
    assert calls_panel(xero).silences == ()


def test_a_system_that_tells_no_limit_says_so(world: World) -> None:
    silences = calls_panel(of(world, "freshbooks")).silences
    assert silences[0] == "FreshBooks publishes no limit of a day or a month."
    assert silences[1].startswith("FreshBooks does not say in its answers how many calls are left")


def test_how_often_changes_are_read_stands_there(world: World) -> None:
    xero = live(of(world, "xero"))
    call(xero, 8, x_daylimit_remaining="992")
    Cursor.objects.update_or_create(connection=xero, defaults={"idle_calls": 8})
    found = calls_panel(xero)
    assert found.rhythm == "Changes are read every 58 minutes."
    assert found.in_calls[0] == (
        "Reading takes 8 calls where nothing has changed, and at most a fifth of what is allowed "
        "goes to reading that finds nothing."
    )


# --- When what waits has left -------------------------------------------------------------------


def test_nothing_waits(world: World) -> None:
    SyncRecord.objects.update(due_at=None)
    assert calls_panel(world.connection).waiting == "Nothing waits to be sent."


def test_a_queue_drains_at_the_pace_of_late(world: World) -> None:
    """100 records a minute and in four calls, of 500."""
    books = live(world.connection)
    queue(books, 500)
    Run.objects.rewrite(pushed=0)
    Run.objects.create(
        connection=books, duty="sync", outcome=Run.Outcome.DONE, pushed=1000, calls=40,
        started_at=NOON - timedelta(minutes=30), ended_at=NOON - timedelta(minutes=20),
    )  # fmt: skip
    with time_machine.travel(NOON, tick=False):
        found = draining(books)
        assert (found.waiting, found.calls) == (500, 20)
        assert found.until == NOON + timedelta(minutes=5)
        panel = calls_panel(books)
        assert panel.waiting == (
            "500 records wait to be sent. At the pace of late all have gone at 12:05."
        )
        assert panel.in_calls[-1] == "What waits to be sent takes about 20 calls."


def test_a_queue_is_bound_by_the_day(world: World, settings: Any) -> None:
    """200 records of one call each; of 100 calls a day 95 are for them, and today's are used up."""
    settings.LEDGER_LIMITS = {"XERO_SIMULATED_DAY_LIMIT": "100"}
    books = live(of(world, "xero"))
    queue(books, 200)
    Run.objects.rewrite(pushed=0)
    Run.objects.create(
        connection=books, duty="sync", outcome=Run.Outcome.DONE, pushed=10, calls=10,
        started_at=NOON - timedelta(minutes=30), ended_at=NOON - timedelta(minutes=29),
    )  # fmt: skip
    with time_machine.travel(NOON, tick=False):
        call(books, 100)
        found = draining(books)
    assert found.until is not None
    # 95 tomorrow, 95 the day after, the last ten on the third.
    days = (found.until - NOON) / timedelta(days=1)
    assert 3 <= days < 3.1


# --- A block ------------------------------------------------------------------------------------


def test_the_day_until_which_a_block_lasts_is_told(world: World, browse: Browse) -> None:
    """Their month ends at eight in the morning of a company in London."""
    books = world.connection
    limit = next(each for each in system(books.system).capabilities.limits if each.name == "reads")
    buckets = RowBuckets(books, [limit])
    assert buckets.spend({READ: limit.amount}, reserve=True) is None
    text = page_of(browse, books)
    assert (
        "QuickBooks allows no more for now: nothing is read or sent before 1 December 2026 at 08:01."
        in text
    )


def test_what_they_asked_us_to_wait_for_is_told(world: World, browse: Browse) -> None:
    until = NOON + timedelta(hours=5)
    Connection.objects.filter(pk=world.connection.pk).update(paused_until=until)
    assert "QuickBooks allows no more for now: nothing is read or sent before 17:00." in page_of(
        browse, world.connection
    )


def test_the_page_asks_little(
    world: World, browse: Browse, django_assert_max_num_queries: Any
) -> None:
    fresh = Connection.objects.select_related("company").get(pk=world.connection.pk)
    with django_assert_max_num_queries(12):
        calls_panel(fresh)


def test_what_is_technical_stands_under_technical_details_alone(
    world: World, browse: Browse
) -> None:
    """A bookkeeper reads the rest."""
    connection = live(world.connection)
    Connection.objects.filter(pk=connection.pk).update(
        country="GB", remote_company_id="91303500077"
    )
    text = page_of(browse, connection)
    [technical] = re.findall(r'<details [^>]*id="technical">.*?</details>', text, re.DOTALL)
    words = (
        "91303500077",
        "calls a minute",
        "Reads that count",
        "/webhooks/quickbooks/",
        "_KEY",
        "Standing</dt>",
    )
    assert [each for each in words if each not in technical] == []
    plain = text.replace(technical, "")
    assert [each for each in words if each in plain] == []
    assert "United Kingdom" in plain
    assert "Remote" not in plain
