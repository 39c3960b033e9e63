"""One field of each kind that may be chosen, as people on both sides change it in QuickBooks."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from apps.billing.actions import change_open_fields
from apps.billing.changes import made_by
from apps.billing.models import Invoice
from apps.connectors.snapshots import Kind
from apps.sync.models import Side
from apps.sync.rules.choosing import choose
from tests.books import Books
from tests.sync.theirs import change_there, their_id


@dataclass(frozen=True, kw_only=True)
class Case:
    """`here` and `there` write a value on one side; `reads` says what stands there."""

    kind: Kind
    field: str
    subject: Callable[[Invoice], Any]
    body: Callable[[str], dict[str, Any]]
    reads: Callable[[dict[str, Any]], str]
    their_kind: str

    def here(self, books: Books, subject: Any, value: str) -> None:
        subject.refresh_from_db()
        with made_by(books.fay.pk):
            if isinstance(subject, Invoice):
                change_open_fields(subject, message=value)
            else:
                setattr(subject, self.field, value)
                subject.save()

    def there(self, books: Books, subject: Any, value: str) -> None:
        change_there(books, self.their_kind, their_id(books, subject), **self.body(value))

    def ours(self, subject: Any) -> str:
        subject.refresh_from_db()
        return str(getattr(subject, self.field))

    def theirs(self, books: Books, subject: Any) -> str:
        remote_id = their_id(books, subject)
        (found,) = (each for each in books.theirs(self.their_kind) if each["Id"] == remote_id)
        return self.reads(found)


def _memo(there: dict[str, Any]) -> str:
    return str((there.get("CustomerMemo") or {}).get("value", ""))


CASES = [
    Case(
        kind=Kind.CUSTOMER,
        field="name",
        subject=lambda invoice: invoice.customer,
        body=lambda value: {"DisplayName": value},
        reads=lambda there: str(there["DisplayName"]),
        their_kind="Customer",
    ),
    Case(
        kind=Kind.ITEM,
        field="description",
        subject=lambda invoice: invoice.lines.get().item,
        body=lambda value: {"Description": value},
        reads=lambda there: str(there.get("Description", "")),
        their_kind="Item",
    ),
    Case(
        kind=Kind.INVOICE,
        field="message",
        subject=lambda invoice: invoice,
        body=lambda value: {"CustomerMemo": {"value": value}},
        reads=_memo,
        their_kind="Invoice",
    ),
]


def rule(books: Books, case: Case, side: Side) -> None:
    with made_by(books.fay.pk):
        choose(books.connection, case.kind, case.field, side)
