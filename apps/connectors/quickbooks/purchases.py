"""Refunds: expenses paid to a customer, on the receivable, with the bank's fee beside it. Pure.

A RefundReceipt would reverse income and tax, which the credit note has done already.
"""

import dataclasses
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from apps.connectors.quickbooks.documents import currency_of, held_rate
from apps.connectors.quickbooks.entries import (
    currency_json,
    is_nil,
    kept_lines,
    out_of_tax,
    rate_of,
)
from apps.connectors.quickbooks.wire import (
    NIL,
    Json,
    day,
    figure,
    mapping,
    marker_in,
    members,
    memo_in,
    note,
    ref,
    ref_of,
    short_marker,
    text,
)
from apps.connectors.snapshots import RefundSnapshot

DETAIL = "AccountBasedExpenseLineDetail"
# "Cash" is what their form "Expense" makes of any bank or cash account; "Check" asks for a cheque
# to be printed, and "CreditCard" for an account of that type. How it was paid says the method.
CASH = "Cash"


def held_refund(refund: RefundSnapshot) -> RefundSnapshot:
    """Its reference stands in the text of the line: an expense's number is our short marker."""
    return dataclasses.replace(
        refund,
        memo=refund.memo.strip(),
        reference="",
        exchange_rate=held_rate(refund.exchange_rate),
        amount=NIL if refund.cancelled else refund.amount,
        fee=NIL if refund.cancelled else refund.fee,
    )


def refund_balances(refund: RefundSnapshot) -> dict[str, Decimal]:
    """What it books by account, in its currency; a debit above nil. The bank's line comes first."""
    booked = {refund.account_id or "clearing": -refund.amount - refund.fee}
    booked["receivable"] = refund.amount
    if refund.fee:
        booked[refund.fee_account_id] = booked.get(refund.fee_account_id, NIL) + refund.fee
    return booked


def refund_json(refund: RefundSnapshot, home: str, regime: str) -> Json:
    held = held_refund(refund)
    body: Json = {
        "PaymentType": CASH,
        "AccountRef": ref(held.account_id),
        "EntityRef": {**ref(held.customer_id), "type": "Customer"},
        "DocNumber": short_marker(held.marker),
        "TxnDate": held.paid_on.isoformat(),
        "PrivateNote": note(held.memo, held.marker),
        **currency_json(held.currency, held.exchange_rate, home),
        **out_of_tax(regime),
        "Line": _lines(refund, held),
    }
    if held.method_id:
        body["PaymentMethodRef"] = ref(held.method_id)
    return body


def _lines(refund: RefundSnapshot, held: RefundSnapshot) -> list[Json]:
    words = " · ".join(filter(None, (refund.reference.strip(), held.memo)))
    out: Json = {"AccountRef": ref(held.receivable_id), "CustomerRef": ref(held.customer_id)}
    lines: list[Json] = [{"Amount": held.amount, "DetailType": DETAIL, DETAIL: out}]
    if words:
        lines[0]["Description"] = words
    if held.fee:
        fee: Json = {"AccountRef": ref(held.fee_account_id)}
        lines.append({"Amount": held.fee, "DetailType": DETAIL, DETAIL: fee})
    return lines


# --- Theirs as a snapshot ---------------------------------------------------------------------


def refund_of(source: Mapping[str, Any], home: str) -> RefundSnapshot | None:
    """None where it is any expense of theirs: neither bears our marker nor was paid to a customer
    for that customer, or is not one amount with at most one fee beside it."""
    marker, paid_on = marker_in(text(source, "PrivateNote")), day(source, "TxnDate")
    lines = _refund_and_fee(source)
    if paid_on is None or lines is None:
        return None
    out, fee = lines
    to = ref_of(mapping(out, DETAIL), "CustomerRef")
    if not marker and customer_of_expense(source) != to:
        return None
    return RefundSnapshot(
        marker=marker,
        customer_id=ref_of(mapping(out, DETAIL), "CustomerRef"),
        paid_on=paid_on,
        currency=currency_of(source, home),
        amount=figure(out.get("Amount")),
        account_id=ref_of(source, "AccountRef"),
        method_id=ref_of(source, "PaymentMethodRef"),
        receivable_id=ref_of(mapping(out, DETAIL), "AccountRef"),
        fee=figure(fee.get("Amount")),
        fee_account_id=ref_of(mapping(fee, DETAIL), "AccountRef"),
        exchange_rate=rate_of(source),
        memo=memo_in(text(source, "PrivateNote")),
        cancelled=is_nil(source),
    )


def _refund_and_fee(
    source: Mapping[str, Any],
) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
    """The first line is the refund's: it names the customer."""
    lines = members(source, "Line")
    if not 1 <= len(lines) <= 2 or any(text(each, "DetailType") != DETAIL for each in lines):
        return None
    if not ref_of(mapping(lines[0], DETAIL), "CustomerRef"):
        return None
    return lines[0], lines[1] if len(lines) == 2 else {}


def customer_of_expense(source: Mapping[str, Any]) -> str:
    """Whom it was paid to, where that is a customer."""
    entity = mapping(source, "EntityRef")
    return text(entity, "value") if text(entity, "type") == "Customer" else ""


# --- Changes over what stands there -----------------------------------------------------------


def refund_changes(refund: RefundSnapshot, source: Mapping[str, Any], home: str) -> Json:
    """Fields to write over theirs. Accounts and method are theirs to decide."""
    ours, theirs = held_refund(refund), refund_of(source, home)
    over: Json = {}
    if day(source, "TxnDate") != ours.paid_on:
        over["TxnDate"] = ours.paid_on.isoformat()
    if customer_of_expense(source) != ours.customer_id:
        over["EntityRef"] = {**ref(ours.customer_id), "type": "Customer"}
    if theirs is None or _money(ours) != _money(theirs):
        over["Line"] = _merged(refund, source, theirs)
    if rate_of(source) != ours.exchange_rate:
        over |= currency_json(ours.currency, ours.exchange_rate, home)
    return over


def _money(refund: RefundSnapshot) -> tuple[Any, ...]:
    return refund.customer_id, refund.amount, refund.fee


def _merged(
    refund: RefundSnapshot, source: Mapping[str, Any], theirs: RefundSnapshot | None
) -> list[Json]:
    if theirs is None:
        return _lines(refund, held_refund(refund))
    standing = dataclasses.replace(
        refund,
        receivable_id=theirs.receivable_id,
        fee_account_id=theirs.fee_account_id or refund.fee_account_id,
    )
    fresh = _lines(standing, held_refund(standing))
    there = kept_lines(source)
    return [
        {**there[place], "Amount": each["Amount"], DETAIL: {**there[place][DETAIL], **each[DETAIL]}}
        if place < len(there)
        else each
        for place, each in enumerate(fresh)
    ]
