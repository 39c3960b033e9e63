"""What Xero can do, as data. Each word gives its source: [X] Xero's own pages, [S] its OpenAPI
description, [R] recorded exchanges, [O] an operator's notes; decisions 0001 and 0025 say what
follows from them."""

from apps.connectors.limits import MINUTE, ROLLING_DAY, Limit, Scope
from apps.connectors.port import Capabilities, Check, Switch
from apps.connectors.snapshots import Kind
from apps.connectors.totals import ControlTotal

NAME = "Xero"
DAY_LIMIT = 5000  # [X]; 1,000 on the Starter tier, which X-DayLimit-Remaining tells

# Steps that follow the first one of a record.
RECEIPT, APPLY, TAKE_OFF, TAKE_BACK = "receipt", "apply", "take_off", "take_back"
CHARGE, BANK_LINE = "charge", "bank_line"

# What a person may switch on, and the contact that a bank deposit is of: its line must have one.
BANK_DEPOSITS, HISTORY_NOTES = "bank_deposits", "history_notes"
PAYEE = "Bank deposits (Tieout)"

# Of these [X] only whether the organisation is in a tax scheme is told, and that it has currencies.
CHECKS = {
    "numbers": Check(
        words="Invoice numbers",
        asks="Nobody types invoices there under the numbers that Tieout gives.",
        why="Xero takes a number once: what is typed there under one of ours keeps ours out.",
        change="Settings, Invoice settings: give what is typed there another prefix.",
    ),
    "reminders": Check(
        words="Invoice reminders",
        asks="Invoice reminders are off there, or remind only as you want.",
        why="Xero would remind a customer of an invoice that you chase from here, perhaps on the day "
        "on which the payment is on its way.",
        change="Business, Invoices, Invoice reminders.",
    ),
    "credits": Check(
        words="Credits applied by themselves",
        asks="Nobody applies credit notes or overpayments there while Tieout does it.",
        why="Xero offers an open credit when an invoice is approved there: a credit that is used up "
        "over there cannot be set against the invoice that you chose here.",
        change="Agree who applies credits: one side.",
    ),
    "multi_currency": Check(
        words="Several currencies",
        asks="The currencies you invoice in are added there, or you invoice in the home one alone.",
        why="An invoice in a currency that Xero does not have is held here.",
        change="Settings, Currencies (a plan with several currencies is needed).",
        setting="multi_currency",
        wanted=frozenset({"yes"}),
    ),
    "sales_tax": Check(
        words="Tax scheme",
        asks="The organisation is in a tax scheme, or you charge no tax.",
        why="Without one Xero refuses a tax rate on a line, and a document with tax is held here.",
        change="Settings, Financial settings, Tax.",
        setting="sales_tax",
        wanted=frozenset({"yes"}),
    ),
    "other_apps": Check(
        words="Other apps",
        asks="No other app posts the same invoices or payments there.",
        why="What a shop, a till or a payment service posts by itself would stand there twice once "
        "Tieout sends it too.",
        change="Settings, Connected apps: disconnect it, or let it post only what Tieout does not.",
    ),
}

