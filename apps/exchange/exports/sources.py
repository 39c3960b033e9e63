"""What a column of a layout may be made of: a name, and how its cell is found.

Of documents a source belongs to the document (worked out once) or to the line. Texts, amounts and
days come out as such; `laying` writes them as the layout says.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from babel import Locale

from apps.billing.models import Customer, Item, TaxRate, Treatment
from apps.connectors.layouts import Credits, Holds, Layout
from apps.core.money import ZERO, rounded
from apps.exchange.exports.cells import Cell, Money
from apps.exchange.exports.codes import Codes
from apps.exchange.exports.records import Head, Line, Part, Received

TERRITORIES: Final = Locale("en").territories
ONE: Final = Decimal(1)
PRICE_STEP: Final = Decimal("0.0001")  # what every product holds of a price


@dataclass(frozen=True)
class Terms:
    """By what an export is written: its layout, the codes over there, the home currency."""

    layout: Layout
    codes: Codes
    home: str


@dataclass(slots=True)
class Priced:
    """A line as the layout can hold it: quantity × price less the percentage is its net."""

    quantity: Decimal
    price: Decimal
    percent: Decimal | None
    is_told: bool = False  # it is not quantity and price as the document has them


def priced(head: Head, line: Line, layout: Layout) -> Priced:
    """Without tax and after every discount that the layout has no column for.

    Where the price so reached does not give the net again, the line is one at its net.
    """
    plain = (
        head.tax_mode != "inclusive"
        and head.discount_percent is None
        and head.discount_amount is None
    )
    if plain and line.discount_amount is None and _is_held(line.unit_price):
        percent = line.discount_percent or ZERO
        exact = line.quantity * line.unit_price * (1 - percent / 100)
        if (not percent or layout.discount_column) and rounded(exact, head.currency) == line.net:
            return Priced(line.quantity, line.unit_price, percent or None)
    if line.quantity:
        price = (line.net / line.quantity).quantize(PRICE_STEP)
        if rounded(price * line.quantity, head.currency) == line.net:
            return Priced(line.quantity, price, None, is_told=bool(line.discount_net))
    return Priced(ONE, line.net, None, is_told=True)


def _is_held(price: Decimal) -> bool:
    return price == price.quantize(PRICE_STEP)


@dataclass(slots=True)
class LineOf:
    """A line with its document, ready for the columns."""

    head: Head
    line: Line
    terms: Terms
    priced: Priced
    sign: int


OfHead = Callable[[Head, Terms, int], Cell]
OfLine = Callable[[LineOf], Cell]


def sign_of(head: Head, layout: Layout) -> int:
    return -1 if head.is_credit and layout.credits is Credits.NEGATIVE else 1


def address(lines: str, place: int) -> str:
    """A line of an address, from 1; the last of four takes what is left."""
    parts = [each.strip() for each in lines.splitlines() if each.strip()]
    if place == 4:
        return ", ".join(parts[3:])
    return parts[place - 1] if len(parts) >= place else ""


def country_name(code: str) -> str:
    return TERRITORIES.get(code, code)


TAX_MODES: Final = {"exclusive": "without tax", "inclusive": "with tax", "none": "not taxed"}

HEADS: Final[dict[str, OfHead]] = {
    "document": lambda head, terms, sign: "Credit note" if head.is_credit else "Invoice",
    "entry_type": lambda head, terms, sign: "Cr Note" if head.is_credit else "Invoice",
    "posting_type": lambda head, terms, sign: "SC" if head.is_credit else "SI",
    "number": lambda head, terms, sign: head.number,
    "status": lambda head, terms, sign: head.status.capitalize(),
    "date": lambda head, terms, sign: head.day,
    "due_date": lambda head, terms, sign: head.due_day,
    "customer": lambda head, terms, sign: head.customer,
    "customer_code": lambda head, terms, sign: head.customer_code,
    "email": lambda head, terms, sign: head.email,
    "street": lambda head, terms, sign: "\n".join(head.address_lines.splitlines()),
    "address_1": lambda head, terms, sign: address(head.address_lines, 1),
    "address_2": lambda head, terms, sign: address(head.address_lines, 2),
    "address_3": lambda head, terms, sign: address(head.address_lines, 3),
    "address_4": lambda head, terms, sign: address(head.address_lines, 4),
    "city": lambda head, terms, sign: head.city,
    "region": lambda head, terms, sign: head.region,
    "postal_code": lambda head, terms, sign: head.postal_code,
    "country": lambda head, terms, sign: head.country,
    "country_name": lambda head, terms, sign: country_name(head.country),
    "tax_number": lambda head, terms, sign: head.tax_number,
    "reference": lambda head, terms, sign: head.order,
    "message": lambda head, terms, sign: head.message,
    "terms": lambda head, terms, sign: head.terms,
    "currency": lambda head, terms, sign: head.currency,
    "rate": lambda head, terms, sign: head.rate,
    "rate_date": lambda head, terms, sign: head.rate_day,
    "rate_source": lambda head, terms, sign: head.rate_source,
    "supply_date": lambda head, terms, sign: head.supply_day,
    "bad_debt": lambda head, terms, sign: head.bad_debt,
    "tax_mode": lambda head, terms, sign: TAX_MODES[head.tax_mode],
    "document_discount_percent": lambda head, terms, sign: head.discount_percent,
    "document_discount": lambda head, terms, sign: _money(head.discount_amount, head),
    "document_net": lambda head, terms, sign: Money(sign * head.net, head.currency),
    "document_tax": lambda head, terms, sign: Money(sign * head.tax, head.currency),
    "total": lambda head, terms, sign: Money(sign * head.total, head.currency),
    "open": lambda head, terms, sign: Money(sign * head.open, head.currency),
    "origin": lambda head, terms, sign: head.origin,
    "reason": lambda head, terms, sign: head.reason,
}

LINES: Final[dict[str, OfLine]] = {
    "position": lambda of: of.line.position,
    "origin_line": lambda of: of.line.origin_line,
    "item_code": lambda of: of.line.item_code,
    "item_name": lambda of: of.line.item_name,
    "description": lambda of: of.line.description,
    "description_or_item": lambda of: of.line.description or of.line.item_name or of.line.item_code,
    "quantity": lambda of: of.priced.quantity,
    "price": lambda of: _price(of.sign * of.priced.price, of.head.currency),
    "discount_percent": lambda of: of.priced.percent,
    "typed_quantity": lambda of: of.line.quantity,
    "typed_price": lambda of: of.line.unit_price,
    "typed_discount_percent": lambda of: of.line.discount_percent,
    "typed_discount": lambda of: _money(of.line.discount_amount, of.head),
    "net": lambda of: Money(of.sign * of.line.net, of.head.currency),
    "tax": lambda of: Money(of.sign * of.line.tax, of.head.currency),
    "is_taxed": lambda of: "Y" if of.line.tax else "N",
    "our_tax_code": lambda of: of.line.tax_code,
    "tax_percent": lambda of: of.line.tax_percent,
    "account": lambda of: of.terms.codes.account(of.line.item_id),
    "tax_code": lambda of: of.terms.codes.tax_code(of.line.tax_rate_id),
}


def _money(amount: Decimal | None, head: Head) -> Cell:
    return None if amount is None else Money(amount, head.currency)


def _price(price: Decimal, currency: str) -> Cell:
    return Money(price, currency)


# --- Customers, items, tax rates, payments --------------------------------------------------------

CUSTOMERS: Final[dict[str, Callable[[Customer, Terms], Cell]]] = {
    "code": lambda customer, terms: customer.code,
    "name": lambda customer, terms: customer.name,
    "email": lambda customer, terms: customer.email,
    "phone": lambda customer, terms: customer.phone,
    "tax_number": lambda customer, terms: customer.tax_number,
    "currency": lambda customer, terms: customer.currency,
    "street": lambda customer, terms: "\n".join(customer.address_lines.splitlines()),
    "address_lines": lambda customer, terms: customer.address_lines,
    "address_1": lambda customer, terms: address(customer.address_lines, 1),
    "address_2": lambda customer, terms: address(customer.address_lines, 2),
    "address_3": lambda customer, terms: address(customer.address_lines, 3),
    "address_4": lambda customer, terms: address(customer.address_lines, 4),
    "address_rest": lambda customer, terms: ", ".join(
        each.strip() for each in customer.address_lines.splitlines()[1:] if each.strip()
    ),
    "city": lambda customer, terms: customer.city,
    "region": lambda customer, terms: customer.region,
    "postal_code": lambda customer, terms: customer.postal_code,
    "country": lambda customer, terms: customer.country,
    "country_name": lambda customer, terms: country_name(customer.country),
    "terms": lambda customer, terms: customer.terms.name if customer.terms else "",
    "our_tax_code": lambda customer, terms: customer.tax_rate.code if customer.tax_rate else "",
    "parent": lambda customer, terms: customer.parent.name if customer.parent else "",
    "active": lambda customer, terms: customer.active,
    "notes": lambda customer, terms: customer.notes,
}

ITEMS: Final[dict[str, Callable[[Item, Terms], Cell]]] = {
    "code": lambda item, terms: item.code,
    "name": lambda item, terms: item.name,
    "description": lambda item, terms: item.description,
    "price": lambda item, terms: (
        None if item.unit_price is None else _price(item.unit_price, terms.home)
    ),
    "our_tax_code": lambda item, terms: item.tax_rate.code if item.tax_rate else "",
    "active": lambda item, terms: item.active,
    "is_taxed": lambda item, terms: "Y" if item.tax_rate else "N",
    "is_taxable": lambda item, terms: "true" if item.tax_rate else "false",
    "account": lambda item, terms: terms.codes.account(item.pk),
    "account_name": lambda item, terms: terms.codes.account_name(item.pk),
    "tax_code": lambda item, terms: terms.codes.tax_code(item.tax_rate_id),
}

TAX_RATES: Final[dict[str, Callable[[TaxRate, Terms], Cell]]] = {
    "code": lambda rate, terms: rate.code,
    "name": lambda rate, terms: rate.name,
    "treatment": lambda rate, terms: Treatment(rate.treatment).label,
    "country": lambda rate, terms: rate.country,
    "valid_from": lambda rate, terms: rate.valid_from,
    "valid_to": lambda rate, terms: rate.valid_to,
    "follows": lambda rate, terms: rate.follows.code if rate.follows else "",
    "percent": lambda rate, terms: rate.percent,
    "components": lambda rate, terms: "; ".join(
        f"{each.name}: {each.percent.normalize():f} % to {each.agency}"
        for each in rate.components.all()
    ),
    "active": lambda rate, terms: rate.active,
}

PAYMENTS: Final[dict[str, Callable[[tuple[Received, Part], Terms], Cell]]] = {
    "payment": lambda of, terms: str(of[0].payment.public_id),
    "date": lambda of, terms: of[0].payment.date,
    "customer": lambda of, terms: of[0].payment.customer.name,
    "customer_code": lambda of, terms: of[0].payment.customer.code,
    "currency": lambda of, terms: of[0].payment.currency,
    "rate": lambda of, terms: of[0].payment.exchange_rate,
    "amount": lambda of, terms: Money(of[0].payment.amount, of[0].payment.currency),
    "bank_currency": lambda of, terms: of[0].payment.bank_currency,
    "bank_amount": lambda of, terms: (
        None
        if of[0].payment.bank_amount is None
        else Money(of[0].payment.bank_amount, of[0].payment.bank_currency)
    ),
    "method": lambda of, terms: of[0].payment.method.name if of[0].payment.method else "",
    "reference": lambda of, terms: of[0].payment.reference,
    "payout": lambda of, terms: of[0].payment.payout_reference,
    "memo": lambda of, terms: of[0].payment.memo,
    "rest_is": lambda of, terms: of[0].payment.get_rest_is_display(),
    "open": lambda of, terms: Money(of[0].payment.on_account, of[0].payment.currency),
    "invoice": lambda of, terms: of[1].invoice,
    "applied_on": lambda of, terms: of[1].day,
    "applied": lambda of, terms: Money(of[1].amount, of[0].payment.currency) if of[1].day else None,
}

# By what a layout holds: every name that its columns may use.
NAMES: Final[dict[Holds, frozenset[str]]] = {
    Holds.DOCUMENTS: frozenset({*HEADS, *LINES}),
    Holds.CUSTOMERS: frozenset(CUSTOMERS),
    Holds.ITEMS: frozenset(ITEMS),
    Holds.TAX_RATES: frozenset(TAX_RATES),
    Holds.PAYMENTS: frozenset(PAYMENTS),
}
SIMPLE: Final[dict[Holds, dict[str, Callable[[Any, Terms], Cell]]]] = {
    Holds.CUSTOMERS: CUSTOMERS,
    Holds.ITEMS: ITEMS,
    Holds.TAX_RATES: TAX_RATES,
    Holds.PAYMENTS: PAYMENTS,
}
