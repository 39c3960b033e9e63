"""What QuickBooks Online can do, as data."""

from apps.connectors.limits import MINUTE, READ, SECOND, CalendarMonth, Limit, Scope
from apps.connectors.port import Capabilities
from apps.connectors.snapshots import Kind
from apps.connectors.totals import ControlTotal

# Where a month of theirs ends is published nowhere: by our reading at their seat. It is the later of
# the two that could be meant, so that nothing is called before it may.
DAY_ZONE = "America/Los_Angeles"

CAPABILITIES = Capabilities(
    trace_headers=("intuit_tid",),
    system="quickbooks",
    name="QuickBooks",
    kinds=frozenset(Kind),
    push_batch=30,
    in_flight=4,
    # Per company and app, the stricter where Intuit's texts differ: 40 batches (newer: 120).
    limits=(
        Limit(name="minute", amount=500, span=MINUTE, scope=Scope.ORGANISATION),
        Limit(name="second", amount=10, span=SECOND, scope=Scope.ORGANISATION),
        Limit(
            name="batches",
            amount=40,
            span=MINUTE,
            scope=Scope.ORGANISATION,
            counts="batch",
            unit="batches",
        ),
        # Reads of our whole workspace, in the free tier; then none until the next month. A paid
        # tier allows more: QUICKBOOKS_READS_LIMIT.
        Limit(
            name="reads",
            amount=500_000,
            span=CalendarMonth(DAY_ZONE),
            scope=Scope.APP,
            counts=READ,
            unit="reads",
        ),
    ),
    idle_calls=1,  # one call tells what changed of all kinds
    day_zone=DAY_ZONE,
    number_length=21,
    decimals=2,
    item_on_every_amount=True,
    nil_documents=True,
    carried_inside=frozenset({Kind.ALLOCATION}),
    control_totals=frozenset({ControlTotal.TRIAL_BALANCE}),
    key_life=None,
    feed_reach_days=29,
    cannot={
        "tax_codes": (
            "In a US company of QuickBooks a document bears one tax code; where QuickBooks works "
            "sales tax out itself, a line only says whether it is taxed, and the tax of the whole "
            "document is what both sides agree on."
        ),
        "tax_on_tax": (
            "A QuickBooks tax code in which one tax is due on another is not offered for sales."
        ),
        "currencies": (
            "In QuickBooks a customer has one currency for ever, and its documents and payments "
            "are in that currency."
        ),
        "decimals": "QuickBooks holds two decimals of an amount, in every currency.",
        "purchase_order_number": (
            "QuickBooks keeps no purchase-order number that Tieout could write: it stays here."
        ),
        "void_credit_note": (
            "QuickBooks cannot void a credit note: its lines are set to nil under its number, "
            'with "Voided" in the memo.'
        ),
        "void_entry": (
            "QuickBooks can void neither a journal nor an expense: its lines are set to nil under "
            'its number, with "Voided" in the memo. A bank deposit is deleted.'
        ),
        "refund_reference": (
            "QuickBooks keeps no reference on an expense: it goes into the text of its line."
        ),
        "negative_deposit": "QuickBooks takes no bank deposit below nil.",
        "unvoid": "QuickBooks cannot take back a void: issue it again under a new number.",
        "allocation_date": (
            "QuickBooks dates what a payment is set against by the payment: the date on which "
            "it was applied stays here."
        ),
        "item_account": (
            "QuickBooks books a line through its item: another account for the same item needs "
            "another item."
        ),
        "line_discount": (
            "QuickBooks has no discount on a line: it goes into the line's price, and the amount "
            "stays the same."
        ),
        "delete": "Customers and items are made inactive in QuickBooks, never deleted.",
    },
)
