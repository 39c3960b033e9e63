"""The bookkeeper's table: sales."""

from datetime import date
from typing import Any

from apps.billing.actions import void
from apps.sync.decide import acts
from apps.sync.models import Conflict
from tests.reconciliation.shop import Shop
from tests.reconciliation.situations import SALE, TWICE, both, situation


@situation("sales", "a sale with tax, sent", SALE)
def _(shop: Shop) -> None:
    shop.sale()


@situation(
    "sales", "a sale typed there under another number, three days later", TWICE, "sale_twice"
)
def _(shop: Shop) -> None:
    invoice = both(shop)
    shop.type_sale(shop.there(invoice.customer), "100", 13, number="T-13")


@situation("sales", "the same total eight days later", TWICE)
def _(shop: Shop) -> None:
    invoice = both(shop)
    shop.type_sale(shop.there(invoice.customer), "100", 18, number="T-18")


@situation(
    "sales", "a penny more on the same day", "receivable +240.01    income -200.01    tax -40"
)
def _(shop: Shop) -> None:
    invoice = both(shop)
    shop.type_sale(shop.there(invoice.customer), "100.01", 10, number="T-10")


@situation("sales", "the same day and total, another customer", TWICE)
def _(shop: Shop) -> None:
    both(shop)
    other = shop.customer_there("Pale Moon Ltd")
    shop.type_sale(other, "100", 10, number="T-11")


@situation("sales", "two equal sales of ours in one week, both sent", TWICE)
def _(shop: Shop) -> None:
    invoice = shop.sale()
    shop.sale(customer=invoice.customer, issue_date=date(2026, 3, 12))


@situation(
    "sales",
    "the sale typed there as one paid at once",
    "receivable +120    clearing +120    income -200    tax -40",
    "sale_twice",
)
def _(shop: Shop) -> None:
    invoice = both(shop)
    customer = shop.there(invoice.customer)
    money = shop.ref("clearing")
    shop.type_sale(customer, "100", 11, kind="SalesReceipt", DepositToAccountRef=money)


@situation(
    "sales",
    "the sale typed there as a journal on the receivable",
    "receivable +240    income -220    tax -20",
    "sale_twice",
)
def _(shop: Shop) -> None:
    invoice = both(shop)
    shop.journal("receivable", "income", "120", 12, shop.there(invoice.customer))


@situation("sales", "a journal of theirs between two incomes", "income +25    consulting -25")
def _(shop: Shop) -> None:
    shop.journal("income", "consulting", "25", 12)


@situation("sales", "a line recoded there", "receivable +120    consulting -100    tax -20")
def _(shop: Shop) -> None:
    shop.recode(both(shop))


@situation(
    "sales",
    "a line recoded there, and its credit on the old account",
    "income +100    consulting -100",
    "income_left",
)
def _(shop: Shop) -> None:
    invoice = both(shop)
    shop.recode(invoice)
    shop.credit(invoice)


@situation("sales", "recoded there on the invoice and on its credit alike", "")
def _(shop: Shop) -> None:
    invoice = both(shop)
    note = shop.credit(invoice)
    shop.settle()
    shop.recode(invoice)
    shop.recode(note)


@situation(
    "sales", "the credit alone recoded there", "consulting +100    income -100", "income_left"
)
def _(shop: Shop) -> None:
    invoice = both(shop)
    note = shop.credit(invoice)
    shop.settle()
    shop.recode(note)


@situation(
    "sales",
    "recoded there, and a part credited on the same account",
    "receivable +72    consulting -60    tax -12",
)
def _(shop: Shop) -> None:
    invoice = both(shop)
    note = shop.credit(invoice, "40")
    shop.settle()
    shop.recode(invoice)
    shop.recode(note)


@situation(
    "sales",
    "recoded there, and a part credited on the old account",
    "receivable +72    income +40    consulting -100    tax -12",
    "income_left",
)
def _(shop: Shop) -> None:
    invoice = both(shop)
    shop.recode(invoice)
    shop.credit(invoice, "40")


@situation("sales", "void here, and there", "")
def _(shop: Shop) -> None:
    void(both(shop), reason="Never sold", on=date(2026, 3, 11))


@situation(
    "sales",
    "void there alone",
    "",
    "was voided in",
    mend=lambda shop, invoice: _take_theirs(shop, invoice),
)
def _(shop: Shop) -> Any:
    invoice = both(shop)
    shop.void_there(invoice)
    return invoice


@situation(
    "sales",
    "deleted there",
    "",
    "is gone from",
    mend=lambda shop, invoice: void(invoice, reason="As there", on=date(2026, 3, 11)),
)
def _(shop: Shop) -> Any:
    invoice = both(shop)
    shop.do("delete_invoice", id=shop.there(invoice))
    return invoice


@situation(
    "sales",
    "its date changed there",
    SALE,
    "date is 10 March 2026 here and 11 March 2026",
    mend=lambda shop, invoice: shop.redate_there(invoice, 10),
)
def _(shop: Shop) -> Any:
    invoice = both(shop)
    shop.redate_there(invoice, 11)
    return invoice


@situation(
    "sales",
    "its amount changed there",
    "receivable +108    income -90    tax -18",
    "total is 120.00 GBP here and 108.00 GBP",
    mend=lambda shop, invoice: shop.reprice_there(invoice, 100),
)
def _(shop: Shop) -> Any:
    invoice = both(shop)
    shop.reprice_there(invoice, 90)
    return invoice


@situation("sales", "its due date and message changed there", SALE)
def _(shop: Shop) -> None:
    invoice = both(shop)
    shop.reword_there(invoice)


@situation("sales", "its customer renamed there", SALE)
def _(shop: Shop) -> None:
    invoice = both(shop)
    shop.rename_there(invoice.customer, "Bell, since 1902")


@situation(
    "sales",
    "our credit note typed there too",
    "receivable -120    income +100    tax +20",
    "sale_twice",
)
def _(shop: Shop) -> None:
    invoice = both(shop)
    shop.credit(invoice)
    shop.settle()
    customer = shop.there(invoice.customer)
    shop.type_sale(customer, "100", 14, kind="CreditMemo", number="CM-14")


def _take_theirs(shop: Shop, subject: Any) -> None:
    theirs = Conflict.Decision.THEIRS
    acts.decide_record(shop.record(subject), theirs, user_id=shop.fay.pk)
