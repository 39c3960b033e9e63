"""What books without an API can and cannot, as far as Tieout can know it."""

from apps.connectors.port import Capabilities
from apps.connectors.snapshots import Kind

NAME = "CSV ledger"
NUMBER_LENGTH = 40
ROWS_TOGETHER = 250  # records of one file: they are intended in one transaction
FOR_EVER = 100 * 365 * 86_400.0  # seconds: a file keeps its name

CAPABILITIES = Capabilities(
    system="csv_ledger",
    name=NAME,
    chosen_as="Any other accounting software, by files",
    chosen_words=(
        "For Sage 50, DATEV and whatever else imports CSV: what is issued comes as numbered files, "
        "and what was confirmed or paid there comes back as a file."
    ),
    kinds=frozenset(
        {
            Kind.CUSTOMER,
            Kind.ITEM,
            Kind.INVOICE,
            Kind.CREDIT_NOTE,
            Kind.PAYMENT,
            Kind.ALLOCATION,
        }
    ),
    push_batch=ROWS_TOGETHER,
    planned_at_once=ROWS_TOGETHER,
    in_flight=1,
    limits=(),
    number_length=NUMBER_LENGTH,
    decimals=4,
    key_life=FOR_EVER,
    hands_over=True,
    # A month's files are confirmed in the month after.
    confirmed_within_days=35,
    # Files are taken in by their numbers: who is named in one stands in one before it.
    named_while_handed_over=frozenset({Kind.CUSTOMER, Kind.ITEM}),
    reads_back=False,
    feed_by_time=False,
    idle_calls=1,
    cannot={
        "reads_back": (
            f"What stands in a {NAME} cannot be read; Tieout knows what was confirmed, and no more."
        ),
        "trial_balance": f"A {NAME} tells no trial balance: hold yours against it by hand.",
        "hands_over": (
            f"What goes to a {NAME} is a file. It is in the books once a confirmation comes back, or "
            "once a person says so."
        ),
        "changes": (
            "What was handed over is never changed: what you change here afterwards is written into "
            "a file “by hand”, which says what to do there."
        ),
        "edit_notes": f"The {NAME} holds no notes: yours stays here.",
        "layout": (
            "Written as another product takes them in, documents are known by their customer's "
            "reference there, which is her code here; those in another currency, below nil, or with "
            "what that product has no room for stay here with a sentence. A long text is cut, and one "
            "that begins as a formula gives way to the number."
        ),
        "adjustment": f"A {NAME} takes no deductions and no write-offs: enter them there by hand.",
        "refund": f"A {NAME} takes no refunds: enter them there by hand.",
        "deposit": f"A {NAME} takes no bank deposits: enter them there by hand.",
    },
)
