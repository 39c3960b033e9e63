"""What staff call the checks of a month, their verdicts, and the steps of the roll-forward."""

from typing import Final

from apps.reconciliation.month_end.checks import Topic, Verdict

TOPICS: Final = {
    Topic.CONNECTED: "The other side",
    Topic.MAPPINGS: "Mappings",
    Topic.HELD: "Held or rejected",
    Topic.SENT: "Sent",
    Topic.DRAFTS: "Drafts",
    Topic.NUMBERS: "Numbers",
    Topic.UNAPPLIED: "Money on account",
    Topic.CLEARING: "Clearing accounts",
    Topic.REVIEW: "Weekly review",
    Topic.AGREED: "Both sides agree",
}
VERDICTS: Final = {
    Verdict.FINE: "Fine",
    Verdict.LOOK: "To be looked at",
    Verdict.BLOCKS: "Stands in the way",
}
STEPS: Final = {
    "opening": "Owed before",
    "invoiced": "Invoices",
    "credited": "Credit notes",
    "received": "Receipts",
    "refunded": "Refunds and returned payments",
    "written_off": "Written off",
    "deducted": "Deductions",
    "exchange": "Exchange differences",
    "closing": "Owed at its end",
}
