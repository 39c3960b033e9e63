"""Fields that may be chosen, one of each kind, as people on both sides change them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from apps.billing.actions import change_open_fields
from apps.billing.changes import made_by
from apps.billing.models import Invoice
from apps.connectors.snapshots import Kind
from apps.sync.models import Side
from apps.sync.rules.choosing import choose
from tests.sync.theirs import their_id


@dataclass(frozen=True, kw_only=True)
class Case:
    """`change` writes a value over there, on the object of this id; `reads` says what stands."""

    kind: Kind
    field: str
    change: Callable[[Any, str, str], object]
    reads: Callable[[Any, str], str]

    def of(self, invoice: Invoice) -> Any:
        """The record of ours that this case is about."""
        if self.kind is Kind.CUSTOMER:
            return invoice.customer
        return invoice if self.kind is Kind.INVOICE else invoice.lines.get().item

    def here(self, books: Any, subject: Any, value: str) -> None:
        subject.refresh_from_db()
        with made_by(books.fay.pk):
            if isinstance(subject, Invoice):
                fields: dict[str, Any] = {self.field: value}
                change_open_fields(subject, **fields)
            else:
                setattr(subject, self.field, value)
                subject.save()

    def there(self, books: Any, subject: Any, value: str) -> None:
        self.change(books, their_id(books, subject), value)

    def ours(self, subject: Any) -> str:
        subject.refresh_from_db()
        return str(getattr(subject, self.field))

    def theirs(self, books: Any, subject: Any) -> str:
        return self.reads(books, their_id(books, subject))


def rule(books: Any, case: Case, side: Side) -> None:
    with made_by(books.fay.pk):
        choose(books.connection, case.kind, case.field, side)


def _one(books: Any, kind: str, key: str, remote_id: str) -> dict[str, Any]:
    found: dict[str, Any] = next(
        each for each in books.theirs(kind) if str(each[key]) == str(remote_id)
    )
    return found


# --- QuickBooks ----------------------------------------------------------------------------------


def _in_quickbooks(kind: str, body: Callable[[str], dict[str, Any]]) -> Callable[..., object]:
    def change(books: Any, remote_id: str, value: str) -> object:
        told = {"kind": kind, "id": remote_id, "body": body(value)}
        return books.server.act(books.realm, "update", **told)

    return change


def _memo(books: Any, remote_id: str) -> str:
    return str((_one(books, "Invoice", "Id", remote_id).get("CustomerMemo") or {}).get("value", ""))


CASES = [
    Case(
        kind=Kind.CUSTOMER,
        field="name",
        change=_in_quickbooks("Customer", lambda value: {"DisplayName": value}),
        reads=lambda books, key: str(_one(books, "Customer", "Id", key)["DisplayName"]),
    ),
    Case(
        kind=Kind.ITEM,
        field="description",
        change=_in_quickbooks("Item", lambda value: {"Description": value}),
        reads=lambda books, key: str(_one(books, "Item", "Id", key).get("Description", "")),
    ),
    Case(
        kind=Kind.INVOICE,
        field="message",
        change=_in_quickbooks("Invoice", lambda value: {"CustomerMemo": {"value": value}}),
        reads=_memo,
    ),
]


# --- Xero ----------------------------------------------------------------------------------------


def _in_xero(kind: str, key: str, field: str) -> Callable[..., object]:
    def change(books: Any, remote_id: str, value: str) -> object:
        body = {key: remote_id, field: value}
        return books.server.act(books.realm, "update", kind=kind, body=body)

    return change


XERO = [
    Case(
        kind=Kind.CUSTOMER,
        field="name",
        change=_in_xero("Contacts", "ContactID", "Name"),
        reads=lambda books, key: str(_one(books, "Contacts", "ContactID", key)["Name"]),
    ),
    Case(
        kind=Kind.ITEM,
        field="description",
        change=_in_xero("Items", "Code", "Description"),
        reads=lambda books, key: str(_one(books, "Items", "Code", key).get("Description", "")),
    ),
    Case(
        kind=Kind.INVOICE,
        field="purchase_order_number",
        change=lambda books, key, value: books.server.act(
            books.realm, "edit", id=key, reference=value
        ),
        reads=lambda books, key: str(
            _one(books, "Invoices", "InvoiceID", key).get("Reference", "")
        ),
    ),
]


# --- FreshBooks ----------------------------------------------------------------------------------


def _in_freshbooks(kind: str, field: str) -> Callable[..., object]:
    def change(books: Any, remote_id: str, value: str) -> object:
        told = {"kind": kind, "id": int(remote_id), "body": {field: value}}
        return books.server.act(books.realm, "edit", **told)

    return change


FRESHBOOKS = [
    Case(
        kind=Kind.CUSTOMER,
        field="name",
        change=_in_freshbooks("clients", "organization"),
        reads=lambda books, key: str(_one(books, "clients", "id", key)["organization"]),
    ),
    Case(
        kind=Kind.ITEM,
        field="description",
        change=_in_freshbooks("items", "description"),
        reads=lambda books, key: str(_one(books, "items", "id", key)["description"] or ""),
    ),
    Case(
        kind=Kind.INVOICE,
        field="purchase_order_number",
        change=_in_freshbooks("invoices", "po_number"),
        reads=lambda books, key: str(_one(books, "invoices", "id", key)["po_number"] or ""),
    ),
]
