"""Layouts: the files that other products take in, as data. Those of a system stand in the module
`layouts` beside its connector (`LAYOUTS`); nothing here knows a database.

A column says where its cell comes from (`source`, a name that `exchange` offers for what the layout
holds) and what the product takes there. What it cannot take is refused or told, never cut in silence.
"""

from dataclasses import dataclass, replace
from enum import StrEnum


class Holds(StrEnum):
    """What one document of the file is about."""

    CUSTOMERS = "customers"
    ITEMS = "items"
    TAX_RATES = "tax_rates"
    DOCUMENTS = "documents"  # invoices and credit notes, one row a line
    PAYMENTS = "payments"  # one row an allocation, and one for what is left on account


class Credits(StrEnum):
    """How a credit note is told from an invoice."""

    REFUSED = "refused"  # the product has no import of them
    NEGATIVE = "negative"  # by amounts below nil
    BY_TYPE = "by_type"  # by a column; amounts stay above nil


class TooLong(StrEnum):
    REFUSE = "refuse"  # it names something: cut, it would name something else
    CUT = "cut"  # a text for people; told


class Formulas(StrEnum):
    """What becomes of a text that a spreadsheet would run."""

    ESCAPE = "escape"  # an apostrophe in front, which our own import takes off again
    REFUSE = "refuse"  # the product would keep the apostrophe: the document stays out
    KEEP = "keep"  # written as it is, and told


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One column. `longest` counts characters, 0: as long as it likes."""

    heading: str
    source: str = ""  # "" with no constant: the product's column stays empty
    constant: str = ""
    required: bool = False
    longest: int = 0
    too_long: TooLong = TooLong.CUT
    only: str = ""  # a regular expression that the whole cell matches
    hint: str = ""  # what to do where it is lacking or does not match


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """One kind of file of one product. A limit of nil: the product names none."""

    code: str
    product: str  # as staff read it
    words: str  # what the file holds, as staff read it
    holds: Holds
    columns: tuple[Column, ...]
    system: str = ""  # whose mappings give account and tax code; "": typed
    date_format: str = "%Y-%m-%d"
    month_first: bool = False  # where the person may choose the order of day and month
    bom: bool = False
    formulas: Formulas = Formulas.REFUSE
    credits: Credits = Credits.REFUSED
    most_rows: int = 0  # in one file, the headings included
    most_documents: int = 0
    most_bytes: int = 0
    home_currency_only: bool = False
    negative_lines: bool = True
    discount_column: bool = False  # a percentage of the line; else prices are after discounts
    sums_per_account: bool = False  # one row for each account and tax code, not for each line
    needs_account: bool = False
    needs_tax_code: bool = False
    notes: tuple[str, ...] = ()  # what to choose over there

    def dated(self, *, month_first: bool) -> "Layout":
        """With month before day, for books of the United States."""
        if not month_first or not self.month_first:
            return self
        return replace(self, date_format=self.date_format.replace("%d/%m", "%m/%d"))


def columns(*given: Column | str) -> tuple[Column, ...]:
    """Columns in the order of the file; a heading alone is a column that stays empty."""
    return tuple(Column(heading=each) if isinstance(each, str) else each for each in given)
