"""Their objects as the port knows them: a whole, and as parts of it what is set against what. Pure."""

import dataclasses
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from apps.connectors.port import Link, RemoteObject, Unreadable
from apps.connectors.snapshots import AllocationSnapshot, Kind, PaymentSnapshot, Snapshot
from apps.connectors.xero import deposits, documents, masters, money
from apps.connectors.xero.bank_lines import postings_of
from apps.connectors.xero.capabilities import PAYEE
from apps.connectors.xero.documents import CREDIT_NOTE, DELETED, INVOICE, NUMBER, UNAPPROVED, VOIDED
from apps.connectors.xero.money import (
    BANK_TRANSACTION,
    BATCH,
    OVERPAYMENT,
    PAID_OUT,
    PAYMENT,
    PREPAYMENT,
    SPEND,
)
from apps.connectors.xero.wire import (
    NIL,
    Json,
    Raw,
    Unread,
    day,
    figure,
    figure_or,
    mark_in,
    members,
    moment,
    text,
    version_of,
    within,
)

CONTACT, ITEM = "Contact", "Item"
# Kind of theirs → the name of their list, and of an id. An item is known by its code, as lines name it.
PLURAL = {
    CONTACT: "Contacts",
    ITEM: "Items",
    INVOICE: "Invoices",
    CREDIT_NOTE: "CreditNotes",
    PAYMENT: "Payments",
    BATCH: "BatchPayments",
    OVERPAYMENT: "Overpayments",
    PREPAYMENT: "Prepayments",
    BANK_TRANSACTION: "BankTransactions",
}
ID = {
    CONTACT: "ContactID",
    ITEM: "Code",
    INVOICE: "InvoiceID",
    CREDIT_NOTE: "CreditNoteID",
    **money.ID,
}
WATCHED = tuple(PLURAL)
PART = "Part"  # in the raw of a part: which one of its whole it is


def gone(kind: str, remote_id: str, part: str = "") -> RemoteObject:
    like = Kind.ALLOCATION if part else _LIKE.get(kind)
    return RemoteObject(kind=kind, remote_id=remote_id, part=part, of_kind=like, gone=True)


_LIKE = {
    CONTACT: Kind.CUSTOMER,
    ITEM: Kind.ITEM,
    INVOICE: Kind.INVOICE,
    CREDIT_NOTE: Kind.CREDIT_NOTE,
    PAYMENT: Kind.PAYMENT,
    BATCH: Kind.PAYMENT,
    OVERPAYMENT: Kind.PAYMENT,
    PREPAYMENT: Kind.PAYMENT,
}


def objects_of(kind: str, raw: Raw, home: str) -> tuple[RemoteObject, ...]:
    """The whole and its parts; whatever cannot be read is told with its field, and nothing else."""
    try:
        return _MADE[kind](kind, raw, home)
    except Unread as problem:
        return (_unread(kind, raw, problem),)
    except Exception as failure:  # noqa: BLE001 - one object of theirs stops itself alone
        return (_unread(kind, raw, Unread("something in it", type(failure).__name__)),)


def object_of(kind: str, raw: Raw, home: str) -> RemoteObject:
    """The object that a kept `raw` stands for: a whole, a part, or several together."""
    if not raw:
        return gone(kind, "")
    if PART not in raw:
        return objects_of(kind, raw, home)[0]
    part = str(raw[PART])
    listed = objects_of(kind, within(raw, "Whole"), home)
    return next((each for each in listed if each.part == part), listed[0])


def id_of(kind: str, raw: Raw) -> str:
    value = raw.get(ID[kind])
    return value if isinstance(value, str) else ""


# --- Wholes -----------------------------------------------------------------------------------


def _whole(kind: str, raw: Raw, **more: Any) -> RemoteObject:
    return RemoteObject(
        kind=kind,
        remote_id=text(raw, ID[kind]),
        version=version_of(raw),
        updated_at=moment(raw, "UpdatedDateUTC"),
        raw=raw,
        reconciled=money.is_reconciled(raw),
        **more,
    )


