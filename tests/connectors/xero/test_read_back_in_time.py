"""What was sent is read back in the same run: all of a kind in one list, though the time is up."""

import time
from collections import Counter
from datetime import date
from typing import Any

import pytest

from apps.billing.actions import receive_payment
from apps.connectors.port import Purpose, Reply
from apps.sync.calls.courier import SyncCourier
from apps.sync.calls.time_given import Time
from apps.sync.models import Call, Run, State, SyncRecord
from tests.connectors.xero.live import XeroBooks
from tests.factories import make_customer, make_invoice, make_item, make_payment

pytestmark = pytest.mark.django_db
BUDGET = 100.0
DAY = date(2026, 3, 20)


def test_what_was_sent_is_read_back_though_the_time_is_up(
    books: XeroBooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock passes the end of the run's time while its first invoices are on their way."""
    customer = make_customer(books.company)
    invoices = [make_invoice(customer=customer) for _ in range(3)]
    send = SyncCourier._send

    def slow(self: SyncCourier, flight: Any) -> Reply:
        reply = send(self, flight)
        if flight.request.writes and flight.request.purpose == Purpose.DOCUMENTS:
            assert self.time_given is not None
            self.time_given = Time(time.monotonic() - 1.2 * BUDGET, BUDGET)
        return reply

    monkeypatch.setattr(SyncCourier, "_send", slow)
    run = books.run(get=False)

    assert {books.record(each).state for each in invoices} == {State.IN_THE_BOOKS}
    asked = Call.objects.filter(run=run, purpose=Purpose.DOCUMENTS).order_by("pk")
    assert list(asked.values_list("method", flat=True)) == ["PUT", "GET"]
    assert run.outcome == Run.Outcome.DONE


@pytest.mark.slow
def test_many_cost_a_call_for_fifty_and_one_that_reads_them_all_back(
    books: XeroBooks,
) -> None:
    """Documents, and money without anything on account: a thousand of each are 20 calls and 2, since
    950 are planned together. Receipts over several invoices go in calls of their own, and are read
    with the payments."""
    customer = make_customer(books.company)
    item = make_item(books.company)
    invoices = [make_invoice(customer=customer, lines=[(item, 1, 10 + nth)]) for nth in range(240)]
    sent = books.run(get=False)
    *each_paid, first, second = invoices
    paid = [make_payment(invoice=each, method=books.method) for each in each_paid]
    parts = [(each, each.total) for each in (first, second)]
    money = {"amount": first.total + second.total, "date": DAY, "method": books.method}
    paid.append(receive_payment(customer=customer, apply=parts, **money))
    received = books.run(get=False)

    stands = SyncRecord.objects.filter(state=State.IN_THE_BOOKS)
    assert stands.filter(invoice__in=invoices).count() == 240
    assert stands.filter(payment__in=paid).count() == len(paid) == 239
    for run, purpose, calls in ((sent, Purpose.DOCUMENTS, 5), (received, Purpose.PAYMENTS, 6)):
        asked = Call.objects.filter(run=run, purpose=purpose).values_list("method", flat=True)
        assert Counter(asked) == {"PUT": calls, "GET": 1}
