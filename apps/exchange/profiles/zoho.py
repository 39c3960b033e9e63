"""How the invoices of Zoho Books are read, as it exports them and takes them in again."""

from apps.connectors.countries import ISO_OF
from apps.connectors.profiles import Field, Prices, Profile, Tells

ZOHO = Profile(
    code="zoho-invoices",
    name="Zoho Books: invoices",
    columns={
        Field.DATE: ("Invoice Date",),
        Field.NUMBER: ("Invoice Number",),
        Field.STATUS: ("Invoice Status",),
        Field.CUSTOMER_NAME: ("Customer Name",),
        Field.DUE_DATE: ("Due Date",),
        Field.PURCHASE_ORDER: ("PurchaseOrder",),
        Field.CURRENCY: ("Currency Code",),
        Field.EXCHANGE_RATE: ("Exchange Rate",),
        Field.DOCUMENT_DISCOUNT_PERCENT: ("Entity Discount Percent",),
        Field.DOCUMENT_DISCOUNT: ("Entity Discount Amount",),
        Field.PRICES: ("Is Inclusive Tax",),
        Field.ITEM_CODE: ("SKU",),
        Field.ITEM_NAME: ("Item Name",),
        Field.DESCRIPTION: ("Item Desc",),
        Field.QUANTITY: ("Quantity",),
        Field.UNIT_PRICE: ("Item Price",),
        Field.DISCOUNT: ("Discount",),
        Field.TAX_CODE: ("Item Tax",),
        Field.TAX_PERCENT: ("Item Tax %",),
        Field.SHIPPING: ("Shipping Charge",),
        Field.ADJUSTMENT: ("Adjustment",),
        Field.ROUND_OFF: ("Round Off",),
        Field.TERMS: ("Payment Terms Label",),
        Field.MESSAGE: ("Notes",),
        Field.ADDRESS: ("Billing Address",),
        Field.CITY: ("Billing City",),
        Field.REGION: ("Billing State",),
        Field.POSTAL_CODE: ("Billing Code",),
        Field.COUNTRY: ("Billing Country",),
        Field.LINE_AMOUNT: ("Item Total",),
        Field.LINE_TAX: ("Item Tax Amount",),
        Field.TOTAL: ("Total",),
        Field.BALANCE: ("Balance",),
    },
    further={Field.ADDRESS: ("Billing Street2",)},
    required=(
        *(Field.DATE, Field.NUMBER, Field.CUSTOMER_NAME),
        *(Field.QUANTITY, Field.UNIT_PRICE),
    ),
    constants={Field.PRICES: Prices.WITHOUT_TAX},
    values={
        Field.PRICES: {
            "true": Prices.WITH_TAX,
            "false": Prices.WITHOUT_TAX,
            Prices.WITHOUT_TAX: Prices.WITHOUT_TAX,
        },
        Field.COUNTRY: ISO_OF,
        Field.STATUS: {"void": "void"},
    },
    closed=frozenset({Field.COUNTRY}),
    blank_tells=frozenset({Field.TAX_CODE}),
    refused_statuses={
        "draft": "it is a draft there, and no invoice yet. Mark it as sent there first"
    },
    charges={
        Field.SHIPPING: "Shipping charge",
        Field.ADJUSTMENT: "Adjustment",
        Field.ROUND_OFF: "Rounding",
    },
    tells=Tells.AMOUNTS,
)
