"""What people who build a layout call its fields, and in which groups they look for them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from apps.connectors.profiles import Field, Subject
from apps.exchange.imports.shapes import SHAPES
from apps.exchange.models import ImportProfile

_DOCUMENT: Final = {
    Field.NUMBER: "Number",
    Field.KIND: "Invoice or credit note",
    Field.STATUS: "Status",
    Field.DATE: "Date",
    Field.DUE_DATE: "Due date",
    Field.SUPPLY_DATE: "Supply date",
    Field.CURRENCY: "Currency",
    Field.EXCHANGE_RATE: "Exchange rate",
    Field.RATE_DATE: "Exchange rate of (day)",
    Field.RATE_SOURCE: "Exchange rate from",
    Field.TERMS: "Payment terms",
    Field.PURCHASE_ORDER: "Purchase order",
    Field.MESSAGE: "Message",
    Field.PRICES: "Prices with or without tax",
    Field.DOCUMENT_DISCOUNT_PERCENT: "Discount of the document in %",
    Field.DOCUMENT_DISCOUNT: "Discount of the document",
    Field.ORIGIN: "Invoice that is credited",
    Field.REASON: "Reason of the credit note",
    Field.BAD_DEBT: "Document whose bad debt it is",
    Field.SHIPPING: "Shipping, as a line more",
    Field.ADJUSTMENT: "Adjustment, as a line more",
    Field.ROUND_OFF: "Rounding, as a line more",
}
_CUSTOMER: Final = {
    Field.CUSTOMER_CODE: "Customer code",
    Field.CUSTOMER_NAME: "Customer",
    Field.EMAIL: "Customer's email",
    Field.TAX_NUMBER: "Customer's tax number",
    Field.ADDRESS: "Customer's address",
    Field.CITY: "Customer's city",
    Field.REGION: "Customer's region",
    Field.POSTAL_CODE: "Customer's postal code",
    Field.COUNTRY: "Customer's country",
}
_LINE: Final = {
    Field.ITEM_CODE: "Item code",
    Field.ITEM_NAME: "Item",
    Field.DESCRIPTION: "Description",
    Field.QUANTITY: "Quantity",
    Field.UNIT_PRICE: "Unit price",
    Field.DISCOUNT: "Discount, in % or an amount",
    Field.DISCOUNT_PERCENT: "Discount in %",
    Field.DISCOUNT_AMOUNT: "Discount amount",
    Field.TAX_CODE: "Tax rate (its code or name)",
    Field.TAX_PERCENT: "Tax in %",
    Field.TAXABLE: "Whether the line bears tax",
    Field.ORIGIN_LINE: "Line that is credited",
    Field.ENTRY: "What the row is among other rows",
    Field.LINES: "All lines in one cell",
}
_CHECKED: Final = {
    Field.LINE_AMOUNT: "Line amount",
    Field.LINE_NET: "Net of the line",
    Field.LINE_TAX: "Tax of the line",
    Field.LINE_TOTAL: "Line with tax",
    Field.DOCUMENT_NET: "Net of the document",
    Field.DOCUMENT_TAX: "Tax of the document",
    Field.TOTAL: "Total",
    Field.BALANCE: "Still to be paid",
}
GROUPS: Final[Sequence[tuple[str, Mapping[Field, str]]]] = (
    ("The document", _DOCUMENT),
    ("Its customer", _CUSTOMER),
    ("Its line", _LINE),
    ("Amounts that are only held against ours", _CHECKED),
)
_DOCUMENTS: Final[Mapping[str, str]] = {
    str(each): words for _, group in GROUPS for each, words in group.items()
}


def word_of(subject: Subject, wanted: str) -> str:
    """What staff call a field."""
    if subject is Subject.DOCUMENTS:
        return _DOCUMENTS[wanted]
    told: Mapping[Any, str] = SHAPES[subject].called
    return _begun(told.get(wanted) or str(wanted).replace("_", " "))


def groups_of(subject: Subject) -> list[tuple[str, list[tuple[str, str]]]]:
    """(group, (field, words) of each in it), in the order in which people choose."""
    if subject is Subject.DOCUMENTS:
        return [
            (name, [(each.value, words) for each, words in group.items()]) for name, group in GROUPS
        ]
    fields = [(str(each), word_of(subject, each)) for each in SHAPES[subject].fields]
    return [("", fields)]


def subjects() -> list[tuple[str, str]]:
    """What the rows of a file can be, of what a layout can be built for."""
    return [
        (each.value, ImportProfile.Subject(each).label) for each in SHAPES if can_be_built(each)
    ]


def can_be_built(subject: Subject) -> bool:
    """Files of a card processor are read by more than columns: what each type of theirs moves."""
    return subject in SHAPES and subject is not Subject.PAYOUTS


def _begun(words: str) -> str:
    return words[:1].upper() + words[1:]
