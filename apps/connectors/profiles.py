"""Profiles: how files are read, as data. Those of a system stand in the module `profiles` beside its
connector, of what is no document in `record_profiles` (`PROFILES` of each); nothing here knows a
database or a file.

A column is found by its heading, and says a *field*: of the document (the same on all its rows), of a
line, or a *control*, which is never taken but held against what the books work out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

F = TypeVar("F", bound=str)


class Subject(StrEnum):
    """What the rows of a file bring."""

    DOCUMENTS = "documents"  # invoices and credit notes
    CUSTOMERS = "customers"
    ITEMS = "items"
    TAX_RATES = "tax_rates"
    PAYMENTS = "payments"  # with what they settle
    PAYOUTS = "payouts"  # of a card processor: payments, refunds, fees, and what reached the bank


class DocumentKind(StrEnum):
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


class Prices(StrEnum):
    """What quantity × unit price comes to."""

    WITHOUT_TAX = "exclusive"
    WITH_TAX = "inclusive"
    NOT_TAXED = "none"


class Field(StrEnum):
    """What a column can tell."""

    # Of a document.
    NUMBER = "number"
    KIND = "kind"  # a `DocumentKind`, after the profile's values
    STATUS = "status"
    DATE = "date"
    DUE_DATE = "due_date"
    SUPPLY_DATE = "supply_date"
    CUSTOMER_CODE = "customer_code"
    CUSTOMER_NAME = "customer_name"
    EMAIL = "email"  # this and what follows of the customer: where it is to be made
    TAX_NUMBER = "tax_number"
    ADDRESS = "address"
    CITY = "city"
    REGION = "region"
    POSTAL_CODE = "postal_code"
    COUNTRY = "country"
    CURRENCY = "currency"
    EXCHANGE_RATE = "exchange_rate"  # home currency per unit of document currency
    RATE_DATE = "exchange_rate_date"
    RATE_SOURCE = "exchange_rate_source"
    TERMS = "terms"  # payment terms of ours, by name
    PURCHASE_ORDER = "purchase_order_number"
    MESSAGE = "message"
    PRICES = "prices"  # a `Prices`, after the profile's values
    DOCUMENT_DISCOUNT_PERCENT = "document_discount_percent"
    DOCUMENT_DISCOUNT = "document_discount"
    ORIGIN = "origin"  # the number of the invoice that a credit note takes back
    REASON = "reason"  # of a credit note
    BAD_DEBT = "bad_debt"  # the number of the document whose bad debt it books, or books again
    SHIPPING = "shipping"  # amounts of the whole document, each a line of its own
    ADJUSTMENT = "adjustment"
    ROUND_OFF = "round_off"
    LINES = "lines"  # all of them, inside one cell
    # Of a line.
    ENTRY = "entry"  # what a row is in a file that holds other rows too
    ITEM_CODE = "item_code"
    ITEM_NAME = "item_name"
    DESCRIPTION = "description"
    QUANTITY = "quantity"
    UNIT_PRICE = "unit_price"
    DISCOUNT = "discount"  # "5%" is a percentage, 5.00 an amount
    DISCOUNT_PERCENT = "discount_percent"
    DISCOUNT_AMOUNT = "discount_amount"
    TAX_CODE = "tax_code"  # a tax rate, by its code, its name or those of its components
    TAX_PERCENT = "tax_percent"
    TAXABLE = "taxable"  # "no": the line bears no tax, whatever the document's is
    ORIGIN_LINE = "origin_line"  # which line of the invoice it takes back, counted from 1
    # Controls.
    LINE_AMOUNT = "line_amount"  # quantity × price less the line's own discount
    LINE_NET = "line_net"  # less its share of the document's too, and without tax
    LINE_TAX = "line_tax"
    LINE_TOTAL = "line_total"  # with tax
    DOCUMENT_NET = "document_net"
    DOCUMENT_TAX = "document_tax"
    TOTAL = "total"
    BALANCE = "balance"  # what is still to be paid: at most the total


_ALL = list(Field)
OF_DOCUMENT = (
    *_ALL[: _ALL.index(Field.LINES)],
    *(Field.DOCUMENT_NET, Field.DOCUMENT_TAX, Field.TOTAL, Field.BALANCE),
)
DAYS = (Field.DATE, Field.DUE_DATE, Field.SUPPLY_DATE, Field.RATE_DATE)
PERCENTAGES = (Field.DISCOUNT_PERCENT, Field.DOCUMENT_DISCOUNT_PERCENT, Field.TAX_PERCENT)
# Columns of these add an amount to what a document comes to.
CHARGES = (Field.SHIPPING, Field.ADJUSTMENT, Field.ROUND_OFF)
CONTROLS = tuple(_ALL[_ALL.index(Field.LINE_AMOUNT) :])
NUMBERS = (
    *(Field.QUANTITY, Field.UNIT_PRICE, Field.DISCOUNT, Field.DISCOUNT_AMOUNT),
    *(Field.EXCHANGE_RATE, Field.DOCUMENT_DISCOUNT, Field.ORIGIN_LINE),
    *PERCENTAGES,
    *CHARGES,
    *CONTROLS,
)
# Texts in which line breaks and blanks mean something.
LONG_TEXTS = (Field.DESCRIPTION, Field.MESSAGE, Field.REASON, Field.ADDRESS)
# What stands between the parts of a text that several columns tell.
JOINED_BY = {Field.ADDRESS: "\n", Field.TAX_CODE: " + "}


class Gather(StrEnum):
    """Where the rows of one document lie."""

    TOGETHER = "together"  # one after the other
    SAME_DAY = "same_day"  # anywhere among the rows of its day, which lie one after the other


class Tells(StrEnum):
    """How far what a file says of a document can be held against the document that stands here."""

    LINES = "lines"  # line for line, as it was typed
    AMOUNTS = "amounts"  # line for line, but prices may be without tax and after all discounts
    SUMS = "sums"  # one row for each account and tax: only what the document comes to


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
class Nested:
    """Lines inside the cell of `Field.LINES`: its first row holds headings, found as those of a file.

    The signs, of one character each, part its rows and their cells and quote them.
    """

    columns: Mapping[Field, tuple[str, ...]]
    row_mark: str = ";"
    delimiter: str = ","
    quote: str = '"'


@dataclass(frozen=True, kw_only=True, slots=True)
class BaseProfile(Generic[F]):
    """How the columns of one layout are read.

    `columns` gives the headings under which a field may stand, best first, compared without case,
    blanks around them or a leading `*`; `further` those of columns that tell more of it: parts of a
    text, or amounts to be added. A field is taken from its column, else from `constants`. `values`
    turns what is written into what is meant, by field, compared without case; what it does not list
    stands as it is, or, of a field in `closed`, as nothing. `beginnings` and `endings` are dropped
    ("17850.0"). Blanks tell nothing but of the fields in `blank_tells`, where they say "none".
    A file is proposed for it whose headings tell what is required and `known_by` as well.
    `usual` settles what numbers and dates of the file leave open. What things are called in the
    files of a `system` is read by the mappings of its connections.
    """

    code: str
    name: str
    columns: Mapping[F, tuple[str, ...]]
    further: Mapping[F, tuple[str, ...]] = field(default_factory=dict)
    required: tuple[F, ...] = ()
    known_by: tuple[F, ...] = ()
    constants: Mapping[F, str] = field(default_factory=dict)
    values: Mapping[F, Mapping[str, str]] = field(default_factory=dict)
    closed: frozenset[F] = frozenset()
    beginnings: Mapping[F, str] = field(default_factory=dict)
    endings: Mapping[F, str] = field(default_factory=dict)
    blank_tells: frozenset[F] = frozenset()
    as_written: bool = False  # long texts keep their blanks at both ends
    nested: Nested | None = None
    usual: Mapping[str, str] = field(default_factory=dict)
    system: str = ""
    proposed: bool = True  # to who brings a file with its headings

    @property
    def of(self) -> Subject:
        """What its rows bring."""
        raise NotImplementedError

    @property
    def headings(self) -> frozenset[str]:
        """Every heading that it knows, by which the row of the headings is found."""
        found = (*self.columns.values(), *self.further.values())
        return frozenset(each for some in found for each in some)


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordProfile(BaseProfile[str]):
    """How a layout is read in which a row is a record of its `subject`, or a movement of money.

    Its fields are those of the subject (`exchange/imports/shapes.py`). `left_out` maps a field to what
    it says, without case, of rows that are none of the subject, and why ("" for what goes without
    saying, such as a supplier among the contacts). `times_in` is the zone of times that name none, by
    heading.
    """

    subject: Subject
    left_out: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    times_in: Mapping[str, str] = field(default_factory=dict)

    @property
    def of(self) -> Subject:
        return self.subject


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile(BaseProfile[Field]):
    """How one layout of documents is read.

    A document is what its column says, else what `prefixes` say of the beginning of its number (the
    longest first), else, `by_sign`, a credit note where it comes to less than nil, else a `kind`. On a
    credit note amounts are negative, or positive, or (None) either, as `credits_are_negative` says;
    where `turns_prices` it is the prices that are. `refused_statuses` map a status, without case, to
    why such a document is none; `refused_items` item codes, in upper case. `customer_name` makes a name
    where no column has one, from {code}. `charges` are the words of the lines that amounts of the whole
    document become.
    """

    required: tuple[Field, ...] = (Field.NUMBER, Field.DATE, Field.QUANTITY, Field.UNIT_PRICE)
    one_line_texts: bool = False  # every run of blanks in a description is one
    gather: Gather = Gather.TOGETHER
    fills_down: bool = (
        False  # a document's fields stand on its first row alone, and these of its lines
    )
    fills_too: tuple[Field, ...] = ()
    entries: frozenset[str] = frozenset()  # rows that are lines, by their entry; none: all are
    one_row: bool = False  # a document is one row
    amount_alone: bool = False  # without quantity and price a line is one, at its amount
    kind: DocumentKind = DocumentKind.INVOICE
    prefixes: Mapping[str, Prefix] = field(default_factory=dict)
    by_sign: bool = False
    credits_are_negative: bool | None = True
    turns_prices: bool = False
    refuses_nil: bool = False
    refused_statuses: Mapping[str, str] = field(default_factory=dict)
    refused_items: Mapping[str, str] = field(default_factory=dict)
    walk_in: WalkIn | None = None
    customer_name: str = "{code}"
    charges: Mapping[Field, str] = field(default_factory=dict)
    tells: Tells = Tells.LINES

    @property
    def of(self) -> Subject:
        return Subject.DOCUMENTS


AnyProfile = Profile | RecordProfile