CAPABILITIES = Capabilities(
    checks=CHECKS,
    system="xero",
    name=NAME,
    # Adjustments and refunds are documents there by our reading (`cannot`). A bank deposit is left
    # out unless it is switched on: its line wants a contact, and says nothing of the payments in
    # it (0001.8).
    kinds=frozenset(Kind) - {Kind.DEPOSIT},
    push_batch=50,  # [X] advises up to 50 elements a call
    in_flight=5,  # [X] for one organisation and app
    # Full calls that fit into a page (1,000) of the list in which what was made is read back, beside
    # what others changed in that moment.
    planned_at_once=950,
    # [X] [R]: every answer of an organisation tells what is left; a 429 names the limit.
    limits=(
        Limit(
            name="minute",
            amount=60,
            span=MINUTE,
            scope=Scope.ORGANISATION,
            left_header="x-minlimit-remaining",
            refusal=("x-rate-limit-problem", "minute"),
        ),
        Limit(
            name="day",
            amount=DAY_LIMIT,
            span=ROLLING_DAY,
            scope=Scope.ORGANISATION,
            left_header="x-daylimit-remaining",
            refusal=("x-rate-limit-problem", "day"),
        ),
        Limit(
            name="app",
            amount=10_000,
            span=MINUTE,
            scope=Scope.APP,
            left_header="x-appminlimit-remaining",
            refusal=("x-rate-limit-problem", "appminute"),
        ),
    ),
    number_length=255,  # [S] InvoiceNumber
    decimals=2,  # [S] amounts; four of a price with unitdp=4
    accounts=True,  # [S] GET /Accounts
    item_on_every_amount=False,  # [S] a line names its account itself
    # A refund is a charge of its own, to which what it pays back is applied afterwards (0001.7).
    refunds_name_sources=False,
    nil_documents=True,  # [S] nothing says otherwise; a nil invoice is authorised and paid at once
    # The form of a receipt follows from all that it is set against (0001.3, 0001.10.17).
    carried_inside=frozenset({Kind.ALLOCATION}),
    deposits_name_payments=False,  # [S] a line of the bank has lines on accounts
    # Single payments where a batch cannot be had [X]; a charge and its line of the bank (0001.7).
    several_objects=frozenset({Kind.PAYMENT, Kind.REFUND}),
    adds_up=frozenset(),  # [R] every allocation has an id of its own
    steps={
        RECEIPT: "the receipt in its other form",
        APPLY: "setting it against its documents",
        TAKE_OFF: "taking off what it is not set against any more",
        TAKE_BACK: "taking back the form that it had",
        CHARGE: "the charge that reopens what was paid",
        BANK_LINE: "the line of the bank",
    },
    # [S] Our numbers are unique for ever, the voided included, and yet `refuses_doubles` is empty:
    # documents bear no mark, so the refused second one could not tell that the first is ours. What a
    # gateway turned away is looked up by its number instead.
    trace_headers=("xero-correlation-id",),  # [X]
    keys=True,  # [S] Idempotency-Key, on every PUT and POST
    hands_over=False,  # [R] what is answered stands
    reads_back=True,
    # [S] Reports/TrialBalance. What customers owe is told by customer alone, a call for each.
    control_totals=frozenset({ControlTotal.TRIAL_BALANCE}),
    receivable_per_currency=False,  # [S] one account with SystemAccount DEBTORS
    # Nothing says whether a document's cents fall on its largest account or on that of roundings;
    # a receipt that is several payments is rounded payment by payment.
    in_bank_currency=frozenset({Kind.REFUND, Kind.DEPOSIT}),
    home_cents_told=False,
    key_life=300.0,  # [X] six minutes from the first call; one is left for the clocks
    # [S] If-Modified-Since reaches back without an end that is published; a feed of years is read
    # in pages. Nothing tells deletions but the list of ids, so every feed ends with totals of lists
    # only where it is older than this.
    feed_reach_days=30,
    idle_calls=8,  # a list of each kind but batches, which change with their payments
    day_zone="UTC",  # [X] a day's limit is of any 24 hours; days are counted as their times are told
    # [X] Whatever they make of these has a history of its own. A part of a credit note or of a
    # receipt has none: what it is a part of has; and a contact or an item bears no figure.
    edit_notes=frozenset(Kind) - {Kind.CUSTOMER, Kind.ITEM, Kind.ALLOCATION},
    edit_note_words=(
        "It is written into its history in Xero, which customers do not see: there nobody can change "
        "it or take it back."
    ),
    switches={
        BANK_DEPOSITS: Switch(
            words="Bank deposits as receive-money transactions",
            sentence=(
                "Each bank deposit that is made here becomes one receive-money transaction in Xero "
                f"(spend money, where it comes to less than nil), under the contact “{PAYEE}”: it "
                "takes payments and refunds out of the clearing account, with the fees on their own "
                "lines, and is the one line that the bank shows. Which payments it holds stays here."
            ),
            kinds=frozenset({Kind.DEPOSIT}),
            cannot={
                "deposit": "",
                "deposit_payments": (
                    "A receive-money transaction in Xero does not say which payments it holds: that "
                    "stays here, and one that somebody enters there over the clearing account is "
                    "only theirs, and no bank deposit here."
                ),
                "deposit_clearing": (
                    "A bank deposit takes money out of an ordinary account that payments may go to. "
                    "Where the clearing account is a bank account in Xero it is held: there the fees "
                    "are spend money, and the rest is a bank transfer, both by hand."
                ),
                "deposit_currency": (
                    "A receive-money transaction is in the currency of its bank account: a bank "
                    "deposit of money in another currency is held."
                ),
            },
        ),
        HISTORY_NOTES: Switch(
            words="Notes in the history",
            sentence=(
                "Each document and payment that Tieout makes in Xero gets one note in its history: "
                "who recorded it here, and its number. Each takes a call, nobody can take a note "
                "back, and one that could not be written is not tried again."
            ),
            notes=frozenset(
                {Kind.INVOICE, Kind.CREDIT_NOTE, Kind.PAYMENT, Kind.REFUND, Kind.DEPOSIT}
            ),
            cannot={"history": ""},
        ),
    },
    cannot={
        "deposit": (
            "Xero has no bank deposits that say which payments they hold: they stay here, and what "
            "the bank received is reconciled in Xero against its clearing account; unless “Bank "
            "deposits as receive-money transactions” is switched on for the connection."
        ),
        "adjustment": (
            "Xero has no entry on the receivable of a customer: a deduction or a write-off becomes "
            "a credit note without tax, and money taken up again an invoice without tax, each on "
            "the account of its role, with a number that begins with T. Xero therefore counts a "
            "deduction among the credits of an invoice; Tieout keeps it apart."
        ),
        "refund": (
            "A refund becomes an invoice without tax over what is paid back, numbered T…-R, to "
            "which the credit or the money on account is applied, and a line of the bank with its "
            "fee. Both meet on Xero's rounding account, which they leave at nil."
        ),
        "overpayment": (
            "A receipt of which something is left on account is an overpayment in Xero, which lies in "
            "a bank alone, and which nobody deletes or changes from outside: what is wrong with it is "
            "put right there."
        ),
        "payment_changes": (
            "Xero changes no payment: another amount, day, account or reference is another payment, "
            "and the first one is deleted. One that is reconciled is left as it is."
        ),
        "allocation_date": (
            "Xero dates what is set against an invoice by the later of both documents: the day on "
            "which it was applied stays here."
        ),
        "batch_currency": (
            "Xero takes one receipt for several invoices in its home currency alone: in another "
            "currency it becomes a payment for each invoice, and so several lines of the bank."
        ),
        "settled": (
            "Once something is applied to an invoice Xero changes its due date, reference and words, "
            "and drops changed amounts without a word: they are held here."
        ),
        "archived": (
            "Xero lets nobody change an archived contact from outside, nor restore it: restore it "
            "there."
        ),
        "items": "Xero has no inactive items: one that is not used is marked as not sold.",
        "unvoid": "Xero cannot take back a void: issue it again under a new number.",
        "terms": "Xero keeps the due date of an invoice and no terms.",
        "message": "Xero keeps no message to the customer on an invoice: it stays here.",
        "parents": "Xero has no customers under a customer.",
        "bank_currency": (
            "A line of the bank in Xero is in the currency of its account: a refund in another "
            "currency than that is held."
        ),
        "home_cents": (
            "Xero does not tell on which account the cents fall that rounding to home currency "
            "leaves where a part of a document is paid: what will be booked is shown to the cent "
            "but for these."
        ),
        "rate": (
            "Xero keeps an exchange rate the other way round with six decimals: where a document "
            "would be worth other cents at home, Tieout holds it and says how many."
        ),
        "line_discount": (
            "A credit note in Xero has no discounts: one goes into the line's price, and the "
            "amount stays the same."
        ),
        "reference": (
            "Xero keeps the reference that a payment came with: another one stays here, and the "
            "text of an overpayment cannot be changed at all."
        ),
        "decimals": "Xero holds two decimals of an amount and four of a price and a quantity.",
        "history": (
            "Notes in Xero's history are not written, since nobody can take them back; unless they "
            "are switched on for the connection."
        ),
        "delete": "Contacts are archived in Xero, never deleted.",
    },
)
