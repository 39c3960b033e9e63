"""What Pebble can do, as data."""

from apps.connectors.capabilities import Capabilities, LineTax
from apps.connectors.snapshots import Kind

NAME = "Pebble"

CAPABILITIES = Capabilities(
    system="pebble",
    name=NAME,
    kinds=frozenset({Kind.CUSTOMER, Kind.ITEM, Kind.INVOICE, Kind.PAYMENT, Kind.ALLOCATION}),
    push_batch=1,
    in_flight=4,
    limits=(),
    number_length=24,
    decimals=2,
    accounts=False,
    line_tax=LineTax.UNTAXED,
    nil_documents=False,
    several_currencies=False,
    pays_one_invoice=True,
    carried_inside=frozenset({Kind.ALLOCATION}),
    refuses_doubles=frozenset({Kind.INVOICE}),
    feed_by_time=False,
    feed_reach_days=3650,
    cannot={
        "credit_note": f"{NAME} has no credit notes: they stay here.",
        "adjustment": f"{NAME} has no deductions and no write-offs: they stay here.",
        "refund": f"{NAME} has no refunds: they stay here.",
        "deposit": f"{NAME} knows no bank deposits: they stay here.",
        "edit_notes": f"{NAME} holds no notes: yours stays here.",
        "accounts": f"{NAME} has no chart of accounts: there is nothing to map to.",
        "trial_balance": f"{NAME} tells no total: each record is held against ours, one by one.",
        "nil_documents": f"{NAME} takes no document that comes to nothing.",
        "line_tax": f"{NAME} has no tax: an invoice with tax stays here.",
        "several_currencies": f"{NAME} keeps the company's own currency and no other.",
        "on_account": f"A payment in {NAME} names one invoice, which its whole amount pays.",
        "parents": f"{NAME} has no customers under a customer.",
        "terms": f"{NAME} keeps no terms, only the due date.",
    },
)
