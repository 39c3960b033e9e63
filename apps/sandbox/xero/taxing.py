"""Lines and their sums: amounts, discounts, tax per line, totals of a document."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from . import wire
from .charts import no_tax
from .refusals import Refused
from .store import Content, Organisation
from .wire import ZERO, cents

HUNDRED = Decimal(100)
FOUR = Decimal("0.0001")


@dataclass(frozen=True)
class Use:
    """What kind of document a line is for. `sale`: which tax rates fit; `discounts`: may it have any."""

    sale: bool
    discounts: bool
    # Over- and prepayments, spend and receive money: the tax must be what Xero works out.
    own_tax: bool = True


def tax_rate(org: Organisation, tax_type: str) -> Content | None:
    found = [one for one in org.all("TaxRates") if one["type"] == tax_type]
    return next((one for one in found if one["status"] == "ACTIVE"), None)


def percent(rate: Content) -> Decimal:
    """The effective rate: components add up, compound ones are charged on the others too."""
    simple = sum((Decimal(c["rate"]) for c in rate["components"] if not c["compound"]), ZERO)
    total = simple
    for component in rate["components"]:
        if component["compound"]:
            total += Decimal(component["rate"]) * (HUNDRED + simple) / HUNDRED
    return total


def rounded(org: Organisation, value: Decimal) -> Decimal:
    """Half a cent of a line as the organisation's switch says."""
    return value.quantize(wire.CENT, wire.ROUNDINGS[org.switch("half_rounding")])


def read_line(
    org: Organisation, sent: Content, before: Content | None, use: Use, places: Decimal
) -> Content:
    """A line as the books keep it, from what was sent over what it was; Refused says what is wrong."""
    line: Content = dict(before or {})
    for name, key in (("Description", "description"), ("ItemCode", "item")):
        if name in sent:
            line[key] = str(sent[name] or "")
    for name, key in (
        ("Quantity", "quantity"),
        ("UnitAmount", "unit"),
        ("DiscountRate", "discount_rate"),
        ("DiscountAmount", "discount"),
        ("LineAmount", "amount_sent"),
        ("TaxAmount", "tax_sent"),
    ):
        if sent.get(name) is not None:
            line[key] = number(sent[name], name)
    if "Tracking" in sent:
        line["tracking"] = tracking(org, sent["Tracking"] or [])
    if "AccountCode" in sent or "AccountID" in sent:
        line["account"] = account_of(org, sent)
    if "TaxType" in sent:
        line["tax_type"] = str(sent["TaxType"] or "")
    if line.get("item"):
        take_item(org, line, sent, use)
    if "unit" in line:
        line["unit"] = line["unit"].quantize(places, wire.ROUNDINGS["up"])
    if "quantity" in line:
        line["quantity"] = line["quantity"].quantize(FOUR, wire.ROUNDINGS["up"])
    if "LineAmount" not in sent and {
        "Quantity",
        "UnitAmount",
        "DiscountRate",
        "DiscountAmount",
    } & set(sent):
        line.pop("amount_sent", None)
    if "DiscountRate" in sent and "DiscountAmount" not in sent:
        line.pop("discount", None)
    if "TaxAmount" not in sent and {
        "Quantity",
        "UnitAmount",
        "TaxType",
        "LineAmount",
        "DiscountRate",
    } & set(sent):
        line.pop("tax_sent", None)
    return line


def number(value: Any, name: str) -> Decimal:
    try:
        return wire.read_number(value)
    except ValueError:
        raise Refused(f"{name} must be a number, not {value!r}") from None


def account_of(org: Organisation, sent: Content) -> str | None:
    """The account a line names; None where it names none."""
    if sent.get("AccountID"):
        found = org.account(identity=sent["AccountID"])
        shown = sent["AccountID"]
    elif sent.get("AccountCode"):
        found = org.account(code=sent["AccountCode"])
        shown = sent["AccountCode"]
    else:
        return None
    if found is None or found["status"] != "ACTIVE":
        raise Refused(f"Account code '{shown}' is not a valid code for this document.")
    return str(found["id"])


def take_item(org: Organisation, line: Content, sent: Content, use: Use) -> None:
    """What an item brings to a line that does not say it itself."""
    found = org.by("Items", "code", line["item"])
    if not found:
        raise Refused(f"Item code '{line['item']}' is not valid")
    item = found[0]
    line["item"] = item["code"]
    side = item.get("sales" if use.sale else "purchases") or {}
    brought = {
        "unit": side.get("price"),
        "account": side.get("account"),
        "tax_type": side.get("tax_type"),
        "description": item.get("description" if use.sale else "purchase_description"),
    }
    if "ItemCode" in sent:
        for name, value in brought.items():
            if value and line.get(name) in (None, ""):
                line[name] = value


