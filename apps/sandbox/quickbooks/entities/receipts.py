"""Sales receipts and refund receipts: sales whose money moves at once, without a receivable."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ...models import StoredObject
from .. import faults, fields
from ..book import Book
from ..filing import Content
from ..kinds import Kind, Options, register
from .common import refer
from .deposit_accounts import deposit_account
from .lines import emptied
from .payment import check_not_deposited, deposit_link
from .sales import SALE, nothing_due, sale, voided_note

RECEIPT: fields.Spec = SALE | {
    "PaymentMethodRef": fields.reference,
    "PaymentRefNum": fields.text(21),
    "DepositToAccountRef": fields.reference,
}


def receipt(
    book: Book,
    kind: str,
    sent: Mapping[str, Any],
    current: StoredObject | None,
    options: Options,
) -> Content:
    content = sale(book, kind, RECEIPT, sent, current, options)
    refer(book, content, "PaymentMethodRef", "PaymentMethod", current)
    if not content.get("DepositToAccountRef"):
        if kind == "RefundReceipt":
            raise faults.missing("DepositToAccountRef")
        content["DepositToAccountRef"] = str(book.control.undeposited_funds)
    deposit_account(book, content, current)
    content.pop("SalesTermRef", None)
    if current is not None:
        check_not_deposited(current, content, content["TotalAmt"])
    home = {"HomeBalance": Decimal(0)} if "HomeTotalAmt" in content else {}
    return {**content, **home, **deposit_link(current), "Balance": Decimal(0)}


def sales_receipt(
    book: Book, sent: Mapping[str, Any], current: StoredObject | None, options: Options
) -> Content:
    return receipt(book, "SalesReceipt", sent, current, options)


def refund_receipt(
    book: Book, sent: Mapping[str, Any], current: StoredObject | None, options: Options
) -> Content:
    """Reverses income and tax of its own lines and pays the money out: it is no credit to apply."""
    return receipt(book, "RefundReceipt", sent, current, options)


def void_receipt(book: Book, current: StoredObject) -> Content:
    content = current.content
    book.check_open(content["TxnDate"])
    check_not_deposited(current, None, Decimal(-1))
    return {
        **content,
        "PrivateNote": voided_note(content),
        "Line": emptied(content["Line"]),
        "TotalAmt": Decimal(0),
        **nothing_due(content),
    }


def relink(book: Book, before: StoredObject | None, after: StoredObject | None) -> None:
    if after is None and before is not None:
        check_not_deposited(before, None, Decimal(-1))


COLUMNS = ("DocNumber", "TxnDate", "CustomerRef", "TotalAmt")

register(
    Kind(
        "SalesReceipt",
        sales_receipt,
        is_transaction=True,
        list_name="Txns",
        columns=COLUMNS,
        relink=relink,
        void=void_receipt,
        void_by="include",
        deletable=True,
    )
)
register(
    Kind(
        "RefundReceipt",
        refund_receipt,
        is_transaction=True,
        list_name="Txns",
        columns=COLUMNS,
        relink=relink,
        deletable=True,
    )
)
