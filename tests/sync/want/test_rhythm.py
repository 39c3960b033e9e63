"""Readings that find nothing take at most a fifth of what a limit allows, for all that share it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from apps.billing.models import Company
from apps.connections.buckets import RowBuckets, in_force
from apps.connections.models import Connection
from apps.connectors.limits import CALL, READ
from apps.connectors.registry import system
from apps.sync.models import Cursor
from apps.sync.run import is_due_to_get
from apps.sync.want.rhythm import every, late, told_and_due
from apps.sync.want.wishes import has_work
from apps.webhooks.models import Delivery, Notice

pytestmark = pytest.mark.django_db

START = datetime(2026, 12, 1, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def registered(settings: Any) -> None:
    settings.SYNC_PULL_EVERY = 60.0  # as often as anybody could wish
    settings.LEDGER_CLIENTS = {
        f"{name}_CLIENT_{word}": "given"
        for name in ("QUICKBOOKS", "XERO", "FRESHBOOKS")
        for word in ("ID", "SECRET")
    }


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(START, tick=False) as found:
        yield found


def live(name: str, number: int = 1, **fields: Any) -> Connection:
    found = Connection.objects.create(
        company=Company.objects.create(legal_name=f"Willow {number}", home_currency="GBP"),
        system=name,
        environment="production",
        remote_company_id=str(number),
        name=f"Books {number}",
        home_currency="GBP",
        stage=Connection.Stage.LIVE,
        trial_matched_at=START,
        trial_fingerprint="as in force",
        settings_fingerprint="as in force",
        **fields,
    )
    Cursor.objects.create(connection=found, read_until=START, saved_at=START)
    return found


def read(connection: Connection, *, left: int | None = None) -> int:
    """A reading that finds nothing, as the engine makes it; its calls."""
    capabilities = system(connection.system).capabilities
    buckets = RowBuckets(connection, capabilities.limits)
    calls = capabilities.idle_calls
    assert buckets.spend({CALL: calls, READ: calls}, reserve=False) is None
    if left is not None:
        buckets.noted({"x-daylimit-remaining": str(left)})
    Cursor.objects.filter(connection=connection).update(
        saved_at=datetime.now(UTC), idle_calls=calls
    )
    return calls


def a_day_of(clock: time_machine.Traveller, books: list[Connection], allowed: int | None) -> int:
    """The calls of all readings of a day, by a tick each minute that leaps over those without one."""
    calls, begun = 0, datetime.now(UTC)
    while True:
        due = min(
            Cursor.objects.get(connection=each).saved_at
            + every(each, Cursor.objects.get(connection=each), datetime.now(UTC))
            for each in books
        )
        due = max(due, datetime.now(UTC) + MINUTE)
        if due >= begun + timedelta(days=1):
            return calls
        clock.move_to(due - timedelta(seconds=1))
        assert late(datetime.now(UTC)) == []
        clock.move_to(due)
        woken = [each for each in books if each.pk in late(datetime.now(UTC))]
        assert woken
        for each in woken:
            left = None if allowed is None else allowed - calls - 8
            calls += read(each, left=left)


@pytest.mark.parametrize(
    ("allowed", "published"),
    [(1000, False), pytest.param(5000, True, marks=pytest.mark.slow)],
)
def test_a_days_limit_of_calls_gives_a_fifth_to_readings_that_find_nothing(
    clock: time_machine.Traveller, allowed: int, published: bool
) -> None:
    """1,000 a day is told by answers alone; nothing says so before the first."""
    books = live("xero")
    first = read(books, left=None if published else allowed - 8)
    calls = first + a_day_of(clock, [books], None if published else allowed)
    assert allowed // 5 * 0.9 < calls <= allowed // 5


def test_each_organisation_has_a_day_of_its_own(clock: time_machine.Traveller) -> None:
    books = [live("xero", number) for number in (1, 2)]
    alone = every(books[0], None, START)
    assert alone == timedelta(seconds=86_400 * 8 / 1000)
    Connection.objects.filter(pk=books[1].pk).update(stage=Connection.Stage.PAUSED)
    assert every(books[0], None, START) == alone


@pytest.mark.parametrize("number", [1, 40, 1000])
def test_a_months_limit_of_reads_is_shared_by_all_books_of_the_registration(
    clock: time_machine.Traveller, number: int
) -> None:
    """500,000 reads a month: a fifth of it for the readings of a month of 31 days, of all of them."""
    books = live("quickbooks")
    others = [
        Connection(**{**plain(books), "public_id": None, "remote_company_id": f"o{each}"})
        for each in range(number - 1)
    ]
    for each in others:
        each.public_id = Connection._meta.get_field("public_id").get_default()
    Connection.objects.bulk_create(others)
    period = every(books, Cursor.objects.get(), START)
    readings = timedelta(days=31) / max(period, timedelta(seconds=60)) * number
    assert readings <= 100_000
    assert period == timedelta(seconds=max(60, 31 * 86_400 * 5 * number / 500_000))


def plain(connection: Connection) -> dict[str, Any]:
    names = [each.attname for each in Connection._meta.concrete_fields if not each.primary_key]
    return {name: getattr(connection, name) for name in names}


def test_one_that_was_paid_for_is_read_as_often_as_that_allows(settings: Any) -> None:
    books = live("quickbooks")
    assert every(books, None, START) == timedelta(seconds=60)
    settings.LEDGER_LIMITS = {"QUICKBOOKS_READS_LIMIT": "10000"}
    assert every(books, None, START) == timedelta(seconds=31 * 86_400 * 5 / 10_000)


def test_what_publishes_no_limit_of_a_day_is_read_as_often_as_is_wished() -> None:
    books = live("freshbooks")
    assert every(books, None, START) == timedelta(seconds=60)


def test_what_a_reading_takes_is_measured(clock: time_machine.Traveller) -> None:
    books = live("xero")
    Cursor.objects.update(idle_calls=24)
    cursor = Cursor.objects.get()
    assert every(books, cursor, START) == timedelta(seconds=86_400 * 24 / 1000)


@pytest.mark.parametrize("far", [timedelta(days=1), -timedelta(days=1)])
def test_what_was_never_read_or_at_no_time_of_ours_is_read(
    clock: time_machine.Traveller, far: timedelta
) -> None:
    books = live("xero")
    assert late(START) == []
    Cursor.objects.update(saved_at=START + far)
    assert late(START) == [books.pk]
    Cursor.objects.all().delete()
    assert late(START) == [books.pk]


def test_a_tick_asks_little_whatever_number_there_is(clock: time_machine.Traveller) -> None:
    for number in range(12):
        live(("xero", "quickbooks", "freshbooks")[number % 3], number)
    with CaptureQueriesContext(database) as asked:
        late(START)
    assert len(asked) == 2


# --- What they tell by themselves ---------------------------------------------------------------


def tell(connection: Connection, kind: str) -> None:
    delivery = Delivery.objects.create(
        system=connection.system, environment="production", identity=kind, body=b"",
        state=Delivery.State.READ, received_at=START,
    )  # fmt: skip
    Notice.objects.create(
        delivery=delivery, connection=connection, identity=kind, company="1", word="payment",
        kind=kind, remote_id="7", state=Notice.State.WAITING,
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["Invoice", ""], ids=["by its id", "with everything"])
def test_what_they_tell_is_read_at_once(clock: time_machine.Traveller, kind: str) -> None:
    books = live("xero")
    read(books)
    assert (late(START), told_and_due(), has_work(books)) == ([], set(), False)
    tell(books, kind)
    assert (late(START), told_and_due(), has_work(books)) == ([], {books.pk}, True)
    assert is_due_to_get(books) == (kind == "")


@pytest.mark.parametrize(
    ("kind", "at_once"), [("Invoice", True), ("", False)], ids=["by its id", "with everything"]
)
def test_once_half_of_the_day_is_used_everything_is_read_by_its_rhythm_alone(
    clock: time_machine.Traveller, kind: str, at_once: bool
) -> None:
    """A payment a minute would take eight calls a minute, and leave none for what is sent."""
    books = live("xero")
    read(books, left=992)
    RowBuckets(books, in_force(books, system("xero").capabilities.limits)[1:2]).spend(
        {CALL: 500}, reserve=False
    )
    tell(books, kind)
    assert (bool(told_and_due()), has_work(books)) == (at_once, at_once)
    assert not is_due_to_get(books)
    clock.shift(every(books, Cursor.objects.get(), START))
    assert is_due_to_get(books)
