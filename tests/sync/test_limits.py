"""Their limits in a run: what is published is kept, and what a day has left goes to payments."""

import dataclasses
import re
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from apps.connections.buckets import RowBuckets
from apps.connections.courier import ReadCourier
from apps.connections.models import Bucket, Connection
from apps.connectors.limits import ROLLING_DAY, Limit, Sliding
from apps.connectors.port import Fate, Purpose, Reply, Request
from apps.connectors.quickbooks.connector import QuickBooks
from apps.connectors.registry import systems
from apps.sync.calls import witness
from apps.sync.calls.courier import SyncCourier
from apps.sync.lease import Lease
from apps.sync.models import Call, State
from apps.sync.run import must_go_on
from apps.sync.want.wake import wake_the_due
from tests.all_rights import make_almighty
from tests.books import Books
from tests.factories import make_invoice, make_payment

pytestmark = pytest.mark.django_db

SPEND = RowBuckets.spend  # the fixtures let nobody wait for a limit
A_DAY = Limit(name="day", amount=1000, span=ROLLING_DAY)
Limiting = Callable[..., None]
SENTENCE = "QuickBooks allows 1,000 calls a day"


@pytest.fixture
def limited(books: Books, monkeypatch: pytest.MonkeyPatch) -> Limiting:
    """Let the ledger have these limits, and let them be kept."""

    def limit(*limits: Limit) -> None:
        monkeypatch.setattr(RowBuckets, "spend", SPEND)
        known = systems()[books.connection.system]
        claims = dataclasses.replace(known.capabilities, limits=limits)
        monkeypatch.setitem(
            systems(), "quickbooks", dataclasses.replace(known, capabilities=claims)
        )
        monkeypatch.setattr(QuickBooks, "capabilities", claims)

    return limit


def spend(books: Books, calls: int, *, ago: timedelta = timedelta(hours=1)) -> datetime:
    """So many calls of the day left that long ago, and none since; when they leave the day."""
    RowBuckets(books.connection, [A_DAY])
    at = datetime.now(UTC) - ago
    Bucket.objects.filter(owner=f"connection:{books.connection.pk}").update(
        spent={"day": [[at.timestamp(), calls]]}
    )
    return at + timedelta(days=1)


def a_day_later(books: Books) -> None:
    spend(books, 1000, ago=timedelta(hours=25))
    soon = datetime.now(UTC) - timedelta(seconds=1)
    Connection.objects.exclude(paused_until=None).update(paused_until=soon)
    Connection.objects.exclude(scarce_until=None).update(scarce_until=soon)


def test_a_day_that_is_used_up_stops_the_run_and_says_when_the_next_call_can_go(
    books: Books, limited: Limiting
) -> None:
    books.company.time_zone = "Pacific/Auckland"
    books.company.save()
    invoice = make_invoice(company=books.company)
    limited(A_DAY)
    again = spend(books, 1000)
    before, began = Call.objects.count(), time.monotonic()

    run = books.run()

    assert time.monotonic() - began < 5  # nobody slept for it
    assert (run.outcome, Call.objects.count() - before) == ("stopped", 0)
    assert run.sentence == f"{SENTENCE}; the next can go {in_auckland(again)}."
    books.connection.refresh_from_db()
    assert books.connection.last_error == run.sentence
    assert books.connection.paused_until is not None
    assert abs(books.connection.paused_until - again) < timedelta(seconds=5)
    assert books.record(invoice).state == State.WAITING
    assert not must_go_on(run)
    assert wake_the_due() == 0
    # A run that somebody asks for meanwhile says it too.
    assert books.run().sentence.startswith(run.sentence)

    a_day_later(books)
    assert books.run().outcome == "done"
    assert books.record(invoice).state == State.IN_THE_BOOKS
    books.connection.refresh_from_db()
    assert books.connection.last_error == ""


def in_auckland(moment: datetime) -> str:
    """To the minute at which it can surely go."""
    there = (moment + timedelta(seconds=61)).astimezone(ZoneInfo("Pacific/Auckland"))
    today = datetime.now(ZoneInfo("Pacific/Auckland")).date()
    day = "" if there.date() == today else f"on {there.day} {there:%B} "
    return f"{day}at {there:%H:%M}"


def test_the_page_of_the_connection_says_when_the_next_call_can_go(
    books: Books, limited: Limiting, client: Client
) -> None:
    limited(A_DAY)
    spend(books, 1000)
    run = books.run()
    admin = make_almighty("ada@example.com", "a-long-password-of-ada")
    client.force_login(admin)
    page = client.get(f"/admin/connections/connection/{books.connection.pk}/change/")
    assert run.sentence in page.content.decode()