def _unread(kind: str, raw: Raw, problem: Unread) -> RemoteObject:
    return RemoteObject(
        kind=kind,
        remote_id=id_of(kind, raw),
        version=version_of(raw),
        updated_at=moment(raw, "UpdatedDateUTC"),
        of_kind=_LIKE.get(kind),
        raw=raw,
        unreadable=Unreadable(problem.field, problem.value),
    )


def _contact(kind: str, raw: Raw, home: str) -> tuple[RemoteObject, ...]:
    """Merged into another, it is gone: documents name the one that survived."""
    if text(raw, "MergedToContactID"):
        return (gone(kind, text(raw, "ContactID")),)
    if text(raw, "Name") == PAYEE:
        return (_whole(kind, raw, name=PAYEE),)  # nobody's customer: bank deposits are of it
    customer = masters.customer_of(raw)
    return (
        _whole(
            kind,
            raw,
            of_kind=Kind.CUSTOMER,
            snapshot=customer,
            marker=customer.marker,
            name=customer.name,
            tax_number=text(raw, "TaxNumber"),
        ),
    )


def _item(kind: str, raw: Raw, home: str) -> tuple[RemoteObject, ...]:
    item = masters.item_of(raw)
    return (_whole(kind, raw, of_kind=Kind.ITEM, snapshot=item, number=item.code, name=item.name),)


def _document(kind: str, raw: Raw, home: str) -> tuple[RemoteObject, ...]:
    """A draft is in no books: it is shown and counts for nothing. A deleted one was a draft."""
    status = documents.status_of(raw)
    if status == DELETED:
        return (dataclasses.replace(gone(kind, text(raw, ID[kind])), version=version_of(raw)),)
    number = text(raw, NUMBER[kind])
    if status in UNAPPROVED or not documents.is_sale(kind, raw):
        return (_whole(kind, raw, number=number),)
    snapshot = documents.document_of(kind, raw, home)
    void = status == VOIDED
    left = "AmountDue" if kind == INVOICE else "RemainingCredit"
    whole = _whole(
        kind,
        raw,
        of_kind=documents.kind_of(kind, raw),
        snapshot=snapshot,
        marker=snapshot.marker,
        number=number,
        customer_id=documents.customer_id_of(raw),
        currency=documents.currency_of(raw, home),
        amount=NIL if void else figure(raw, "Total"),
        balance=NIL if void else (figure(raw, left) if raw.get(left) is not None else None),
        dated=day(raw, "Date"),
        links=_links(raw) if kind == CREDIT_NOTE else (),
        void=void,
    )
    if kind == INVOICE or void:
        return (whole,)
    return (whole, *(_applied(raw, each, home) for each in money.allocations_in(raw)))


def _links(raw: Raw) -> tuple[Link, ...]:
    return tuple(
        Link(
            kind=INVOICE,
            remote_id=text(money.invoice_of(each), "InvoiceID"),
            amount=figure(each, "Amount"),
        )
        for each in money.allocations_in(raw)
    )


def _payment(kind: str, raw: Raw, home: str) -> tuple[RemoteObject, ...]:
    """What pays a purchase is none of ours; what is inside a batch is read with its batch."""
    word = text(raw, "PaymentType").upper()
    if word in PAID_OUT:
        return _paid_out(raw, home)
    if not money.is_money_in(raw) or text(raw, "BatchPaymentID"):
        return (_whole(kind, raw),)
    if text(money.invoice_of(raw), "Type").upper() not in ("", "ACCREC"):
        return (_whole(kind, raw),)
    return _receipt(kind, raw, money.payment_of(raw, home), None, money.begins(raw))


def _batch(kind: str, raw: Raw, home: str) -> tuple[RemoteObject, ...]:
    if not money.is_receipt(raw):
        return (_whole(kind, raw),)
    return _receipt(kind, raw, money.batch_of(raw, home), None, money.begins(raw))


