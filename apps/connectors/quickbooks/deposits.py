"""Bank deposits: payments out of undeposited funds and amounts on accounts, as one line of the bank.

Pure. A payment's line bears no DetailType: with one the service asks for an account (code 2020).
"""

import dataclasses
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from apps.connectors.quickbooks.documents import currency_of, projected_rate
from apps.connectors.quickbooks.entries import currency_json, is_nil, out_of_tax, rate_of
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
    text,
)
from apps.connectors.snapshots import DepositLineSnapshot, DepositSnapshot
from apps.core.numbers import whole

DETAIL = "DepositLineDetail"
PAYMENT = "Payment"


def projected_deposit(deposit: DepositSnapshot) -> DepositSnapshot:
    """Payments by their id, then amounts by what they are: the service has an order of its own."""
    lines = (
        () if deposit.cancelled else tuple(sorted(map(_projected_line, deposit.lines), key=_order))
    )
    return dataclasses.replace(
        deposit,
        memo=deposit.memo.strip(),
        lines=lines,
        exchange_rate=projected_rate(deposit.exchange_rate),
        total=NIL if deposit.cancelled else deposit.total,
    )


def _projected_line(line: DepositLineSnapshot) -> DepositLineSnapshot:
    if not line.payment_id:
        return dataclasses.replace(line, description=line.description.strip())
    kind = "" if line.kind == PAYMENT else line.kind
    return dataclasses.replace(line, kind=kind, account_id="", description="")


def _order(line: DepositLineSnapshot) -> tuple[bool, str, int, str, Decimal, str, str]:
    number = whole(line.payment_id) or 0
    words = (line.account_id, line.description)
    return (not line.payment_id, line.kind, number, line.payment_id, line.amount, *words)


def deposit_balances(deposit: DepositSnapshot) -> dict[str, Decimal]:
    """What it books by account, in its currency; a debit above nil. Payments come out of
    "clearing", the undeposited funds. The bank's line comes first."""
    booked = {deposit.account_id: deposit.total}
    for line in deposit.lines:
        account = "clearing" if line.payment_id else line.account_id
        booked[account] = booked.get(account, NIL) - line.amount
    return booked


def deposit_json(deposit: DepositSnapshot, home: str, regime: str) -> Json:
    held = projected_deposit(deposit)
    return {
        "DepositToAccountRef": ref(held.account_id),
        "TxnDate": held.dated.isoformat(),
        "PrivateNote": note(held.memo, held.marker),
        **currency_json(held.currency, held.exchange_rate, home),
        **out_of_tax(regime),
        "Line": [_line_json(each) for each in held.lines],
    }


def _line_json(line: DepositLineSnapshot) -> Json:
    if line.payment_id:
        linked: Json = {
            "TxnId": line.payment_id,
            "TxnType": line.kind or PAYMENT,
            "TxnLineId": "0",
        }
        return {"Amount": line.amount, "LinkedTxn": [linked]}
    words = {"Description": line.description} if line.description else {}
    detail: Json = {"AccountRef": ref(line.account_id)}
    return {"Amount": line.amount, **words, "DetailType": DETAIL, DETAIL: detail}


# --- Theirs as a snapshot ---------------------------------------------------------------------


def deposit_of(source: Mapping[str, Any], home: str) -> DepositSnapshot | None:
    """Any bank deposit of theirs: what they made there is matched with payments of ours."""
    dated = day(source, "TxnDate")
    if dated is None:
        return None
    lines = [_line_of(each) for each in members(source, "Line")]
    back = mapping(source, "CashBack")
    if figure(back.get("Amount")):
        # Cash taken out of the deposit before it reached the bank.
        account, out = ref_of(back, "AccountRef"), -figure(back.get("Amount"))
        words = text(back, "Memo") or "Cash back"
        lines.append(DepositLineSnapshot(account_id=account, amount=out, description=words))
    return projected_deposit(
        DepositSnapshot(
            marker=marker_in(text(source, "PrivateNote")),
            account_id=ref_of(source, "DepositToAccountRef"),
            dated=dated,
            currency=currency_of(source, home),
            lines=tuple(lines),
            total=figure(source.get("TotalAmt")),
            exchange_rate=rate_of(source),
            memo=memo_in(text(source, "PrivateNote")),
            cancelled=is_nil(source),
        )
    )


def _line_of(source: Mapping[str, Any]) -> DepositLineSnapshot:
    amount = figure(source.get("Amount"))
    for linked in members(source, "LinkedTxn")[:1]:
        return DepositLineSnapshot(
            payment_id=text(linked, "TxnId"), kind=text(linked, "TxnType"), amount=amount
        )
    return DepositLineSnapshot(
        account_id=ref_of(mapping(source, DETAIL), "AccountRef"),
        amount=amount,
        description=text(source, "Description"),
    )


# --- Changes over what stands there -----------------------------------------------------------


def deposit_changes(deposit: DepositSnapshot, source: Mapping[str, Any], home: str) -> Json:
    """Fields to write over theirs; lines whole, where an amount or a payment differs."""
    ours, theirs = projected_deposit(deposit), deposit_of(source, home)
    over: Json = {}
    if theirs is None or ours.dated != theirs.dated:
        over["TxnDate"] = ours.dated.isoformat()
    if theirs is None or ours.account_id != theirs.account_id:
        over["DepositToAccountRef"] = ref(ours.account_id)
    if theirs is None or _amounts(ours) != _amounts(theirs):
        over["Line"] = [_line_json(each) for each in ours.lines]
    if rate_of(source) != ours.exchange_rate:
        over |= currency_json(ours.currency, ours.exchange_rate, home)
    return over


def _amounts(deposit: DepositSnapshot) -> list[tuple[str, str, Decimal]]:
    return [(each.payment_id, each.kind, each.amount) for each in deposit.lines]
