"""A profile: how a layout of documents is read, as data. It knows columns, not files."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from apps.exchange.documents import DocumentKind


class Field(StrEnum):
    """What a column can tell of a document (the same on all its rows) or of a line."""

    NUMBER = "number"
    DATE = "date"
    DUE_DATE = "due_date"
    CUSTOMER_CODE = "customer_code"
    CUSTOMER_NAME = "customer_name"
    COUNTRY = "country"
    CURRENCY = "currency"
    PURCHASE_ORDER = "purchase_order_number"
    MESSAGE = "message"
    ITEM_CODE = "item_code"
    DESCRIPTION = "description"
    QUANTITY = "quantity"
    UNIT_PRICE = "unit_price"
    LINE_AMOUNT = "line_amount"  # checked against quantity × unit price, never taken for it
    DISCOUNT_PERCENT = "discount_percent"
    TAX_CODE = "tax_code"  # of a tax rate of ours, after the profile's values


OF_DOCUMENT = (
    Field.NUMBER,
    Field.DATE,
    Field.DUE_DATE,
    Field.CUSTOMER_CODE,
    Field.CUSTOMER_NAME,
    Field.COUNTRY,
    Field.CURRENCY,
    Field.PURCHASE_ORDER,
    Field.MESSAGE,
)


class Gather(StrEnum):
    """Where the rows of one document lie."""

    TOGETHER = "together"  # one after the other
    SAME_DAY = "same_day"  # anywhere among the rows of its day, which lie one after the other


@dataclass(frozen=True, kw_only=True, slots=True)
class Prefix:
    """What the beginning of a number says: a kind, or the sentence why there is no such document."""

    kind: DocumentKind | None = None
    refused: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class WalkIn:
    """Whose the documents are that name no customer."""

    code: str
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """How one layout is read.

    `columns` gives the headings under which a field may stand, best first, compared without case,
    blanks around them or a leading `*`. A field is taken from its column, else from `constants`.
    `values` turns what is written into what is meant, by field, compared without case; what it does
    not list stands as it is, or, of a field in `closed`, as nothing. `endings` are dropped ("17850.0").
    `prefixes` are looked for at the beginning of the number, the longest first; no match: an invoice.
    On a credit note amounts are negative where `credits_are_negative`.
    `refused_items` maps item codes, in upper case, to why a document with one of them is none.
    `customer_name` makes a name where no column has one, from {code}.
    """

    code: str
    name: str
    columns: Mapping[Field, tuple[str, ...]]
    required: tuple[Field, ...] = (Field.NUMBER, Field.DATE, Field.QUANTITY, Field.UNIT_PRICE)
    constants: Mapping[Field, str] = field(default_factory=dict)
    values: Mapping[Field, Mapping[str, str]] = field(default_factory=dict)
    closed: frozenset[Field] = frozenset()
    endings: Mapping[Field, str] = field(default_factory=dict)
    gather: Gather = Gather.TOGETHER
    fills_down: bool = False  # a document's fields stand on its first row alone
    prefixes: Mapping[str, Prefix] = field(default_factory=dict)
    credits_are_negative: bool = True
    refused_items: Mapping[str, str] = field(default_factory=dict)
    walk_in: WalkIn | None = None
    customer_name: str = "{code}"

    @property
    def headings(self) -> frozenset[str]:
        """Every heading that it knows, by which the row of the headings is found."""
        return frozenset(each for some in self.columns.values() for each in some)
