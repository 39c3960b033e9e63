"""What a line of the bank that is only theirs books. Pure."""

from decimal import Decimal

from apps.connectors.port import Posting
from apps.connectors.xero import documents
from apps.connectors.xero.money import SPEND, account_of
from apps.connectors.xero.wire import NIL, Raw, figure, text
from apps.core.money import rounded


def postings_of(raw: Raw, home: str) -> tuple[Posting, ...]:
    """What a line of the bank books, in home currency: the bank at its total, each line at its net,
    and the tax of each type. What rounding leaves falls on the first line."""
    currency = documents.currency_of(raw, home)
    out = text(raw, "Type").upper() == SPEND
    total = documents.worth(figure(raw, "Total"), raw, currency, home)
    booked: dict[str, Decimal] = {}
    for line in documents.lines_of({"LineAmountTypes": documents.INCLUSIVE, **raw}):
        for account, amount in (
            (line.account_id or "income", line.net),
            (f"tax:{line.tax_code_id}", line.tax),
        ):
            if amount:
                worth = documents.worth(amount, raw, currency, home)
                booked[account] = booked.get(account, NIL) + worth
    if booked:
        booked[next(iter(booked))] += total - sum(booked.values(), NIL)
    sides = {account_of(raw, "BankAccount"): total} | {
        account: -amount for account, amount in booked.items()
    }
    return tuple(
        _posting(account, -amount if out else amount, home)
        for account, amount in sides.items()
        if amount
    )


def _posting(account: str, amount: Decimal, home: str) -> Posting:
    worth = rounded(amount, home) if home else amount
    return Posting(account_id=account, debit=max(worth, NIL), credit=max(-worth, NIL))
