"""The layout of the public data set *Online Retail*: one invoice line a row, as dirty as life.

Numbers that begin with C are credit notes (quantities negative), those that begin with A no sale.
Codes of fees mark documents that are charges of a marketplace or a bank. A sale that names no
customer belongs to the walk-in customer.
"""

from apps.connectors.profiles import DocumentKind, Field, Gather, Prefix, Profile, WalkIn
from apps.exchange.countries import ISO_OF

A_FEE = "a fee document ({code}) is a charge, not a sale"

ONLINE_RETAIL = Profile(
    code="online-retail",
    name="Online Retail (UCI)",
    columns={
        Field.NUMBER: ("InvoiceNo",),
        Field.ITEM_CODE: ("StockCode",),
        Field.DESCRIPTION: ("Description",),
        Field.QUANTITY: ("Quantity",),
        Field.DATE: ("InvoiceDate",),
        Field.UNIT_PRICE: ("UnitPrice",),
        Field.CUSTOMER_CODE: ("CustomerID",),
        Field.COUNTRY: ("Country",),
    },
    required=(
        *(Field.NUMBER, Field.ITEM_CODE, Field.DESCRIPTION, Field.QUANTITY),
        *(Field.DATE, Field.UNIT_PRICE, Field.CUSTOMER_CODE, Field.COUNTRY),
    ),
    constants={Field.CURRENCY: "GBP"},
    values={Field.COUNTRY: ISO_OF},
    closed=frozenset({Field.COUNTRY}),  # "European Community" and "Unspecified" are none
    endings={Field.CUSTOMER_CODE: ".0"},
    one_line_texts=True,
    gather=Gather.SAME_DAY,
    prefixes={
        "C": Prefix(kind=DocumentKind.CREDIT_NOTE),
        "A": Prefix(refused="a bad-debt adjustment is neither an invoice nor a credit note"),
    },
    refuses_nil=True,
    refused_items={"AMAZONFEE": A_FEE, "BANK CHARGES": A_FEE},
    walk_in=WalkIn(code="WALK-IN", name="Walk-in customer"),
    customer_name="Customer {code}",
)
