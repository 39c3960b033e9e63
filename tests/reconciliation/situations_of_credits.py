"""The bookkeeper's table: credits, deductions and refunds."""

from datetime import date
from decimal import Decimal
from typing import Any

from apps.billing.actions import (
    allocate,
    deduct,
    reverse,
    write_off,
)
from tests.reconciliation.shop import Shop
from tests.reconciliation.situations import both, situation


@situation("credits", "credited and applied", "")
def _(shop: Shop) -> None:
    invoice = shop.sale()
    allocate(shop.credit(invoice), invoice, Decimal(120), on=date(2026, 3, 12))


@situation("credits", "paid, credited and refunded at the bank", "")
def _(shop: Shop) -> None:
    _refunded(shop)


@situation("credits", "the refund typed there too", "receivable +120    bank -120", "refund_twice")
def _(shop: Shop) -> None:
    invoice = _refunded(shop)
    shop.settle()
    shop.pay_out(shop.there(invoice.customer), "120", 20)


@situation(
    "credits",
    "the refund typed there too, as a refund receipt",
    "bank -120    income +100    tax +20",
    "refund_twice",
)
def _(shop: Shop) -> None:
    invoice = _refunded(shop)
    shop.settle()
    customer = shop.there(invoice.customer)
    money = shop.ref("bank")
    shop.type_sale(customer, "100", 20, kind="RefundReceipt", DepositToAccountRef=money)


@situation("credits", "money of theirs paid out eight days later", "receivable +120    bank -120")
def _(shop: Shop) -> None:
    invoice = _refunded(shop)
    shop.settle()
    shop.pay_out(shop.there(invoice.customer), "120", 26)


@situation("credits", "another amount paid out there", "receivable +50    bank -50")
def _(shop: Shop) -> None:
    invoice = _refunded(shop)
    shop.settle()
    shop.pay_out(shop.there(invoice.customer), "50", 18)


@situation("credits", "the same amount paid out there to another", "receivable +120    bank -120")
def _(shop: Shop) -> None:
    _refunded(shop)
    shop.settle()
    shop.pay_out(shop.customer_there("Fern & Co"), "120", 18)


def _refunded(shop: Shop) -> Any:
    """Paid at the bank, sent back, and all of it paid out again: nothing is left anywhere."""
    invoice = shop.sale()
    shop.paid(invoice, "120", method=shop.transfer)
    shop.refund(shop.credit(invoice, day=17), "120")
    return invoice


@situation(
    "credits",
    "a journal of theirs pays our invoice",
    "receivable +90    bad debts +30    income -100    tax -20",
)
def _(shop: Shop) -> None:
    invoice = both(shop)
    credit = shop.journal("bad debts", "receivable", "30", 20, shop.there(invoice.customer))
    shop.join(invoice, "JournalEntry", credit, "30")


@situation(
    "credits", "a credit memo of theirs pays our invoice", "receivable +90    income -75    tax -15"
)
def _(shop: Shop) -> None:
    invoice = both(shop)
    credit = shop.type_sale(
        shop.there(invoice.customer), "25", 20, kind="CreditMemo", number="CM-20"
    )
    shop.join(invoice, "CreditMemo", credit, "30")


@situation(
    "credits",
    "a journal of theirs paid our invoice, and was un-applied",
    "receivable +90    bad debts +30    income -100    tax -20",
)
def _(shop: Shop) -> None:
    invoice = both(shop)
    credit = shop.journal("bad debts", "receivable", "30", 20, shop.there(invoice.customer))
    tie = shop.join(invoice, "JournalEntry", credit, "30")
    shop.settle()
    shop.do("delete_payment", id=tie)


@situation(
    "credits",
    "a journal of theirs on the receivable, joined to nothing",
    "receivable +90    bad debts +30    income -100    tax -20",
)
def _(shop: Shop) -> None:
    invoice = both(shop)
    shop.journal("bad debts", "receivable", "30", 20, shop.there(invoice.customer))


@situation(
    "credits",
    "a charge that the bank kept",
    "clearing +117    charges +3    income -100    tax -20",
)
def _(shop: Shop) -> None:
    invoice = shop.sale()
    shop.paid(invoice, "117")
    invoice.refresh_from_db()
    _deduct(shop, invoice)


@situation(
    "credits",
    "the charge recoded there",
    "clearing +117    office +3    income -100    tax -20",
    "account_elsewhere",
)
def _(shop: Shop) -> None:
    invoice = shop.sale()
    shop.paid(invoice, "117")
    invoice.refresh_from_db()
    _deduct(shop, invoice)
    shop.settle()
    journal = shop.theirs("JournalEntry")[-1]
    lines = [dict(each) for each in journal["Line"]]
    for line in lines:
        detail = dict(line["JournalEntryLineDetail"])
        if detail["PostingType"] == "Debit":
            detail["AccountRef"] = shop.ref("office")
        line["JournalEntryLineDetail"] = detail
    shop.update("JournalEntry", str(journal["Id"]), Line=lines)


@situation("credits", "written off", "bad debts +120    income -100    tax -20")
def _(shop: Shop) -> None:
    write_off(shop.sale(), amount=Decimal(120), on=date(2026, 3, 20), reason="Insolvent")


@situation(
    "credits",
    "an application that their lock date holds",
    "",
    "on_the_way",
    mend=lambda shop, held: reverse(held, on=date(2026, 4, 2), reason="Their month is closed"),
)
def _(shop: Shop) -> Any:
    invoice = shop.sale()
    note = shop.credit(invoice)
    shop.settle()
    shop.server.set_up(shop.realm, book_close_date="2026-03-31")
    return allocate(note, invoice, Decimal(120), on=date(2026, 3, 30))


def _deduct(shop: Shop, invoice: Any) -> None:
    deduct(
        invoice, role="bank_charge", amount=Decimal(3), on=date(2026, 3, 16), reason="Transfer fee"
    )
