"""What journals and expenses of theirs book, account by account: they explain their balances. Pure."""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from apps.connectors.port import Posting
from apps.connectors.quickbooks.entries import rate_of
from apps.connectors.quickbooks.wire import NIL, figure, mapping, members, ref_of, text
from apps.core.money import rounded

JOURNAL_LINE, EXPENSE_LINE = "JournalEntryLineDetail", "AccountBasedExpenseLineDetail"
ONLY_WORDS = frozenset({"DescriptionOnly", "DescriptionLineDetail"})


def postings_of(entity: str, source: Mapping[str, Any], home: str) -> tuple[Posting, ...]:
    """In home currency; nothing where a line does not say its account (an expense on an item)."""
    booked = _booked(entity, source)
    if booked is None:
        return ()
    rate = rate_of(source)
    amounts = {account: rounded(amount * rate, home) for account, amount in booked.items()}
    return tuple(
        Posting(account_id=account, debit=max(amount, NIL), credit=max(-amount, NIL))
        for account, amount in amounts.items()
        if amount
    )


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
