"""The totals of its own that a ledger can tell: what our figures are held against besides its records.

Which of them a ledger has is data of its connector (`Capabilities.control_totals`); each is read by
the method of the port that is named beside it, and only where it is among them.
"""

from enum import StrEnum


class ControlTotal(StrEnum):
    TRIAL_BALANCE = "trial_balance"  # each account, in home currency: `balances`
    RECEIVABLE = "receivable"  # what customers owe at the end of a day, by currency: `receivable`
    TAX = "tax"  # on sales until the end of a day, by currency: `tax_on_sales`
