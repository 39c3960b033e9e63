"""What each document adds to the tax on sales, here and over there: a credit note takes it back."""

from collections.abc import Iterator

from apps.billing.models import CreditNote, Invoice, Synced
from apps.connectors.port import RemoteObject
from apps.connectors.snapshots import CreditNoteSnapshot, DocumentSnapshot
from apps.reconciliation.adding import Adds, is_finished_there
from apps.reconciliation.ours import stands


def tax_here(subject: Synced) -> Iterator[Adds]:
    if isinstance(subject, Invoice | CreditNote) and stands(subject):
        sign = -1 if isinstance(subject, CreditNote) else 1
        yield Adds(sign * subject.tax, subject.currency, subject.issue_date)


def tax_there(remote: RemoteObject, home: str) -> Iterator[Adds]:
    """Nothing of what was taken back, and of what is not finished there (a draft)."""
    snapshot = remote.snapshot
    if not isinstance(snapshot, DocumentSnapshot) or not is_finished_there(remote):
        return
    sign = -1 if isinstance(snapshot, CreditNoteSnapshot) else 1
    yield Adds(sign * snapshot.tax, remote.currency or home, remote.dated)
