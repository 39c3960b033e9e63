"""What was sold and credited between two days: documents with their lines, in home currency too.

Lines of today are read beside their documents, both by key; those of a moment lie in the row of history
of their document, as they were.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from apps.billing.models import CreditNoteLine, InvoiceLine
from apps.billing.standing.reading import STANDS, Reading, streamed
from apps.core.money import ZERO, spread_home


@dataclass(frozen=True, slots=True)
class SoldLine:
    """Amounts in document currency and in home currency (`home_…`), positive as on the document.

    `discount` is what both discounts took off `net`.
    """

    item_id: int | None
    quantity: Decimal
    net: Decimal
    tax: Decimal
    discount: Decimal
    code: str
    percent: Decimal | None
    treatment: str
    home_net: Decimal = ZERO
    home_tax: Decimal = ZERO


@dataclass(frozen=True, kw_only=True, slots=True)
class Sold:
    """An invoice (`sign` 1) or a credit note (−1). Home amounts of the lines add up to its own.

    `is_bad_debt`: it relieves the tax of a bad debt, or books one again.
    """

    kind: str
    key: int
    sign: int
    customer_id: int
    dated: date
    number: str
    currency: str
    exchange_rate: Decimal
    is_bad_debt: bool
    discount_item_id: int | None
    lines: tuple[SoldLine, ...]


_HEAD: Final = (
    *("id", "customer_id", "issue_date", "number", "currency", "exchange_rate"),
    *("home_total", "home_tax", "discount_item_id"),
)
_KINDS: Final = (
    ("invoice", 1, InvoiceLine, "recovers_id"),
    ("credit_note", -1, CreditNoteLine, "relieves_id"),
)
_LINE: Final = (
    *("document_id", "item_id", "quantity", "net", "tax", "discount_net"),
    *("tax_code", "tax_percent", "tax_treatment"),
)


def sold(reading: Reading, since: date, *, by_supply: bool = False) -> Iterator[Sold]:
    """Documents dated from `since` to the day of the reading, both included, by kind and key.

    `by_supply`: invoices by their date of supply, where they bear one; a credit note counts on its own
    day. Four queries; as known at a moment two.
    """
    for kind, sign, model, bad_debt in _KINDS:
        rows = _dated(reading, kind, since, by_supply=by_supply and kind == "invoice")
        heads = (*_HEAD, bad_debt)
        if reading.known_at is None:
            lines = _Lines(model, rows)
            for head in streamed(rows, *heads):
                yield _sold(kind, sign, head, lines.of(head[0]), reading.home)
        else:
            for row in streamed(rows, *heads, "lines_then"):
                yield _sold(kind, sign, row[:-1], map(_line_then, row[-1]), reading.home)


def _dated(reading: Reading, kind: str, since: date, *, by_supply: bool) -> "QuerySet[Any]":
    if not by_supply:
        return reading.standing(kind, since)
    model, status, _ = STANDS[kind]
    rows = reading.rows(model).filter(status=status)
    rows = rows.annotate(supplied=Coalesce("supply_date", "issue_date"))
    return rows.filter(supplied__range=(since, reading.on)).order_by("id")


class _Lines:
    """Lines of documents as they stand, asked for in the order of the documents."""

    def __init__(self, model: type[Any], documents: "QuerySet[Any]") -> None:
        rows = model.objects.filter(document__in=documents.order_by().values("id"))
        self.coming = streamed(rows.order_by("document_id", "position", "id"), *_LINE)
        self.next = next(self.coming, None)

    def of(self, document: int) -> Iterator[SoldLine]:
        while self.next is not None and self.next[0] == document:
            yield SoldLine(*self.next[1:])
            self.next = next(self.coming, None)


def _line_then(line: dict[str, Any]) -> SoldLine:
    percent = line.get("tax_percent")
    return SoldLine(
        item_id=line["item"],
        quantity=Decimal(line["quantity"]),
        net=Decimal(line["net"]),
        tax=Decimal(line["tax"]),
        discount=Decimal(line.get("discount_net", 0)),
        code=line.get("tax_code", ""),
        percent=None if percent is None else Decimal(percent),
        treatment=line.get("tax_treatment", ""),
    )


def _sold(
    kind: str, sign: int, head: tuple[Any, ...], lines: Iterator[SoldLine], home: str
) -> Sold:
    key, customer, dated, number, currency, rate, home_total, home_tax, discount_item, bad = head
    plain = tuple(lines)
    nets = {str(at): line.net for at, line in enumerate(plain)}
    taxes = {str(at): line.tax for at, line in enumerate(plain)}
    home_nets = spread_home(nets, rate, home_total - home_tax, home)
    home_taxes = spread_home(taxes, rate, home_tax, home)
    return Sold(
        kind=kind,
        key=key,
        sign=sign,
        customer_id=customer,
        dated=dated,
        number=number or "",
        currency=currency,
        exchange_rate=rate,
        is_bad_debt=bad is not None,
        discount_item_id=discount_item,
        lines=tuple(
            SoldLine(
                line.item_id, line.quantity, line.net, line.tax, line.discount, line.code,
                line.percent, line.treatment, home_nets[str(at)], home_taxes[str(at)],
            )
            for at, line in enumerate(plain)
        ),
    )  # fmt: skip
