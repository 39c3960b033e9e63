"""The real engine, both ways, with a ledger as unlike the first as possible."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from apps.sync.models import State, SyncRecord
from tests.factories import make_customer, make_invoice, make_item, make_payment
from tests.worked.service import Service
from tests.worked.works import Works

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def works(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[Works]:
    settings.SYNC_PROVIDER_TIMEOUT = 0.2
    settings.SYNC_CALL_DEADLINE = 5
    settings.SYNC_RETRY_BASE = 0.01
    with Service() as service:
        yield Works(service, monkeypatch)


def settled(works: Works) -> None:
    stuck = SyncRecord.objects.exclude(state__in=[State.IN_THE_BOOKS, State.LEFT_OUT])
    assert [(each.kind, each.state, each.step, each.sentence) for each in stuck] == []


def test_an_invoice_is_a_draft_and_then_sent(works: Works) -> None:
    invoice = make_invoice(company=works.company)
    run = works.run()
    assert run.outcome == "done", run.sentence
    settled(works)
    (there,) = works.theirs("invoice")
    assert (there["number"], there["state"], there["total"]) == (invoice.number, "sent", "100.00")
    steps = works.record(invoice).attempts.order_by("pk").values_list("step", "result")
    assert list(steps) == [("", "step"), ("send", "done")]


def test_a_payment_of_25000_is_three_receipts_that_are_one_payment(works: Works) -> None:
    customer = make_customer(works.company)
    invoice = make_invoice(customer=customer, lines=[(make_item(works.company), 1, 25000)])
    payment = make_payment(invoice=invoice, method=works.method)
    works.run()
    works.run()
    settled(works)
    assert [each["amount"] for each in works.theirs("receipt")] == ["9999.99", "9999.99", "5000.02"]
    assert works.record(payment).remote_records.filter(retired=False).count() == 3
    (there,) = works.theirs("invoice")
    assert Decimal(there["open"]) == 0
