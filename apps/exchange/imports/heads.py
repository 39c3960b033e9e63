"""What the lines of a document tell of it as a whole, and on which side of nil its amounts stand."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from apps.connectors.profiles import CHARGES, OF_DOCUMENT, Field
from apps.core.money import rounded, spread
from apps.exchange.documents import NOTHING, ReadLine, Told, Value
from apps.exchange.imports.reading import ZERO, Line

FINEST_EXPONENT = -6  # of quantities and prices
OF_CUSTOMER = frozenset(
    {Field.EMAIL, Field.TAX_NUMBER, Field.ADDRESS, Field.CITY, Field.REGION, Field.POSTAL_CODE}
)
# What the rows of a document tell of it alike, beside what every line is asked for.
HEAD = frozenset(OF_DOCUMENT) - OF_CUSTOMER - {*CHARGES}
# … and which must not differ among them: lines may be supplied on days of their own.
SHARED = frozenset(OF_DOCUMENT) - {Field.SUPPLY_DATE}
# Amounts that go below nil with their document.
SIGNED = frozenset(
    {Field.DOCUMENT_NET, Field.DOCUMENT_TAX, Field.TOTAL, Field.BALANCE}
    | {Field.LINE_NET, Field.LINE_TAX, Field.LINE_TOTAL, Field.DOCUMENT_DISCOUNT}
)
# What the lines of a document keep apart.
OF_LINE = (
    *(Field.TAX_PERCENT, Field.ORIGIN_LINE),
    *(Field.LINE_NET, Field.LINE_TAX, Field.LINE_TOTAL),
)


def one_a_row(lines: Sequence[Line]) -> Sequence[Line]:
    """The first line of each row: more than one lie in a row only where a cell holds them."""
    if len(lines) == 1 or lines[0].row != lines[1].row:
        return lines
    return list({line.row: line for line in reversed(lines)}.values())[::-1]


def worth(lines: Sequence[Line]) -> Decimal:
    """As it would be booked: a document whose lines all round to nil is worth nothing either."""
    return sum((rounded(line.exact, line.currency) for line in lines), ZERO)


def has_negative_prices(lines: Sequence[Line]) -> bool:
    return any(line.unit_price < 0 < line.quantity for line in lines)


def signed(more: Told, wanted: Iterable[Field], sign: int) -> Told:
    """What is wanted of it, amounts as they are where the document stands above nil."""
    if not more:
        return NOTHING
    told: dict[Field, Value] = {}
    for each in wanted:
        if each in more:
            value = more[each]
            turned = sign < 0 and each in SIGNED and isinstance(value, Decimal)
            told[each] = -value if turned else value  # type: ignore[operator] # a Decimal
    return told


def supplied(lines: Sequence[Line]) -> tuple[Told, str]:
    """A document has one day of supply: the last of its lines'; and what there is to note of it."""
    days = {day for line in lines if isinstance(day := line.more.get(Field.SUPPLY_DATE), date)}
    if not days:
        return NOTHING, ""
    last = max(days)
    note = f"its lines were supplied on several days: the last, {last:%-d %B %Y}, is taken"
    return {Field.SUPPLY_DATE: last}, note if len(days) > 1 else ""


def as_held(number: Decimal) -> Decimal:
    """With no more decimals than a line holds of a quantity or a price."""
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent >= FINEST_EXPONENT:
        return number
    return number.quantize(Decimal(1).scaleb(FINEST_EXPONENT), ROUND_HALF_UP)


def one_discount(told: Told) -> Told:
    """Some files tell a discount in percent, and beside it what that comes to."""
    if told.get(Field.DOCUMENT_DISCOUNT_PERCENT) and told.get(Field.DOCUMENT_DISCOUNT):
        return {Field.DOCUMENT_DISCOUNT: None}
    return NOTHING


def discounted_apart(
    told: Told, lines: list[ReadLine], currency: str
) -> tuple[Told, list[ReadLine]]:
    """A discount of the document as that of each of its lines: its charges bear none of it. Where a line
    has an amount taken off already, it stays the document's."""
    percent = told.get(Field.DOCUMENT_DISCOUNT_PERCENT)
    amount = told.get(Field.DOCUMENT_DISCOUNT)
    if any(line.discount_amount for line in lines):
        return told, lines
    if isinstance(percent, Decimal) and percent:
        left = 100 - percent
        lines = [
            replace(
                line, discount_percent=100 - (100 - (line.discount_percent or ZERO)) * left / 100
            )
            for line in lines
        ]
    elif isinstance(amount, Decimal) and amount and _can_bear(lines, currency):
        shares = spread(amount, [line.booked(currency) for line in lines], currency)
        lines = [
            replace(line, discount_amount=share or None)
            for line, share in zip(lines, shares, strict=True)
        ]
    else:
        return told, lines
    return {**told, Field.DOCUMENT_DISCOUNT_PERCENT: None, Field.DOCUMENT_DISCOUNT: None}, lines


def _can_bear(lines: Sequence[ReadLine], currency: str) -> bool:
    """Whether an amount can be spread over them: none has a discount in percent or is below nil."""
    return any(line.booked(currency) for line in lines) and not any(
        line.discount_percent or line.booked(currency) < 0 for line in lines
    )


def discount_of(line: Line, sign: int) -> Decimal | None:
    amount = line.amount(Field.DISCOUNT_AMOUNT)
    return sign * amount if amount else None


def tax_code_of(line: Line) -> str | None:
    """None where the file tells none, "" where it says that the line bears no tax."""
    return line.text(Field.TAX_CODE) if Field.TAX_CODE in line.more else None
