"""What FreshBooks can do, as data. Each word gives its source: [D] FreshBooks' own pages, [S] its
SDKs, [L] live notes of other projects, [?] not told; decisions 0001 and 0026 say what follows."""

from apps.connectors.limits import SECOND, Limit, Scope
from apps.connectors.port import Capabilities, Check
from apps.connectors.snapshots import Kind
from apps.connectors.totals import ControlTotal

NAME = "FreshBooks"

# Steps that follow the first one of a record.
DRAFT, SEND, STATE, TAKE_OFF, AGAIN, PROVE = "draft", "send", "state", "take_off", "again", "prove"

# [D] None of these can be read: all are asked.
CHECKS = {
    "numbers": Check(
        words="Invoice numbers",
        asks="Nobody types invoices there under the numbers that Tieout gives.",
        why="FreshBooks goes on from the highest number: one that it gives may be the next of "
        "Tieout, and that invoice is then refused as a duplicate.",
        change="Type another prefix into the number of the first invoice that is written there.",
    ),
    "credits": Check(
        words="Credits applied by themselves",
        asks="Nobody applies credits there while Tieout does it.",
        why="A credit that is used up over there cannot be set against the invoice that you chose.",
        change="Agree who applies credits: one side.",
    ),
    "reminders": Check(
        words="Payment reminders",
        asks="Payment reminders are off there, or remind only as you want.",
        why="FreshBooks would remind a customer of an invoice that you chase from here.",
        change="Client, Client settings, “Send reminders”; and the same in the settings of an invoice.",
    ),
    "late_fees": Check(
        words="Late fees",
        asks="No late fees are added there by themselves.",
        why="A fee is a line that FreshBooks adds to an invoice of yours: both sides then differ, and "
        "the change waits for a person.",
        change="Client, Client settings, “Charge late fees”.",
    ),
    "multi_currency": Check(
        words="Several currencies",
        asks="Clients are invoiced in the home currency alone.",
        why="FreshBooks tells no exchange rate: what is in another currency stays here.",
        change="Nothing is changed there: invoice in the home currency, or keep those out.",
    ),
    "sales_tax": Check(
        words="Taxes",
        asks="The taxes there have the names and percentages that you charge.",
        why="A tax travels by its name and percentage: one that is called otherwise there would be "
        "a second tax in its tax report.",
        change="Settings, Taxes.",
    ),
    "other_apps": Check(
        words="Other apps",
        asks="No other app posts the same invoices or payments there.",
        why="What a shop or a payment service posts by itself would stand there twice once Tieout "
        "sends it too.",
        change="Settings, Apps: disconnect it, or let it post only what Tieout does not send.",
    ),
}

