"""Reading after a busy spell: our own writes fill the feed, and cost no reading; what others did in
between is found, deletions too."""

from typing import Any

import pytest

from apps.billing.models import Invoice
from apps.connections.courier import ReadCourier
from apps.connections.lifecycle import open_connector
from apps.connectors.quickbooks.feed import Reader
from apps.sync.models import Call, RemoteRecord, Run
from apps.sync.pull.feed import KnownRows
from tests.books import Books
from tests.factories import make_invoice, make_item
from tests.sync.theirs import change_there, pay_there, row_of, their_id

MOST_CALLS = 12


def invoices(books: Books, number: int) -> list[Invoice]:
    """Issued, of one customer, and in their books."""
    first = make_invoice(company=books.company)
    made = [
        first,
        *(make_invoice(company=books.company, customer=first.customer) for _ in range(number - 1)),
    ]
    books.run(get=False)
    return made


def reads_of(books: Books, run: Run) -> int:
    calls = Call.objects.filter(connection=books.connection, run=run, purpose="reads")
    return calls.count()


@pytest.fixture
def busy(books: Books, monkeypatch: pytest.MonkeyPatch) -> Books:
    """Books whose feed tells twenty changes at most."""
    monkeypatch.setattr(Reader, "full", 20)
    books.run()  # what stood there before is read
    return books


@pytest.mark.slow
def test_our_own_writes_cost_no_reading(busy: Books) -> None:
    invoices(busy, 25)
    before = dict(RemoteRecord.objects.values_list("pk", "read_at"))

    run = busy.run()

    assert run.outcome == "done"
    assert reads_of(busy, run) <= 2  # what changed and all there is, counted; the versions
    assert dict(RemoteRecord.objects.values_list("pk", "read_at")) == before


@pytest.mark.slow
def test_what_others_changed_meanwhile_is_read(busy: Books) -> None:
    made = invoices(busy, 25)
    noted, paid = made[3], made[7]
    change_there(busy, "Invoice", their_id(busy, noted), CustomerMemo={"value": "A word of theirs"})
    payment = pay_there(busy, paid)
    typed = str(busy.server.act(busy.realm, "create_customer", name="Walk-in Wendy")["Id"])

    run = busy.run()

    assert reads_of(busy, run) <= MOST_CALLS
    assert row_of(busy, "Invoice", their_id(busy, noted)).raw["CustomerMemo"] == {
        "value": "A word of theirs"
    }
    assert Invoice.objects.get(pk=paid.pk).balance_due == 0
    assert row_of(busy, "Payment", payment).arrival == "applied"
    assert row_of(busy, "Customer", typed).arrival == "only_theirs"


@pytest.mark.parametrize("kind", ["Invoice", "Payment"])
@pytest.mark.slow
def test_what_others_deleted_meanwhile_is_found(busy: Books, kind: str) -> None:
    made = invoices(busy, 25)
    payment = pay_there(busy, made[0])
    busy.run()
    paid = Invoice.objects.get(pk=made[0].pk)
    assert paid.balance_due == 0
    there = payment if kind == "Payment" else their_id(busy, made[5])
    act = "delete_payment" if kind == "Payment" else "delete_invoice"
    busy.server.act(busy.realm, act, id=there)

    run = busy.run()

    assert reads_of(busy, run) <= MOST_CALLS
    assert row_of(busy, kind, there).gone
    if kind == "Payment":
        assert Invoice.objects.get(pk=paid.pk).balance_due == paid.total
    else:
        assert busy.record(made[5]).reason == "gone"
    again = busy.run()
    assert reads_of(busy, again) <= 2


def test_what_others_wrote_fills_the_feed_and_is_read(busy: Books) -> None:
    """We wrote nothing, so that the feed is asked first."""
    names = [f"Walk-in Wendy {number}" for number in range(25)]
    for name in names:
        busy.server.act(busy.realm, "create_customer", name=name)

    run = busy.run()

    assert reads_of(busy, run) <= 4  # the feed, the counts, the versions, what is news
    assert set(names) <= set(RemoteRecord.objects.values_list("name", flat=True))


@pytest.mark.slow
def test_a_page_that_lost_its_place_is_not_believed(
    busy: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages by place are only whole where each begins with the last rows of the one before."""
    from apps.connectors.quickbooks import feed

    invoices(busy, 25)
    monkeypatch.setattr(feed, "PAGE", 12)
    monkeypatch.setattr(feed, "OVERLAP", 3)
    assert busy.run().outcome == "done"
    monkeypatch.setattr(feed, "OVERLAP", 0)

    run = busy.run()

    assert (run.outcome, "deleted in QuickBooks while" in run.sentence) == ("stopped", True)


def test_only_the_last_page_of_news_says_how_far_was_read(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that breaks off between two pages reads all of them again."""
    from apps.connectors.quickbooks import feed

    for name, few in (("PAGE", 3), ("OVERLAP", 1), ("BY_ID", 1)):
        monkeypatch.setattr(feed, name, few)
    monkeypatch.setattr(Reader, "full", 1)
    for number in range(4):
        books.server.act(books.realm, "create_customer", name=f"Walk-in Wendy {number}")
    connector, since = open_connector(books.connection), books.connection.created_at

    with ReadCourier(books.connection) as courier:
        pages = list(connector.changes(since, courier, KnownRows(books.connection)))

    *before, last = pages
    assert len([page for page in before if page.objects]) >= 2
    assert [page.cursor for page in before] == [None] * len(before)
    assert last.cursor is not None


@pytest.mark.slow
def test_reading_after_many_records(books: Books, settings: Any) -> None:
    """More than they tell at once (a thousand), nearly all of the kind that is made the quickest: each
    goes with an invoice that has a line of it."""
    settings.SYNC_TASK_BUDGET = 600
    books.run()
    for _ in range(10):
        lines = [(make_item(books.company), 1, 10) for _ in range(101)]
        make_invoice(company=books.company, lines=lines)
    books.run(get=False)
    there = books.record(Invoice.objects.latest("pk"))
    assert (there.state, len(books.theirs("Item")) > 1000) == ("in_the_books", True)

    run = books.run()

    assert run.outcome == "done"
    assert reads_of(books, run) <= MOST_CALLS
