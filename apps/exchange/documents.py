"""What a file of documents turned out to hold: plain values, before anything is written."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from types import MappingProxyType

from apps.connectors.profiles import DocumentKind, Field
from apps.core.money import rounded

__all__ = [
    "NOTHING",
    "DocumentKind",
    "Harvest",
    "Note",
    "ReadCustomer",
    "ReadDocument",
    "ReadItem",
    "ReadLine",
    "Refusal",
    "Told",
    "Value",
    "nothing",
]

Value = str | Decimal | date | None
# What a file tells beside what every file does. A field that it does not tell is absent; one whose
# blank means "none" is "" or None.
Told = Mapping[Field, Value]
NOTHING: Told = MappingProxyType({})


def nothing() -> Told:
    return NOTHING


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadCustomer:
    """A customer as the file knows it; `code` is "" where it tells a name alone. `country` is ISO 3166 alpha-2, "" where unknown.

    `told` are its e-mail, tax number and postal address.
    """

    code: str
    name: str
    country: str = ""
    told: Told = field(default_factory=nothing)


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadItem:
    """An item as the file knows it: `name` is the first description it was sold under. `code` is ""
    where the file tells a name alone."""

    code: str
    name: str

    @property
    def key(self) -> str:
        """What makes two of them one."""
        return (self.code or self.name).lower()


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadLine:
    """One line; `row` counts from 1 with the heading. On a credit note amounts are positive.

    `tax_code` is None where the file tells none, and "" where it says that the line bears no tax.
    """

    row: int
    item_code: str
    description: str
    quantity: Decimal
    unit_price: Decimal
    item_name: str = ""  # where the file tells no code
    discount_percent: Decimal | None = None
    discount_amount: Decimal | None = None
    tax_code: str | None = None
    told: Told = field(default_factory=nothing)

    @property
    def exact(self) -> Decimal:
        return self.quantity * self.unit_price

    @property
    def item_key(self) -> str:
        return (self.item_code or self.item_name).lower()

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
    told: Told = field(default_factory=nothing)

    @property
    def total(self) -> Decimal:
        """The lines before discount and tax, each rounded to the minor unit, half away from zero."""
        return sum((line.booked(self.currency) for line in self.lines), Decimal(0))

    @property
    def tells_more(self) -> bool:
        """Whether the file tells anything of it beside what every file does."""
        return bool(self.told) or any(line.told for line in self.lines)

    def text(self, of: Field) -> str:
        """What the file tells of a field that is a text; "" where it tells nothing."""
        told = self.told.get(of)
        return told if isinstance(told, str) else ""

    def number_of(self, of: Field) -> Decimal | None:
        told = self.told.get(of)
        return told if isinstance(told, Decimal) else None

    def day(self, of: Field) -> date | None:
        told = self.told.get(of)
        return told if isinstance(told, date) else None


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
