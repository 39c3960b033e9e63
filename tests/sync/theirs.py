"""What the tests of arrivals ask of both sides."""

from typing import Any

from apps.billing.models import Allocation, Payment
from apps.connectors.snapshots import Kind
from apps.sync.models import RemoteRecord, SyncRecord
from tests.books import Books
from tests.factories import make_invoice


def an_invoice_in_their_books(books: Books) -> Any:
    """Over 100.00, sent."""
    invoice = make_invoice(company=books.company)
    books.run()
    return invoice


def row_of(books: Books, their_kind: str, remote_id: str) -> RemoteRecord:
    return RemoteRecord.objects.get(
        connection=books.connection, kind=their_kind, remote_id=remote_id, part=""
    )


def their_id(books: Books, subject: Any) -> str:
    """Their id of a record of ours."""
    rows = books.record(subject).remote_records.filter(retired=False, gone=False, part="")
    return str(rows.get().remote_id)


def pay_there(books: Books, *invoices: Any, **told: Any) -> str:
    """A person over there records a payment; its id. Each invoice whole, unless told otherwise."""
    told.setdefault("date", "2026-03-16")
    told.setdefault("invoices", [their_id(books, each) for each in invoices])
    return str(books.server.act(books.realm, "record_payment", **told)["Id"])


def change_there(books: Books, kind: str, remote_id: str, **body: Any) -> None:
    books.server.act(books.realm, "update", kind=kind, id=remote_id, body=body)


def payments_there(books: Books) -> int:
    return RemoteRecord.objects.filter(
        connection=books.connection, of_kind=Kind.PAYMENT, part=""
    ).count()


def all_rows(books: Books) -> tuple[object, ...]:
    """Everything that a run with nothing to do must leave alone."""
    return (
        list(SyncRecord.objects.order_by("id").values_list("id", "changed_at", "state")),
        list(
            RemoteRecord.objects.order_by("id").values_list("id", "read_at", "arrival", "version")
        ),
        list(Payment.objects.order_by("id").values_list("id", "revision")),
        list(Allocation.objects.order_by("id").values_list("id", "revision")),
    )
