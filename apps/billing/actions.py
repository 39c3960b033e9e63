"""The acts of billing, in one place: what staff, imports and tasks may do to the books.

Each is one transaction, holds the company's lock, works on what is stored, and raises
ValidationError (or Frozen) with a sentence for staff.
"""

from apps.billing.acts.adjusting import (
    Deducted,
    cancel_adjustment,
    deduct,
    take_surplus,
    write_off,
)
from apps.billing.acts.allocations import Outside, allocate, reverse
from apps.billing.acts.amending import amend_invoice
from apps.billing.acts.approving import approve, ask, refuse, withdraw
from apps.billing.acts.closing import raise_closing_date, set_closing_date
from apps.billing.acts.crediting import Part, credit_invoice
from apps.billing.acts.depositing import (
    DepositAmount,
    ProposedDeposit,
    make_deposit,
    make_due_deposits,
    proposed_deposits,
    undo_deposit,
)
from apps.billing.acts.drafting import DraftLine
from apps.billing.acts.editing import change_open_fields
from apps.billing.acts.issuing import issue
from apps.billing.acts.merging import (
    keep_both,
    merge_customers,
    merge_items,
    part_customers,
    part_items,
)
from apps.billing.acts.moving import post_elsewhere
from apps.billing.acts.numbering import skip_numbers
from apps.billing.acts.outside import OutsideCredit, outside_entry
from apps.billing.acts.receiving import cancel_payment, choose_method, receive_payment
from apps.billing.acts.redrafting import redraft
from apps.billing.acts.refunding import cancel_refund, pay_refund, refund_retainer, return_payment
from apps.billing.acts.relieving import (
    Relief,
    recover,
    recovery_of,
    relief_of,
    relieved_from,
    write_off_with_relief,
)
from apps.billing.acts.retainers import hold_as_retainer, retainer_of, use_retainer
from apps.billing.acts.voiding import void
from apps.billing.rules.limits import NeedsApproval

__all__ = [
    "Deducted",
    "DepositAmount",
    "DraftLine",
    "NeedsApproval",
    "Outside",
    "OutsideCredit",
    "Part",
    "ProposedDeposit",
    "Relief",
    "allocate",
    "amend_invoice",
    "approve",
    "ask",
    "cancel_adjustment",
    "cancel_payment",
    "cancel_refund",
    "change_open_fields",
    "choose_method",
    "credit_invoice",
    "deduct",
    "hold_as_retainer",
    "issue",
    "keep_both",
    "make_deposit",
    "make_due_deposits",
    "merge_customers",
    "merge_items",
    "outside_entry",
    "part_customers",
    "part_items",
    "pay_refund",
    "post_elsewhere",
    "proposed_deposits",
    "raise_closing_date",
    "receive_payment",
    "recover",
    "recovery_of",
    "redraft",
    "refund_retainer",
    "refuse",
    "relief_of",
    "relieved_from",
    "retainer_of",
    "return_payment",
    "reverse",
    "set_closing_date",
    "skip_numbers",
    "take_surplus",
    "undo_deposit",
    "use_retainer",
    "void",
    "withdraw",
    "write_off",
    "write_off_with_relief",
]
