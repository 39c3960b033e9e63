"""The lines of a sale: what is sent, what the server adds, and how they add up."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ...models import StoredObject
from .. import faults, fields
from ..book import Book, reference_to
from ..currencies import rounded
from ..filing import Content
from ..taxes import INCLUSIVE
from ..taxing import Answer, Regime, Sale, terms_of

Line = dict[str, Any]

DESCRIPTION = fields.text(4000)
NIL = Decimal(0)


@dataclass(frozen=True)
class Frame:
    """What every line of a document is read under."""

    regime: Regime
    mode: str
    unit: Decimal


def build_lines(
    book: Book, sent: list[Line], current: StoredObject | None, frame: Frame
) -> list[Line]:
    """Every line that was sent, numbered, then the discount; the subtotal comes with the tax.

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
        lines.append(BUILDERS[detail_type(row)](book, row, line, frame))
    if not lines:
        raise faults.missing("Line")
    if len(discounts) > 1:
        raise faults.business("A transaction takes one discount.", "DiscountLineDetail")
    lines.extend(discount_line(book, row, frame.unit) for row in discounts)
    return lines


def detail_type(row: Mapping[str, Any]) -> str:
    kind = row.get("DetailType")
    if kind in fields.ABSENT:
        raise faults.missing("DetailType")
    if kind not in BUILDERS:
        raise faults.Refused("2170", f"{kind} is not a line of a sale", "DetailType")
    return str(kind)


def sales_line(book: Book, row: Mapping[str, Any], line: Line, frame: Frame) -> Line:
    detail = row.get("SalesItemLineDetail") or {}
    reference, account = item_facts(book, fields.reference(detail.get("ItemRef"), "ItemRef") or "1")
    answered: Line = {"ItemRef": reference}
    class_id = fields.reference(detail.get("ClassRef"), "ClassRef")
    if class_id and book.settings["class_per_line"]:
        answered["ClassRef"] = reference_to(book.referred("Class", class_id, allow_inactive=True))
    if frame.mode == INCLUSIVE and not is_nil(detail.get("TaxInclusiveAmt")):
        gross = fields.decimal(detail["TaxInclusiveAmt"], "TaxInclusiveAmt")
        answered["TaxInclusiveAmt"] = rounded(gross, frame.unit)
    line["Amount"] = line_amount(
        row.get("Amount"), detail.get("Qty"), detail.get("UnitPrice"), answered, frame.unit
    )
    line["DetailType"] = "SalesItemLineDetail"
    answered["ItemAccountRef"] = account
    sent_code = fields.reference(detail.get("TaxCodeRef"), "TaxCodeRef")
    code = frame.regime.line_code(book, sent_code, frame.mode)
    if code:
        answered["TaxCodeRef"] = {"value": code}
    if detail.get("ServiceDate") not in fields.ABSENT:
        answered["ServiceDate"] = fields.day(detail["ServiceDate"], "ServiceDate")
    line["SalesItemLineDetail"] = answered
    line["CustomExtensions"] = []
    return line


def line_amount(amount: Any, quantity: Any, price: Any, answered: Line, unit: Decimal) -> Decimal:
    """The line's amount, equal to quantity times price rounded to the cent where both are given.

    Where prices include tax the product may be the gross amount instead.
    """
    gross: Decimal | None = answered.get("TaxInclusiveAmt")
    times = None if quantity in fields.ABSENT else fields.decimal(quantity, "Qty")
    each = None if price in fields.ABSENT else fields.decimal(price, "UnitPrice")
    if (amount not in fields.ABSENT or gross is not None) and not times and not each:
        # Clients fill both with zero by default; the service takes the amount alone.
        times = each = None
    if each is not None:
        answered["UnitPrice"] = each
    if times is not None:
        answered["Qty"] = times
    product = None if times is None or each is None else rounded(times * each, unit)
    if amount in fields.ABSENT:
        sum_of_line = product if gross is None else gross
        if sum_of_line is None:
            raise faults.missing("Line.Amount")
        return sum_of_line
    given = rounded(fields.decimal(amount, "Amount"), unit)
    if product is not None and product not in (given, gross):
        raise faults.Refused(
            "6070",
            "Amount is not equal to UnitPrice * Qty. Supplied value:" + str(given),
            "Line.Amount",
        )
    return given


