"""What an object of theirs is, before it is read: its id, its version, its state, its mark. Pure."""

from collections.abc import Mapping
from typing import Any

from apps.connectors.freshbooks.client import CLIENT, CREDIT, INVOICE, ITEM, PAYMENT, TAX
from apps.connectors.freshbooks.wire import (
    DELETED,
    Raw,
    Unread,
    currency_of,
    digest,
    figure,
    is_adjustment,
    marker_in,
    members,
    text,
)
from apps.connectors.snapshots import Kind

ENTITY = {
    Kind.CUSTOMER: CLIENT,
    Kind.ITEM: ITEM,
    Kind.INVOICE: INVOICE,
    Kind.CREDIT_NOTE: CREDIT,
    Kind.ADJUSTMENT: CREDIT,
    Kind.PAYMENT: PAYMENT,
    Kind.ALLOCATION: PAYMENT,
}
# The order of a feed: a credit before what it pays.
KINDS = (CLIENT, ITEM, INVOICE, CREDIT, PAYMENT)
USUAL = {CLIENT: Kind.CUSTOMER, ITEM: Kind.ITEM, INVOICE: Kind.INVOICE, PAYMENT: Kind.PAYMENT}
ON_ACCOUNT = ("overpayment", "prepayment")  # credits that are money
DRAFT, DRAFT_STATUS = "draft", 1
# Kept in a raw beside what they answer: of a credit what it pays, of such a payment its credit.
USES, SOURCE = "tieout_uses", "tieout_credit"
IDS = {
    CLIENT: ("id", "userid"),
    ITEM: ("id", "itemid"),
    INVOICE: ("id", "invoiceid"),
    PAYMENT: ("id", "logid"),
    CREDIT: ("id", "creditid"),
    TAX: ("id", "taxid"),
}
# What a version is made of beside their time, which is of whole seconds.
TOLD = {
    CLIENT: (
        "organization", "email", "bus_phone", "p_street", "p_street2", "p_city", "p_province",
        "p_code", "p_country", "currency_code", "note", "vis_state",
    ),
    ITEM: ("name", "description", "sku", "unit_cost", "vis_state"),
    INVOICE: (
        "invoice_number", "customerid", "create_date", "due_date", "due_offset_days", "amount",
        "outstanding", "status", "notes", "po_number", "terms", "vis_state",
    ),
    CREDIT: ("credit_number", "clientid", "create_date", "amount", "paid", "notes", "vis_state"),
    PAYMENT: ("amount", "date", "note", "type", "invoiceid", "creditid", "vis_state"),
}  # fmt: skip


def id_of(kind: str, raw: Raw) -> str:
    for name in IDS[kind]:
        value = raw.get(name)
        if isinstance(value, int | str) and not isinstance(value, bool) and value:
            return str(value)
    return ""


def version_of(kind: str, raw: Raw) -> str:
    told = [_told(raw.get(name)) for name in TOLD[kind]]
    return f"{raw.get('updated') or ''}~{digest(told)}"


def _told(value: Any) -> Any:
    """As it is told whichever answer tells it: 100 and "100.00" are one figure."""
    if isinstance(value, Mapping):
        try:
            return [str(figure(value, "amount").normalize()), str(value.get("code") or "")]
        except Unread:
            return str(value.get("amount"))
    return "" if value is None else str(value)


def is_deleted(raw: Raw) -> bool:
    return raw.get("vis_state") in (DELETED, str(DELETED))


def is_draft(raw: Raw) -> bool:
    status = raw.get("status")
    if isinstance(status, int) and not isinstance(status, bool):
        return status == DRAFT_STATUS
    return raw.get("display_status") == DRAFT or status == DRAFT


def pays_by_credit(raw: Raw) -> bool:
    return raw.get("from_credit") is True or (
        raw.get("creditid") not in (None, 0, "") and bool(raw.get("invoiceid"))
    )


def is_money(credit: Raw) -> bool:
    return credit.get("credit_type") in ON_ACCOUNT


def credit_kind(raw: Raw) -> Kind:
    if is_money(raw):
        return Kind.PAYMENT
    return Kind.ADJUSTMENT if is_adjustment(words_in(raw, "notes")) else Kind.CREDIT_NOTE


def words_in(raw: Raw, name: str) -> str:
    value = raw.get(name)
    return value if isinstance(value, str) else ""


def marker_of(kind: str, raw: Raw) -> str:
    """An item has no room for one that nobody copies onto an invoice."""
    where = {CLIENT: "note", PAYMENT: "note", INVOICE: "notes", CREDIT: "notes"}.get(kind, "")
    return marker_in(words_in(raw, where)) if where else ""


def uses_in(raw: Raw) -> list[Raw]:
    return members(raw, USES) if USES in raw else []


def currency_in(kind: str, raw: Raw) -> str:
    if kind == ITEM:
        return currency_of(raw, "unit_cost")
    return text(raw, "currency_code") or currency_of(raw, "amount")
