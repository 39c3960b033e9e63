"""What the worked ledger can do, as data."""

from apps.connectors.limits import MINUTE, Limit, Scope
from apps.connectors.port import Capabilities, LineTax
from apps.connectors.snapshots import Kind
from apps.connectors.totals import ControlTotal

NAME = "Worked"
MOST_OBJECTS = 200  # receipts (or refunds) that one record of ours may be there

# Families of steps, by the word before their place.
RECEIPT, REFUND, PART = "receipt", "refund", "part"
SEND = "send"

_PLACED = {
    RECEIPT: "receipt {} of the payment",
    REFUND: "refund {} of it",
    PART: "part {} of it",
}
_STEPS = {SEND: "marking it as sent"} | {
    f"{family}-{place}": words.format(place)
    for family, words in _PLACED.items()
    for place in range(1, MOST_OBJECTS + 1)
}

CAPABILITIES = Capabilities(
    system="worked",
    name=NAME,
    kinds=frozenset(Kind) - {Kind.ADJUSTMENT, Kind.DEPOSIT},
    push_batch=1,
    idle_calls=2,  # a page, and one that is empty
    in_flight=4,
    limits=(
        Limit(name="call", amount=120, span=MINUTE, scope=Scope.ORGANISATION, left_header="x-left"),
    ),
    number_length=20,
    decimals=2,
    accounts=False,
    line_tax=LineTax.PERCENT,
    method_as_text=True,
    several_objects=frozenset({Kind.PAYMENT, Kind.REFUND, Kind.ALLOCATION}),
    adds_up=frozenset({Kind.ALLOCATION}),
    refunds_name_sources=True,
    control_totals=frozenset({ControlTotal.RECEIVABLE}),
    receivable_per_currency=False,
    steps=_STEPS,
    trace_headers=("x-request",),
    keys=False,
    feed_reach_days=3650,  # nothing is published: the feed is a query by time
    cannot={
        "adjustment": (
            f"{NAME} has no journals, deductions or write-offs: they stay here, and the invoice "
            "stays open there by as much."
        ),
        "deposit": f"{NAME} knows no bank: bank deposits stay here.",
        "edit_notes": f"{NAME} holds no notes: yours stays here.",
        "accounts": f"{NAME} has no chart of accounts: there is nothing to map to.",
        "line_tax": f"{NAME} has no tax codes: a line bears its percentage and its tax.",
        "trial_balance": f"{NAME} has no trial balance, only its receivable by currency.",
        "closing_date": f"{NAME} has no closing date: nothing keeps an old month shut there.",
        "home_total": (
            f"{NAME} keeps each document in its own currency: what it is worth at home stays here."
        ),
        "several_receipts": (
            f"A receipt in {NAME} holds at most 9,999.99: a greater payment becomes several."
        ),
        "sent_already": (
            f"Of an invoice that is marked as sent, {NAME} takes another due date and remark, "
            "and nothing else."
        ),
        "unvoid": f"{NAME} cannot take back a void: issue it again under a new number.",
        "draft": f"{NAME} takes a document as a draft; it counts once it is marked as sent.",
        "same_pair": (
            f"{NAME} adds up what is set twice from one payment against one invoice, and takes it "
            "off as a whole: Tieout then sets again what is still to stand."
        ),
        "duplicates": f"{NAME} takes a number or a name twice without a word.",
        "deletions": f"The feed of {NAME} tells no deletions: Tieout finds them by counting.",
        "parents": f"{NAME} has no customers under a customer.",
        "customer_currency": f"A customer in {NAME} has no currency of its own.",
        "region": f"{NAME} keeps no region of an address.",
        "message": f"{NAME} keeps no message to the customer: it stays here.",
        "purchase_order_number": f"{NAME} keeps no purchase-order number: it stays here.",
        "terms": f"{NAME} keeps no terms, only the due date.",
        "item_description": f"{NAME} keeps no description of an item beside its name.",
        "line_text": f"{NAME} holds 200 characters of a line's text: the rest stays here.",
        "reference": (
            f"{NAME} holds 12 characters of a payment's reference, and none of a refund's: the "
            "rest stays here."
        ),
        "fee": f"{NAME} knows no bank and no fee: what a refund cost stays here.",
        "refund_of": (
            f"A refund in {NAME} is of one receipt or credit note: paid out of several, it becomes "
            "several refunds."
        ),
        "decimals": f"{NAME} holds two decimals of an amount, in every currency.",
    },
)
