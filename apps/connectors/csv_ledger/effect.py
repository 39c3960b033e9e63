"""The debits and credits that a bookkeeper's import makes of a record, in home currency."""

from collections import defaultdict
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

from apps.connectors.port import Posting
from apps.connectors.snapshots import (
    CreditNoteSnapshot,
    InvoiceSnapshot,
    PaymentSnapshot,
    Snapshot,
)
from apps.core.money import minor_unit

RECEIVABLE, TAX = "receivable", "tax"


def effect(snapshot: Snapshot, home: str) -> tuple[Posting, ...]:
    match snapshot:
        case InvoiceSnapshot() | CreditNoteSnapshot() if not snapshot.void:
            return _of_document(snapshot, home)
        case PaymentSnapshot() if not snapshot.cancelled:
            amount = _home(snapshot.amount, snapshot.exchange_rate, home)
            return _postings({snapshot.account_id: amount, RECEIVABLE: -amount})
    return ()


def _of_document(
    document: InvoiceSnapshot | CreditNoteSnapshot, home_currency: str
) -> tuple[Posting, ...]:
    """What rounding at home leaves falls on the first account of sales."""
    sign = -1 if isinstance(document, CreditNoteSnapshot) else 1
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for line in document.lines:
        sums[line.account_id] -= line.net
    rate = document.exchange_rate
    home = {account: _home(amount, rate, home_currency) for account, amount in sums.items()}
    home[TAX] = home.get(TAX, Decimal(0)) - _home(document.tax, rate, home_currency)
    owed = _home(document.total, rate, home_currency)
    first = next(iter(home))
    home[first] -= owed + sum(home.values())
    home[RECEIVABLE] = home.get(RECEIVABLE, Decimal(0)) + owed
    return _postings({account: amount * sign for account, amount in home.items()})


def _home(amount: Decimal, rate: Decimal, home: str) -> Decimal:
    return (amount * rate).quantize(minor_unit(home), ROUND_HALF_UP)


def _postings(balances: Mapping[str, Decimal]) -> tuple[Posting, ...]:
    """Positive is a debit."""
    nil = Decimal(0)
    return tuple(
        Posting(account_id=account, debit=max(amount, nil), credit=max(-amount, nil))
        for account, amount in balances.items()
        if amount
    )
