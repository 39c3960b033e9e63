"""What each record puts on the receivable, here and over there.

Invoices and refunds debit it, credit notes and payments credit it, a deduction does what its side says;
each counts by its own day and as it stands now, and what is applied moves nothing.
"""

from collections.abc import Iterator

from apps.billing.models import Adjustment, CreditNote, Invoice, Payment, Refund, Synced
from apps.connectors.port import RemoteObject
from apps.connectors.snapshots import AdjustmentSnapshot, Kind, RefundSnapshot
from apps.reconciliation.adding import Adds, is_finished_there
from apps.reconciliation.ours import stands

SIGN = {
    Kind.INVOICE: 1,
    Kind.REFUND: 1,
    Kind.CREDIT_NOTE: -1,
    Kind.PAYMENT: -1,
}


def owed_here(subject: Synced) -> Iterator[Adds]:
    """A debit is above nil. Nothing of what was taken back, and of what moves no receivable."""
    if not stands(subject):
        return
    match subject:
        case Invoice() | CreditNote():
            sign = SIGN[Kind(subject.kind)]
            yield Adds(sign * subject.total, subject.currency, subject.issue_date)
        case Payment() | Refund():
            sign = SIGN[Kind(subject.kind)]
            yield Adds(sign * subject.amount, subject.currency, subject.date)
        case Adjustment():
            sign = 1 if subject.side == Adjustment.Side.DEBIT else -1
            yield Adds(sign * subject.amount, subject.currency, subject.date)


def owed_there(remote: RemoteObject, home: str) -> Iterator[Adds]:
    """Nothing of what was taken back, and of what is not finished there (a draft)."""
    snapshot = remote.snapshot
    # What leaves the bank with a refund besides is a fee, and no customer's.
    amount = snapshot.amount if isinstance(snapshot, RefundSnapshot) else remote.amount
    if not is_finished_there(remote) or not amount:
        return
    if isinstance(snapshot, AdjustmentSnapshot):
        sign = 1 if snapshot.debits else -1
    elif remote.of_kind in SIGN:
        sign = SIGN[remote.of_kind]
    else:
        return
    yield Adds(sign * amount, remote.currency or home, remote.dated)
