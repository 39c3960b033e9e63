"""How invoices are read from the accounting export of Wave: its entries on income accounts are the
lines of invoices; the other side of each entry is none."""

from apps.connectors.profiles import Field, Prices, Profile

WAVE = Profile(
    code="wave-transactions",
    name="Wave: accounting export, invoices",
    columns={
        Field.ENTRY: ("Account Type",),
        Field.NUMBER: ("Invoice Number",),
        Field.DATE: ("Transaction Date",),
        Field.CUSTOMER_NAME: ("Customer",),
        Field.DESCRIPTION: ("Transaction Line Description", "Transaction Description"),
        Field.UNIT_PRICE: ("Amount Before Sales Tax",),
        Field.TAX_CODE: ("Sales Tax Name",),
        Field.LINE_TAX: ("Sales Tax Amount",),
        Field.MESSAGE: ("Notes / Memo",),
    },
    required=(
        *(Field.ENTRY, Field.NUMBER, Field.DATE, Field.CUSTOMER_NAME),
        *(Field.UNIT_PRICE, Field.TAX_CODE),
    ),
    constants={
        Field.QUANTITY: "1",
        Field.DESCRIPTION: "As invoiced",
        Field.PRICES: Prices.WITHOUT_TAX,
    },
    entries=frozenset({"income"}),
    blank_tells=frozenset({Field.TAX_CODE}),
)
