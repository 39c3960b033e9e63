"""What QuickBooks Online can do, as data."""

from apps.connectors.limits import MINUTE, READ, SECOND, CalendarMonth, Limit, Scope
from apps.connectors.port import Capabilities, Check
from apps.connectors.snapshots import Kind
from apps.connectors.totals import ControlTotal

# Where a month of theirs ends is published nowhere: by our reading at their seat. It is the later of
# the two that could be meant, so that nothing is called before it may.
DAY_ZONE = "America/Los_Angeles"

YES, NO = frozenset({"yes"}), frozenset({"no"})

CHECKS = {
    "custom_numbers": Check(
        words="Custom transaction numbers",
        asks="Custom transaction numbers are on.",
        why="With it off QuickBooks gives numbers of its own to what is typed there, from the "
        "highest number on, and one of them may be the next of Tieout: that invoice is then "
        "refused as a duplicate.",
        change="Account and settings, Sales, Sales form content, “Custom transaction numbers”.",
        setting="custom_numbers",
        wanted=YES,
    ),
    "auto_apply_credit": Check(
        words="Credits applied by themselves",
        asks="QuickBooks does not apply credits by itself.",
        why="With it on QuickBooks sets a credit note against the oldest open invoice, before "
        "Tieout sets it against the one that you chose.",
        change="Account and settings, Advanced, Automation, “Automatically apply credits”.",
        setting="auto_apply_credit",
        wanted=NO,
    ),
    "auto_apply_payments": Check(
        words="Money on account applied by itself",
        asks="QuickBooks does not apply money on account by itself.",
        why="With it on QuickBooks sets money on account against the next invoice before you do.",
        change="Account and settings, Advanced, Automation.",
        setting="auto_apply_payments",
        wanted=NO,
    ),
    "reminders": Check(
        words="Reminders",
        asks="No automatic invoice reminders are set up there, or only those that you want.",
        why="A customer would be reminded by QuickBooks of an invoice that you chase from here, "
        "perhaps on the day on which the payment is on its way.",
        change="Account and settings, Sales, Reminders, “Automatic invoice reminders”.",
    ),
    "late_fees": Check(
        words="Late fees",
        asks="No late fees are added there by themselves.",
        why="A fee is a line that QuickBooks adds to an invoice of yours: both sides then differ, "
        "and the change waits for a person.",
        change="Account and settings, Sales, Late fees.",
    ),
    "multi_currency": Check(
        words="Several currencies",
        asks="Several currencies are switched on, or you invoice in the home currency alone.",
        why="With it off an invoice in another currency is held here. Once it is on it cannot be "
        "switched off again.",
        change="Account and settings, Advanced, Currency, “Multicurrency”.",
        setting="multi_currency",
        wanted=YES,
    ),
    "sales_tax": Check(
        words="Sales tax",
        asks="Sales tax is set up there, or you charge none.",
        why="Without it a document with tax is held here: QuickBooks has nowhere to put the tax.",
        change="Taxes, Sales tax (or VAT), “Set up”.",
        setting="sales_tax",
        wanted=YES,
    ),
    "other_apps": Check(
        words="Other apps",
        asks="No other app posts the same invoices or payments there.",
        why="What a shop, a till or a payment service posts by itself would stand there twice once "
        "Tieout sends it too.",
        change="Apps, My apps: disconnect it, or let it post only what Tieout does not send.",
    ),
}

CAPABILITIES = Capabilities(
    checks=CHECKS,
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
    # What has a private note. The use of a credit note is a payment of its own; any other allocation
    # is a line of its payment. Customers and items bear no figure.
    edit_notes=frozenset(Kind) - {Kind.CUSTOMER, Kind.ITEM},
    edit_note_words=(
        "It is added to its private note in QuickBooks, which customers do not see; in a closed month "
        "it is attached there, and the transaction stays as it is."
    ),
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
