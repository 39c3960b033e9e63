"""Bank deposits as one line of the bank over the clearing account, and back. Pure.

A deposit is a `RECEIVE` of the bank account; where it comes to less than nil a `SPEND`, whose lines
have the other sign. The text of its first line bears our whole mark, its reference the short one.
"""

from collections.abc import Iterator
from decimal import Decimal

from apps.connectors.snapshots import DepositLineSnapshot, DepositSnapshot
from apps.connectors.xero import bodies
from apps.connectors.xero.capabilities import PAYEE
from apps.connectors.xero.documents import (
    INCLUSIVE,
    NO_TAX,
    currency_of,
    lines_of,
    rate_of,
)
from apps.connectors.xero.money import RECEIVE, SPEND, account_of, is_off
from apps.connectors.xero.wire import (
    NIL,
    ONE,
    Json,
    Raw,
    day,
    figure,
    mark_in,
    members,
    text,
    with_mark,
    with_short,
    without_mark,
    without_short,
)

DEPOSIT = "deposit"


def deposit_body(deposit: DepositSnapshot, home: str) -> Json:
    """The whole of it. It is in the currency of its bank account, which cannot be said; prices
    include no tax, which has a line of its own."""
    out = deposit.total < 0
    sign = -ONE if out else ONE
    lines = [
        bodies.untaxed(each.description, sign * each.amount, each.account_id)
        for each in deposit.lines
    ]
    first = lines[0]["Description"]
    lines[0]["Description"] = with_mark(first, deposit.marker, DEPOSIT)
    return {
        "Type": SPEND if out else RECEIVE,
        "Contact": {"Name": PAYEE},
        "BankAccount": bodies.account_json(deposit.account_id),
        "Date": deposit.dated.isoformat(),
        "Reference": with_short(deposit.memo, deposit.marker),
        "LineAmountTypes": NO_TAX,
        "LineItems": lines,
        "Status": bodies.AUTHORISED,
        **bodies.rate_json(deposit.exchange_rate, deposit.currency, home),
    }


def is_ours(raw: Raw) -> bool:
    """Whether a line of the bank is a bank deposit of ours."""
    return bool(_mark_of(raw))


def _mark_of(raw: Raw) -> str:
    for each in members(raw, "LineItems"):
        marker, what = mark_in(text(each, "Description"))
        if what == DEPOSIT:
            return marker
    return ""


def deposit_of(raw: Raw, home: str) -> DepositSnapshot:
    currency, cancelled = currency_of(raw, home), is_off(raw)
    sign = -ONE if text(raw, "Type").upper() == SPEND else ONE
    return DepositSnapshot(
        marker=_mark_of(raw),
        account_id=account_of(raw, "BankAccount"),
        dated=day(raw, "Date"),
        currency=currency,
        lines=() if cancelled else tuple(_lines(raw, sign)),
        total=NIL if cancelled else sign * figure(raw, "Total"),
        exchange_rate=rate_of(raw, currency, home),
        memo=without_short(text(raw, "Reference")),
        cancelled=cancelled,
    )


def _lines(raw: Raw, sign: Decimal) -> Iterator[DepositLineSnapshot]:
    """Each on its account; tax that somebody put on a line there on that of its type."""
    for line in lines_of({"LineAmountTypes": INCLUSIVE, **raw}):
        if line.net:
            yield DepositLineSnapshot(
                account_id=line.account_id,
                amount=sign * line.net,
                description=without_mark(line.description),
            )
        if line.tax:
            yield DepositLineSnapshot(
                account_id=f"tax:{line.tax_code_id}", amount=sign * line.tax, description="Tax"
            )
