"""Tables that nobody's product writes and many people do: one row a document."""

from dataclasses import replace

from apps.connectors.profiles import Field, Nested, Prices, Profile

HEAD = {
    Field.NUMBER: ("Invoice number", "Invoice no", "Invoice no.", "Invoice #", "Number"),
    Field.DATE: ("Invoice date", "Date"),
    Field.DUE_DATE: ("Due date",),
    Field.CUSTOMER_NAME: ("Customer", "Customer name"),
    Field.CUSTOMER_CODE: ("Customer code", "Customer no", "Account number"),
    Field.EMAIL: ("Email", "E-mail"),
    Field.TAX_NUMBER: ("Tax number", "VAT number"),
    Field.CURRENCY: ("Currency",),
    Field.PURCHASE_ORDER: ("Purchase order", "PO number"),
    Field.DESCRIPTION: ("Description", "Details"),
    Field.TAX_CODE: ("Tax rate", "Tax code"),
    Field.DOCUMENT_TAX: ("Tax", "Tax amount", "VAT"),
    Field.TOTAL: ("Total", "Gross"),
    Field.BALANCE: ("Balance due", "Balance", "Outstanding"),
}
# The net stands for its one line, and where a document comes to less than nil it is a credit note.
BY_NET = Profile(
    code="one-row-net",
    name="A row for each document: net amount",
    columns={**HEAD, Field.UNIT_PRICE: ("Net", "Net amount", "Subtotal")},
    required=(Field.NUMBER, Field.DATE, Field.CUSTOMER_NAME, Field.UNIT_PRICE),
    constants={
        Field.QUANTITY: "1",
        Field.DESCRIPTION: "As invoiced",
        Field.PRICES: Prices.WITHOUT_TAX,
    },
    one_row=True,
    by_sign=True,
    credits_are_negative=None,
    turns_prices=True,
)
BY_TOTAL = replace(
    BY_NET,
    code="one-row-total",
    name="A row for each document: total with tax",
    columns={**HEAD, Field.UNIT_PRICE: HEAD[Field.TOTAL]},
    constants={**BY_NET.constants, Field.PRICES: Prices.WITH_TAX},
)
IN_A_CELL = Profile(
    code="lines-in-a-cell",
    name="A row for each document, its lines in one cell",
    columns={
        Field.DATE: ("DocumentDate",),
        Field.NUMBER: ("DocumentNumber",),
        Field.CUSTOMER_NAME: ("Name",),
        Field.STATUS: ("DocumentStatus",),
        Field.LINES: ("Items",),
        Field.CURRENCY: ("CurrencyCode",),
        Field.DOCUMENT_NET: ("SubtotalAmount",),
        Field.DOCUMENT_TAX: ("TotalTaxAmount",),
        Field.TOTAL: ("TotalAmount",),
        Field.BALANCE: ("BalanceDueAmount",),
    },
    required=(
        *(Field.DATE, Field.NUMBER, Field.CUSTOMER_NAME, Field.LINES),
        *(Field.QUANTITY, Field.UNIT_PRICE),
    ),
    constants={Field.PRICES: Prices.WITHOUT_TAX},
    beginnings={Field.TAX_PERCENT: "rate;"},
    one_row=True,
    nested=Nested(
        columns={
            Field.ITEM_CODE: ("code",),
            Field.DESCRIPTION: ("description",),
            Field.QUANTITY: ("qty", "quantity"),
            Field.UNIT_PRICE: ("unit_price", "price"),
            Field.DISCOUNT_PERCENT: ("discount_percentage",),
            Field.TAX_PERCENT: ("applied_taxes",),
        },
    ),
    refused_statuses={"draft": "it is a draft there, and no invoice yet"},
)
