"""What an answer about money leaves out, read from what stands beside it."""

from apps.connectors.errors import ConnectionLost, TryLater
from apps.connectors.port import Courier, Purpose
from apps.connectors.xero.documents import INVOICE
from apps.connectors.xero.money import BATCH
from apps.connectors.xero.reader import Reader
from apps.connectors.xero.rows import with_invoices
from apps.connectors.xero.wire import Json, Unread, text, within


def batch_as_it_stands(reader: Reader, raw: Json, courier: Courier) -> Json:
    """A payment inside a batch may have failed without an error, and only lack its id."""
    key = (BATCH, text(raw, "BatchPaymentID"))
    try:
        there = reader.raws([key], courier, Purpose.PAYMENTS)[key]
    except (TryLater, ConnectionLost) as trouble:
        raise Unread("Payments", "not there yet") from trouble
    if there is None:
        raise Unread("BatchPaymentID", key[1])
    return {**there, "Contact": raw["Contact"]}


def with_numbers(reader: Reader, kind: str, raw: Json, courier: Courier) -> Json:
    """What is set against an adjustment or a refund of ours is told by the number of what
    stands for it there."""
    whole = raw if kind == BATCH else {"Payments": [raw]}
    wanted = [(INVOICE, text(within(each, "Invoice"), "InvoiceID")) for each in whole["Payments"]]
    try:
        found = reader.raws(wanted, courier)
    except (TryLater, ConnectionLost):
        return raw  # the next reading tells it
    numbered = with_invoices(whole, {one: each for (_, one), each in found.items() if each})
    if kind == BATCH:
        return numbered
    told = numbered["Payments"][0]["Invoice"]
    return {**raw, "Invoice": {**raw["Invoice"], **told}}
