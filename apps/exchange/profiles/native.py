"""Our own file of invoices and credit notes, as `exports/layouts/native.py` writes it: nothing that it
holds is lost, and what comes back unchanged changes nothing."""

from apps.connectors.profiles import DocumentKind, Field, Prices, Profile

NATIVE = Profile(
    code="native",
    name="Tieout",
    columns={
        Field.KIND: ("Document",),
        Field.NUMBER: ("Number",),
        Field.STATUS: ("Status",),
        Field.DATE: ("Date",),
        Field.SUPPLY_DATE: ("Supply date",),
        Field.DUE_DATE: ("Due date",),
        Field.CUSTOMER_NAME: ("Customer",),
        Field.CUSTOMER_CODE: ("Customer code",),
        Field.EMAIL: ("Email",),
        Field.TAX_NUMBER: ("Tax number",),
        Field.ADDRESS: ("Address",),
        Field.CITY: ("City",),
        Field.REGION: ("Region",),
        Field.POSTAL_CODE: ("Postal code",),
        Field.COUNTRY: ("Country",),
        Field.CURRENCY: ("Currency",),
        Field.EXCHANGE_RATE: ("Exchange rate",),
        Field.RATE_DATE: ("Exchange rate of",),
        Field.RATE_SOURCE: ("Exchange rate from",),
        Field.TERMS: ("Terms",),
        Field.PURCHASE_ORDER: ("Purchase order",),
        Field.MESSAGE: ("Message",),
        Field.PRICES: ("Amounts are",),
        Field.DOCUMENT_DISCOUNT_PERCENT: ("Document discount %",),
        Field.DOCUMENT_DISCOUNT: ("Document discount",),
        Field.ORIGIN: ("Credits invoice",),
        Field.REASON: ("Reason",),
        Field.BAD_DEBT: ("Bad debt of",),
        Field.ORIGIN_LINE: ("Credits line",),
        Field.ITEM_CODE: ("Item",),
        Field.DESCRIPTION: ("Description",),
        Field.QUANTITY: ("Quantity",),
        Field.UNIT_PRICE: ("Unit price",),
        Field.DISCOUNT_PERCENT: ("Line discount %",),
        Field.DISCOUNT_AMOUNT: ("Line discount",),
        Field.TAX_CODE: ("Tax rate",),
        Field.TAX_PERCENT: ("Tax %",),
        Field.LINE_NET: ("Net",),
        Field.LINE_TAX: ("Tax",),
        Field.DOCUMENT_NET: ("Document net",),
        Field.DOCUMENT_TAX: ("Document tax",),
        Field.TOTAL: ("Document total",),
        Field.BALANCE: ("Open",),
    },
    required=(
        *(Field.KIND, Field.NUMBER, Field.DATE, Field.CUSTOMER_NAME, Field.CURRENCY),
        *(Field.DESCRIPTION, Field.QUANTITY, Field.UNIT_PRICE),
    ),
    values={
        Field.KIND: {"invoice": DocumentKind.INVOICE, "credit note": DocumentKind.CREDIT_NOTE},
        Field.PRICES: {
            "without tax": Prices.WITHOUT_TAX,
            "with tax": Prices.WITH_TAX,
            "not taxed": Prices.NOT_TAXED,
        },
        Field.STATUS: {"issued": "issued", "void": "void"},
    },
    blank_tells=frozenset(
        {Field.SUPPLY_DATE, Field.RATE_DATE, Field.RATE_SOURCE, Field.TERMS}
        | {Field.PURCHASE_ORDER, Field.MESSAGE, Field.ORIGIN, Field.REASON, Field.BAD_DEBT}
        | {Field.DOCUMENT_DISCOUNT_PERCENT, Field.DOCUMENT_DISCOUNT}
        | {Field.ORIGIN_LINE, Field.TAX_CODE}
    ),
    as_written=True,
    credits_are_negative=False,
    usual={"decimal_mark": ".", "day_order": "ymd"},
)