def _on_account(kind: str, raw: Raw, home: str) -> tuple[RemoteObject, ...]:
    if text(raw, "Type").upper() not in ("", money.ON_ACCOUNT[kind]):
        return (_whole(kind, raw),)
    payment = money.on_account_of(kind, raw, home)
    left = NIL if payment.cancelled else figure_or(raw, "RemainingCredit", NIL)
    return _receipt(kind, raw, payment, left)


def _receipt(
    kind: str, raw: Raw, payment: PaymentSnapshot, left: Decimal | None, begins: str = ""
) -> tuple[RemoteObject, ...]:
    """`begins`: the beginning of our marker, where there is no room for all of it."""
    whole = _whole(
        kind,
        raw,
        of_kind=Kind.PAYMENT,
        snapshot=payment,
        marker=payment.marker or begins,
        number=payment.reference,
        customer_id=payment.customer_id,
        currency=payment.currency,
        amount=payment.amount,
        balance=NIL if left is None else left,
        dated=payment.paid_on,
        links=tuple(
            Link(kind=INVOICE, remote_id=each.target_id, amount=each.amount)
            for each in payment.allocations
        ),
        void=payment.cancelled,
    )
    return (whole, *(_part(whole, each, part_name(each)) for each in payment.allocations))


def part_name(allocation: AllocationSnapshot) -> str:
    return (
        f"{'Payment' if allocation.target_kind == Kind.REFUND else INVOICE}:{allocation.target_id}"
    )


def _part(whole: RemoteObject, allocation: AllocationSnapshot, part: str) -> RemoteObject:
    return dataclasses.replace(
        whole,
        part=part,
        of_kind=Kind.ALLOCATION,
        snapshot=allocation,
        raw={PART: part, "Whole": _head(whole.raw)},
        marker="",
        number="",
        amount=allocation.amount,
        balance=None,
        dated=allocation.applied_on,
        links=tuple(each for each in whole.links if each.remote_id == allocation.target_id),
    )


_NOT_OF_A_PART = frozenset({"HasAttachments", "Attachments"})


def _head(raw: Raw) -> Json:
    return {name: value for name, value in raw.items() if name not in _NOT_OF_A_PART}


def _paid_out(raw: Raw, home: str) -> tuple[RemoteObject, ...]:
    """Money paid out of a credit of theirs: a refund, and as its part what it paid back."""
    refund = money.paid_out_of(raw, home)
    name, like, _ = money.source_of(raw)
    source_id = money.source_id_of(raw)
    whole = _whole(
        PAYMENT,
        raw,
        of_kind=Kind.REFUND,
        snapshot=refund,
        number=refund.reference,
        customer_id=refund.customer_id,
        currency=refund.currency,
        amount=refund.amount,
        dated=refund.paid_on,
        links=(Link(kind=name, remote_id=source_id, amount=refund.amount),),
        void=refund.cancelled,
    )
    if like is Kind.PAYMENT or refund.cancelled:
        return (whole,)  # what an overpayment paid back is a part of the overpayment
    part = AllocationSnapshot(
        marker="",
        source=like,
        source_id=source_id,
        target_kind=Kind.REFUND,
        target_id=whole.remote_id,
        amount=refund.amount,
        currency=refund.currency,
        applied_on=refund.paid_on,
        customer_id=refund.customer_id,
        exchange_rate=refund.exchange_rate,
    )
    return (whole, _part(whole, part, f"{name}:{source_id}"))


def _bank_transaction(kind: str, raw: Raw, home: str) -> tuple[RemoteObject, ...]:
    """The line of the bank of a refund of ours, or a bank deposit of ours; any other says itself what
    it books. Those that made an over- or prepayment are read as that."""
    word = text(raw, "Type").upper()
    if word in (SPEND, money.RECEIVE) and deposits.is_ours(raw):
        deposit = deposits.deposit_of(raw, home)
        whole = _listed(kind, raw, home, deposit, deposit.marker, deposit.cancelled)
        return (dataclasses.replace(whole, of_kind=Kind.DEPOSIT, customer_id=""),)
    if word == SPEND and money.is_ours_spent(raw):
        refund = money.bank_line_of(raw, home)
        return (_listed(kind, raw, home, refund, refund.marker, refund.cancelled),)
    if word not in (SPEND, money.RECEIVE):
        return (_whole(kind, raw),)
    whole = _listed(kind, raw, home, None, "", money.is_off(raw))
    return (dataclasses.replace(whole, postings=() if whole.void else postings_of(raw, home)),)