def settle(book: Book, sale: Sale, regime: Regime) -> Answer:
    """Tax the lines in `sale.content`: nets, subtotal and discount take their amounts here."""
    content = sale.content
    lines = [dict(line) for line in content["Line"] if line["DetailType"] != "SubTotalLineDetail"]
    items = [line for line in lines if line["DetailType"] == "SalesItemLineDetail"]
    discounts = [line for line in lines if line["DetailType"] == "DiscountLineDetail"]
    answer = regime.document(book, sale, items, terms_of(book, sale))
    if discounts:
        discount = discounts[0]
        detail = discount["DiscountLineDetail"]
        if detail["PercentBased"]:
            subtotal = sum(answer.taxed.nets, NIL)
            share = subtotal * Decimal(detail["DiscountPercent"]) / 100
            discount["Amount"] = rounded(share, sale.unit)
        answer = regime.document(book, sale, items, terms_of(book, sale, discount["Amount"]))
    for line, net in zip(items, answer.taxed.nets, strict=True):
        if sale.mode == INCLUSIVE:
            with_net(line, net, sale.unit)
    subtotal = sum(answer.taxed.nets, NIL)
    content["Line"] = [
        *(line for line in lines if line not in discounts),
        {"Amount": subtotal, "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}},
        *discounts,
    ]
    return answer


def with_net(line: Line, net: Decimal, unit: Decimal) -> None:
    """The net amount that the gross one leaves, and the price that makes it, as the service answers."""
    line["Amount"] = net
    detail = line["SalesItemLineDetail"] = {**line["SalesItemLineDetail"]}
    quantity, price = detail.get("Qty"), detail.get("UnitPrice")
    if quantity and price is not None and rounded(Decimal(quantity) * price, unit) != net:
        detail["UnitPrice"] = rounded(net / Decimal(quantity), fields.FINEST).normalize()


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


def description_line(book: Book, row: Mapping[str, Any], line: Line, frame: Frame) -> Line:
    line["DetailType"] = "DescriptionOnly"
    line["DescriptionLineDetail"] = {}
    return line


def discount_line(book: Book, row: Mapping[str, Any], unit: Decimal) -> Line:
    """A positive amount that reduces the total, or a percentage of the subtotal (worked out later)."""
    if not book.settings["allow_discount"]:
        raise faults.business("Discounts are off in this company.", "DiscountLineDetail")
    detail = row.get("DiscountLineDetail") or {}
    by_percent = fields.flag(detail.get("PercentBased") or False, "PercentBased")
    account = fields.reference(detail.get("DiscountAccountRef"), "DiscountAccountRef")
    account = account or str(book.settings["discount_account"])
    answered: Line = {"PercentBased": by_percent}
    amount = NIL
    if by_percent:
        percent = fields.decimal(detail.get("DiscountPercent", 0), "DiscountPercent")
        if not 0 <= percent <= 100:
            raise faults.Refused("2090", "A discount lies between 0 and 100 %.", "DiscountPercent")
        answered["DiscountPercent"] = percent
    else:
        amount = rounded(fields.decimal(row.get("Amount", 0), "Amount"), unit)
    if amount < 0:
        raise faults.business("A discount's amount is positive.", "Line.Amount")
    answered["DiscountAccountRef"] = reference_to(book.referred("Account", account))
    return {"Amount": amount, "DetailType": "DiscountLineDetail", "DiscountLineDetail": answered}


BUILDERS = {"SalesItemLineDetail": sales_line, "DescriptionOnly": description_line}


def emptied(lines: list[Line]) -> list[Line]:
    """The lines of a voided sale: still there, with neither amount nor quantity."""
    out = []
    for line in lines:
        changed: Content = {**line}
        if "Amount" in line:
            changed["Amount"] = NIL
        detail = line.get("SalesItemLineDetail")
        if detail:
            nil = {name: NIL for name in ("Qty", "TaxInclusiveAmt") if name in detail}
            changed["SalesItemLineDetail"] = {**detail, **nil}
        out.append(changed)
    return out
