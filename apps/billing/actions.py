"""The acts of billing, in one place: what staff, imports and tasks may do to the books.

Each is one transaction, holds the company's lock, works on what is stored, and raises
ValidationError (or Frozen) with a sentence for staff.
"""

from apps.billing.allocations import Outside, allocate, reverse
from apps.billing.amending import amend_invoice
from apps.billing.approving import approve, ask, refuse, withdraw
from apps.billing.closing import raise_closing_date, set_closing_date
from apps.billing.crediting import Part, credit_invoice
from apps.billing.drafting import DraftLine
from apps.billing.editing import change_open_fields
from apps.billing.issuing import issue
from apps.billing.limits import NeedsApproval
from apps.billing.numbering import skip_numbers
from apps.billing.receiving import cancel_payment, receive_payment
from apps.billing.voiding import void

__all__ = [
    "DraftLine",
    "NeedsApproval",
    "Outside",
    "Part",
    "allocate",
    "amend_invoice",
    "approve",
    "ask",
    "cancel_payment",
    "change_open_fields",
    "credit_invoice",
    "issue",
    "raise_closing_date",
    "receive_payment",
    "refuse",
    "reverse",
    "set_closing_date",
    "skip_numbers",
    "void",
    "withdraw",
]
