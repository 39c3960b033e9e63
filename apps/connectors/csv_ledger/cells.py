"""Records as rows of CSV: every byte is made of what the snapshots say and of nothing else, so that a
file that is lost is the same when it is made again."""

import dataclasses
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from apps.connectors.csv_ledger.objects import amount_of, dated_of
from apps.connectors.csv_ledger.written import BY_HAND
from apps.connectors.layouts import Column, Formulas, Layout, TooLong
from apps.connectors.snapshots import CreditNoteSnapshot, DocumentSnapshot, Kind, Line, Snapshot
from apps.core.formulas import is_formula

END = "\r\n"
TO_QUOTE = re.compile(r'[",\r\n]|^\s|\s$')
WORDS = {
    Kind.CUSTOMER: "Customer",
    Kind.ITEM: "Item",
    Kind.INVOICE: "Invoice",
    Kind.CREDIT_NOTE: "Credit note",
    Kind.PAYMENT: "Payment",
    Kind.ALLOCATION: "Allocation",
}


@dataclass(frozen=True, slots=True)
class Told:
    """What a cell is about: a record under the name that it has there, and one of its lines."""

    remote_id: str
    snapshot: Any
    line: Line | None = None
    place: int = 0


def rows_of(remote_id: str, snapshot: Snapshot, layout: Layout) -> Iterator[str]:
    """The rows of one record, each with its line end."""
    for told in parts(remote_id, snapshot, layout):
        yield _row((value_of(each, told, layout) for each in layout.columns), layout)


def value_of(column: Column, told: Told, layout: Layout) -> Any:
    """What a column holds of a part of a record, before it is written."""
    if not column.source:
        return column.constant
    own = layout.formulas is Formulas.ESCAPE
    value = (SOURCES if own else SHARED)[column.source](told)
    if column.longest and column.too_long is TooLong.CUT and isinstance(value, str):
        return value[: column.longest]
    return value


def headings(layout: Layout) -> str:
    return _row([each.heading for each in layout.columns])


def by_hand_headings() -> str:
    return _row(BY_HAND)


def by_hand_row(*cells: Any) -> str:
    return _row(cells)


def total_of(snapshot: Snapshot) -> tuple[str, Decimal] | None:
    """What a record adds to the control total of its currency, below nil where it is a credit."""
    currency, amount = getattr(snapshot, "currency", ""), amount_of(snapshot)
    if not currency or amount is None:
        return None
    return currency, -amount if isinstance(snapshot, CreditNoteSnapshot) else amount


def parts(remote_id: str, snapshot: Snapshot, layout: Layout) -> Iterator[Told]:
    """A document by line, or by account and tax code; anything else whole."""
    if not isinstance(snapshot, DocumentSnapshot):
        yield Told(remote_id, snapshot)
        return
    lines = _summed(snapshot.lines) if layout.sums_per_account else snapshot.lines
    for place, line in enumerate(lines, start=1):
        yield Told(remote_id, snapshot, line, place)


def _summed(lines: Sequence[Line]) -> Iterable[Line]:
    """One for each account and tax code, in the order in which they first stand."""
    found: dict[tuple[str, str], Line] = {}
    for line in lines:
        key = line.account_id, line.tax_code_id
        before = found.get(key)
        if before is not None:
            line = dataclasses.replace(before, net=before.net + line.net, tax=before.tax + line.tax)
        found[key] = line
    return found.values()


def _row(cells: Iterable[Any], layout: Layout | None = None) -> str:
    day = layout.date_format if layout is not None else "%Y-%m-%d"
    return ",".join(_cell(each, day) for each in cells) + END


def _cell(value: Any, date_format: str) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date):
        return value.strftime(date_format)
    text = f"'{value}" if is_formula(str(value)) else str(value)
    return '"' + text.replace('"', '""') + '"' if TO_QUOTE.search(text) else text


def _of(name: str) -> Callable[[Told], Any]:
    """A field of the record; empty where its kind has none."""
    return lambda told: getattr(told.snapshot, name, "")


def _of_line(name: str) -> Callable[[Told], Any]:
    return lambda told: getattr(told.line, name, "")


def _of_address(name: str) -> Callable[[Told], Any]:
    return lambda told: getattr(told.snapshot.address, name)


def _account(told: Told) -> str:
    return str((told.line or told.snapshot).account_id)


def _kind_words(name: str) -> Callable[[Told], str]:
    return lambda told: WORDS.get(Kind(getattr(told.snapshot, name)), getattr(told.snapshot, name))


SOURCES: dict[str, Callable[[Told], Any]] = {
    "document": lambda told: (
        "Credit note" if isinstance(told.snapshot, CreditNoteSnapshot) else "Invoice"
    ),
    "id": lambda told: told.remote_id,
    "reference": _of("marker"),
    "date": lambda told: dated_of(told.snapshot),
    "due_date": _of("due_date"),
    "customer": _of("customer_id"),
    "currency": _of("currency"),
    "rate": _of("exchange_rate"),
    "purchase_order": _of("purchase_order_number"),
    "message": _of("message"),
    "line": lambda told: told.place,
    "item": _of_line("item_id"),
    "description": lambda told: (told.line or told.snapshot).description,
    "quantity": _of_line("quantity"),
    "unit_price": lambda told: (told.line or told.snapshot).unit_price,
    "account": _account,
    "tax_code": _of_line("tax_code_id"),
    "net": _of_line("net"),
    "tax": _of_line("tax"),
    "document_net": _of("net"),
    "document_tax": _of("tax"),
    "document_total": _of("total"),
    "name": _of("name"),
    "code": _of("code"),
    "email": _of("email"),
    "phone": _of("phone"),
    "street": lambda told: ", ".join(told.snapshot.address.lines),
    "city": _of_address("city"),
    "region": _of_address("region"),
    "postal_code": _of_address("postal_code"),
    "country": _of_address("country"),
    "parent": _of("parent_id"),
    "amount": _of("amount"),
    "method": _of("method_id"),
    "payment_reference": _of("reference"),
    "memo": _of("memo"),
    "source": _kind_words("source"),
    "source_id": _of("source_id"),
    "target": _kind_words("target_kind"),
    "target_id": _of("target_id"),
}


def _credit(credit: str, invoice: str) -> Callable[[Told], str]:
    return lambda told: credit if isinstance(told.snapshot, CreditNoteSnapshot) else invoice


def _details(told: Told) -> str:
    """What the line says. A text that a spreadsheet would run gives way to the document's number:
    another product would keep the apostrophe that stands before it in files of our own."""
    said = told.line.description or told.line.item_id if told.line is not None else ""
    return told.remote_id if is_formula(said) else said


# What columns of other products ask for, under the names of `exchange`. Their customer is known by a
# reference, and her name is not in a document.
SHARED: dict[str, Callable[[Told], Any]] = {
    "entry_type": _credit("Cr Note", "Invoice"),
    "posting_type": _credit("SC", "SI"),
    "customer_code": _of("customer_id"),
    "customer": lambda told: "",
    "number": lambda told: told.remote_id,
    "reference": _of("purchase_order_number"),
    "date": lambda told: dated_of(told.snapshot),
    "account": _account,
    "description_or_item": _details,
    "net": _of_line("net"),
    "tax": _of_line("tax"),
    "tax_code": _of_line("tax_code_id"),
}
