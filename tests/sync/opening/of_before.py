"""What stood open on both sides at the cut-off, made for a test."""

from datetime import date
from typing import Any

from apps.sync.models import OpeningItem, RemoteRecord
from apps.sync.opening.linking import link_open_item
from tests.books import Books
from tests.factories import (
    make_invoice,
    make_item,
)
from tests.sync.theirs import row_of

DECEMBER_10, DECEMBER_20 = date(2025, 12, 10), date(2025, 12, 20)
JANUARY_15, MARCH_20 = date(2026, 1, 15), date(2026, 3, 20)


def sold_there(books: Books, invoice: Any, amount: Any = None, **told: Any) -> str:
    """The same sale as it was typed over there long ago; its id."""
    customer = told.pop("customer", None) or customer_there(books, invoice)
    item = told.pop("item", None) or books.theirs("Item")[0]["Id"]
    line = {
        "DetailType": "SalesItemLineDetail",
        "Amount": float(amount if amount is not None else invoice.total),
        "SalesItemLineDetail": {"ItemRef": {"value": item}},
    }
    body = {
        "CustomerRef": {"value": customer},
        "TxnDate": invoice.issue_date.isoformat(),
        "DocNumber": invoice.number,
        "Line": [line],
        **told,
    }
    kind = "Invoice" if invoice.kind == "invoice" else "CreditMemo"
    return str(books.server.act(books.realm, "create", kind=kind, body=body)["Id"])


def customer_there(books: Books, invoice: Any) -> str:
    rows = RemoteRecord.objects.filter(
        connection=books.connection, sync_record__customer=invoice.customer, retired=False
    )
    return str(rows.get().remote_id)


def old_invoice(customer: Any, total: int = 1000, **fields: Any) -> Any:
    return make_invoice(
        customer=customer,
        issue_date=DECEMBER_10,
        lines=[(make_item(customer.company), 1, total)],
        **fields,
    )


def linked(books: Books, subject: Any, remote_id: str, reason: str = "") -> OpeningItem:
    kind = {"invoice": "Invoice", "credit_note": "CreditMemo", "payment": "Payment"}[subject.kind]
    row = row_of(books, kind, remote_id)
    return link_open_item(books.connection, subject, row, user_id=books.fay.pk, reason=reason)