CAPABILITIES = Capabilities(
    checks=CHECKS,
    system="freshbooks",
    name=NAME,
    kinds=frozenset(Kind) - {Kind.REFUND, Kind.DEPOSIT},
    push_batch=1,  # [D] no batches
    in_flight=2,  # no figure is published; decision 0026
    limits=(Limit(name="second", amount=5, span=SECOND, scope=Scope.ORGANISATION),),  # likewise
    number_length=30,  # [?] 1017 MaxLengthExceeded exists, no length is told
    decimals=2,
    accounts=False,  # [D] a line names no account
    tells_tax_by_rate=False,  # [S] a line names its taxes, a document their sum
    tax_rounding_told=False,  # [?] no page says per line or per rate, nor where half a cent goes
    method_as_text=True,  # [S] a closed list of words
    nil_documents=True,  # [?]
    several_currencies=False,  # [D] they have, and tell no rate: see `cannot`
    pays_one_invoice=True,  # [D] a payment names one invoice
    carried_inside=frozenset({Kind.ALLOCATION}),
    steps={
        DRAFT: "entering it as a draft",
        SEND: "marking it as sent",
        STATE: "archiving it or bringing it back",
        TAKE_OFF: "taking back what paid another invoice",
        AGAIN: "making it as it is to be",
        PROVE: "reading it back",
    },
    keys=False,  # [D] no idempotency key, no id of ours
    # [D] the ageing, the tax summary. The trial balance is read by `reports`, and not told: see `cannot`.
    control_totals=frozenset({ControlTotal.RECEIVABLE, ControlTotal.TAX}),
    # [?] "any non-draft invoices", says the page of the tax summary, and of credits nothing.
    tax_total_counts_credits=None,
    receivable_per_currency=False,  # [L] one account, 1200
    feed_reach_days=3650,  # [D] a query by day
    idle_calls=10,  # what stands and what was deleted of five kinds
    day_zone="America/New_York",  # [D] their days are Eastern ones; no limit of a day is published
    # Of all that stands there with a figure. What a payment sets against its invoice is the payment;
    # the use of a credit is a payment of its own. A client or an item bears no figure.
    edit_notes=frozenset(
        {Kind.INVOICE, Kind.CREDIT_NOTE, Kind.PAYMENT, Kind.ALLOCATION, Kind.ADJUSTMENT}
    ),
    edit_note_words=(
        f"It is added to the internal note of the client in {NAME}, which customers do not see; that "
        "of a payment to the payment's own note, unless its month is closed or it was un-applied, which "
        "deletes it there."
    ),
    cannot={
        "refund": (
            f"{NAME} has no refunds: what is paid out stays here, and the credit or payment that it "
            "pays back stays open there."
        ),
        "deposit": f"{NAME} knows no bank deposits: its payments name no account.",
        "accounts": f"{NAME} books invoices by itself: no line of them names an account.",
        "trial_balance": (
            f"{NAME} tells a trial balance, but its lines name no account of ours to hold it "
            "against."
        ),
        "on_account": (
            f"A payment in {NAME} pays one invoice with its whole amount: enter a receipt over "
            "several invoices as several payments, and apply what is on account first."
        ),
        "adjustment": (
            f"{NAME} has no entry on the receivable: a deduction or a write-off becomes a credit "
            "without tax that lowers income there, and money taken up again stays here."
        ),
        "retainer": (
            f"{NAME} has no account for money that is owed back: a retainer, what is used of it and "
            "what is paid back of it stay here."
        ),
        "several_currencies": (
            f"{NAME} takes and tells no exchange rate, so that nobody could prove what an amount in "
            "another currency is worth at home: what is not in the company's own currency stays here."
        ),
        "tax_override": (
            f"{NAME} works the tax out itself from the percentages of a line, of which it takes "
            "two."
        ),
        "inclusive": (
            f"{NAME} has no prices that include tax: a line goes over at its net amount, whatever "
            "its price said, and what comes to another cent of tax on that amount stays here."
        ),
        "tax_rounding": (
            f"{NAME} tells nowhere how it rounds tax: Tieout learns it from the invoices that stand "
            "there. Until one of them shows it, a document may come out by cents otherwise than was "
            "shown, and is then asked about."
        ),
        "line_discount": (
            f"{NAME} knows a discount of a document in percent alone: what a line bears of its own "
            "and of the document's goes into the line's price, and its text says so."
        ),
        "void": (
            f"{NAME} has no void: the lines of a document are set to nil under its number, and its "
            f'notes begin with "Voided".'
        ),
        "closing_date": f"{NAME} has no closing date: nothing keeps an old month shut there.",
        "payment_void": (
            f"{NAME} deletes a payment that was entered by mistake; one that the bank took back "
            "is left as it stands."
        ),
        "overpaid": (
            f"What is more than its invoice is open for, {NAME} books apart as a credit: Tieout "
            "reads it as money on account of its own."
        ),
        "mark": (
            f"An invoice in {NAME} has no remark that its customer does not see: Tieout's mark "
            "is the last line of its notes."
        ),
        "memo": f"{NAME} has no internal memo on a document or payment: it stays here.",
        "terms": f"{NAME} keeps the due date, and terms as words alone: ours stay here.",
        "items": f"A line in {NAME} names no item: its text, quantity and price are copied.",
        "parents": f"{NAME} has no customers under a customer.",
        "draft": f"A draft in {NAME} is in no report: it counts once it is marked as sent.",
        "duplicates": f"{NAME} may take a number, a name or an address twice without a word.",
        "allocation_date": f"A payment in {NAME} has one day, that of the money.",
        "decimals": f"{NAME} holds two decimals of an amount and three of a percentage.",
        "delete": f"Customers and items are archived in {NAME}, never deleted.",
    },
)
