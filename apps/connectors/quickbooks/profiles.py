"""How files of QuickBooks Online are read: its invoices import (United States and elsewhere), and the
report Invoice List, a row for each document."""

from dataclasses import replace

from apps.connectors.profiles import DocumentKind, Field, Prices, Profile, Tells
from apps.connectors.quickbooks.layouts import PRODUCT, SYSTEM

INVOICES = Profile(
    code="qbo-invoices",
    name=f"{PRODUCT}: invoices",
    columns={
        Field.NUMBER: ("InvoiceNo", "Invoice number", "Invoice No"),
        Field.CUSTOMER_NAME: ("Customer",),
        Field.DATE: ("InvoiceDate", "Invoice date"),
        Field.DUE_DATE: ("DueDate", "Due date"),
        Field.SUPPLY_DATE: ("Service Date", "ServiceDate"),
        Field.TERMS: ("Terms",),
        Field.MESSAGE: ("Memo",),
        Field.ITEM_NAME: ("Item(Product/Service)", "Item (Product/Service)"),
        Field.DESCRIPTION: ("ItemDescription", "Item Description"),
        Field.QUANTITY: ("ItemQuantity", "Item Quantity"),
        Field.UNIT_PRICE: ("ItemRate", "Item Rate"),
        Field.LINE_AMOUNT: ("ItemAmount", "Item Amount"),
        Field.TAX_CODE: ("ItemTaxCode", "Item Tax Code"),
        Field.LINE_TAX: ("ItemTaxAmount", "Item Tax Amount"),
        Field.TAX_PERCENT: ("TaxRate",),
        Field.CURRENCY: ("Currency",),
    },
    required=(Field.NUMBER, Field.CUSTOMER_NAME, Field.DATE, Field.LINE_AMOUNT),
    constants={Field.PRICES: Prices.WITHOUT_TAX},
    blank_tells=frozenset({Field.TAX_CODE, Field.TAX_PERCENT}),
    fills_down=True,
    amount_alone=True,
    tells=Tells.AMOUNTS,
    system=SYSTEM,
)

PROFILES = (
    INVOICES,
    replace(
        INVOICES,
        code="qbo-invoices-with-tax",
        name=f"{PRODUCT}: invoices, amounts with tax",
        constants={Field.PRICES: Prices.WITH_TAX},
        proposed=False,  # its headings are the same
    ),
    Profile(
        code="qbo-invoice-list",
        name=f"{PRODUCT}: invoice list, a row for each document",
        columns={
            Field.NUMBER: ("Num",),
            Field.KIND: ("Transaction type",),
            Field.DATE: ("Date",),
            Field.CUSTOMER_NAME: ("Name",),
            Field.DESCRIPTION: ("Memo/Description",),
            Field.DUE_DATE: ("Due date",),
            Field.UNIT_PRICE: ("Amount",),
            Field.TOTAL: ("Amount",),
            Field.BALANCE: ("Open balance",),
        },
        required=(
            *(Field.NUMBER, Field.KIND, Field.DATE, Field.CUSTOMER_NAME),
            *(Field.UNIT_PRICE, Field.BALANCE),
        ),
        constants={
            Field.QUANTITY: "1",
            Field.DESCRIPTION: "As invoiced",
            Field.PRICES: Prices.WITH_TAX,
        },
        values={
            Field.KIND: {
                "invoice": DocumentKind.INVOICE,
                "credit memo": DocumentKind.CREDIT_NOTE,
            }
        },
        one_row=True,
        credits_are_negative=None,
        turns_prices=True,
        system=SYSTEM,
    ),
)
