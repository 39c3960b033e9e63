"""Lines as a caller gives them, before they belong to a document."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from apps.billing.models import (
    Company,
    CreditNoteLine,
    Customer,
    DocumentLine,
    InvoiceLine,
    Item,
    TaxMode,
    TaxRate,
)
from apps.billing.sums.tax_rates import default_rate_id, loaded


class ByDefault:
    """Stands for a tax rate that was not given: None is a line without tax."""


BY_DEFAULT: Final = ByDefault()


@dataclass(frozen=True, kw_only=True, slots=True)
class DraftLine:
    """A line to be: quantity and unit price with up to six decimals, an item or a description.

    Without `tax_rate` it takes the customer's, else the item's; with None it bears no tax. Its
    discount is a percentage or an amount, as the prices are. On a credit note it may be one that
    `credits` a line of its invoice.
    """

    quantity: Decimal
    unit_price: Decimal
    item: Item | None = None
    description: str = ""
    tax_rate: TaxRate | ByDefault | None = BY_DEFAULT
    discount_percent: Decimal | None = None
    discount_amount: Decimal | None = None
    credits: InvoiceLine | None = None

    def tax_rate_id(self, customer: Customer, mode: str) -> int | None:
        """The rate it bears on a document of this customer, by its id."""
        if isinstance(self.tax_rate, ByDefault):
            return None if mode == TaxMode.NONE else default_rate_id(customer, self.item)
        return self.tax_rate.pk if self.tax_rate is not None else None


def default_mode(company: Company) -> TaxMode:
    """What prices on a new document of this company are."""
    return TaxMode.INCLUSIVE if company.prices_include_tax else TaxMode.EXCLUSIVE


def new_lines(
    model: type[DocumentLine],
    lines: Sequence[DraftLine],
    *,
    customer: Customer,
    mode: str,
    rates: Mapping[int, TaxRate] | None = None,
) -> list[DocumentLine]:
    """Lines in memory, in this order, with their tax rates, which `rates` holds if it is given.

    Raises ValidationError where a field cannot be held.
    """
    ids = [line.tax_rate_id(customer, mode) for line in lines]
    if rates is None:
        rates = loaded(each for each in ids if each is not None)
    made: list[DocumentLine] = []
    for place, (line, rate) in enumerate(zip(lines, ids, strict=True), start=1):
        new = model(
            position=place,
            item=line.item,
            description=line.description,
            quantity=line.quantity,
            unit_price=line.unit_price,
            tax_rate=None if rate is None else rates[rate],
            discount_percent=line.discount_percent,
            discount_amount=line.discount_amount,
        )
        if isinstance(new, CreditNoteLine):
            new.invoice_line = line.credits
        if not _is_plain(line):
            new.clean_fields(
                exclude=["id", "document", "item", "item_code", "tax_rate", *WORKED_OUT]
            )
        made.append(new)
    return made


def _is_plain(line: DraftLine) -> bool:
    """Whether its fields can be held, told at a glance: with an import most lines are such, and
    asking all validators of each takes longer than working it out."""
    return (
        line.discount_percent is None
        and line.discount_amount is None
        and len(line.description) < SHORT
        and line.description.isprintable()
        and _is_small(line.quantity)
        and _is_small(line.unit_price)
    )


def _is_small(amount: Decimal) -> bool:
    if not isinstance(amount, Decimal):  # a caller's whole number
        return False
    _, digits, exponent = amount.as_tuple()
    return isinstance(exponent, int) and -6 <= exponent <= 0 and len(digits) <= SMALL_DIGITS


SHORT, SMALL_DIGITS = 200, 12  # far below what a line holds
WORKED_OUT = ("net", "tax", "discount_net", "tax_code", "tax_percent", "tax_treatment")
