"""The simulated systems deliver over real HTTP, and what they tell arrives here."""

from typing import Any

import pytest
from django.db.models import QuerySet

from apps.sync.models import Call, RemoteRecord
from apps.sync.tasks import read_deliveries
from apps.webhooks.models import Delivery, Notice
from tests.books import Books
from tests.connectors.xero.live import XeroBooks
from tests.sandbox_server import SandboxServer
from tests.sync.theirs import pay_there
from tests.webhooks.letters import KEY
from tests.xero_twin import XeroTwin


def believed() -> QuerySet[Delivery]:
    return Delivery.objects.exclude(state=Delivery.State.REFUSED)


pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("form", ["cloud", "older"])
@pytest.mark.slow
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
        assert not believed().exists()
        told = {"together": True, "backwards": True, "doubled": True}
        assert ledger.control("POST", "deliver", told) == [200, 200]
    finally:
        ledger.control("POST", "webhook", {"address": ""})
    assert believed().count() == 1
    read_deliveries()
    books.run(get=None)
    invoice.refresh_from_db()
    assert invoice.balance_due == 0
    waiting = Notice.objects.filter(state=Notice.State.WAITING)
    assert not waiting.exists()
    assert Notice.objects.filter(company=other, state=Notice.State.NOT_CONNECTED).exists()


@pytest.mark.slow
def test_an_organisation_tells_and_the_intent_to_receive_is_answered(
    sandbox_server: SandboxServer, ledger: SandboxServer, live_server: Any
) -> None:
    twin = XeroTwin(sandbox_server)
    books = XeroBooks(twin)
    invoice = books.go_live()
    books.run()
    address = f"{live_server.url}/webhooks/xero/"
    twin.control("POST", "webhook", {"address": address, "key": KEY})
    try:
        assert twin.control("POST", "probe") == [200, 401, 401, 200]
        contact = books.record(invoice.customer).remote_records.get(gone=False).remote_id
        told = {"ContactID": contact, "Name": "Told Ltd"}
        twin.act(books.realm, "update", kind="Contacts", body=told)
        assert set(twin.control("POST", "deliver", {"forged": True})) == {401}
        assert set(twin.control("POST", "deliver", {"doubled": True})) == {200}
    finally:
        twin.control("POST", "webhook", {"address": ""})
    read_deliveries()
    calls = Call.objects.count()
    books.run(get=None)
    assert Call.objects.count() == calls + 1
    row = RemoteRecord.objects.get(connection=books.connection, kind="Contact", remote_id=contact)
    assert row.name == "Told Ltd"
