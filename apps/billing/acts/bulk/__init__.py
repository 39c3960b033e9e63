"""Set-based writes: many records in few statements, with what single saves leave behind.

Revisions, changes in the outbox and history rows are written with them. A call outside a
transaction commits in portions, so that an import never holds the database for long; inside one
it is all or nothing with it.
"""

from apps.billing.acts.bulk.documents import (
    DraftDocument,
    Prepared,
    create_documents,
    prepare_documents,
    write_documents,
)
from apps.billing.acts.bulk.masters import Fit, Written, save_many, write_fit
from apps.billing.acts.bulk.money import Part, Receipt, Received, receive_many
from apps.billing.acts.drafting import DraftLine

__all__ = [
    "DraftDocument",
    "DraftLine",
    "Fit",
    "Part",
    "Prepared",
    "Receipt",
    "Received",
    "Written",
    "create_documents",
    "prepare_documents",
    "receive_many",
    "save_many",
    "write_documents",
    "write_fit",
]
