"""The bookkeeper's table: what is taken off an invoice or stays of a receipt without being paid.

Rules (ACCOUNTING.md, Money): an allocation may carry deductions (bank charge, early-payment
discount, tax withheld, small difference, bad debt); *paid*, *credited* and *written off* are three
figures; money on account is an overpayment or a retainer, which is a liability. Decision 0020: a
bad debt with its tax is a credit note on the item of bad debts.
"""

from datetime import date
from decimal import Decimal
from typing import Any

from apps.billing.actions import (
    Deducted,
    cancel_adjustment,
    cancel_refund,
    hold_as_retainer,
    pay_refund,
    receive_payment,
    recover,
    refund_retainer,
    return_payment,
    take_surplus,
    use_retainer,
    write_off,
    write_off_with_relief,
)
from tests.factories import make_customer, make_item
from tests.reconciliation.our_side import OurSide
from tests.reconciliation.situations import SALE, situation

MARCH_16, MARCH_18, MARCH_20 = date(2026, 3, 16), date(2026, 3, 18), date(2026, 3, 20)
OCTOBER_5 = date(2026, 10, 5)
TAKEN_UP = "FreshBooks has no entry that takes money on account up again"
RETAINED = "FreshBooks has no account for money that is owed back"
NO_REFUND = "FreshBooks has no refunds"


@situation("deductions", "tax withheld", "clearing +110    withheld +10    income -100    tax -20")
def _(shop: OurSide) -> None:
    invoice = shop.sale()
    shop.paid(invoice, "110")
    shop.deducted(invoice, "tax_withheld", "10")


@situation(
    "deductions",
    "an early-payment discount that leaves the tax",
    "clearing +117.60    discounts +2.40    income -100    tax -20",
)
def _(shop: OurSide) -> None:
    """Two per cent of 120.00."""
    invoice = shop.sale()
    shop.paid(invoice, "117.60")
    shop.deducted(invoice, "early_discount", "2.40")


@situation(
    "deductions",
    "an early-payment discount that corrects the tax",
    "clearing +117.60    income -98    tax -19.60",
)
def _(shop: OurSide) -> None:
    """By a credit note of 2.00 and 0.40, on the account of the sale."""
    invoice = shop.sale()
    shop.paid(invoice, "117.60")
    invoice.refresh_from_db()
    shop.used(shop.credit(invoice, "2", day=16), invoice, "2.40")


@situation(
    "deductions",
    "a charge of the bank that bears tax",
    "clearing +117    charges +2.50    fee tax +0.50    income -100    tax -20",
)
def _(shop: OurSide) -> None:
    """3.00 with 20 % in them."""
    invoice = shop.sale()
    shop.paid(invoice, "117")
    shop.deducted(invoice, "bank_charge", "3", tax_rate=shop.standard)


@situation(
    "deductions",
    "a charge and withheld tax together with the receipt",
    "clearing +107    charges +3    withheld +10    income -100    tax -20",
)
def _(shop: OurSide) -> None:
    invoice = shop.sale()
    taken = [
        Deducted(invoice=invoice, role=role, amount=Decimal(amount), reason="Kept")
        for role, amount in (("bank_charge", "3"), ("tax_withheld", "10"))
    ]
    receive_payment(
        customer=invoice.customer,
        amount=Decimal(107),
        date=MARCH_16,
        method=shop.method,
        apply=[(invoice, Decimal(107))],
        deductions=taken,
    )


@situation(
    "deductions",
    "two pennies short",
    "clearing +119.98    office +0.02    income -100    tax -20",
)
def _(shop: OurSide) -> None:
    invoice = shop.sale()
    shop.paid(invoice, "119.98")
    shop.deducted(invoice, "small_difference", "0.02")


@situation(
    "deductions",
    "two pennies too much, taken to the small differences",
    "clearing +120.02    office -0.02    income -100    tax -20",
    elsewhere={"freshbooks": (SALE, TAKEN_UP)},
)
def _(shop: OurSide) -> None:
    payment = shop.paid(shop.sale(), "120.02")
    take_surplus(payment, amount=Decimal("0.02"), on=MARCH_18, reason="Not worth a letter")


