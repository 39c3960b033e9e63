"""Connections, searches and actions of the Zapier app, by the vendor's own tester, against a running
server: what the books hold afterwards, once for a repeated step, and what is said where it is refused.
"""

from decimal import Decimal
from typing import Any

import pytest
from django.utils.timezone import localdate

from apps.billing.models import Customer, Invoice, Payment
from apps.triggers.api.keys import revoke
from apps.triggers.models import ApiCall, ApiKey, Scope
from tests.automation.fields import differences, fields_of
from tests.automation.node import SaidByTheApp, ZapierApp
from tests.automation.running import key_for, office, receiver, zapier
from tests.triggers.api.caller import Office
from tests.triggers.receiver import Receiver

TODAY = localdate()

pytestmark = [pytest.mark.slow, pytest.mark.processes, pytest.mark.django_db(transaction=True)]

__all__ = ["office", "receiver", "zapier"]  # fixtures


class Zap:
    """Steps of somebody's Zap: an account, and what is filled in."""

    def __init__(self, app: ZapierApp, address: str, key: str) -> None:
        self.app, self.auth = app, {"address": address, "api_key": key}

    def create(self, step: str, **filled_in: Any) -> Any:
        return self._run(f"creates.{step}.operation.perform", filled_in)

    def find(self, step: str, **filled_in: Any) -> Any:
        return self._run(f"searches.{step}.operation.perform", filled_in)

    def trigger(self, key: str, part: str, **filled_in: Any) -> Any:
        return self._run(f"triggers.{key}.operation.{part}", filled_in)

    def test(self) -> Any:
        return self.app.run("authentication.test", authData=self.auth, meta={"isTestingAuth": True})

    def _run(self, path: str, filled_in: dict[str, Any]) -> Any:
        return self.app.run(path, authData=self.auth, inputData=filled_in)


@pytest.fixture
def zap(zapier: ZapierApp, office: Office, live_server: Any) -> Zap:
    return Zap(zapier, live_server.url, office.key())


def refusal(of: Any, *given: Any, **filled_in: Any) -> SaidByTheApp:
    with pytest.raises(SaidByTheApp) as caught:
        of(*given, **filled_in)
    return caught.value


def test_the_vendor_finds_nothing_wrong_with_the_app(zapier: ZapierApp) -> None:
    assert zapier.validate() == []


# --- An account -----------------------------------------------------------------------------------


def test_an_account_is_tried_and_named(zap: Zap, office: Office) -> None:
    tried = zap.test()

    assert tried["label"] == "Fay (Thornfield Trading Ltd)"
    assert zap.app.read("authentication.connectionLabel") == "{{label}}"
    assert zap.trigger("company", "perform") == [
        {"id": office.company.pk, "name": "Thornfield Trading Ltd"}
    ]


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("tieout.example.com", "“tieout.example.com” is not an address."),
        ("ftp://tieout.example.com", "begin with https://"),
        ("https://me:secret@tieout.example.com", "Leave name and password out"),
    ],
)
def test_an_address_that_is_none_is_told(zap: Zap, address: str, words: str) -> None:
    zap.auth["address"] = address

    said = refusal(zap.test)

    assert words in said.told["message"]
    assert "such as https://tieout.example.com" in said.told["message"]


def test_an_address_that_leads_elsewhere_gets_no_key(zap: Zap, receiver: Receiver) -> None:
    receiver.says(302, headers={"location": "https://elsewhere.example.com/"})
    zap.auth["address"] = receiver.address

    said = refusal(zap.test)

    assert "leads to https://elsewhere.example.com/" in said.told["message"]
    assert len(receiver.got) == 1


def test_a_key_that_is_wrong_or_revoked(zap: Zap) -> None:
    good = zap.auth["api_key"]
    zap.auth["api_key"] = "tie_wrong"
    assert refusal(zap.test).told["code"] == "not-authenticated"  # nothing has expired yet

    zap.auth["api_key"] = good
    revoke(ApiKey.objects.get())
    said = refusal(zap.find, "find_invoice", number="INV-1")
    assert said.name == "ExpiredAuthError"
    assert "revoked" in said.message


def test_who_asks_too_often_is_asked_to_wait(zap: Zap, receiver: Receiver) -> None:
    zap.auth["address"] = receiver.address
    for status, headers, delay in ((429, {"retry-after": "17"}, 17), (503, {}, 60)):
        receiver.says(status, headers=headers)
        said = refusal(zap.find, "find_invoice", number="INV-1")
        assert (said.name, said.told["delay"]) == ("ThrottledError", delay)


# --- Searches and actions -------------------------------------------------------------------------


def shape_of(zap: Zap, record: str) -> Any:
    from apps.triggers.shapes import CustomerShape, InvoiceShape, PaymentShape

    return fields_of(
        {"customer": CustomerShape, "invoice": InvoiceShape, "payment": PaymentShape}[record]
    )


