"""The lines of a sale: what is sent, what the server adds, and how they add up."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ...models import StoredObject
from .. import faults, fields
from ..book import Book, reference_to
from ..kinds import Content
from ..taxes import Regime
from ..wire import to_cents

Line = dict[str, Any]

DESCRIPTION = fields.text(4000)
NIL = Decimal(0)


def build_lines(
    book: Book, sent: list[Line], current: StoredObject | None, regime: Regime
) -> list[Line]:
    """Every line that was sent, numbered; then the subtotal, then the discount.

    A line keeps its id where the id is known; any other line is a new one.
    """
    known = {line["Id"] for line in current.content["Line"] if "Id" in line} if current else set()
    fresh = max((int(identity) for identity in known), default=0) + 1
    lines: list[Line] = []
    discounts: list[Mapping[str, Any]] = []
    for row in sent:
        kind = row.get("DetailType")
        if kind == "SubTotalLineDetail":
            continue
        if kind == "DiscountLineDetail":
            discounts.append(row)
            continue
        identity = str(row.get("Id") or "")
        if identity in known:
            known.discard(identity)
        else:
            identity = str(fresh)
            fresh += 1
        line: Line = {"Id": identity, "LineNum": len(lines) + 1}
        description = row.get("Description")
        if description not in fields.ABSENT:
            line["Description"] = DESCRIPTION(description, "Description")
        lines.append(BUILDERS[detail_type(row)](book, row, line, regime))
    if not lines:
        raise faults.missing("Line")
    subtotal = sum((line["Amount"] for line in lines if "Amount" in line), NIL)
    lines.append({"Amount": subtotal, "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}})
    if len(discounts) > 1:
        raise faults.business("A transaction takes one discount.", "DiscountLineDetail")
    lines.extend(discount_line(book, row, subtotal) for row in discounts)
    return lines


def detail_type(row: Mapping[str, Any]) -> str:
    kind = row.get("DetailType")
    if kind in fields.ABSENT:
        raise faults.missing("DetailType")
    if kind not in BUILDERS:
        raise faults.Refused("2170", f"{kind} is not a line of a sale", "DetailType")
    return str(kind)


def sales_line(book: Book, row: Mapping[str, Any], line: Line, regime: Regime) -> Line:
    detail = row.get("SalesItemLineDetail") or {}
    reference, account = item_facts(book, fields.reference(detail.get("ItemRef"), "ItemRef") or "1")
    quantity, price = detail.get("Qty"), detail.get("UnitPrice")
    answered: Line = {"ItemRef": reference}
    class_id = fields.reference(detail.get("ClassRef"), "ClassRef")
    if class_id and book.settings["class_per_line"]:
        answered["ClassRef"] = reference_to(book.referred("Class", class_id, allow_inactive=True))
    line["Amount"] = line_amount(row.get("Amount"), quantity, price, answered)
    line["DetailType"] = "SalesItemLineDetail"
    answered["ItemAccountRef"] = account
    code = detail.get("TaxCodeRef")
    answered["TaxCodeRef"] = {"value": regime.line_code(code.get("value") if code else None)}
    if detail.get("ServiceDate") not in fields.ABSENT:
        answered["ServiceDate"] = fields.day(detail["ServiceDate"], "ServiceDate")
    line["SalesItemLineDetail"] = answered
    line["CustomExtensions"] = []
    return line


def line_amount(amount: Any, quantity: Any, price: Any, answered: Line) -> Decimal:
    """The line's amount, equal to quantity times price rounded to the cent where both are given."""
    if amount not in fields.ABSENT and is_nil(quantity) and is_nil(price):
        # Clients fill both with zero by default; the service takes the amount alone.
        quantity = price = None
    if price not in fields.ABSENT:
        answered["UnitPrice"] = price = fields.decimal(price, "UnitPrice")
    if quantity not in fields.ABSENT:
        answered["Qty"] = quantity = fields.decimal(quantity, "Qty")
    both = "UnitPrice" in answered and "Qty" in answered
    product = to_cents(quantity * price) if both else None
    if amount in fields.ABSENT:
        if product is None:
            raise faults.missing("Line.Amount")
        return product
    given = to_cents(fields.decimal(amount, "Amount"))
    if product is not None and given != product:
        raise faults.Refused(
            "6070",
            "Amount is not equal to UnitPrice * Qty. Supplied value:" + str(given),
            "Line.Amount",
        )
    return given


def is_nil(sent: Any) -> bool:
    return sent in fields.ABSENT or fields.decimal(sent, "Qty") == 0


def item_facts(book: Book, identity: str) -> tuple[dict[str, str], dict[str, str]]:
    """The references to an item and to the account its sales post to."""
    facts = book.facts.get(("Item", identity))
    if facts is None:
        stored = book.referred("Item", identity)
        if stored.content["Type"] == "Category":
            raise faults.Refused(
                "2500",
                f"Items element id {identity} is a category; categories cannot be used in transactions",
                "Items",
            )
        facts = (reference_to(stored), stored.content["IncomeAccountRef"])
        book.facts["Item", identity] = facts
    return facts


def description_line(book: Book, row: Mapping[str, Any], line: Line, regime: Regime) -> Line:
    line["DetailType"] = "DescriptionOnly"
    line["DescriptionLineDetail"] = {}
    return line


def discount_line(book: Book, row: Mapping[str, Any], subtotal: Decimal) -> Line:
    """A positive amount that reduces the total, or a percentage of the subtotal."""
    if not book.settings["allow_discount"]:
        raise faults.business("Discounts are off in this company.", "DiscountLineDetail")
    detail = row.get("DiscountLineDetail") or {}
    by_percent = fields.flag(detail.get("PercentBased") or False, "PercentBased")
    account = fields.reference(detail.get("DiscountAccountRef"), "DiscountAccountRef")
    account = account or str(book.settings["discount_account"])
    answered: Line = {"PercentBased": by_percent}
    if by_percent:
        percent = fields.decimal(detail.get("DiscountPercent", 0), "DiscountPercent")
        answered["DiscountPercent"] = percent
        amount = to_cents(subtotal * percent / 100)
    else:
        amount = to_cents(fields.decimal(row.get("Amount", 0), "Amount"))
    answered["DiscountAccountRef"] = reference_to(book.referred("Account", account))
    return {"Amount": amount, "DetailType": "DiscountLineDetail", "DiscountLineDetail": answered}


BUILDERS = {"SalesItemLineDetail": sales_line, "DescriptionOnly": description_line}


def total_of(lines: list[Line]) -> Decimal:
    """Items less discount."""
    total = NIL
    for line in lines:
        if line["DetailType"] == "SalesItemLineDetail":
            total += Decimal(line["Amount"])
        elif line["DetailType"] == "DiscountLineDetail":
            total -= Decimal(line["Amount"])
    return total


def emptied(lines: list[Line]) -> list[Line]:
    """The lines of a voided sale: still there, with neither amount nor quantity."""
    out = []
    for line in lines:
        changed: Content = {**line}
        if "Amount" in line:
            changed["Amount"] = NIL
        detail = line.get("SalesItemLineDetail")
        if detail:
            changed["SalesItemLineDetail"] = {**detail, **({"Qty": NIL} if "Qty" in detail else {})}
        out.append(changed)
    return out
