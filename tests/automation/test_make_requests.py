"""The requests of the Make app, really sent to a running server, by as much of Make's engine as they need."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.utils.timezone import localdate

from apps.billing.models import Invoice, Payment
from apps.triggers.delivery.sending import send_due
from apps.triggers.models import Endpoint
from tests.automation.for_make import WATCHED
from tests.automation.iml import MakeApp, MakeError
from tests.automation.running import key_for, office, receiver
from tests.factories import make_invoice
from tests.triggers.api.caller import Office
from tests.triggers.happened import happen
from tests.triggers.receiver import Receiver

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

__all__ = ["office", "receiver"]  # fixtures


@pytest.fixture
def make(office: Office, live_server: Any) -> Iterator[MakeApp]:
    return MakeApp(live_server.url, office.key())


def test_a_connection_and_its_companies(make: MakeApp, office: Office) -> None:
    assert make.connect() == "Fay (Thornfield Trading Ltd)"
    assert make.choices("listCompanies") == [
        {"label": "Thornfield Trading Ltd", "value": office.company.pk}
    ]
    make.connection["apiKey"] = "tie_wrong"
    with pytest.raises(MakeError, match="This key opens nothing"):
        make.connect()


def test_each_webhook_subscribes_and_unsubscribes(
    make: MakeApp, office: Office, receiver: Receiver
) -> None:
    make.connection["apiKey"] = key_for(office.people["Ada"], office.company)
    for watched in WATCHED:
        webhook = f"events{watched.name}"
        wanted = {"event": watched.types[-1].value, "company": office.company.pk}
        kept = make.attach(webhook, f"{receiver.address}/{watched.name}", **wanted)
        hook = Endpoint.objects.get(public_id=kept["externalHookId"], state="on")
        assert hook.types == [watched.types[-1]]
        [event] = happen(office.company, office.invoice.pk, type=watched.types[-1], to=hook)
        send_due()
        assert receiver.got[-1].path.endswith(watched.name)
        assert receiver.got[-1].id == event.public_id
        body = {"id": event.public_id, "data": {}}
        assert make.given(webhook, body) == body

        make.detach(webhook, kept)

        hook.refresh_from_db()
        assert hook.state == "gone"


def test_a_form_becomes_an_issued_and_paid_invoice_once(make: MakeApp, office: Office) -> None:
    once = {"once_for": "answer-7 é"}
    assert make.run("searchCustomers", email="amy@rivers.example", limit=1) == []
    [customer] = make.run("createCustomer", name="Amy Rivers", email="amy@rivers.example", **once)
    lines = [
        {"item_code": "LAMP", "quantity": "3"},
        {"description": "Fitting", "unit_price": "12.5"},
    ]
    [draft] = make.run("createInvoice", customer=customer["id"], lines=lines, **once)
    [issued] = make.run("issueInvoice", invoice=draft["id"], **once)
    paid = {
        "customer": customer["id"],
        "amount": issued["total"],
        "date": localdate().isoformat(),
        "apply": [{"invoice": draft["id"], "amount": issued["total"]}],
    }
    assert make.run("recordPayment", **paid, **once) == make.run("recordPayment", **paid, **once)
    assert make.run("issueInvoice", invoice=draft["id"], **once) == [issued]

    [found] = make.run("searchInvoices", number=issued["number"], limit=10)
    assert (found["paid"], found["balance_due"]) == ("48.50", "0.00")
    invoice = Invoice.objects.get(public_id=draft["id"])
    assert (invoice.total, invoice.paid) == (Decimal("48.50"), Decimal("48.50"))
    assert Payment.objects.filter(customer=invoice.customer).count() == 1


def test_a_search_goes_on_by_pages_until_it_has_enough(
    make: MakeApp, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        make_invoice(customer=office.customer)
    assert len(make.run("searchInvoices", status="issued", limit=3)) == 3
    assert len(make.run("searchInvoices", limit=10)) == 5
    in_pages = make._code("module", "searchInvoices", "communication")
    in_pages["qs"]["limit"] = 2
    monkeypatch.setattr(make, "_code", lambda *names: in_pages)

    found = make.run("searchInvoices", limit=4)

    assert len({each["id"] for each in found}) == 4


def test_a_refusal_is_an_error_of_makes_with_our_words(make: MakeApp) -> None:
    with pytest.raises(MakeError) as caught:
        make.run("createInvoice", customer="nobody", lines=[{"quantity": "many"}], once_for="1")
    assert caught.value.kind == "DataError"
    assert "Send a figure" in caught.value.message
    make.connection["apiKey"] = "tie_wrong"
    with pytest.raises(MakeError) as caught:
        make.run("searchInvoices", limit=1)
    assert caught.value.kind == "InvalidAccessTokenError"


def test_any_other_call(make: MakeApp) -> None:
    asked = [{"key": "limit", "value": "1"}]
    [said] = make.run("makeApiCall", url="/invoices", method="GET", qs=asked, headers=[])
    assert len(said["body"]["data"]) == 1