def test_a_form_becomes_an_issued_and_paid_invoice_once(zap: Zap, office: Office) -> None:
    asked = {"email": "amy@rivers.example", "company": str(office.company.pk)}
    assert zap.find("find_customer", **asked) == []
    customer = zap.create(
        "create_customer", name="Amy Rivers", once_for="answer-7", address_lines=["1 Lane"], **asked
    )
    draft = zap.create(
        "create_invoice",
        customer=customer["id"],
        lines=[
            {"item_code": "LAMP", "quantity": "3"},
            {"description": "Fitting", "unit_price": "12.5"},
        ],
        purchase_order_number="Café 7",
        once_for="answer-7 é",
    )
    issued = zap.create("issue_invoice", invoice=draft["id"], once_for="answer-7")
    paid = {"invoice": draft["id"], "amount": issued["total"], "date": TODAY.isoformat()}
    payment = zap.create("record_payment", once_for="answer-7", method="Transfer", **paid)

    assert [zap.find("find_customer", code="", name="amy rivers")[0]["id"]] == [customer["id"]]
    [found] = zap.find("find_invoice", number=issued["number"])
    assert (found["id"], found["balance_due"], found["paid"]) == (
        draft["id"],
        "0.00",
        issued["total"],
    )
    for record, given in (("customer", customer), ("invoice", found), ("payment", payment)):
        assert differences(shape_of(zap, record), given) == []

    again = zap.create("issue_invoice", invoice=draft["id"], once_for="answer-7")
    assert again == issued
    assert zap.create("record_payment", once_for="answer-7", method="Transfer", **paid) == payment
    invoice = Invoice.objects.get(public_id=draft["id"])
    assert (invoice.paid, invoice.total) == (invoice.total, Decimal("48.50"))
    assert Payment.objects.filter(customer__public_id=customer["id"]).count() == 1
    assert Payment.objects.get(public_id=payment["id"]).date == TODAY
    assert Customer.objects.filter(email="amy@rivers.example").count() == 1


def test_what_is_refused_is_said_in_the_words_of_the_screens(zap: Zap, office: Office) -> None:
    said = refusal(zap.create, "create_customer", name="Bell & Daughters Ltd")
    assert said.told["code"] == "possible-duplicate"
    assert "Bell & Daughters" in said.told["message"]
    zap.create("create_customer", name="Bell & Daughters Ltd", allow_duplicate=True)

    draft = {"customer": str(office.customer.public_id), "lines": [{"quantity": "many"}]}
    said = refusal(zap.create, "create_invoice", **draft)
    assert (said.told["code"], said.told["status"]) == ("invalid", 422)
    assert "lines.0.quantity: Send a figure" in said.told["message"]

    paid = {"amount": "1", "date": TODAY.isoformat()}
    said = refusal(zap.create, "record_payment", once_for="1", **paid)
    assert said.told["message"] == "Fill in an invoice or a customer: who paid?"
    said = refusal(zap.create, "record_payment", customer=str(office.customer.public_id), **paid)
    assert said.told["code"] == "idempotency-key-missing"
    late = {**paid, "customer": str(office.customer.public_id), "date": "2019-03-31"}
    said = refusal(zap.create, "record_payment", once_for="2", **late)
    assert said.told["code"] == "date-in-doubt"
    assert "date 2019-03-31 is more than a year ago." in said.told["message"]
    zap.create("record_payment", once_for="2", allow_far_date=True, **late)
    said = refusal(zap.find, "find_customer")
    assert said.told["message"].startswith("Fill in a code, an email or a name")


def test_a_scope_that_is_missing_is_named(zap: Zap, office: Office) -> None:
    zap.auth["api_key"] = office.key(scopes=(Scope.READ,))

    said = refusal(zap.create, "create_customer", name="Amy")

    assert said.told["status"] == 403
    assert "scope" in said.told["message"]


def test_a_key_for_two_companies_asks_which(zap: Zap, office: Office) -> None:
    zap.auth["api_key"] = office.key("Fay", office.company, office.other)
    assert len(zap.trigger("company", "perform")) == 2

    said = refusal(zap.trigger, "invoice_paid", "performList")
    assert said.told["status"] == 422
    listed = zap.trigger("invoice_issued", "performList", company=str(office.other.pk))

    assert {each["company"]["name"] for each in listed} == {"Lowood Ltd"}
    assert ApiCall.objects.filter(path="/api/v1/hooks/sample", status=200).count() == 1


def test_only_developers_may_speak_in_the_clear(office: Office, live_server: Any) -> None:
    app = ZapierApp(in_the_clear=False)
    try:
        said = refusal(
            Zap(app, live_server.url, key_for(office.people["Fay"], office.company)).test
        )
    finally:
        app.stop()

    assert "begin with https://" in said.told["message"]
    assert not ApiCall.objects.exists()