@situation(
    "deductions",
    "written off, and taken up again",
    SALE,
)
def _(shop: OurSide) -> None:
    loss = write_off(shop.sale(), amount=Decimal(30), on=MARCH_20, reason="Gone")
    shop.settle()
    cancel_adjustment(loss, reason="Paid after all", on=MARCH_20)


@situation(
    "deductions",
    "a bad debt whose tax the office gives back",
    "clearing +30    bad debts +75    income -100    tax -5",
)
def _(shop: OurSide) -> None:
    """30 of 120 are paid; of the 90 that are lost 15 are tax."""
    _relieved(shop)


@situation(
    "deductions",
    "half of it recovered",
    "clearing +75    bad debts +37.50    income -100    tax -12.50",
)
def _(shop: OurSide) -> None:
    """45 come after all, 7.50 of it tax."""
    note = _relieved(shop)
    shop.settle()
    money = shop.money(note.customer, "45", 20)
    recover(money, note=note, amount=Decimal(45), on=OCTOBER_5, reason="The liquidator paid")


def _relieved(shop: OurSide) -> Any:
    company = shop.company
    if company.bad_debt_item is None:
        company.bad_debt_item = make_item(company, code="BAD-DEBT", name="Bad debts")
        company.save()
    invoice = shop.sale()
    shop.paid(invoice, "30")
    invoice.refresh_from_db()
    return write_off_with_relief(
        invoice, amount=Decimal(90), on=OCTOBER_5, reason="Insolvent since May"
    )


@situation(
    "deductions",
    "500 held as a retainer, 60 of it used, 40 paid back",
    "bank +460    receivable +60    income -100    tax -20    retainers -400",
    elsewhere={"freshbooks": (SALE, RETAINED)},
)
def _(shop: OurSide) -> None:
    invoice = shop.sale()
    money = shop.money(invoice.customer, "500", method=shop.transfer)
    held = hold_as_retainer(money, amount=Decimal(500), on=MARCH_16)
    shop.settle()
    use_retainer(invoice, amount=Decimal(60), on=MARCH_18)
    refund_retainer(
        held, amount=Decimal(40), on=MARCH_20, method=shop.transfer, reason="Asked for it"
    )


@situation(
    "refunds",
    "money on account, 40 of it paid back with a fee that bears tax",
    "bank +58.80    charges +1    fee tax +0.20    receivable -60",
    elsewhere={"freshbooks": ("", NO_REFUND)},
)
def _(shop: OurSide) -> None:
    money = shop.money(make_customer(shop.company), "100", method=shop.transfer)
    pay_refund(
        money,
        amount=Decimal(40),
        on=MARCH_20,
        method=shop.transfer,
        reason="Too much",
        fee=Decimal("1.20"),
        fee_tax_rate=shop.standard,
    )


@situation(
    "refunds",
    "paid, sent back, and paid out",
    "",
    elsewhere={"freshbooks": ("bank +120    receivable -120", NO_REFUND)},
)
def _(shop: OurSide) -> None:
    _paid_out(shop)


@situation(
    "refunds",
    "paid out, and that taken back",
    "bank +120    receivable -120",
)
def _(shop: OurSide) -> None:
    refund = _paid_out(shop)
    shop.settle()
    cancel_refund(refund, reason="The transfer failed", on=MARCH_20)


def _paid_out(shop: OurSide) -> Any:
    invoice = shop.sale()
    shop.paid(invoice, "120", method=shop.transfer)
    return shop.refund(shop.credit(invoice, day=17), "120")


@situation(
    "refunds",
    "charged back with a fee of 15",
    "receivable +120    income -100    tax -20    bank -15    charges +15",
    elsewhere={"freshbooks": ("bank +120    income -100    tax -20", NO_REFUND)},
)
def _(shop: OurSide) -> None:
    payment = shop.paid(shop.sale(), "120", method=shop.transfer)
    shop.settle()
    return_payment(payment, on=MARCH_20, reason="Disputed", fee=Decimal(15), chargeback=True)
