"""Reading what changed over there: rows, cursor, survey; and arrivals that cannot be dealt with."""

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError
from django.utils.timezone import now

from apps.connections.lifecycle import open_connector
from apps.connections.models import Connection
from apps.connectors.errors import TryLater
from apps.connectors.port import Page, RemoteObject, Unreadable
from apps.connectors.quickbooks.capabilities import CAPABILITIES
from apps.connectors.snapshots import Kind
from apps.sync.apply import apply_arrivals, arrivals
from apps.sync.models import Cursor, RemoteRecord, packed, unpacked
from apps.sync.pull.feed import pull, survey
from apps.sync.there.remote import as_object, store
from tests.books import Books
from tests.factories import make_company, make_invoice
from tests.sync.theirs import pay_there, row_of, their_id

MONDAY = datetime(2026, 3, 16, 9, tzinfo=UTC)


@pytest.fixture
def connection(db: None) -> Connection:
    return Connection.objects.create(
        company=make_company(),
        system="quickbooks",
        environment="simulated",
        remote_company_id="1",
        name="Thornfield",
        home_currency="GBP",
    )


def _object(**fields: Any) -> RemoteObject:
    theirs = RemoteObject(
        kind="Payment",
        remote_id="7",
        version="3",
        updated_at=MONDAY,
        of_kind=Kind.PAYMENT,
        raw={"Id": "7", "TotalAmt": Decimal("12.50")},
        amount=Decimal("12.50"),
    )
    return replace(theirs, **fields)


class Feed:
    """A connector of which only the change feed is asked."""

    capabilities = CAPABILITIES

    def __init__(self, *pages: Page | Exception) -> None:
        self.pages = pages
        self.asked: list[datetime] = []
        self.behind: list[str] = []

    def changes(self, since: datetime, courier: object, known: object, position: str = "") -> Any:
        self.asked.append(since)
        self.behind.append(position)
        for page in self.pages:
            if isinstance(page, Exception):
                raise page
            yield page


# --- Rows -------------------------------------------------------------------------------------


def test_an_unchanged_object_is_not_written_again(
    connection: Connection, django_assert_num_queries: Any
) -> None:
    store(connection, [_object()], read_at=MONDAY)
    RemoteRecord.objects.update(arrival="applied")

    with django_assert_num_queries(3):  # a savepoint's two, and one look
        (row,) = store(connection, [_object()], read_at=now())

    row.refresh_from_db()
    assert (row.read_at, row.arrival) == (MONDAY, "applied")


def test_a_newer_version_is_to_be_looked_at(connection: Connection) -> None:
    store(connection, [_object()], read_at=MONDAY, arrival=RemoteRecord.Arrival.ECHO)

    (row,) = store(connection, [_object(version="4", amount=Decimal(20))], read_at=now())

    row.refresh_from_db()
    assert (row.version, row.amount, row.arrival) == ("4", 20, "new")


def test_what_cannot_be_read_is_looked_at_whoever_sent_it(connection: Connection) -> None:
    """Their answer to our own write is an echo only where somebody has seen what it says."""
    nobody_knows = _object(unreadable=Unreadable("TotalAmt", "null"), snapshot=None)

    (row,) = store(connection, [nobody_knows], read_at=MONDAY, arrival=RemoteRecord.Arrival.ECHO)

    row.refresh_from_db()
    assert (row.arrival, row.unreadable) == ("new", "TotalAmt is null")


@pytest.mark.parametrize(("stored", "read"), [("10", "9"), ("2", "1")])
def test_an_older_version_never_replaces_a_newer_one(
    connection: Connection, stored: str, read: str
) -> None:
    store(connection, [_object(version=stored)], read_at=MONDAY)

    (row,) = store(connection, [_object(version=read, raw={"Id": "old"})], read_at=now())

    row.refresh_from_db()
    assert (row.version, row.raw["Id"]) == (stored, "7")


