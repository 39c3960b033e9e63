"""Credits and money on account that go to open invoices by themselves, where a company wants it so.

Of the preferences SalesFormsPrefs.AutoApplyCredit and AutoApplyPayments. A credit memo is tied to an
invoice by a payment of nil without an account to deposit to, whose note says who made it (recorded);
that money on account is tied by the payment it came with, and that it happens right after the
document was made, as a change of its own, are readings.
"""

from collections.abc import Mapping
from typing import Any

from ..models import StoredObject
from . import faults
from .book import Book
from .wire import from_cents

NOTE = "Created by QB Online to link credits to charges."
KINDS = ("Invoice", "CreditMemo", "Payment")
# A payment to make or change, as it would be sent.
Sent = Mapping[str, Any]


def wanted(book: Book, made: StoredObject) -> bool:
    switches = ("auto_apply_credit", "auto_apply_payments")
    return made.kind in KINDS and any(book.settings[name] for name in switches)


def applications(book: Book, made: StoredObject) -> list[Sent]:
    """The payments that tie what is open on the customer's account, oldest to oldest."""
    found = open_documents(book, made)
    invoices = [one for one in found if one.kind == "Invoice"]
    left = {one.object_id: one.open_amount for one in invoices}
    kinds = ("CreditMemo", "Payment") if book.settings["auto_apply_credit"] else ("Payment",)
    out: list[Sent] = []
    for source in [one for one in found if one.kind in kinds]:
        rest, parts = -source.open_amount, []
        for invoice in invoices:
            amount = min(rest, left[invoice.object_id])
            if amount > 0:
                rest -= amount
                left[invoice.object_id] -= amount
                parts.append((invoice, amount))
        if source.kind == "CreditMemo":
            out.extend(tied(source, invoice, amount) for invoice, amount in parts)
        elif parts:
            out.append(with_lines(source, parts))
    return out


def open_documents(book: Book, made: StoredObject) -> list[StoredObject]:
    """What is open of the customer's, the oldest first, as this request sees it."""
    rows = StoredObject.objects.filter(
        realm=book.company.realm, customer=made.customer, kind__in=KINDS, deleted=False
    )
    found = {(one.kind, one.object_id): one for one in rows.exclude(open_amount=0)}
    found |= {key: one for key, one in book.kept.items() if key[0] in KINDS}
    alive = [
        one
        for one in found.values()
        if one.open_amount and not one.deleted and one.customer == made.customer
    ]
    return sorted(alive, key=lambda one: (str(one.txn_date), one.object_id))


def tied(credit: StoredObject, invoice: StoredObject, amount: int) -> Sent:
    """The payment of nil between a credit memo and an invoice, on the later one's day."""
    return {
        "CustomerRef": invoice.content["CustomerRef"],
        "TotalAmt": 0,
        "TxnDate": max(str(credit.txn_date), str(invoice.txn_date)),
        "PrivateNote": NOTE,
        "ExchangeRate": invoice.content.get("ExchangeRate"),
        "Line": [line(invoice, amount), line(credit, amount)],
    }


def with_lines(payment: StoredObject, parts: list[tuple[StoredObject, int]]) -> Sent:
    content = payment.content
    return {
        "Id": str(payment.object_id),
        "SyncToken": str(payment.sync_token),
        "sparse": True,
        "CustomerRef": content["CustomerRef"],
        "TotalAmt": content["TotalAmt"],
        "Line": merged_lines(content["Line"], parts),
    }


def merged_lines(lines: list[Any], parts: list[tuple[StoredObject, int]]) -> list[dict[str, Any]]:
    """The lines it has, and one for each invoice it pays now."""
    kept = [{"Amount": one["Amount"], "LinkedTxn": one["LinkedTxn"]} for one in lines]
    return [*kept, *(line(invoice, amount) for invoice, amount in parts)]


def line(target: StoredObject, amount: int) -> dict[str, Any]:
    link = {"TxnId": str(target.object_id), "TxnType": target.kind}
    return {"Amount": from_cents(amount), "LinkedTxn": [link]}


def allowed(refused: faults.Refused) -> bool:
    """Whether it just stays as it is: what lies in a closed period is left alone."""
    return refused.code in ("6200", "6210")
