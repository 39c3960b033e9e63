"""How files of FreshBooks are read: its export Invoice Details, a row for each line."""

from apps.connectors.profiles import Field, Prices, Profile

PROFILES = (
    Profile(
        code="freshbooks-invoice-details",
        name="FreshBooks: invoice details",
        columns={
            Field.CUSTOMER_NAME: ("Client Name",),
            Field.NUMBER: ("Invoice #",),
            Field.DATE: ("Date Issued",),
            Field.DUE_DATE: ("Date Due",),
            Field.STATUS: ("Invoice Status",),
            Field.ITEM_NAME: ("Item Name",),
            Field.DESCRIPTION: ("Item Description",),
            Field.UNIT_PRICE: ("Rate",),
            Field.QUANTITY: ("Quantity",),
            Field.DISCOUNT_PERCENT: ("Discount Percentage",),
            Field.LINE_AMOUNT: ("Line Subtotal",),
            Field.TAX_CODE: ("Tax 1 Type",),
            Field.LINE_TAX: ("Tax 1 Amount",),
            Field.LINE_TOTAL: ("Line Total",),
            Field.CURRENCY: ("Currency",),
        },
        further={Field.TAX_CODE: ("Tax 2 Type",), Field.LINE_TAX: ("Tax 2 Amount",)},
        required=(
            *(Field.CUSTOMER_NAME, Field.NUMBER, Field.DATE),
            *(Field.UNIT_PRICE, Field.QUANTITY, Field.CURRENCY),
        ),
        constants={Field.PRICES: Prices.WITHOUT_TAX},
        blank_tells=frozenset({Field.TAX_CODE}),
        refused_statuses={"draft": "it is a draft there, and no invoice yet. Send it there first"},
        system="freshbooks",
    ),
)
