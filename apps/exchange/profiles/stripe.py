"""How the reports of Stripe are read: the balance, and the reconciliation of payouts.

The headings of the balance are those of the export of all activity in its dashboard; those of the
reconciliation the columns of `payout_reconciliation.itemized` and `balance_change_from_activity`.
"""

from apps.exchange.profiles.movements import (
    INVOICE_WORDS,
    TAKEN_AS_WORDS,
    WORDS_OF_OURS,
    MovementField,
    MovementKind,
    PayoutProfile,
    PayoutsAre,
)

NO_CUSTOMERS = (
    *("reserve_transaction", "reserved_funds", "risk_reserved_funds", "reserve_hold"),
    *("reserve_release", "topup", "topup_reversal", "transfer", "transfer_reversal"),
)
# Both of the field `type` and of `reporting_category`, which is finer.
KINDS = {
    **dict.fromkeys(("charge", "payment"), MovementKind.CHARGE),
    **dict.fromkeys(
        ("refund", "payment_refund", "partial_capture_reversal", "payment_failure_refund"),
        MovementKind.REFUND,
    ),
    **dict.fromkeys(("refund_failure", "payment_reversal"), MovementKind.RETURNED),
    "dispute": MovementKind.CHARGEBACK,
    "dispute_reversal": MovementKind.RETURNED,
    "adjustment": MovementKind.ADJUSTMENT,
    "other_adjustment": MovementKind.ADJUSTMENT,
    **dict.fromkeys(
        ("stripe_fee", "stripe_fx_fee", "network_cost", "tax_fee", "fee", "tax"), MovementKind.FEE
    ),
    "payout": MovementKind.PAYOUT,
    **dict.fromkeys(
        ("payout_cancel", "payout_failure", "payout_reversal"), MovementKind.PAYOUT_BACK
    ),
    **dict.fromkeys(NO_CUSTOMERS, MovementKind.ASIDE),
}
DISPUTE_SOURCES, DISPUTE_WORDS = ("du_", "dp_"), ("chargeback", "dispute")
FIELD = MovementField
ALIKE = {
    **WORDS_OF_OURS,
    FIELD.INVOICE: (
        *INVOICE_WORDS,
        *("invoice_number (metadata)", "invoice (metadata)", "payment_metadata[invoice_number]"),
        "payment_metadata[invoice]",
    ),
    FIELD.ORDER: (
        *("order_id (metadata)", "order_number (metadata)", "order (metadata)"),
        *("payment_metadata[order_id]", "payment_metadata[order_number]"),
    ),
}
BALANCE = PayoutProfile(
    code="stripe-balance",
    name="Stripe: balance, all activity",
    processor="Stripe",
    payouts=PayoutsAre.NAMED,
    columns={
        **ALIKE,
        FIELD.TRANSACTION: ("id",),
        FIELD.KIND: ("Type",),
        FIELD.SOURCE: ("Source",),
        FIELD.GROSS: ("Amount",),
        FIELD.FEE: ("Fee",),
        FIELD.NET: ("Net",),
        FIELD.CURRENCY: ("Currency",),
        FIELD.DAY: ("Created (UTC)",),
        FIELD.BANK_DAY: ("Available On (UTC)",),
        FIELD.DESCRIPTION: ("Description",),
        FIELD.FACING_AMOUNT: ("Customer Facing Amount",),
        FIELD.FACING_CURRENCY: ("Customer Facing Currency",),
        FIELD.PAYOUT: ("Transfer",),
        FIELD.EMAIL: ("Customer Email", "customer_email (metadata)"),
        FIELD.NAME: ("Customer Name", "customer_name (metadata)"),
    },
    required=(
        *(FIELD.TRANSACTION, FIELD.KIND, FIELD.GROSS, FIELD.FEE, FIELD.NET),
        *(FIELD.CURRENCY, FIELD.DAY, FIELD.BANK_DAY),
    ),
    values={FIELD.KIND: KINDS, FIELD.TAKEN_AS: TAKEN_AS_WORDS},
    times_in={"Created (UTC)": "UTC"},
    dispute_sources=DISPUTE_SOURCES,
    dispute_words=DISPUTE_WORDS,
)
RECONCILIATION = PayoutProfile(
    code="stripe-payouts",
    name="Stripe: reconciliation of payouts",
    processor="Stripe",
    payouts=PayoutsAre.NAMED,
    tells_payouts=False,
    columns={
        **ALIKE,
        FIELD.TRANSACTION: ("balance_transaction_id",),
        FIELD.KIND: ("reporting_category",),
        FIELD.SOURCE: ("charge_id", "source_id"),
        FIELD.GROSS: ("gross",),
        FIELD.FEE: ("fee",),
        FIELD.NET: ("net",),
        FIELD.CURRENCY: ("currency",),
        FIELD.DAY: ("created_utc", "created"),
        FIELD.BANK_DAY: ("automatic_payout_effective_at_utc", "automatic_payout_effective_at"),
        FIELD.DESCRIPTION: ("description",),
        FIELD.FACING_AMOUNT: ("customer_facing_amount",),
        FIELD.FACING_CURRENCY: ("customer_facing_currency",),
        FIELD.PAYOUT: ("automatic_payout_id",),
        FIELD.EMAIL: ("customer_email",),
        FIELD.NAME: ("customer_name",),
    },
    required=(
        *(FIELD.TRANSACTION, FIELD.KIND, FIELD.GROSS, FIELD.FEE, FIELD.NET, FIELD.CURRENCY),
        *(FIELD.DAY, FIELD.PAYOUT, FIELD.BANK_DAY),
    ),
    values={FIELD.KIND: KINDS, FIELD.TAKEN_AS: TAKEN_AS_WORDS},
    times_in={"created_utc": "UTC"},
    dispute_sources=DISPUTE_SOURCES,
    dispute_words=DISPUTE_WORDS,
)
PROFILES = (BALANCE, RECONCILIATION)
