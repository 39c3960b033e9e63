"""Adjustments: journals of two lines, the receivable of a customer and another account. Pure."""

import dataclasses
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from apps.connectors.quickbooks.documents import currency_of, projected_rate
from apps.connectors.quickbooks.entries import (
    currency_json,
    is_nil,
    kept_lines,
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
from apps.connectors.snapshots import AdjustmentSnapshot

DETAIL = "JournalEntryLineDetail"
DEBIT, CREDIT = "Debit", "Credit"


def projected_adjustment(adjustment: AdjustmentSnapshot) -> AdjustmentSnapshot:
    return dataclasses.replace(
        adjustment,
        memo=adjustment.memo.strip(),
        exchange_rate=projected_rate(adjustment.exchange_rate),
        amount=NIL if adjustment.cancelled else adjustment.amount,
    )


def adjustment_balances(adjustment: AdjustmentSnapshot) -> dict[str, Decimal]:
    """What it books by account, in its currency; a debit above nil."""
    amount = adjustment.amount if adjustment.debits else -adjustment.amount
    return {"receivable": amount, adjustment.account_id: -amount}


def adjustment_json(adjustment: AdjustmentSnapshot, home: str) -> Json:
    """Its lines bear no tax code, which a journal may leave out in every regime."""
    held = projected_adjustment(adjustment)
    return {
        "DocNumber": short_marker(held.marker),
        "TxnDate": held.dated.isoformat(),
        "PrivateNote": note(held.memo, held.marker),
        **currency_json(held.currency, held.exchange_rate, home),
        "Line": [_role_line(held), _receivable_line(held)],
    }


def _role_line(adjustment: AdjustmentSnapshot) -> Json:
    side = CREDIT if adjustment.debits else DEBIT
    return _line(adjustment, {"PostingType": side, "AccountRef": ref(adjustment.account_id)})


def _receivable_line(adjustment: AdjustmentSnapshot) -> Json:
    detail: Json = {
        "PostingType": DEBIT if adjustment.debits else CREDIT,
        "AccountRef": ref(adjustment.receivable_id),
        # A line on the receivable is refused without its customer.
        "Entity": {"Type": "Customer", "EntityRef": ref(adjustment.customer_id)},
    }
    return _line(adjustment, detail)


def _line(adjustment: AdjustmentSnapshot, detail: Json) -> Json:
    words = {"Description": adjustment.memo} if adjustment.memo else {}
    return {"Amount": adjustment.amount, **words, "DetailType": DETAIL, DETAIL: detail}


# --- Theirs as a snapshot ---------------------------------------------------------------------


def adjustment_of(source: Mapping[str, Any], home: str) -> AdjustmentSnapshot | None:
    """None where it does not bear our marker, or is no longer one amount between the receivable of
    a customer and one other account: any journal of theirs."""
    marker, dated = marker_in(text(source, "PrivateNote")), day(source, "TxnDate")
    pair = _two_lines(source)
    if not marker or dated is None or pair is None:
        return None
    other, receivable = (mapping(each, DETAIL) for each in pair)
    return AdjustmentSnapshot(
        marker=marker,
        customer_id=_customer(pair[1]),
        dated=dated,
        currency=currency_of(source, home),
        amount=figure(pair[1].get("Amount")),
        debits=text(receivable, "PostingType") == DEBIT,
        account_id=ref_of(other, "AccountRef"),
        receivable_id=ref_of(receivable, "AccountRef"),
        exchange_rate=rate_of(source),
        memo=memo_in(text(source, "PrivateNote")),
        cancelled=is_nil(source),
    )


def _two_lines(source: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
    """The other account's line and the customer's, which is the last one that names a customer:
    somebody may have named one on the other line as well."""
    lines = [each for each in members(source, "Line") if text(each, "DetailType") == DETAIL]
    named = [each for each in lines if _customer(each)]
    if len(lines) != 2 or not named:
        return None
    receivable = named[-1]
    other = lines[0] if receivable is lines[1] else lines[1]
    sides = {text(mapping(each, DETAIL), "PostingType") for each in lines}
    if sides != {DEBIT, CREDIT} or figure(other.get("Amount")) != figure(receivable.get("Amount")):
        return None
    return other, receivable


def _customer(line: Mapping[str, Any]) -> str:
    entity = mapping(mapping(line, DETAIL), "Entity")
    return ref_of(entity, "EntityRef") if text(entity, "Type") == "Customer" else ""


def amount_of_journal(source: Mapping[str, Any]) -> Decimal:
    """Its debits: `TotalAmt` of a journal "will always be set to zero" (Intuit's reference)."""
    return sum(
        (
            figure(each.get("Amount"))
            for each in members(source, "Line")
            if text(mapping(each, DETAIL), "PostingType") == DEBIT
        ),
        NIL,
    )


def customer_of_journal(source: Mapping[str, Any]) -> str:
    """The customer that its lines name, where it is one."""
    named = {_customer(each) for each in members(source, "Line")} - {""}
    return named.pop() if len(named) == 1 else ""


# --- Changes over what stands there -----------------------------------------------------------


def adjustment_changes(
    adjustment: AdjustmentSnapshot, source: Mapping[str, Any], home: str
) -> Json:
    """Fields to write over theirs. The accounts are theirs to decide, and stay on the lines."""
    ours, theirs = projected_adjustment(adjustment), adjustment_of(source, home)
    over: Json = {}
    if theirs is None or _money(ours) != _money(projected_adjustment(theirs)):
        over["Line"] = _merged(ours, source, theirs)
    if day(source, "TxnDate") != ours.dated:
        over["TxnDate"] = ours.dated.isoformat()
    if rate_of(source) != ours.exchange_rate:
        over |= currency_json(ours.currency, ours.exchange_rate, home)
    return over


def _money(adjustment: AdjustmentSnapshot) -> tuple[Any, ...]:
    return adjustment.customer_id, adjustment.amount, adjustment.debits


def _merged(
    ours: AdjustmentSnapshot, source: Mapping[str, Any], theirs: AdjustmentSnapshot | None
) -> list[Json]:
    if theirs is None:
        return [_role_line(ours), _receivable_line(ours)]
    standing = dataclasses.replace(
        ours, account_id=theirs.account_id, receivable_id=theirs.receivable_id
    )
    merged = []
    for each in kept_lines(source):
        is_receivable = _is_receivable(each, theirs)
        fresh = _receivable_line(standing) if is_receivable else _role_line(standing)
        detail = {**mapping(each, DETAIL), **fresh[DETAIL]}
        merged.append({**each, "Amount": ours.amount, DETAIL: detail})
    return merged


def _is_receivable(line: Mapping[str, Any], theirs: AdjustmentSnapshot) -> bool:
    account = ref_of(mapping(line, DETAIL), "AccountRef")
    return account == theirs.receivable_id
