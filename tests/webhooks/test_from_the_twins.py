"""The simulated systems deliver over real HTTP, and what they tell arrives here."""

from typing import Any

import pytest

from apps.sync.tasks import read_deliveries
from apps.webhooks.models import Delivery, Notice
from tests.books import Books
from tests.sandbox_server import SandboxServer
from tests.sync.theirs import pay_there
from tests.webhooks.letters import KEY

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("form", ["cloud", "older"])
def test_what_changed_there_is_told_and_arrives_once(
    ledger: SandboxServer, live_server: Any, form: str
) -> None:
    books = Books(ledger)
    invoice = books.go_live()
    books.run()
    address = f"{live_server.url}/webhooks/quickbooks/"
    ledger.control("POST", "webhook", {"address": address, "key": KEY, "form": form})
    try:
        other = ledger.open_company("Another")
        ledger.act(other, "create", kind="Customer", body={"DisplayName": "Theirs alone"})
        pay_there(books, invoice)
        assert set(ledger.control("POST", "deliver", {"forged": True})) == {401}
        assert not Delivery.objects.exists()
        told = {"together": True, "backwards": True, "doubled": True}
        assert ledger.control("POST", "deliver", told) == [200, 200]
    finally:
        ledger.control("POST", "webhook", {"address": ""})
    assert Delivery.objects.count() == 1
    read_deliveries()
    books.run(get=None)
    invoice.refresh_from_db()
    assert invoice.balance_due == 0
    waiting = Notice.objects.filter(state=Notice.State.WAITING)
    assert not waiting.exists()
    assert Notice.objects.filter(company=other, state=Notice.State.NOT_CONNECTED).exists()
