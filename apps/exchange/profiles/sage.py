"""How sales of Sage Accounting (quick entries) and Sage 50 (audit trail) are read: sums by ledger
account and tax code, above nil, whose type says which way they go."""

from apps.connectors.profiles import DocumentKind, Field, Prices, Profile, Tells

QUICK_ENTRIES = Profile(
    code="sage-quick-entries",
    name="Sage Accounting: sales quick entries",
    columns={
        Field.KIND: ("Type",),
        Field.CUSTOMER_CODE: ("Customer Reference",),
        Field.DATE: ("Date",),
        Field.CUSTOMER_NAME: ("Customer name",),
        Field.NUMBER: ("Reference",),
        Field.DESCRIPTION: ("Details",),
        Field.UNIT_PRICE: ("Net amount",),
        Field.TAX_CODE: ("VAT rate",),
        Field.LINE_TAX: ("VAT amount",),
    },
    required=(
        *(Field.KIND, Field.CUSTOMER_CODE, Field.DATE, Field.NUMBER),
        *(Field.UNIT_PRICE, Field.TAX_CODE),
    ),
    constants={
        Field.QUANTITY: "1",
        Field.DESCRIPTION: "As invoiced",
        Field.PRICES: Prices.WITHOUT_TAX,
    },
    values={
        Field.KIND: {
            "invoice": DocumentKind.INVOICE,
            "cr note": DocumentKind.CREDIT_NOTE,
            "credit note": DocumentKind.CREDIT_NOTE,
        }
    },
    credits_are_negative=False,
    tells=Tells.SUMS,
)
AUDIT_TRAIL = Profile(
    code="sage50-audit-trail",
    name="Sage 50: audit trail, sales",
    columns={
        Field.KIND: ("Type",),
        Field.CUSTOMER_CODE: ("Account Reference",),
        Field.DATE: ("Date",),
        Field.NUMBER: ("Reference",),
        Field.DESCRIPTION: ("Details",),
        Field.UNIT_PRICE: ("Net Amount",),
        Field.TAX_CODE: ("Tax Code",),
        Field.LINE_TAX: ("Tax Amount",),
        Field.EXCHANGE_RATE: ("Exchange Rate",),
        Field.PURCHASE_ORDER: ("Extra Reference",),
    },
    required=(
        *(Field.KIND, Field.CUSTOMER_CODE, Field.DATE, Field.NUMBER),
        *(Field.UNIT_PRICE, Field.TAX_CODE),
    ),
    constants={
        Field.QUANTITY: "1",
        Field.DESCRIPTION: "As invoiced",
        Field.PRICES: Prices.WITHOUT_TAX,
    },
    values={Field.KIND: {"si": DocumentKind.INVOICE, "sc": DocumentKind.CREDIT_NOTE}},
    credits_are_negative=False,
    tells=Tells.SUMS,
)
