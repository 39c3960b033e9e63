"""Lines, discount, taxes and totals of invoices and credit notes."""

from dataclasses import dataclass, field
from decimal import Decimal

from . import wire
from .fields import Fields, flag, money, number, percent, read, reference, text, whole
from .refusals import Refused, required
from .store import Business, Content
from .wire import CENT, ROUNDINGS, ZERO

HUNDRED = Decimal(100)
LINE = Fields(
    {
        "lineid": whole,
        "name": text,
        "description": text,
        "qty": number,
        "unit_cost": money,
        "taxName1": text,
        "taxAmount1": percent,
        "taxNumber1": text,
        "taxName2": text,
        "taxAmount2": percent,
        "taxNumber2": text,
        "compounded_tax": flag,
        "type": whole,
        "expenseid": reference,
    },
    frozenset(),
)


@dataclass
class Totals:
    """What the lines come to; `taxes` by (name, percent): what is taxed, and the tax, exact cents."""

    subtotal: Decimal = ZERO
    discount: Decimal = ZERO
    taxes: dict[tuple[str, str], list[Decimal]] = field(default_factory=dict)

    @property
    def tax(self) -> Decimal:
        return sum((tax for _, tax in self.taxes.values()), ZERO)

    @property
    def net(self) -> Decimal:
        return self.subtotal - self.discount

    @property
    def total(self) -> Decimal:
        return self.net + self.tax


def rounded(books: Business, amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUNDINGS[books.switch("half_rounding")])


def line_of(books: Business, sent: Content, code: str) -> Content:
    """One line as it is kept; its amount before tax and discount."""
    told = read(books, LINE, sent)
    price = told.pop("unit_cost", None) or {"amount": "0", "code": None}
    if price["code"] not in (None, code):
        raise Refused(1004, f"The currency must be {code}.", "unit_cost", price["code"])
    cost = wire.decimal(price["amount"])
    if cost == 0 and books.switch("nil_price") == "refuse":
        raise Refused(1004, "The field 'unit_cost' may not be zero.", "unit_cost", price["amount"])
    if books.switch("unit_cost_decimals") == "two":
        cost = rounded(books, cost)
    quantity = told.get("qty", "1")
    for which in ("1", "2"):
        complete_tax(books, told, which)
    return {
        **told,
        "qty": quantity,
        "unit_cost": f"{cost:f}" if cost.as_tuple().exponent < -2 else f"{cost:.2f}",  # type: ignore[operator] # finite
        "amount": f"{rounded(books, wire.decimal(quantity) * cost):.2f}",
    }


def complete_tax(books: Business, line: Content, which: str) -> None:
    """A tax that is named without a percentage takes that of the tax of this name."""
    name = line.get(f"taxName{which}")
    if not name:
        return
    known = next((one for one in books.all("taxes") if one["name"] == name), None)
    if f"taxAmount{which}" not in line:
        if known is None:
            raise required(f"taxAmount{which}")
        line[f"taxAmount{which}"] = known["amount"]
    if known is None and books.switch("line_taxes") == "create":
        amount = line[f"taxAmount{which}"]
        told = {"name": name, "amount": amount, "compound": False}
        books.add("taxes", {**told, "number": line.get(f"taxNumber{which}") or ""})


def totals(books: Business, document: Content) -> Totals:
    """Tax is due on what is left after the discount; a compound one on the first tax too."""
    out = Totals()
    share = wire.decimal(document.get("discount_value") or 0) / HUNDRED
    by_line = books.switch("tax_rounding") == "line"
    for line in document["lines"]:
        amount = wire.decimal(line["amount"])
        out.subtotal += amount
        base = amount * (1 - share)
        first = ZERO
        for which in ("1", "2"):
            name, rate = line.get(f"taxName{which}"), line.get(f"taxAmount{which}", "0")
            if not name:
                continue
            on = base + first if which == "2" and line.get("compounded_tax") else base
            tax = on * wire.decimal(rate) / HUNDRED
            tax = rounded(books, tax) if by_line else tax
            first = tax if which == "1" else first
            found = out.taxes.setdefault((name, rate), [ZERO, ZERO])
            found[0] += on
            found[1] += tax
    out.discount = rounded(books, out.subtotal * share)
    for found in out.taxes.values():
        found[:] = [rounded(books, one) for one in found]
    return out


def kept_lines(books: Business, document: Content, sent: list[Content], code: str) -> list[Content]:
    """A list replaces all lines, or changes and adds to them, as the switch says."""
    made = [line_of(books, one, code) for one in sent]
    old = document.get("lines", [])
    if books.switch("lines_on_update") == "merge" and old:
        told = {one["lineid"]: one for one in made if one.get("lineid")}
        made = [one | told.pop(one["lineid"], {}) for one in old] + [
            one for one in made if not one.get("lineid") or one["lineid"] in told
        ]
    most = max((one.get("lineid", 0) for one in old), default=0)
    for line in made:
        if not any(line.get("lineid") == one["lineid"] for one in old):
            most += 1
            line["lineid"] = most
    return made


def line_answer(line: Content, owner: Content, code: str, stamp: str, *, credit: bool) -> Content:
    """A line of an invoice, or, shorter, of a credit note."""
    out: Content = {
        "amount": wire.money(line["amount"], code),
        "compounded_tax": bool(line.get("compounded_tax", False)),
        "description": line.get("description") or "",
        "name": line.get("name") or "",
        "qty": line["qty"],
        "taskno": line["lineid"],
        "taxAmount1": line.get("taxAmount1", "0"),
        "taxAmount2": line.get("taxAmount2", "0"),
        "taxName1": line.get("taxName1"),
        "taxName2": line.get("taxName2"),
        "unit_cost": wire.money(line["unit_cost"], code),
    }
    if credit:
        return {**out, "creditid": owner["id"]}
    return out | {
        "basecampid": 0,
        "date": None,
        "expenseid": line.get("expenseid") or 0,
        "invoiceid": owner["id"],
        "lineid": line["lineid"],
        "modern_project_id": None,
        "modern_time_entries": [],
        "retainer_id": None,
        "retainer_period_id": None,
        "taxNumber1": line.get("taxNumber1"),
        "taxNumber2": line.get("taxNumber2"),
        "type": line.get("type", 0),
        "updated": stamp,
    }
