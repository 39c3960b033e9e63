"""What journals, expenses and receipts of theirs book, account by account: they explain their
balances. Pure."""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from apps.connectors.port import Posting
from apps.connectors.quickbooks.documents import lines_of
from apps.connectors.quickbooks.entries import rate_of
from apps.connectors.quickbooks.taxes import tax_of, taxes_of
from apps.connectors.quickbooks.wire import NIL, figure, mapping, members, ref_of, text
from apps.core.money import rounded

JOURNAL_LINE, EXPENSE_LINE = "JournalEntryLineDetail", "AccountBasedExpenseLineDetail"
# Money that moves at once, without a receivable: a sale, and the reverse of one.
RECEIPTS = {"SalesReceipt": 1, "RefundReceipt": -1}
ONLY_WORDS = frozenset({"DescriptionOnly", "DescriptionLineDetail"})


def postings_of(entity: str, source: Mapping[str, Any], home: str) -> tuple[Posting, ...]:
    """In home currency; nothing where a line does not say its account (an expense on an item).

    A receipt's money comes first. Its tax is on "tax:<id of their rate>", since only they know the
    account of an agency, and the sale of an item whose account its line does not say on
    "item:<id>".
    """
    if entity in RECEIPTS:
        return _postings(_receipt(entity, source, home))
    booked = _booked(entity, source)
    if booked is None:
        return ()
    rate = rate_of(source)
    return _postings({account: rounded(amount * rate, home) for account, amount in booked.items()})


def _postings(amounts: Mapping[str, Decimal]) -> tuple[Posting, ...]:
    return tuple(
        Posting(account_id=account, debit=max(amount, NIL), credit=max(-amount, NIL))
        for account, amount in amounts.items()
        if amount
    )


def _receipt(entity: str, source: Mapping[str, Any], home: str) -> dict[str, Decimal]:
    """By account, at home, a debit above nil; nothing where its parts are not its total."""
    earned: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines_of(source):
        if line.net:
            earned[line.account_id or f"item:{line.item_id}"] += line.net
    taxes = taxes_of(source)
    for each in taxes:
        earned[f"tax:{each.rate_id}"] += each.tax
    unnamed = tax_of(source) - sum((each.tax for each in taxes), NIL)
    if unnamed:
        earned["tax:"] += unnamed
    total, money = figure(source.get("TotalAmt")), ref_of(source, "DepositToAccountRef")
    if not money or sum(earned.values(), NIL) != total:
        return {}
    rate = rate_of(source)
    at_home = {account: rounded(amount * rate, home) for account, amount in earned.items()}
    whole = rounded(total * rate, home)
    if source.get("HomeTotalAmt") is not None:
        whole = figure(source["HomeTotalAmt"])
    if at_home:
        largest = max(earned, key=lambda account: (abs(earned[account]), account))
        at_home[largest] += whole - sum(at_home.values(), NIL)
    sign = RECEIPTS[entity]
    return {
        money: sign * whole,
        **{account: -sign * amount for account, amount in at_home.items()},
    }


def _booked(entity: str, source: Mapping[str, Any]) -> dict[str, Decimal] | None:
    """By account, in its own currency, a debit above nil; None for any other entity."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    if entity == "JournalEntry":
        for line in members(source, "Line"):
            detail = mapping(line, JOURNAL_LINE)
            sign = 1 if text(detail, "PostingType") == "Debit" else -1
            if detail:
                found[ref_of(detail, "AccountRef")] += sign * figure(line.get("Amount"))
    elif entity == "Purchase":
        sign = -1 if source.get("Credit") is True else 1
        found[ref_of(source, "AccountRef")] -= sign * figure(source.get("TotalAmt"))
        for line in members(source, "Line"):
            if text(line, "DetailType") in ONLY_WORDS:
                continue
            account = ref_of(mapping(line, EXPENSE_LINE), "AccountRef")
            found[account] += sign * figure(line.get("Amount"))
    else:
        return None
    return None if "" in found or sum(found.values(), NIL) else found
