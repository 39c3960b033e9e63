"""What a file of documents turned out to hold: plain values, before anything is written."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from apps.core.money import rounded


class DocumentKind(StrEnum):
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadCustomer:
    """A customer as the file knows it; `code` is "" where it tells a name alone. `country` is ISO 3166 alpha-2, "" where unknown."""

    code: str
    name: str
    country: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadItem:
    """An item as the file knows it: `name` is the first description it was sold under."""

    code: str
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadLine:
    """One line; `row` counts from 1 with the heading. On a credit note amounts are positive."""

    row: int
    item_code: str
    description: str
    quantity: Decimal
    unit_price: Decimal
    discount_percent: Decimal | None = None
    tax_code: str = ""

    @property
    def exact(self) -> Decimal:
        return self.quantity * self.unit_price

    def booked(self, currency: str) -> Decimal:
        """Rounded to the minor unit, half away from zero."""
        return rounded(self.exact, currency)


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadDocument:
    """An invoice or a credit note, with its lines in the order of the file."""

    kind: DocumentKind
    number: str
    customer_code: str
    dated: date
    currency: str
    lines: tuple[ReadLine, ...]
    due: date | None = None
    purchase_order_number: str = ""
    message: str = ""

    @property
    def total(self) -> Decimal:
        """The lines before discount and tax, each rounded to the minor unit, half away from zero."""
        return sum((line.booked(self.currency) for line in self.lines), Decimal(0))


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """A row that was not taken, and the sentence why. The whole document is refused with it."""

    row: int
    document: str
    sentence: str
    day: date | None = None
    currency: str = ""
    amount: Decimal | None = None  # as the file has it, rounded; None where it cannot be read


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """Something odd that was tolerated, and what was made of it."""

    row: int
    document: str
    sentence: str


@dataclass(kw_only=True)
class Harvest:
    """Everything that was read: what is to be written, what was refused, what was odd."""

    customers: dict[str, ReadCustomer] = field(default_factory=dict)  # by code
    items: dict[str, ReadItem] = field(default_factory=dict)  # by code
    documents: list[ReadDocument] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    documents_seen: int = 0
    rows_seen: int = 0

    @property
    def refused_documents(self) -> int:
        return len({each.document for each in self.refusals})

    def of_kind(self, kind: DocumentKind) -> Iterator[ReadDocument]:
        return (each for each in self.documents if each.kind == kind)
