"""Payments: money received, what it pays, and the credits used with it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ...models import StoredObject
from .. import faults, fields, linking
from ..book import Book, amount_of
from ..currencies import rounded
from ..filing import Content
from ..kinds import Kind, Options, register
from ..links import LINK_KINDS
from ..wire import cents
from .common import merged, refer
from .currency import document_currency
from .deposit_accounts import deposit_account
from .sales import voided_note

PAYMENT: fields.Spec = {
    "CustomerRef": fields.reference,
    "TotalAmt": fields.decimal,
    "TxnDate": fields.day,
    "PrivateNote": fields.text(4000),
    "PaymentMethodRef": fields.reference,
    "PaymentRefNum": fields.text(21),
    "DepositToAccountRef": fields.reference,
    "ExchangeRate": fields.decimal,
    "Line": fields.rows,
}


def payment(
    book: Book, sent: Mapping[str, Any], current: StoredObject | None, options: Options
) -> Content:
    for name in ("CustomerRef", "TotalAmt"):
        if sent.get(name) in fields.ABSENT:
            raise faults.missing(name)
    content = merged(PAYMENT, sent, current)
    content.setdefault("TxnDate", book.today.isoformat())
    book.check_open(current.content["TxnDate"] if current else None)
    book.check_open(content["TxnDate"])
    refer(book, content, "CustomerRef", "Customer", current)
    refer(book, content, "PaymentMethodRef", "PaymentMethod", current)
    customer = book.referred("Customer", content["CustomerRef"]["value"], allow_inactive=True)
    code = customer.content["CurrencyRef"]["value"]
    content |= document_currency(book, content, sent, code, content["TxnDate"])
    unit = book.unit(code)
    total = rounded(Decimal(content["TotalAmt"]), unit)
    if total < 0:
        raise faults.business("A payment may not be negative.", "TotalAmt")
    lines = content.get("Line", [])
    if "Line" in sent or current is None:
        lines = [applied_line(book, row, unit) for row in lines if row.get("LinkedTxn")]
    unapplied = total - linking.applied_net(book, lines)
    if unapplied < 0:
        raise faults.business(
            "The amount applied is more than the payment and the credits used.", "TotalAmt"
        )
    deposit_to(book, content, total, current)
    if current is not None:
        check_not_deposited(current, content, total)
    return {
        **content,
        **deposit_link(current),
        "TotalAmt": total,
        "UnappliedAmt": unapplied,
        "ProcessPayment": False,
        "Line": lines,
    }


def applied_line(book: Book, row: Mapping[str, Any], unit: Decimal) -> Content:
    """One line is one linked transaction with the amount applied to it."""
    amount = rounded(fields.decimal(row.get("Amount", 0), "Line.Amount"), unit)
    if amount <= 0:
        raise faults.business("The amount of a payment's line must be above zero.", "Line.Amount")
    links = fields.rows(row["LinkedTxn"], "LinkedTxn")
    if len(links) != 1:
        raise faults.Refused("2010", "A payment's line links one transaction.", "LinkedTxn")
    kind, identity = str(links[0].get("TxnType")), str(links[0].get("TxnId"))
    if kind not in LINK_KINDS:
        raise faults.Refused("2170", f"{kind} cannot be linked to a payment", "TxnType")
    stored = book.require(LINK_KINDS[kind], identity)
    if (stored.kind, stored.object_id) in book.made_in_batch:
        raise faults.not_found(f"{kind} {identity} was not found")
    return {
        "Amount": amount,
        "LinkedTxn": [{"TxnId": identity, "TxnType": kind}],
        "LineEx": {"any": [name_value("txnId", identity), *reference_number(stored)]},
    }


def reference_number(stored: StoredObject) -> list[Content]:
    number = stored.content.get("DocNumber")
    return [name_value("txnReferenceNumber", number)] if number else []


def name_value(name: str, value: str) -> Content:
    """The Java dump that the service adds to each line."""
    return {
        "name": "{http://schema.intuit.com/finance/v3}NameValue",
        "declaredType": "com.intuit.schema.finance.v3.NameValue",
        "scope": "javax.xml.bind.JAXBElement$GlobalScope",
        "value": {"Name": name, "Value": value},
        "nil": False,
        "globalScope": True,
        "typeSubstituted": False,
    }


def deposit_to(book: Book, content: Content, total: Decimal, current: StoredObject | None) -> None:
    """Where the money goes: the account sent, else undeposited funds; a payment of nil goes nowhere."""
    if not total:
        content.pop("DepositToAccountRef", None)
        return
    if not content.get("DepositToAccountRef"):
        content["DepositToAccountRef"] = str(book.control.undeposited_funds)
    deposit_account(book, content, current)


def deposit_link(current: StoredObject | None) -> Content:
    linked = current.content.get("LinkedTxn") if current else None
    return {"LinkedTxn": linked} if linked else {}


def check_not_deposited(current: StoredObject, content: Content | None, total: Decimal) -> None:
    """A payment that lies in a bank deposit keeps its amount, account and existence."""
    if not current.content.get("LinkedTxn"):
        return
    same_account = content is not None and content.get("DepositToAccountRef", {}).get(
        "value"
    ) == current.content["DepositToAccountRef"].get("value")
    same_rate = content is None or content.get("ExchangeRate") == current.content.get(
        "ExchangeRate"
    )
    if total != current.content["TotalAmt"] or not same_account or not same_rate:
        raise faults.Refused(
            "6540", "This transaction has been deposited. Delete the deposit first.", "TotalAmt"
        )


def relink(book: Book, before: StoredObject | None, after: StoredObject | None) -> None:
    if after is None and before is not None:
        check_not_deposited(before, None, Decimal(-1))
    linking.after_payment(book, before, after)


def void_payment(book: Book, current: StoredObject) -> Content:
    content = current.content
    book.check_open(content["TxnDate"])
    check_not_deposited(current, None, Decimal(-1))
    return {
        **content,
        "TotalAmt": Decimal(0),
        "UnappliedAmt": Decimal(0),
        "Line": [],
        "PrivateNote": voided_note(content),
    }


def unapplied(content: Content) -> int:
    return -cents(amount_of(content, "UnappliedAmt"))


def fully_applied(lines: Mapping[str, Decimal]) -> list[Content]:
    """Lines that pay these invoices, id -> amount: for people who record a payment on a page."""
    return [
        {"Amount": amount, "LinkedTxn": [{"TxnId": identity, "TxnType": "Invoice"}]}
        for identity, amount in lines.items()
    ]


register(
    Kind(
        "Payment",
        payment,
        is_transaction=True,
        list_name="Txns",
        columns=("TxnDate", "CustomerRef", "TotalAmt", "UnappliedAmt", "PaymentRefNum"),
        relink=relink,
        void=void_payment,
        void_by="include",
        deletable=True,
        open_amount=unapplied,
    )
)