@pytest.mark.parametrize(("get", "has_read"), [(True, True), (False, True), (None, False)], ids=str)
@pytest.mark.variants
@pytest.mark.slow
def test_what_a_day_keeps_goes_to_payments_and_the_others_wait(
    books: Books, limited: Limiting, get: bool | None, has_read: bool
) -> None:
    """Whether it was to read or not, and in a process that must read before its first send."""
    paid = make_invoice(company=books.company)
    books.run()
    waiting = make_invoice(company=books.company)
    payment = make_payment(invoice=paid, method=books.method)
    limited(A_DAY)
    spend(books, 950)
    if not has_read:
        witness._read.clear()

    run = books.run(get=get)

    assert books.record(payment).state == State.IN_THE_BOOKS
    assert len(books.theirs("Payment")) == 1
    assert books.record(waiting).state == State.WAITING
    assert run.outcome == "stopped"
    assert run.sentence.startswith(f"{SENTENCE}, and what is left is kept for payments")
    books.connection.refresh_from_db()
    assert books.connection.last_error == run.sentence
    # Neither the engine goes round in circles, nor is it closed to the next payment.
    assert not must_go_on(run)
    assert wake_the_due() == 0
    make_payment(company=books.company, method=books.method)
    assert books.connection.paused_until is None
    assert wake_the_due() == 1

    a_day_later(books)
    assert books.run().outcome == "done"
    assert books.record(waiting).state == State.IN_THE_BOOKS
    books.connection.refresh_from_db()
    assert books.connection.scarce_until is None


@pytest.mark.parametrize("fault", ["lose_after_commit", "lose_before_commit"])
@pytest.mark.variants
def test_what_a_day_keeps_finds_out_what_became_of_a_lost_call(
    books: Books, limited: Limiting, fault: str
) -> None:
    invoice = make_invoice(company=books.company)
    books.server.arm(books.realm, fault, match={"endpoint": "batch", "contains": '"Invoice"'})
    books.run()
    assert books.record(invoice).state == State.UNKNOWN
    limited(A_DAY)
    spend(books, 950)

    time.sleep(0.3)
    books.run(get=False)

    assert books.record(invoice).state == State.IN_THE_BOOKS
    assert len([e for e in books.theirs("Invoice") if e["DocNumber"] == invoice.number]) == 1


def test_a_refusal_for_hours_says_when_the_next_call_can_go(books: Books) -> None:
    make_invoice(company=books.company)
    books.server.arm(
        books.realm,
        "status",
        status=429,
        retry_after=5 * 3600,
        match={"endpoint": "batch", "contains": "operation"},
    )
    run = books.run()
    assert run.outcome == "stopped"
    assert re.search(r"The next call can go (on \d+ \w+ )?at \d\d:\d\d\.$", run.sentence)


class Meeting:
    """A line on which a call is answered once another is under way beside it."""

    adds: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self.both = threading.Barrier(2, timeout=10)

    def exchange(self, request: Request, *, until: float) -> Reply:
        self.both.wait()
        return Reply(fate=Fate.ANSWERED, status=200)

    def renew(self, *, seen_401: bool) -> None:
        raise AssertionError("nobody refused the token")


def test_the_next_call_leaves_when_the_limit_lets_it_not_when_the_last_is_answered(
    books: Books, limited: Limiting
) -> None:
    """Else slow answers alone would keep a queue below the published rate."""
    limit = Limit(name="few", amount=4, span=Sliding(0.8, "in 0.8 seconds"))
    limited(limit)
    lease = Lease.acquire(books.connection.pk)
    assert lease is not None
    courier = SyncCourier(
        connection=books.connection,
        run=None,
        lease=lease,
        line=Meeting(),
        buckets=RowBuckets(books.connection, [limit]),
        capabilities=QuickBooks.capabilities,
    )
    asked = [Request(method="GET", path="x", purpose=Purpose.READS)] * 2
    assert [reply.status for _, reply in courier.carry(asked)] == [200, 200]


def test_a_call_sent_again_with_a_new_token_is_counted_again(
    books: Books, limited: Limiting
) -> None:
    limited(A_DAY)
    spend(books, 0)
    make_invoice(company=books.company)
    books.server.tokens(books.realm, "expire_access")
    before = Call.objects.count()
    books.run(get=False)
    (slots,) = Bucket.objects.get(owner=f"connection:{books.connection.pk}").spent.values()
    assert books.server.state(books.realm)["refreshes"] == 1
    assert sum(calls for _, calls in slots) == Call.objects.count() - before + 1


@pytest.mark.slow
def test_what_is_published_is_never_exceeded(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the ledger's own count: it refuses the eleventh call within a second."""
    monkeypatch.setattr(RowBuckets, "spend", SPEND)
    books.server.set_up(books.realm, limits={"published": True})
    path = f"v3/company/{books.realm}/companyinfo/{books.realm}"
    asked = [Request(method="GET", path=path, purpose=Purpose.READS)] * 25
    began = time.monotonic()
    with ReadCourier(books.connection) as courier:
        answers = [reply.status for _, reply in courier.carry(asked)]
    assert answers == [200] * 25
    # Two whole seconds and a bit: as fast as they allow, and no slower.
    assert time.monotonic() - began < 25 / 10 / 0.95 + 1

    invoices = [make_invoice(company=books.company) for _ in range(3)]
    books.run(get=False)
    assert not Call.objects.filter(status=429).exists()
    assert {books.record(each).state for each in invoices} == {State.IN_THE_BOOKS}
