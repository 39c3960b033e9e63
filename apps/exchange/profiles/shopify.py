"""How the files of Shopify are read, as its admin exports them: orders, and the transactions of Shopify
Payments.

An order says most of itself on its first row alone. Whoever bought is known by e-mail address, since
two may have one name; what was refunded of an order comes with the payout that it left with. The
transactions name the payout of each and no payout itself: what one comes to is what its movements
add up to.
"""

from apps.connectors.profiles import Field, Prices, Profile, Tells, WalkIn
from apps.exchange.profiles.movements import (
    INVOICE_WORDS,
    TAKEN_AS_WORDS,
    WORDS_OF_OURS,
    MovementField,
    MovementKind,
    PayoutProfile,
    PayoutsAre,
)

FIELD, KIND = MovementField, MovementKind

KINDS = {
    "charge": KIND.CHARGE,
    "refund": KIND.REFUND,
    "chargeback": KIND.CHARGEBACK,
    "dispute": KIND.CHARGEBACK,
    "chargeback won": KIND.RETURNED,
    "refund_failure": KIND.RETURNED,
    "adjustment": KIND.ADJUSTMENT,
    **dict.fromkeys(("chargeback fee", "fee", "application_fee"), KIND.FEE),
    **dict.fromkeys(("reserve", "reserved_funds"), KIND.ASIDE),
    "payout": KIND.PAYOUT,
    **dict.fromkeys(("payout_failure", "payout_cancellation"), KIND.PAYOUT_BACK),
}
TRANSACTIONS = PayoutProfile(
    code="shopify-payouts",
    name="Shopify Payments: transactions of payouts",
    processor="Shopify",
    payouts=PayoutsAre.NAMED,
    tells_payouts=False,
    columns={
        **WORDS_OF_OURS,
        FIELD.DAY: ("Transaction Date",),
        FIELD.MOMENT: ("Transaction Date",),
        FIELD.KIND: ("Type",),
        FIELD.ORDER: ("Order",),
        FIELD.SOURCE: ("Checkout",),
        FIELD.PAYOUT: ("Payout ID",),
        FIELD.PAYOUT_STATUS: ("Payout Status",),
        FIELD.BANK_DAY: ("Payout Date",),
        FIELD.GROSS: ("Amount",),
        FIELD.FEE: ("Fee",),
        FIELD.NET: ("Net",),
        FIELD.CURRENCY: ("Currency",),
        FIELD.FACING_AMOUNT: ("Presentment Amount",),
        FIELD.FACING_CURRENCY: ("Presentment Currency",),
        FIELD.INVOICE: INVOICE_WORDS,
    },
    required=(
        *(FIELD.DAY, FIELD.KIND, FIELD.ORDER, FIELD.PAYOUT_STATUS, FIELD.BANK_DAY),
        *(FIELD.GROSS, FIELD.FEE, FIELD.NET, FIELD.CURRENCY),
    ),
    values={FIELD.KIND: KINDS, FIELD.TAKEN_AS: TAKEN_AS_WORDS},
    paid=frozenset(("paid", "in_transit", "in transit")),
    dispute_words=("chargeback", "dispute"),
)
PROFILES = (TRANSACTIONS,)
ORDERS = Profile(
    code="shopify-orders",
    name="Shopify: orders",
    columns={
        Field.NUMBER: ("Name",),
        Field.DATE: ("Created at",),
        Field.STATUS: ("Financial Status",),
        Field.CUSTOMER_CODE: ("Email",),
        Field.CUSTOMER_NAME: ("Billing Name",),
        Field.EMAIL: ("Email",),
        Field.ADDRESS: ("Billing Company", "Billing Address1"),
        Field.CITY: ("Billing City",),
        Field.REGION: ("Billing Province Name", "Billing Province"),
        Field.POSTAL_CODE: ("Billing Zip",),
        Field.COUNTRY: ("Billing Country",),
        Field.CURRENCY: ("Currency",),
        Field.DOCUMENT_DISCOUNT: ("Discount Amount",),
        Field.SHIPPING: ("Shipping",),
        Field.DOCUMENT_TAX: ("Taxes",),
        Field.TOTAL: ("Total",),
        Field.BALANCE: ("Outstanding Balance",),
        Field.ITEM_CODE: ("Lineitem sku",),
        Field.DESCRIPTION: ("Lineitem name",),
        Field.QUANTITY: ("Lineitem quantity",),
        Field.UNIT_PRICE: ("Lineitem price",),
        Field.TAX_CODE: ("Tax 1 Name",),
        Field.TAXABLE: ("Lineitem taxable",),
    },
    further={
        Field.ADDRESS: ("Billing Address1", "Billing Address2"),
        Field.TAX_CODE: ("Tax 2 Name", "Tax 3 Name", "Tax 4 Name", "Tax 5 Name"),
    },
    required=(
        *(Field.NUMBER, Field.DATE, Field.STATUS, Field.TOTAL),
        *(Field.QUANTITY, Field.UNIT_PRICE, Field.DESCRIPTION),
    ),
    constants={Field.PRICES: Prices.WITHOUT_TAX},
    values={
        Field.STATUS: {"voided": "void"},
        Field.TAXABLE: {"true": "yes", "false": "no"},
    },
    beginnings={Field.POSTAL_CODE: "'"},
    blank_tells=frozenset({Field.TAX_CODE}),
    fills_down=True,
    fills_too=(Field.TAX_CODE,),
    refused_statuses={"expired": "it was never paid for, and expired there"},
    walk_in=WalkIn(code="SHOPIFY-GUEST", name="Guests of the shop"),
    charges={Field.SHIPPING: "Shipping"},
    tells=Tells.AMOUNTS,
)