def test_versions_that_do_not_count_are_compared_by_their_time(connection: Connection) -> None:
    store(connection, [_object(version="b7f")], read_at=MONDAY)
    earlier = _object(version="a01", updated_at=MONDAY - timedelta(seconds=1))

    (row,) = store(connection, [earlier], read_at=now())

    row.refresh_from_db()
    assert row.version == "b7f"


def test_of_an_object_that_is_gone_the_last_reading_is_kept(connection: Connection) -> None:
    store(connection, [_object()], read_at=MONDAY)
    gone = RemoteObject(kind="Payment", remote_id="7", gone=True, updated_at=MONDAY)

    store(connection, [gone], read_at=now())
    store(connection, [gone, _object()], read_at=now())

    row = RemoteRecord.objects.get()
    assert (row.gone, row.amount, row.raw["Id"]) == (True, Decimal("12.50"), "7")


def test_a_tie_survives_every_reading(connection: Connection) -> None:
    (row,) = store(connection, [_object()], read_at=MONDAY)
    RemoteRecord.objects.filter(pk=row.pk).update(retired=True)

    store(connection, [_object(version="4")], read_at=now())

    row.refresh_from_db()
    assert row.retired
    assert row.first_read_at < row.read_at


def test_parts_of_one_object_are_rows_of_their_own(connection: Connection) -> None:
    store(connection, [_object(), _object(part="Invoice:9")], read_at=MONDAY)

    assert RemoteRecord.objects.count() == 2


def test_stored_fractions_are_exact_and_equal_values_equal_bytes() -> None:
    raw = {"b": Decimal("0.10"), "a": [Decimal("12345678901234567.89"), None, "x"]}

    assert unpacked(packed(raw)) == raw
    assert packed({"a": 1, "b": Decimal("2.50")}) == packed({"b": Decimal("2.5"), "a": 1})


# --- The cursor -------------------------------------------------------------------------------


def test_the_first_pull_reads_from_the_moment_of_connecting(
    connection: Connection, settings: Any
) -> None:
    feed = Feed(Page(objects=(_object(),), cursor=MONDAY))

    assert pull(connection, feed, None, None) == 1

    overlap = timedelta(seconds=settings.SYNC_CURSOR_OVERLAP)
    assert feed.asked == [connection.created_at - overlap]
    assert Cursor.objects.get().read_until == MONDAY
    pull(connection, feed, None, None)
    assert feed.asked[1] == MONDAY - overlap


def test_a_feed_that_counts_by_no_time_goes_on_behind_the_position_that_it_told(
    connection: Connection,
) -> None:
    """And only its own ledger knows which of two is the later one: "9" may follow "10"."""
    for told in ("10", "9", ""):
        feed = Feed(Page(objects=(_object(remote_id=told or "1"),), position=told))
        pull(connection, feed, None, None)
        cursor = Cursor.objects.get()
        assert cursor.read_until is None
        assert (feed.behind[0], cursor.position) in {("", "10"), ("10", "9"), ("9", "9")}
    assert feed.behind == ["9"]
    assert feed.asked[0] < connection.created_at  # a time all the same, for who wants one


@pytest.mark.parametrize("kept", [None, MONDAY], ids=["no time", "a time"])
def test_a_feed_may_tell_a_position_and_a_time(
    connection: Connection, kept: datetime | None
) -> None:
    Cursor.objects.create(connection=connection, read_until=kept, position="10")
    pull(connection, Feed(Page(objects=(), cursor=MONDAY, position="11")), None, None)
    cursor = Cursor.objects.get()
    assert (cursor.read_until, cursor.position) == (MONDAY, "11")


def test_a_feed_that_breaks_off_keeps_what_was_read_and_leaves_the_cursor(
    connection: Connection,
) -> None:
    feed = Feed(Page(objects=(_object(),)), TryLater("Too many requests."))

    with pytest.raises(TryLater):
        pull(connection, feed, None, None)

    assert RemoteRecord.objects.count() == 1
    assert not Cursor.objects.exists()


