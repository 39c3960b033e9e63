"""Which fields the rows of a file may tell, by what they bring, and how the cells of each are read."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic

from apps.connectors.profiles import (
    DAYS,
    JOINED_BY,
    LONG_TEXTS,
    NUMBERS,
    PERCENTAGES,
    AnyProfile,
    F,
    Field,
    Subject,
)
from apps.exchange.profiles.movements import MovementField


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape(Generic[F]):
    """`fields` in the order in which a row tells them. Those in none of the others are texts on one
    line. `joined_by` is what stands between the parts of a text that several columns tell. `unit` and
    `units` are how staff call what the rows become."""

    unit: str
    units: str
    fields: Sequence[F]
    numbers: Collection[F] = ()
    percentages: Collection[F] = ()  # among the numbers
    days: Collection[F] = ()
    flags: Collection[F] = ()  # yes or no
    long_texts: Collection[F] = ()
    joined_by: Mapping[F, str] = field(default_factory=dict)
    # How a field is called where a file has no heading for it.
    called: Mapping[F, str] = field(default_factory=dict)
    # What the sums of a file by month are of, as staff read it below them.
    amounts_are: str = "Amounts as the file has them."
    # The field that takes the currency which stands beside an amount in its cell: "USD 120.00".
    currency_of: Mapping[F, F] = field(default_factory=dict)

    @property
    def as_cells(self) -> frozenset[F]:
        """Read as they are: a workbook's numbers and days are no texts."""
        return frozenset((*self.numbers, *self.days))


DOCUMENTS: Shape[Field] = Shape(
    unit="document",
    units="documents",
    fields=tuple(Field),
    numbers=NUMBERS,
    percentages=PERCENTAGES,
    days=DAYS,
    long_texts=LONG_TEXTS,
    joined_by=JOINED_BY,
    amounts_are="The lines before discounts and tax, each rounded; what is credited is taken off.",
)
# A row is a payment, or what of one settles an invoice: where it tells an amount `applied`, `amount` is
# the whole payment's, else the row's own.
PAYMENTS: Shape[str] = Shape(
    unit="payment",
    units="payments",
    fields=(
        *("kind", "number", "date", "customer_code", "customer_name", "currency"),
        *("exchange_rate", "amount", "bank_currency", "bank_amount", "method", "reference"),
        *("payout", "memo", "rest_is", "on_account", "invoice", "applied_on", "applied"),
    ),
    numbers=("exchange_rate", "amount", "bank_amount", "on_account", "applied"),
    days=("date", "applied_on"),
    long_texts=("memo",),
    called={
        "kind": "Type",
        "number": "Payment",
        "date": "Date",
        "customer_code": "Customer code",
        "customer_name": "Customer",
        "currency": "Currency",
        "exchange_rate": "Exchange rate",
        "amount": "Amount",
        "bank_currency": "Bank currency",
        "bank_amount": "Bank amount",
        "method": "Method",
        "reference": "Reference",
        "payout": "Payout",
        "memo": "Memo",
        "rest_is": "What is left over is",
        "on_account": "On account",
        "invoice": "Invoice",
        "applied_on": "Applied on",
        "applied": "Applied",
    },
    amounts_are="Payments as the file has them.",
)
MOVEMENTS: Shape[MovementField] = Shape(
    unit="movement",
    units="movements of money",
    fields=tuple(MovementField),
    numbers=(
        *(MovementField.GROSS, MovementField.FEE, MovementField.NET),
        MovementField.FACING_AMOUNT,
    ),
    days=(MovementField.DAY, MovementField.BANK_DAY),
    called={
        MovementField.CUSTOMER_CODE: "Customer code",
        MovementField.TAKEN_AS: "Taken as",
        MovementField.INVOICE: "Invoice number",
    },
    amounts_are="What moved the processor's balance: payments and refunds less fees.",
)
# Fields of records are called as those of the models that they become.
CUSTOMERS: Shape[str] = Shape(
    unit="customer",
    units="customers",
    fields=(
        *("code", "name", "person", "email", "phone", "tax_number", "currency", "address_lines"),
        *("city", "region", "postal_code", "country", "terms", "tax_rate", "parent", "active"),
        *("notes", "kind"),
    ),
    flags=("active",),
    long_texts=("address_lines", "notes"),
    # `person` is the name of one that has no other; `kind` says whether it is a customer at all.
    joined_by={"address_lines": "\n", "person": " "},
    called={
        "person": "name of a person",
        "email": "e-mail",
        "tax_number": "tax number",
        "address_lines": "address",
        "postal_code": "postal code",
        "terms": "payment terms",
        "tax_rate": "tax rate",
        "active": "in use",
    },
)
ITEMS: Shape[str] = Shape(
    unit="item",
    units="items",
    fields=(
        *("code", "name", "description", "unit_price", "currency", "tax_rate", "active", "kind"),
    ),
    numbers=("unit_price",),
    flags=("active",),
    long_texts=("description",),
    called={"unit_price": "price", "tax_rate": "tax rate", "active": "in use"},
    currency_of={"unit_price": "currency"},
)
TAX_RATES: Shape[str] = Shape(
    unit="tax rate",
    units="tax rates",
    fields=(
        *("code", "name", "treatment", "country", "percent", "components", "agency"),
        *("valid_from", "valid_to", "follows", "active"),
    ),
    numbers=("percent",),
    percentages=("percent",),
    days=("valid_from", "valid_to"),
    flags=("active",),
    called={"valid_from": "first day", "valid_to": "last day", "active": "in use"},
)
SHAPES: Mapping[Subject, Shape[Any]] = {
    Subject.DOCUMENTS: DOCUMENTS,
    Subject.PAYMENTS: PAYMENTS,
    Subject.PAYOUTS: MOVEMENTS,
    Subject.CUSTOMERS: CUSTOMERS,
    Subject.ITEMS: ITEMS,
    Subject.TAX_RATES: TAX_RATES,
}


def shape_of(profile: AnyProfile) -> Shape[Any]:
    return SHAPES[profile.of]