def _listed(
    kind: str, raw: Raw, home: str, snapshot: Snapshot | None, marker: str, off: bool
) -> RemoteObject:
    return _whole(
        kind,
        raw,
        of_kind=Kind.REFUND if snapshot is not None else None,
        snapshot=snapshot,
        marker=marker,
        number=text(raw, "Reference"),
        customer_id=documents.customer_id_of(raw),
        currency=documents.currency_of(raw, home),
        amount=NIL if off else figure(raw, "Total"),
        dated=_day_or_none(raw),
        void=off,
    )


def _day_or_none(raw: Raw) -> date | None:
    return documents.day_or_none(raw, "Date")


# --- Allocations of credit notes --------------------------------------------------------------


def _applied(raw: Raw, allocation: Raw, home: str) -> RemoteObject:
    """What a credit note is set against, by the id of the allocation. Its raw keeps of the credit
    note what is needed to read it again."""
    target_kind, target_id = money.target_of(money.invoice_of(allocation))
    currency = documents.currency_of(raw, home)
    amount = figure(allocation, "Amount")
    part = text(allocation, "AllocationID")
    if not part:
        raise Unread("AllocationID", None)
    of_ours = mark_in(text(raw, "Reference"))[1] == "adjustment"
    snapshot = AllocationSnapshot(
        marker="",
        source=Kind.ADJUSTMENT if of_ours else Kind.CREDIT_NOTE,
        source_id=text(raw, "CreditNoteID"),
        target_kind=target_kind,
        target_id=target_id,
        amount=amount,
        currency=currency,
        applied_on=day(allocation, "Date") if "Date" in allocation else day(raw, "Date"),
        customer_id=documents.customer_id_of(raw),
        exchange_rate=documents.rate_of(raw, currency, home),
    )
    head = {name: raw[name] for name in _OF_A_CREDIT if name in raw}
    invoice = money.invoice_of(allocation)
    own = {
        name: allocation[name] for name in ("AllocationID", "Amount", "Date") if name in allocation
    }
    own["Invoice"] = {
        name: invoice[name] for name in ("InvoiceID", "InvoiceNumber") if name in invoice
    }
    return RemoteObject(
        kind=CREDIT_NOTE,
        remote_id=snapshot.source_id,
        part=part,
        version=version_of(raw),
        updated_at=moment(raw, "UpdatedDateUTC"),
        of_kind=Kind.ALLOCATION,
        snapshot=snapshot,
        raw={PART: part, "Whole": {**head, "Allocations": [own]}},
        customer_id=snapshot.customer_id,
        currency=currency,
        amount=amount,
        dated=snapshot.applied_on,
        links=(Link(kind=INVOICE, remote_id=target_id, amount=amount),),
    )


_OF_A_CREDIT = (
    "CreditNoteID", "CreditNoteNumber", "Type", "Status", "Date", "DateString", "CurrencyCode",
    "CurrencyRate", "Contact", "Reference", "UpdatedDateUTC", "Total", "TotalTax",
)  # fmt: skip


_MADE: dict[str, Callable[[str, Raw, str], tuple[RemoteObject, ...]]] = {
    CONTACT: _contact,
    ITEM: _item,
    INVOICE: _document,
    CREDIT_NOTE: _document,
    PAYMENT: _payment,
    BATCH: _batch,
    OVERPAYMENT: _on_account,
    PREPAYMENT: _on_account,
    BANK_TRANSACTION: _bank_transaction,
}


def payments_inside(raw: Raw) -> list[str]:
    """The ids of the payments that a batch is made of."""
    return [text(each, "PaymentID") for each in members(raw, "Payments")]
