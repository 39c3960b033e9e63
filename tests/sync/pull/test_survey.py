"""The first reading of all their books: a run whose time is up leaves the rest to the next."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from apps.connections.courier import ReadCourier
from apps.connections.lifecycle import open_connector
from apps.connectors.errors import TryLater
from apps.connectors.port import Reply, Request
from apps.connectors.quickbooks import client
from apps.connectors.quickbooks import survey as pages
from apps.connectors.snapshots import Kind
from apps.sync.calls.time_given import Yielding
from apps.sync.models import Cursor, RemoteRecord, Survey
from apps.sync.pull.feed import is_surveyed, pull, survey
from tests.books import Books
from tests.sandbox_server import SandboxServer
from tests.sync.theirs import row_of

KINDS = (Kind.CUSTOMER, Kind.ITEM)


class OneCall:
    """A run's courier whose time is up after one call."""

    def __init__(self, books: Books, asked: list[bytes]) -> None:
        self.reader = ReadCourier(books.connection)
        self.asked = asked
        self.left = 1

    def carry(self, requests: Sequence[Request]) -> Iterator[tuple[Request, Reply]]:
        if not self.left:
            raise Yielding("This run's time is up; the next one goes on.")
        self.left -= 1
        self.asked += [each.body or each.path.encode() for each in requests]
        yield from self.reader.carry(requests)


def a_run(books: Books, asked: list[bytes], kinds: Sequence[Kind] | None = KINDS) -> bool:
    """Whether it came to the end."""
    connector = open_connector(books.connection)
    with pytest.MonkeyPatch.context() as patch:  # pages, without thousands of rows
        patch.setattr(client, "PAGE", 2)
        patch.setattr(pages, "PAGE", 2)
        try:
            survey(books.connection, connector, OneCall(books, asked), kinds)
        except TryLater:
            return False
    return True


def read_to_its_end(books: Books, asked: list[bytes], kinds: Sequence[Kind] | None = KINDS) -> int:
    runs = 1
    while not a_run(books, asked, kinds):
        runs += 1
        assert runs < 60, "it never ends"
    return runs


def customers(books: Books) -> list[str]:
    rows = RemoteRecord.objects.filter(connection=books.connection, kind="Customer", gone=False)
    return sorted(rows.values_list("name", flat=True))


def test_a_survey_goes_on_behind_the_page_that_the_run_before_stored(books: Books) -> None:
    for each in range(7):
        books.server.act(books.realm, "create_customer", name=f"Old hand {each}")
    expected = sorted(each["DisplayName"] for each in books.theirs("Customer"))
    asked: list[bytes] = []

    runs = read_to_its_end(books, asked)

    assert runs == len(asked) >= 5
    assert len(set(asked)) == len(asked), "a page was asked for twice"
    assert customers(books) == expected
    # The whole was read: another one begins at the beginning.
    assert Survey.objects.get(connection=books.connection).ended
    again: list[bytes] = []
    assert read_to_its_end(books, again) == runs


def test_what_changes_during_a_survey_of_several_runs_is_not_lost(books: Books) -> None:
    made = [books.server.act(books.realm, "create_customer", name=f"Old {each}") for each in "abcd"]
    asked: list[bytes] = []
    for _ in range(3):
        assert not a_run(books, asked, None)
    assert row_of(books, "Customer", made[0]["Id"]).name == "Old a"
    books.server.act(books.realm, "rename_customer", id=made[0]["Id"], name="New a")
    late = books.server.act(books.realm, "create_customer", name="Came late")
    connector = open_connector(books.connection)
    assert not is_surveyed(books.connection, connector)

    read_to_its_end(books, asked, None)
    assert is_surveyed(books.connection, connector)
    assert not Cursor.objects.exists()
    pull(books.connection, connector, ReadCourier(books.connection), None)

    assert row_of(books, "Customer", made[0]["Id"]).name == "New a"
    assert row_of(books, "Customer", late["Id"]).name == "Came late"
    assert Cursor.objects.exists()


def test_what_was_left_out_of_a_survey_is_read_anew_and_what_was_deleted_is_not_missed(
    books: Books,
) -> None:
    """More listed than counted: deleted meanwhile, which the feed tells. Fewer: left out."""
    asked: list[bytes] = []
    for each in range(3):
        books.server.act(books.realm, "create_customer", name=f"Old hand {each}")
    while not asked or b"Invoice" not in asked[-1]:
        a_run(books, asked, None)
    [typed] = books.theirs("Invoice")
    books.server.act(books.realm, "delete_invoice", id=typed["Id"])
    read_to_its_end(books, asked, None)
    pull(books.connection, open_connector(books.connection), ReadCourier(books.connection), None)
    assert row_of(books, "Invoice", typed["Id"]).gone

    survey_row = Survey.objects.get(connection=books.connection)
    survey_row.kinds, survey_row.ended = [Kind.CUSTOMER.value], False
    last = max(int(each["Id"]) for each in books.theirs("Customer"))
    survey_row.position = f'["Customer", "{last - 1}", 0]'
    survey_row.save()
    assert not a_run(books, asked, [Kind.CUSTOMER])
    assert read_to_its_end(books, asked, [Kind.CUSTOMER]) > 1


def test_a_run_of_no_time_leaves_the_survey_where_it_was(books: Books, settings: Any) -> None:
    settings.SYNC_TASK_BUDGET = 0
    assert books.run().outcome == "yielded"
    assert not Survey.objects.filter(ended=True).exists()
    settings.SYNC_TASK_BUDGET = 45
    books.run()
    assert Survey.objects.get(connection=books.connection).ended
    assert Cursor.objects.get(connection=books.connection)


class OpenedEarlier(Books):
    """In their books stands an invoice of twenty minutes before the connection."""

    apart = 0.0  # seconds that their clock is ahead of ours

    def opened(self, **theirs: Any) -> str:
        self.server.move_clock(self.apart - 1200)
        realm = super().opened(**theirs)
        customer = self.server.act(realm, "create_customer", name="Old hand")["Id"]
        self.customer = customer
        self.before = self.server.act(realm, "create_invoice", customer=customer, amount="7")["Id"]
        self.server.move_clock(self.apart)
        return realm


@pytest.mark.parametrize("apart", [-3600, 3600])
def test_what_is_of_the_time_before_is_told_by_their_clock_however_far_it_is_from_ours(
    ledger: SandboxServer, db: None, monkeypatch: pytest.MonkeyPatch, apart: int
) -> None:
    monkeypatch.setattr(OpenedEarlier, "apart", apart)
    try:
        books = OpenedEarlier(ledger)
        told = {"customer": books.customer, "amount": "8"}
        since = ledger.act(books.realm, "create_invoice", **told)["Id"]
        read_to_its_end(books, [], (Kind.INVOICE,))
    finally:
        ledger.move_clock(0)

    of_before = RemoteRecord.objects.filter(
        connection=books.connection, sentence="It was in QuickBooks before Tieout began."
    )
    assert list(of_before.values_list("remote_id", flat=True)) == [books.before]
    assert RemoteRecord.objects.filter(connection=books.connection, remote_id=since).exists()
