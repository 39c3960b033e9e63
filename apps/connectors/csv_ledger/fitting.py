"""What a layout of another product has no room for, of a customer and of a document."""

import re
from collections.abc import Iterator
from decimal import Decimal

from apps.connectors.csv_ledger.cells import Told, headings, parts, rows_of, value_of
from apps.connectors.layouts import Column, Layout, TooLong
from apps.connectors.snapshots import (
    CreditNoteSnapshot,
    CustomerSnapshot,
    InvoiceSnapshot,
    Snapshot,
)

REFERENCE = "customer_code"


def misfits(snapshot: Snapshot, layout: Layout, home: str) -> Iterator[str]:
    """A sentence each; `home` is the currency of a file that names none."""
    if isinstance(snapshot, CustomerSnapshot):
        yield from _of_customer(snapshot, layout)
    elif isinstance(snapshot, InvoiceSnapshot | CreditNoteSnapshot):
        yield from dict.fromkeys(_of_document(snapshot, layout, home))


def misfit_of_reference(snapshot: Snapshot, layout: Layout) -> str:
    """Why a document cannot go for the name by which its customer is known there; "" where it can.
    Asked once that name is known: a document that is looked at before may be of a customer to be."""
    if not isinstance(snapshot, InvoiceSnapshot | CreditNoteSnapshot):
        return ""
    of_it = [each for each in layout.columns if each.source == REFERENCE]
    return next(filter(None, (_why_not(each, snapshot.customer_id, layout) for each in of_it)), "")


def _of_customer(customer: CustomerSnapshot, layout: Layout) -> Iterator[str]:
    for column in layout.columns:
        if column.source == REFERENCE and (why := _why_not(column, customer.code, layout)):
            yield why


def _of_document(
    document: InvoiceSnapshot | CreditNoteSnapshot, layout: Layout, home: str
) -> Iterator[str]:
    if layout.home_currency_only and document.currency != home:
        yield (
            f"It is in {document.currency}, and this file of {layout.product} has no currency: it "
            f"would arrive as {home}. Enter it there by hand."
        )
    for told in parts(document.number, document, layout):
        yield from _of_part(told, layout)
    rows = [headings(layout), *rows_of(document.number, document, layout)]
    if layout.most_bytes and sum(len(each.encode()) for each in rows) > layout.most_bytes:
        yield f"It is larger than {layout.most_bytes:,} bytes, a whole file of {layout.product}."


def _of_part(told: Told, layout: Layout) -> Iterator[str]:
    for column in layout.columns:
        if column.source == REFERENCE:
            continue
        value = value_of(column, told, layout)
        if isinstance(value, Decimal):
            if value < 0 and not layout.negative_lines:
                yield (
                    f"{column.heading} comes below nil on an account, and {layout.product} takes "
                    "amounts above nil alone. Enter it there by hand."
                )
        elif (value is None or isinstance(value, str)) and (
            why := _why_not(column, value or "", layout)
        ):
            yield why


def _why_not(column: Column, text: str, layout: Layout) -> str:
    hint = f" {column.hint}" if column.hint else ""
    if column.required and not text:
        return f"{column.heading} is empty, and {layout.product} asks for it.{hint}"
    refuses = column.too_long is TooLong.REFUSE and column.longest
    if refuses and len(text) > column.longest:
        return (
            f"{column.heading} “{text}” has {len(text)} characters, and {layout.product} takes "
            f"{column.longest}.{hint}"
        )
    if column.only and text and not re.fullmatch(column.only, text):
        return f"{column.heading} “{text}” does not fit in {layout.product}.{hint}"
    return ""
