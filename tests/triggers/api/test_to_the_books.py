"""What a program issued and received goes to the books by itself, and both sides agree."""

from typing import Any

import pytest

from apps.reconciliation.compare import compare
from apps.staff.access import give_role, set_up_roles
from apps.staff.roles import RoleName
from apps.triggers.api.keys import make_key
from tests.books import Books, point_at
from tests.factories import make_customer, make_item
from tests.sandbox_server import SandboxServer
from tests.triggers.api.caller import EVERY, Caller

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_an_invoice_issued_and_paid_by_the_api_stands_in_the_books(
    sandbox_server: SandboxServer, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    point_at(sandbox_server, settings)
    books = Books(sandbox_server)
    customer = make_customer(books.company, name="Bell & Daughters")
    make_item(books.company, code="LAMP", name="Lamp", unit_price="12.50")
    set_up_roles()
    give_role(books.fay, RoleName.ACCOUNTANT)
    books.go_live()
    key = make_key(books.fay, name="Web shop", companies=[books.company], scopes=EVERY)
    shop = Caller(key.text)

    made = shop.post("/invoices", {"customer": str(customer.public_id), "issue_date": "2026-03-02",
                                   "lines": [{"item_code": "LAMP", "quantity": "4"}]})  # fmt: skip
    invoice = shop.post(f"/invoices/{made.body['id']}/issue", if_match=made.headers["ETag"]).body
    assert books.method is not None
    paid = shop.post("/payments", {"customer": str(customer.public_id), "amount": "50.00",
        "date": "2026-03-20", "method": books.method.name,
        "apply": [{"invoice": invoice["id"], "amount": "50.00"}]})  # fmt: skip
    assert paid.status == 201
    books.run()

    there = books.their_invoice(invoice["number"])
    assert (there["TotalAmt"], there["Balance"]) == (50, 0)
    stands = shop.get(f"/standings?kind=invoice&record={invoice['id']}").body["data"]
    assert [each["state"] for each in stands] == ["in_the_books"]
    assert stands[0]["their_id"] == there["Id"]
    assert shop.get("/standings?state=needs_person").body["data"] == []
    found = compare(books.connection)
    assert found.tied_out, found.refusals
    [agreement] = shop.get("/agreements").body["data"]
    assert agreement["connection"]["id"] == str(books.connection.public_id)