def test_what_cannot_be_stored_is_not_passed(connection: Connection) -> None:
    """Were the cursor moved by itself, nobody would ever ask for that object again."""
    beyond_any_column = _object(remote_id="8", customer_id=None)
    feed = Feed(Page(objects=(_object(), beyond_any_column), cursor=MONDAY))

    with pytest.raises(IntegrityError):
        pull(connection, feed, None, None)

    assert not Cursor.objects.exists()
    assert not RemoteRecord.objects.exists()


def test_the_cursor_never_moves_backwards(connection: Connection) -> None:
    Cursor.objects.create(connection=connection, read_until=MONDAY)
    feed = Feed(Page(objects=(), cursor=MONDAY - timedelta(minutes=1)))

    pull(connection, feed, None, None)

    assert Cursor.objects.get().read_until == MONDAY


# --- The survey, and arrivals that cannot be dealt with, over real HTTP ------------------------


def test_the_survey_lists_what_was_there_before_as_only_theirs(books: Books) -> None:
    customer = books.server.act(books.realm, "create_customer", name="Old Hand")
    typed = books.server.act(
        books.realm, "create_invoice", customer=customer["Id"], amount=40, number="T-1"
    )
    Connection.objects.filter(pk=books.connection.pk).update(created_at=now() + timedelta(hours=1))
    books.connection.refresh_from_db()

    survey(books.connection, open_connector(books.connection), _reader(books))
    apply_arrivals(books.connection, open_connector(books.connection))

    row = row_of(books, "Invoice", typed["Id"])
    assert (row.arrival, row.balance) == ("only_theirs", 40)
    assert row.sentence == "It was in QuickBooks before Tieout began."
    assert row_of(books, "Customer", customer["Id"]).arrival == "only_theirs"
    again = survey(books.connection, open_connector(books.connection), _reader(books))
    assert again == 0


def test_a_stored_object_is_read_again_as_it_arrived(books: Books) -> None:
    invoice = make_invoice(company=books.company)
    books.run()
    row = row_of(books, "Invoice", their_id(books, invoice))

    again = as_object(row, open_connector(books.connection))

    assert (again.number, again.amount, again.version) == (row.number, row.amount, row.version)
    assert again.snapshot is not None
    assert again.snapshot.total == invoice.total


def test_one_bad_arrival_stops_neither_the_others_nor_the_cursor(
    books: Books, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    invoice = make_invoice(company=books.company)
    books.run()
    theirs = books.server.act(books.realm, "create_customer", name="Secret Sam")
    pay_there(books, invoice)

    def fail(_: object, row: RemoteRecord, __: object) -> Any:
        raise KeyError(row.name)

    monkeypatch.setitem(arrivals.RULES, Kind.CUSTOMER, fail)
    before = Cursor.objects.get().read_until
    with caplog.at_level(logging.ERROR):
        books.run()

    row = row_of(books, "Customer", theirs["Id"])
    invoice.refresh_from_db()
    assert (row.arrival, invoice.balance_due) == ("needs_person", 0)
    assert "KeyError" in row.sentence
    assert Cursor.objects.get().read_until >= before
    assert "KeyError" in caplog.text
    assert "Secret Sam" not in caplog.text


def test_a_database_that_fails_is_no_fault_of_the_arrival(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = books.server.act(books.realm, "create_customer", name="Walk-in Wendy")
    pull(books.connection, open_connector(books.connection), _reader(books), None)

    def fail(*_: object) -> Any:
        raise OperationalError("database is locked")

    monkeypatch.setitem(arrivals.RULES, Kind.CUSTOMER, fail)
    with pytest.raises(OperationalError):
        apply_arrivals(books.connection, open_connector(books.connection))

    assert row_of(books, "Customer", theirs["Id"]).arrival == "new"


def _reader(books: Books) -> Any:
    from apps.connections.courier import ReadCourier

    return ReadCourier(books.connection)
