"""The bookkeeper's table: discounts of a line and of a document, and fine prices.

Rules (ACCOUNTING.md, Sums): a line is quantity × unit price, less its discount, rounded half away
from zero; a document's discount is spread over the lines by largest remainder; inclusive fixes
gross. Documents: one of nil is issued and settled at once; a credit note mirrors its invoice.
"""

from decimal import Decimal
from typing import Any

from apps.mappings.choices import set_mapping
from tests.factories import make_customer, make_invoice, make_item
from tests.reconciliation.our_side import OurSide
from tests.reconciliation.situations import situation

NINETY = "receivable +108    income -90    tax -18"
TENTH = {"discount_percent": Decimal(10)}


def sold(shop: OurSide, *lines: Any, **fields: Any) -> Any:
    """Each line an item, a quantity, a price at 20 % tax, and what more it says."""
    told = [
        (shop.item, Decimal(q), Decimal(price), shop.standard, *more) for q, price, *more in lines
    ]
    return make_invoice(customer=make_customer(shop.company), lines=told, **fields)


@situation("discounts", "a tenth off the line", NINETY)
def _(shop: OurSide) -> None:
    sold(shop, ("1", "100", TENTH))


@situation("discounts", "7.77 off the line", "receivable +110.68    income -92.23    tax -18.45")
def _(shop: OurSide) -> None:
    """Tax 18.446."""
    sold(shop, ("1", "100", {"discount_amount": Decimal("7.77")}))


@situation(
    "discounts", "a discount of half a cent more", "receivable +21.54    income -17.95    tax -3.59"
)
def _(shop: OurSide) -> None:
    """A tenth of 19.95 is 1.995, so 2.00 (decision 0005); tax 3.59."""
    sold(shop, ("1", "19.95", TENTH))


@situation(
    "discounts", "1.00 off three lines of 10", "receivable +34.79    income -29    tax -5.79"
)
def _(shop: OurSide) -> None:
    """0.34, 0.33 and 0.33 off: 9.66, 9.67 and 9.67, each with 1.93 of tax."""
    sold(shop, *[("1", "10")] * 3, discount_amount=Decimal(1))


@situation(
    "discounts", "an eighth off the document", "receivable +26.23    income -21.86    tax -4.37"
)
def _(shop: OurSide) -> None:
    """Of 24.98, 3.12: 2.49875 and 0.62375, so 2.50 and 0.62. Tax 3.50 and 0.87."""
    sold(shop, ("1", "19.99"), ("1", "4.99"), discount_percent=Decimal("12.5"))


@situation(
    "discounts", "a tenth off lines of two rates", "receivable +202.50    income -180    tax -22.50"
)
def _(shop: OurSide) -> None:
    lines = [(shop.item, 1, 100, shop.standard), (shop.item, 1, 100, shop.reduced)]
    make_invoice(customer=make_customer(shop.company), lines=lines, discount_percent=Decimal(10))


@situation("discounts", "a tenth off a price that includes the tax", NINETY)
def _(shop: OurSide) -> None:
    """3 × 40.00 less 12.00 are 108.00."""
    sold(shop, ("3", "40", TENTH), tax_mode="inclusive")


@situation("discounts", "all of it off", "")
def _(shop: OurSide) -> None:
    sold(shop, ("1", "100", {"discount_percent": Decimal(100)}))


@situation("discounts", "a discounted sale, credited whole", "")
def _(shop: OurSide) -> None:
    invoice = sold(shop, ("1", "100", TENTH))
    shop.used(shop.credit(invoice), invoice, "108")


@situation(
    "discounts", "a discounted sale, half credited", "receivable +54    income -45    tax -9"
)
def _(shop: OurSide) -> None:
    invoice = sold(shop, ("1", "100", TENTH))
    shop.used(shop.credit(invoice, "45"), invoice, "54")


@situation(
    "discounts",
    "7,000 at a price of four decimals, 3 at one of six",
    "receivable +1385.52    income -1154.60    tax -230.92",
)
def _(shop: OurSide) -> None:
    """7,000 × 0.1648 are 1,153.60 with 230.72 of tax; 3 × 0.333333 are 1.00 with 0.20."""
    sold(shop, ("7000", "0.1648"), ("3", "0.333333"))


@situation(
    "discounts",
    "a discount that the company books apart",
    "receivable +108    income -100    rebates +10    tax -18",
)
def _(shop: OurSide) -> None:
    rebate = make_item(shop.company, code="REBATE", name="Rebate")
    shop.company.discount_item = rebate
    shop.company.save()
    if shop.connection.codes.filter(kind="account").exists():
        code = shop.code(shop.accounts["rebates"])
        set_mapping(shop.connection, "item_account", code=code, item=rebate)
    sold(shop, ("1", "100", TENTH))
    shop.company.discount_item = None
    shop.company.save()
