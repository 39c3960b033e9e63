"""Refunds: expenses paid to a customer, on the receivable, with the bank's fee and the tax within
it beside it. Pure.

A RefundReceipt would reverse income and tax, which the credit note has done already.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from apps.connectors.quickbooks.documents import currency_of, projected_rate
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
# The lines of an expense that is a refund, at most.
OUT_AND_FEE, OUT_FEE_AND_TAX = 2, 3
# By these words the line of the tax is known, whatever stands beside it; else it is the third.
TAX_WORDS = "Tax in the fee, to be taken back"


def projected_refund(refund: RefundSnapshot) -> RefundSnapshot:
    """Its reference stands in the text of the line: an expense's number is our short marker."""
    return dataclasses.replace(
        refund,
        memo=refund.memo.strip(),
        reference="",
        exchange_rate=projected_rate(refund.exchange_rate),
        amount=NIL if refund.cancelled else refund.amount,
        fee=NIL if refund.cancelled else refund.fee,
        fee_tax=NIL if refund.cancelled else refund.fee_tax,
    )


def refund_balances(refund: RefundSnapshot) -> dict[str, Decimal]:
    """What it books by account, in its currency; a debit above nil. The bank's line comes first."""
    booked = {refund.account_id or "clearing": -refund.amount - refund.fee - refund.fee_tax}
    booked["receivable"] = refund.amount
    for account, amount in (
        (refund.fee_account_id, refund.fee),
        (refund.fee_tax_account_id, refund.fee_tax),
    ):
        if amount:
            booked[account] = booked.get(account, NIL) + amount
    return booked


def refund_json(refund: RefundSnapshot, home: str, regime: str) -> Json:
    held = projected_refund(refund)
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
        lines.append(_beside(held.fee, held.fee_account_id))
    if held.fee_tax:
        tax = _beside(held.fee_tax, held.fee_tax_account_id)
        lines.append({**tax, "Description": TAX_WORDS})
    return lines


def _beside(amount: Decimal, account_id: str) -> Json:
    return {"Amount": amount, "DetailType": DETAIL, DETAIL: {"AccountRef": ref(account_id)}}


# --- Theirs as a snapshot ---------------------------------------------------------------------


def refund_of(source: Mapping[str, Any], home: str) -> RefundSnapshot | None:
    """None where it is any expense of theirs: neither bears our marker nor was paid to a customer
    for that customer, or is not one amount with at most one fee beside it. The tax within the fee
    is a line of its own on one of ours alone: a third line of theirs may be anything."""
    marker, paid_on = marker_in(text(source, "PrivateNote")), day(source, "TxnDate")
    lines = _refund_lines(source, OUT_FEE_AND_TAX if marker else OUT_AND_FEE)
    if paid_on is None or lines is None:
        return None
    out, fee, tax = lines
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
        fee_tax=figure(tax.get("Amount")),
        fee_tax_account_id=ref_of(mapping(tax, DETAIL), "AccountRef"),
        exchange_rate=rate_of(source),
        memo=memo_in(text(source, "PrivateNote")),
        cancelled=is_nil(source),
    )


def _refund_lines(source: Mapping[str, Any], most: int) -> list[Mapping[str, Any]] | None:
    """What went out, the fee and its tax, the last two empty where there are none. The first line is
    the refund's: it names the customer."""
    lines = members(source, "Line")
    if not 1 <= len(lines) <= most or any(text(each, "DetailType") != DETAIL for each in lines):
        return None
    if not ref_of(mapping(lines[0], DETAIL), "CustomerRef"):
        return None
    return _told_apart(lines) if most == OUT_FEE_AND_TAX else [*lines, {}, {}][:OUT_FEE_AND_TAX]


def _told_apart(lines: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """One of ours: what went out, the fee and its tax. Somebody may have taken off the fee's line,
    or turned both round."""
    out, *beside = lines
    taxes = [each for each in beside if text(each, "Description") == TAX_WORDS] or beside[1:]
    tax = taxes[-1] if taxes else {}
    fees = [each for each in beside if each is not tax]
    return [out, fees[0] if fees else {}, tax]


def customer_of_expense(source: Mapping[str, Any]) -> str:
    """Whom it was paid to, where that is a customer."""
    entity = mapping(source, "EntityRef")
    return text(entity, "value") if text(entity, "type") == "Customer" else ""


# --- Changes over what stands there -----------------------------------------------------------


def refund_changes(refund: RefundSnapshot, source: Mapping[str, Any], home: str) -> Json:
    """Fields to write over theirs. Accounts and method are theirs to decide."""
    ours, theirs = projected_refund(refund), refund_of(source, home)
    over: Json = {}
    if day(source, "TxnDate") != ours.paid_on:
        over["TxnDate"] = ours.paid_on.isoformat()
    if customer_of_expense(source) != ours.customer_id:
        over["EntityRef"] = {**ref(ours.customer_id), "type": "Customer"}
    if theirs is None or _money(ours) != _money(theirs):
        over["Line"] = _merged(refund, source, theirs)
        words = text(source, "PrivateNote")
        if ours.fee_tax and not marker_in(words):  # without it their three lines would be no refund
            over["PrivateNote"] = note(memo_in(words), ours.marker)
    if rate_of(source) != ours.exchange_rate:
        over |= currency_json(ours.currency, ours.exchange_rate, home)
    return over


def _money(refund: RefundSnapshot) -> tuple[Any, ...]:
    return refund.customer_id, refund.amount, refund.fee, refund.fee_tax


def _merged(
    refund: RefundSnapshot, source: Mapping[str, Any], theirs: RefundSnapshot | None
) -> list[Json]:
    """Our amounts on their lines, whose accounts stay."""
    fresh = _lines(refund, projected_refund(refund))
    if theirs is None:
        return fresh
    pairs = zip(_told_apart(kept_lines(source)), _told_apart(fresh), strict=True)
    return [_over(there, ours) if there else {**ours} for there, ours in pairs if ours]


def _over(there: Mapping[str, Any], ours: Mapping[str, Any]) -> Json:
    """Our amount and customer on a line of theirs, on its account where it names one."""
    detail = {**there[DETAIL], **ours[DETAIL]}
    if account := ref_of(mapping(there, DETAIL), "AccountRef"):
        detail["AccountRef"] = ref(account)
    return {**there, "Amount": ours["Amount"], DETAIL: detail}