def tracking(org: Organisation, sent: Any) -> list[Content]:
    """At most two, each by ids or by names; Refused for what there is not."""
    if not isinstance(sent, list) or len(sent) > 2:
        raise Refused("A line may have at most two tracking categories.")
    out = []
    for one in sent:
        category = org.find("TrackingCategories", one.get("TrackingCategoryID"))
        if category is None:
            category = next(
                (c for c in org.all("TrackingCategories") if c["name"] == one.get("Name")), None
            )
        option = category and next(
            (
                o
                for o in category["options"]
                if o["id"] == one.get("TrackingOptionID") or o["name"] == one.get("Option")
            ),
            None,
        )
        if category is None or option is None:
            raise Refused("The tracking category or option does not exist.")
        out.append({"category": category["id"], "option": option["id"]})
    return out


def work_out(org: Organisation, line: Content, amounts: str, use: Use, contact: Content) -> None:
    """Amount and tax of a line: net where prices exclude tax, gross where they include it."""
    line.pop("amount", None)
    line.pop("tax", None)
    if is_words(line):
        return
    quantity, unit = line.get("quantity"), line.get("unit")
    if quantity is None and unit is not None:
        quantity = line["quantity"] = Decimal(1).quantize(FOUR)
    if unit is None and line.get("amount_sent") is not None and quantity:
        unit = line["unit"] = (line["amount_sent"] / quantity).quantize(FOUR)
    gross = cents((quantity or ZERO) * (unit or ZERO))
    line["amount"] = discounted(org, line, (quantity or ZERO) * (unit or ZERO), gross, use)
    told = line.get("amount_sent")
    if told is not None and cents(told) != line["amount"]:
        if org.switch("line_amount_mismatch") == "refuse":
            raise Refused(
                f"The line total {told} does not match the expected line total {line['amount']}"
            )
        # Seen: the amount stays, one piece of it, and no tax.
        line |= {"quantity": Decimal("1.0000"), "unit": cents(told), "amount": cents(told)}
        line |= {"tax_type": no_tax(org.switch("version"))}
        line.pop("tax_sent", None)
    line["tax"] = tax_of(org, line, amounts, use, contact)


def is_words(line: Content) -> bool:
    """A line of a description only."""
    said = (line.get("quantity"), line.get("unit"), line.get("amount_sent"), line.get("account"))
    return all(one is None for one in said)


def discounted(
    org: Organisation, line: Content, exact: Decimal, gross: Decimal, use: Use
) -> Decimal:
    rate, amount = line.get("discount_rate"), line.get("discount")
    if not use.discounts and (rate or amount):
        if org.switch("credit_note_discounts") == "refuse":
            raise Refused("Discounts are not allowed on this document.")
        line.pop("discount_rate", None)
        line.pop("discount", None)
        return gross
    if amount is not None:
        if amount == 0 and gross < 0:
            raise Refused("DiscountAmount cannot be set on a line with a negative amount.")
        if abs(amount) > abs(gross):
            raise Refused("DiscountAmount cannot exceed the line amount.")
        return cents(gross - amount)
    if rate:
        if not 0 <= rate <= HUNDRED:
            raise Refused("DiscountRate must be between 0 and 100.")
        return rounded(org, exact * (HUNDRED - rate) / HUNDRED)
    return rounded(org, exact)


def tax_of(org: Organisation, line: Content, amounts: str, use: Use, contact: Content) -> Decimal:
    if amounts == "NoTax":
        line["tax_type"] = no_tax(org.switch("version"))
        return ZERO.quantize(wire.CENT)
    if not line.get("tax_type"):
        account = org.account(identity=line.get("account")) if line.get("account") else None
        usual = contact.get("sales_tax" if use.sale else "purchase_tax")
        line["tax_type"] = usual or (account or {}).get("tax_type") or no_tax(org.switch("version"))
    rate = tax_rate(org, line["tax_type"])
    fits = ("both", "sale" if use.sale else "purchase")
    if rate is None or rate["use"] not in fits:
        raise Refused(
            f"The TaxType code '{line['tax_type']}' does not exist or cannot be used for this "
            "type of transaction."
        )
    share = percent(rate) / HUNDRED
    amount: Decimal = line["amount"]
    worked = amount * share if amounts == "Exclusive" else amount - amount / (1 + share)
    tax = cents(worked)
    told = line.get("tax_sent")
    if told is None or not use.own_tax:
        if told is not None and cents(told) != tax:
            raise Refused(f"The tax amount {told} must be {tax}, as it is worked out.")
        return tax
    return cents(told)


def total_up(document: Content) -> None:
    """SubTotal, TotalTax, Total and TotalDiscount from the lines."""
    lines = document["lines"]
    amounts = sum((one.get("amount", ZERO) for one in lines), ZERO)
    tax = sum((one.get("tax", ZERO) for one in lines), ZERO)
    inclusive = document["amounts"] == "Inclusive"
    document["tax"] = cents(tax)
    document["total"] = cents(amounts if inclusive else amounts + tax)
    document["sub"] = document["total"] - document["tax"]
    off = ZERO
    for one in lines:
        if one.get("discount_rate") or one.get("discount"):
            full = cents(one.get("quantity", ZERO) * one.get("unit", ZERO))
            off += full - one.get("amount", ZERO)
    document["off"] = cents(off)


def net_of(line: Content, amounts: str) -> Decimal:
    amount: Decimal = line.get("amount", ZERO)
    return amount - line.get("tax", ZERO) if amounts == "Inclusive" else amount
