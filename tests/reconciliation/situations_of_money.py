"""The bookkeeper's table: money."""

from datetime import date
from decimal import Decimal
from typing import Any

from apps.billing.actions import (
    DepositAmount,
    cancel_payment,
    make_deposit,
    return_payment,
    set_closing_date,
    void,
)
from apps.mappings.choices import set_mapping
from apps.sync.decide import acts
from apps.sync.models import Candidate
from tests.factories import make_method
from tests.reconciliation.shop import Shop, method_moves
from tests.reconciliation.situations import SALE, both, situation

CLEARED = "clearing +120    income -100    tax -20"
BANKED = "bank +120    income -100    tax -20"


@situation("money", "paid, to be banked", CLEARED)
def _(shop: Shop) -> None:
    shop.paid(shop.sale(), "120")


@situation("money", "paid straight to the bank", BANKED)
def _(shop: Shop) -> None:
    shop.paid(shop.sale(), "120", method=shop.transfer)


@situation("money", "to be banked here, moved to the bank there", BANKED, "money_elsewhere")
def _(shop: Shop) -> None:
    payment = shop.paid(shop.sale(), "120")
    shop.settle()
    shop.update("Payment", payment, DepositToAccountRef=shop.ref("bank"))


@situation("money", "paid to the bank, moved to clearing there", CLEARED, "money_elsewhere")
def _(shop: Shop) -> None:
    payment = shop.paid(shop.sale(), "120", method=shop.transfer)
    shop.settle()
    shop.update("Payment", payment, DepositToAccountRef=shop.ref("clearing"))


@situation("money", "its method moved from clearing to bank after use", CLEARED, "money_elsewhere")
def _(shop: Shop) -> None:
    cards = make_method(shop.company, posts_to="clearing")
    code = shop.code("Undeposited Funds")
    set_mapping(shop.connection, "method_account", code=code, payment_method=cards)
    shop.paid(shop.sale(), "120", method=cards)
    shop.settle()
    method_moves(cards, "bank")


@situation(
    "money",
    "banked here, net of a fee",
    "bank +117    charges +3    income -100    tax -20",
    elsewhere={"xero": (CLEARED, "Xero has no bank deposits")},
)
def _(shop: Shop) -> None:
    payment = shop.paid(shop.sale(), "120")
    fee = DepositAmount(role="bank_charge", amount=Decimal(-3), description="Card fees")
    make_deposit(shop.account, date=date(2026, 3, 18), payments=[payment], amounts=[fee])


@situation("money", "banked there, payments of ours alone", BANKED)
def _(shop: Shop) -> None:
    payment = shop.paid(shop.sale(), "120")
    shop.settle()
    shop.deposit_there([(shop.there(payment), "120")])


@situation("money", "recorded there, and fetched", CLEARED)
def _(shop: Shop) -> None:
    shop.pay_there("120", 16, both(shop))


@situation("money", "recorded there, and voided there", SALE)
def _(shop: Shop) -> None:
    paid = shop.pay_there("120", 16, both(shop))
    shop.settle()
    shop.undo_there(paid)


@situation(
    "money",
    "money on account recorded there, not fetched yet",
    "clearing +40    receivable +80    income -100    tax -20",
    "on_the_way",
    fetched=False,
    mend=lambda shop, _: shop.settle(),
)
def _(shop: Shop) -> None:
    invoice = both(shop)
    shop.pay_there("40", 16, customer=shop.there(invoice.customer))


@situation(
    "money",
    "one receipt typed on both sides",
    "clearing +77    receivable -77",
    "money_twice",
    mend=lambda shop, _: _decide(shop, Candidate.Decision.LINK),
)
def _(shop: Shop) -> None:
    customer = _known(shop)
    shop.pay_there("77", 16, customer=shop.there(customer))
    shop.money(customer, "77", 16)


@situation(
    "money", "two equal receipts that a person keeps apart", "clearing +154    receivable -154"
)
def _(shop: Shop) -> None:
    customer = _known(shop)
    shop.pay_there("77", 17, customer=shop.there(customer))
    shop.money(customer, "77", 16)
    shop.settle()
    _decide(shop, Candidate.Decision.KEEP_BOTH)


@situation("money", "two equal receipts nine days apart", "clearing +154    receivable -154")
def _(shop: Shop) -> None:
    customer = _known(shop)
    shop.pay_there("77", 25, customer=shop.there(customer))
    shop.money(customer, "77", 16)


@situation(
    "money",
    "its amount changed there",
    "clearing +110    receivable +10    income -100    tax -20",
    "amount is 120.00 GBP here and 110.00 GBP",
    mend=lambda shop, payment: shop.update("Payment", payment[0], TotalAmt=120, Line=payment[1]),
)
def _(shop: Shop) -> Any:
    payment = shop.paid(shop.sale(), "120")
    shop.settle()
    one = shop.there(payment)
    held = next(each for each in shop.theirs("Payment") if each["Id"] == one)
    less = [{**held["Line"][0], "Amount": 110}]
    shop.update("Payment", one, TotalAmt=110, Line=less)
    return payment, held["Line"]


@situation(
    "money",
    "ours voided there",
    SALE,
    "is cancelled in",
    mend=lambda shop, payment: cancel_payment(payment, reason="As there", on=date(2026, 3, 17)),
)
def _(shop: Shop) -> Any:
    payment = shop.paid(shop.sale(), "120")
    shop.settle()
    shop.undo_there(shop.there(payment))
    return payment


@situation("money", "money on account set against an invoice there", CLEARED)
def _(shop: Shop) -> None:
    invoice = shop.sale()
    payment = shop.money(invoice.customer, "120")
    shop.settle()
    line = {"Amount": 120, "LinkedTxn": [{"TxnId": shop.there(invoice), "TxnType": "Invoice"}]}
    shop.update("Payment", payment, TotalAmt=120, Line=[line])


@situation(
    "money",
    "returned by the bank, with its fee",
    "receivable +120    income -100    tax -20    bank -8    charges +8",
)
def _(shop: Shop) -> None:
    payment = shop.paid(shop.sale(), "120", method=shop.transfer)
    shop.settle()
    return_payment(payment, on=date(2026, 3, 20), reason="No funds", fee=Decimal(8))


@situation("money", "money of a customer whom only they know", "clearing +33    receivable -33")
def _(shop: Shop) -> None:
    shop.pay_there("33", 16, customer=shop.customer_there("Uncle Bell"))


@situation(
    "money",
    "arrived in a month that is closed here",
    "clearing +33    receivable -33",
    "arrived",
    mend=lambda shop, _: set_closing_date(shop.company, None, reason="Open again"),
)
def _(shop: Shop) -> None:
    customer = _known(shop)
    set_closing_date(shop.company, date(2026, 3, 31), reason="March is closed")
    shop.pay_there("33", 20, customer=shop.there(customer))


@situation(
    "money",
    "in a bank deposit there beside a line of theirs",
    "bank +115    consulting +5    income -100    tax -20",
)
def _(shop: Shop) -> None:
    payment = shop.paid(shop.sale(), "120")
    shop.settle()
    shop.deposit_there([(shop.there(payment), "120")], fee="5")


def _known(shop: Shop) -> Any:
    """A customer of ours that stands there, with nothing open: a sale that was void."""
    invoice = both(shop)
    void(invoice, reason="To know the customer", on=date(2026, 3, 11))
    shop.settle()
    return invoice.customer


def _decide(shop: Shop, decision: Candidate.Decision) -> None:
    candidate = Candidate.objects.get(decision="")
    acts.decide_candidate(candidate, decision, user_id=shop.fay.pk, reason="Looked at the bank")
