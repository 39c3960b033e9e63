"""What a run has begun in time it finishes: sent and not read back would be unknown, and a batch
that is cut in the middle goes over in more calls."""

import time

import pytest

from apps.connections.buckets import RowBuckets
from apps.connectors.port import Fate, Purpose, Reply, Request
from apps.connectors.quickbooks.connector import QuickBooks
from apps.sync.calls.courier import SyncCourier
from apps.sync.calls.time_given import Time, Yielding
from apps.sync.lease import Lease
from tests.books import Books

pytestmark = pytest.mark.django_db
READ = Request(method="GET", path="x", purpose=Purpose.READS)
BUDGET = 100.0


class Answering:
    adds: frozenset[str] = frozenset()

    def exchange(self, request: Request, *, until: float) -> Reply:
        return Reply(fate=Fate.ANSWERED, status=200)

    def renew(self, *, seen_401: bool) -> None:
        raise AssertionError("nobody refused the token")


@pytest.fixture
def courier(books: Books) -> SyncCourier:
    lease = Lease.acquire(books.connection.pk)
    assert lease is not None
    return SyncCourier(
        connection=books.connection,
        run=None,
        lease=lease,
        line=Answering(),
        buckets=RowBuckets(books.connection, []),
        capabilities=QuickBooks.capabilities,
        time_given=Time(time.monotonic(), BUDGET),
    )


def pass_(courier: SyncCourier, share: float) -> None:
    """Let so much of its budget pass."""
    courier.time_given = Time(time.monotonic() - share * BUDGET, BUDGET)


def may(courier: SyncCourier, request: Request) -> bool:
    return courier._may_start(request) is None


def test_what_was_begun_is_written_a_while_longer_and_read_back_longer_still(
    courier: SyncCourier,
) -> None:
    write = Request(method="POST", path="x", purpose=Purpose.DOCUMENTS, writes=True, key="k")
    with courier.begun():
        allowed = []
        for share in (0.9, 1.1, 1.4, 1.6, 1.9, 2.1):
            pass_(courier, share)
            allowed.append((share, may(courier, write), may(courier, READ)))
    assert allowed == [
        (0.9, True, True),
        (1.1, True, True),
        (1.4, True, True),
        (1.6, False, True),
        (1.9, False, True),
        (2.1, False, False),
    ]


def test_nothing_is_begun_when_the_time_is_up(courier: SyncCourier) -> None:
    pass_(courier, 1.01)
    with pytest.raises(Yielding), courier.begun():
        raise AssertionError("it was begun")
    with pytest.raises(Yielding):
        list(courier.carry([READ]))
