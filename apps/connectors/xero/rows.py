"""Rows of their lists: which count, and what is put beside them. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from apps.connectors.xero import money
from apps.connectors.xero.money import (
    BANK_TRANSACTION,
    BATCH,
    OVERPAYMENT,
    PAYMENT,
    PREPAYMENT,
)
from apps.connectors.xero.wire import (
    Json,
    Raw,
    Unread,
    members,
    text,
    within,
)

# A bank transaction that made an over- or prepayment says on which account it lies.
MADE_BY = {OVERPAYMENT: "OverpaymentID", PREPAYMENT: "PrepaymentID"}


def counts(kind: str, raw: Raw) -> bool:
    """Whether it is an object of its own, on the side of sales. What cannot be told is: then it is
    read, and found unreadable by itself."""
    try:
        return _counts(kind, raw)
    except Unread:
        return True


def _counts(kind: str, raw: Raw) -> bool:
    word = text(raw, "Type").upper()
    if kind == PAYMENT:
        pays_sale = text(within(raw, "Invoice"), "Type").upper() in ("", "ACCREC")
        listed = text(raw, "PaymentType").upper() in ("", money.MONEY_IN, *money.PAID_OUT)
        return listed and pays_sale_or_credit(raw, pays_sale) and not text(raw, "BatchPaymentID")
    if kind == BATCH:
        return money.is_receipt(raw)
    if kind == BANK_TRANSACTION:
        return word in (money.SPEND, money.RECEIVE)
    if kind in MADE_BY:
        return word in ("", money.ON_ACCOUNT[kind])
    return True


def pays_sale_or_credit(raw: Raw, pays_sale: bool) -> bool:
    return pays_sale or text(raw, "PaymentType").upper() in money.PAID_OUT


def remember(rows: Iterable[Raw], beside: dict[str, Json]) -> None:
    """The bank account of each over- and prepayment, by its id."""
    for raw in rows:
        for name in MADE_BY.values():
            own, account = raw.get(name), raw.get("BankAccount")
            if isinstance(own, str) and isinstance(account, Mapping):
                beside[own] = {
                    "BankAccount": account,
                    "BankTransactionID": raw.get("BankTransactionID"),
                }


def invoices_of(batch: Raw) -> list[str]:
    try:
        found = [text(money.invoice_of(each), "InvoiceID") for each in members(batch, "Payments")]
    except Unread:
        return []
    return [one for one in found if one]


def with_invoices(batch: Raw, invoices: Mapping[str, Raw]) -> Json:
    """Whose a batch is, and the numbers of its invoices, from the invoices that it pays."""
    if not invoices_of(batch):
        return dict(batch)
    payments: list[Any] = []
    contact: Raw = within(batch, "Contact")
    for each in members(batch, "Payments"):
        one = text(money.invoice_of(each), "InvoiceID")
        known = invoices.get(one, {})
        own = {"InvoiceID": one}
        number = text(known, "InvoiceNumber") or text(money.invoice_of(each), "InvoiceNumber")
        if number:
            own["InvoiceNumber"] = number
        payments.append({**each, "Invoice": own})
        contact = contact or {"ContactID": text(within(known, "Contact"), "ContactID")}
    return {**batch, "Payments": payments, "Contact": {"ContactID": text(contact, "ContactID")}}


def escaped(one: str) -> str:
    """A number, code or marker as one step of a path, a slash in it included."""
    return "".join(
        chr(byte) if (chr(byte).isalnum() and byte < 128) or chr(byte) in "-._~" else f"%{byte:02X}"
        for byte in one.encode()
    )


def in_parts(listed: Sequence[Any], size: int) -> list[list[Any]]:
    return [list(listed[start : start + size]) for start in range(0, len(listed), size)]


def by_kind(wanted: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for kind, one in dict.fromkeys(wanted):
        found.setdefault(kind, []).append(one)
    return found


def of_rows(rows: Mapping[str, Raw], one: str) -> Raw | None:
    """By id; guids and codes are compared without regard to case."""
    if one in rows:
        return rows[one]
    return next((raw for own, raw in rows.items() if own.casefold() == one.casefold()), None)
