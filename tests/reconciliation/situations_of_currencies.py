"""The bookkeeper's table: other currencies. Home GBP, 20 % tax.

Rules (ACCOUNTING.md, Sums): a payment has its own rate, realised gain or loss is computed and
compared; a credit note takes its invoice's rate; month-end revaluation stays in the ledger. What a
deduction takes off is worth what its invoice was booked at.
"""

from datetime import date
from decimal import Decimal
from typing import Any

from apps.billing.actions import pay_refund, receive_payment, return_payment, void, write_off
from tests.factories import make_customer
from tests.reconciliation.our_side import OurSide
from tests.reconciliation.situations import situation

MARCH_16, MARCH_20 = date(2026, 3, 16), date(2026, 3, 20)
SOLD = "receivable EUR +102    income -85    tax -17"
# FreshBooks tells no rate: none of it goes over, and each is named.
IN_ITS_CURRENCY = "A line of the bank in Xero is in the currency of its account"
ABROAD: dict[str, Any] = {"elsewhere": {"freshbooks": ("", "takes and tells no exchange rate")}}


@situation("currencies", "sold in euro", SOLD, **ABROAD)
def _(shop: OurSide) -> None:
    shop.in_euro()


@situation(
    "currencies",
    "euro received at a lower rate than they were sold at",
    "clearing +96    exchange +6    income -85    tax -17",
    **ABROAD,
)
def _(shop: OurSide) -> None:
    """120 at 0.80 are 96.00, for 102.00 that were owed."""
    shop.paid(shop.in_euro(), "120", exchange_rate=Decimal("0.80"))


@situation(
    "currencies",
    "half of it received at a higher rate",
    "clearing +54    receivable EUR +51    income -85    tax -17    exchange -3",
    **ABROAD,
)
def _(shop: OurSide) -> None:
    """60 at 0.90 are 54.00, for half of 102.00."""
    shop.paid(shop.in_euro(), "60", exchange_rate=Decimal("0.90"))


@situation(
    "currencies",
    "one receipt over two invoices in euro",
    "clearing +211.20    income -170    tax -34    exchange -7.20",
    **ABROAD,
)
def _(shop: OurSide) -> None:
    """240 at 0.88 are 211.20, for 204.00."""
    customer = make_customer(shop.company, currency="EUR")
    parts = [(shop.in_euro(customer=customer), Decimal(120)) for _ in range(2)]
    receive_payment(
        customer=customer,
        amount=Decimal(240),
        date=MARCH_16,
        method=shop.method,
        apply=parts,
        exchange_rate=Decimal("0.88"),
    )


@situation(
    "currencies",
    "more euro received than were owed, at another rate",
    "clearing +132    receivable EUR -26.40    income -85    tax -17    exchange -3.60",
    **ABROAD,
)
def _(shop: OurSide) -> None:
    """150 at 0.88 are 132.00: 105.60 for 102.00, and 30 on account are 26.40."""
    shop.paid(shop.in_euro(), "150", exchange_rate=Decimal("0.88"))


@situation(
    "currencies",
    "euro on account, set against a sale of another rate later",
    "clearing +108    income -85    tax -17    exchange -6",
    **ABROAD,
)
def _(shop: OurSide) -> None:
    """120 at 0.90 are 108.00, for 102.00."""
    invoice = shop.in_euro()
    money = shop.money(invoice.customer, "120", exchange_rate=Decimal("0.90"))
    shop.settle()
    shop.used(money, invoice, "120")


@situation(
    "currencies",
    "half of a sale in euro credited, and set against it",
    "receivable EUR +51    income -42.50    tax -8.50",
    **ABROAD,
)
def _(shop: OurSide) -> None:
    """At the rate of its invoice, whatever the euro is worth by then."""
    invoice = shop.in_euro()
    shop.used(shop.credit(invoice, "50"), invoice, "60")


@situation(
    "currencies",
    "euro written off",
    "bad debts +102    income -85    tax -17",
    **ABROAD,
)
def _(shop: OurSide) -> None:
    write_off(shop.in_euro(), amount=Decimal(120), on=MARCH_20, reason="Insolvent")


@situation(
    "currencies",
    "a charge of 3 euro that the bank kept of a receipt at another rate",
    "clearing +102.96    charges +2.55    income -85    tax -17    exchange -3.51",
    **ABROAD,
)
def _(shop: OurSide) -> None:
    """117 at 0.88 are 102.96, for 99.45; 3 at the invoice's 0.85 are 2.55."""
    invoice = shop.in_euro()
    shop.paid(invoice, "117", exchange_rate=Decimal("0.88"))
    shop.deducted(invoice, "bank_charge", "3")


@situation("currencies", "a sale in euro that was void", "", **ABROAD)
def _(shop: OurSide) -> None:
    invoice = shop.in_euro()
    shop.settle()
    void(invoice, reason="Never sold", on=date(2026, 3, 11))


@situation(
    "currencies",
    "yen, which have no cents",
    "receivable JPY +93.60    income -78    tax -15.60",
    **ABROAD,
)
def _(shop: OurSide) -> None:
    """15,000 and 3,000 of tax, at 0.0052."""
    customer = make_customer(shop.company, currency="JPY")
    shop.sale("15000", customer=customer, exchange_rate=Decimal("0.0052"))


@situation(
    "currencies",
    "a rate whose reverse has no end",
    "receivable EUR +103.36    income -86.13    tax -17.23",
    **ABROAD,
)
def _(shop: OurSide) -> None:
    """At 0.8613: 120 are 103.356, 100 are 86.13, 20 are 17.226."""
    shop.sale(customer=make_customer(shop.company, currency="EUR"), exchange_rate=Decimal("0.8613"))


@situation(
    "currencies",
    "euro paid into a bank in euro, sent back, and paid out at a higher rate",
    "bank EUR -6    exchange +6",
    **ABROAD,
)
def _(shop: OurSide) -> None:
    """In 120 at 0.85, 102.00; out 120 at 0.90, 108.00."""
    _paid_out(shop, shop.euro_transfer)


@situation("currencies", "euro that a bank in euro took back", SOLD, **ABROAD)
def _(shop: OurSide) -> None:
    _taken_back(shop, shop.euro_transfer)


@situation(
    "currencies",
    "euro paid into a bank in pounds, sent back, and paid out at a higher rate",
    "bank -6    exchange +6",
    elsewhere={**ABROAD["elsewhere"], "xero": ("bank +102    receivable -102", IN_ITS_CURRENCY)},
)
def _(shop: OurSide) -> None:
    _paid_out(shop, shop.transfer)


@situation(
    "currencies",
    "euro that a bank in pounds took back",
    SOLD,
    elsewhere={
        **ABROAD["elsewhere"],
        "xero": ("bank +102    income -85    tax -17", IN_ITS_CURRENCY),
    },
)
def _(shop: OurSide) -> None:
    _taken_back(shop, shop.transfer)


def _paid_out(shop: OurSide, method: Any) -> None:
    invoice = shop.in_euro()
    shop.paid(invoice, "120", method=method, exchange_rate=Decimal("0.85"))
    pay_refund(
        shop.credit(invoice, day=17),
        amount=Decimal(120),
        on=MARCH_20,
        method=method,
        reason="Sent back",
        exchange_rate=Decimal("0.90"),
    )


def _taken_back(shop: OurSide, method: Any) -> None:
    payment = shop.paid(shop.in_euro(), "120", method=method, exchange_rate=Decimal("0.85"))
    shop.settle()
    return_payment(payment, on=MARCH_20, reason="No funds")
