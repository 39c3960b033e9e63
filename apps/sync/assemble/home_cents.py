"""Where a ledger puts the cents that home currency leaves of a document: account by account. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal

from apps.connectors.port import Posting
from apps.core.money import ZERO, rounded, spread_home

RECEIVABLE = "receivable"


def rounded_by_group(
    own: Sequence[Posting],
    home: Sequence[Posting],
    groups: Mapping[str, str],
    rate: Decimal,
    currency: str,
) -> list[Posting]:
    """A document's postings in its own currency, worth at home what its receivable in `home` is.

    Each account is rounded by itself and those of one group together; what rounding leaves falls on
    the largest. Within a group it falls on the largest too.
    """
    owed = sum((each.debit - each.credit for each in home if _is_owed(each)), ZERO)
    credited = {each.account_id: each.credit - each.debit for each in own if not _is_owed(each)}
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for account, amount in credited.items():
        sums[groups.get(account, account)] += amount
    worth = spread_home(sums, rate, owed, currency)
    parts = {account: rounded(amount * rate, currency) for account, amount in credited.items()}
    for group, whole in worth.items():
        members = [each for each in credited if groups.get(each, each) == group]
        largest = max(members, key=lambda each: abs(credited[each]))
        parts[largest] += whole - sum((parts[each] for each in members), ZERO)
    return [
        Posting(account_id=account, debit=max(amount, ZERO), credit=max(-amount, ZERO))
        for account, amount in (
            (RECEIVABLE, owed),
            *((account, -amount) for account, amount in parts.items()),
        )
        if amount
    ]


def _is_owed(posting: Posting) -> bool:
    return posting.account_id == RECEIVABLE
