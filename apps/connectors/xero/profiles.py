"""How files of Xero are read: its sales invoices, as its template has them and as it exports them."""

from dataclasses import replace

from apps.connectors.countries import ISO_OF
from apps.connectors.profiles import DocumentKind, Field, Prices, Profile, Tells
from apps.connectors.xero.layouts import PRODUCT, SYSTEM

NOT_YET = f"it is not approved in {PRODUCT}, and no document yet. Approve it there first"

INVOICES = Profile(
    code="xero-invoices",
    name=f"{PRODUCT}: sales invoices and credit notes",
    columns={
        Field.CUSTOMER_NAME: ("ContactName",),
        Field.EMAIL: ("EmailAddress",),
        Field.ADDRESS: ("POAddressLine1",),
        Field.CITY: ("POCity",),
        Field.REGION: ("PORegion",),
        Field.POSTAL_CODE: ("POPostalCode",),
        Field.COUNTRY: ("POCountry",),
        Field.NUMBER: ("InvoiceNumber",),
        Field.PURCHASE_ORDER: ("Reference",),
        Field.DATE: ("InvoiceDate",),
        Field.DUE_DATE: ("DueDate",),
        Field.ITEM_CODE: ("InventoryItemCode",),
        Field.DESCRIPTION: ("Description",),
        Field.QUANTITY: ("Quantity",),
        Field.UNIT_PRICE: ("UnitAmount",),
        Field.DISCOUNT_PERCENT: ("Discount",),
        Field.TAX_CODE: ("TaxType",),
        Field.CURRENCY: ("Currency",),
        Field.KIND: ("Type",),
        Field.STATUS: ("Status",),
        Field.LINE_AMOUNT: ("LineAmount",),
        Field.LINE_TAX: ("TaxAmount",),
        Field.DOCUMENT_TAX: ("TaxTotal",),
        Field.TOTAL: ("Total",),
        Field.BALANCE: ("InvoiceAmountDue",),
    },
    further={Field.ADDRESS: ("POAddressLine2", "POAddressLine3", "POAddressLine4")},
    required=(
        *(Field.CUSTOMER_NAME, Field.NUMBER, Field.DATE, Field.DESCRIPTION),
        *(Field.QUANTITY, Field.UNIT_PRICE, Field.TAX_CODE),
    ),
    constants={Field.PRICES: Prices.WITHOUT_TAX},
    values={
        Field.COUNTRY: ISO_OF,
        Field.KIND: {
            "sales invoice": DocumentKind.INVOICE,
            "sales credit note": DocumentKind.CREDIT_NOTE,
        },
        Field.STATUS: {"voided": "void"},
    },
    closed=frozenset({Field.COUNTRY}),
    blank_tells=frozenset({Field.TAX_CODE}),
    by_sign=True,
    credits_are_negative=None,
    turns_prices=True,
    refused_statuses={
        **dict.fromkeys(("draft", "submitted", "awaiting approval"), NOT_YET),
        "deleted": f"it was deleted in {PRODUCT}",
    },
    tells=Tells.AMOUNTS,
    system=SYSTEM,
)

PROFILES = (
    INVOICES,
    replace(
        INVOICES,
        code="xero-invoices-with-tax",
        name=f"{PRODUCT}: sales invoices and credit notes, amounts with tax",
        constants={Field.PRICES: Prices.WITH_TAX},
        proposed=False,  # its headings are the same
    ),
)
