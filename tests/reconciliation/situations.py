"""The bookkeeper's table: what is done on both sides, the journals by hand, and whether both sides
may be said to agree.

Journals are what the ledger's trial balance moves by: a debit is above nil, a credit below. `cause`
is what refuses the agreement, empty where it is given: a cause of a question, or words of a
difference. `mend` is how the books are put right; without one a person answers the questions.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from apps.billing.actions import (
    DepositAmount,
    allocate,
    cancel_payment,
    deduct,
    make_deposit,
    return_payment,
    set_closing_date,
    void,
    write_off,
)
from apps.billing.models import TaxRate
from apps.mappings.choices import set_mapping
from apps.sync import acts
from apps.sync.models import Candidate, Conflict, SyncRecord
from tests.factories import make_customer, make_exchange_rate, make_method
from tests.reconciliation.shop import Shop, method_moves

Act = Callable[[Shop], Any]


@dataclass(frozen=True, kw_only=True)
class Situation:
    words: str
    do: Act
    journals: str  # "receivable +120    income -100    tax -20"
    cause: str = ""
    mend: Callable[[Shop, Any], Any] | None = None
    fetched: bool = True  # whether a run follows before both sides are compared

    @property
    def posts(self) -> dict[str, Decimal]:
        cells = [each.strip() for each in self.journals.split("    ") if each.strip()]
        found = {name: Decimal(amount) for name, amount in (each.rsplit(" ", 1) for each in cells)}
        assert sum(found.values()) == 0, f"{self.words}: debits are not credits"
        return found


CHAPTERS: dict[str, list[Situation]] = {}


def situation(chapter: str, words: str, journals: str, cause: str = "", **more: Any) -> Any:
    def keep(do: Act) -> Act:
        CHAPTERS.setdefault(chapter, []).append(
            Situation(words=words, do=do, journals=journals, cause=cause, **more)
        )
        return do

    return keep


def _both(shop: Shop, net: str = "100") -> Any:
    """A sale of ours that is in the books of both sides."""
    invoice = shop.sale(net)
    shop.settle()
    return invoice


SALE = "receivable +120    income -100    tax -20"
TWICE = "receivable +240    income -200    tax -40"

# --- Sales --------------------------------------------------------------------------------------


@situation("sales", "a sale with tax, sent", SALE)
def _(shop: Shop) -> None:
    shop.sale()


@situation(
    "sales", "a sale typed there under another number, three days later", TWICE, "sale_twice"
)
def _(shop: Shop) -> None:
    invoice = _both(shop)
    shop.type_sale(shop.there(invoice.customer), "100", 13, DocNumber="T-13")


@situation("sales", "the same total eight days later", TWICE)
def _(shop: Shop) -> None:
    invoice = _both(shop)
    shop.type_sale(shop.there(invoice.customer), "100", 18, DocNumber="T-18")


@situation(
    "sales", "a penny more on the same day", "receivable +240.01    income -200.01    tax -40"
)
def _(shop: Shop) -> None:
    invoice = _both(shop)
    shop.type_sale(shop.there(invoice.customer), "100.01", 10, DocNumber="T-10")


@situation("sales", "the same day and total, another customer", TWICE)
def _(shop: Shop) -> None:
    _both(shop)
    other = shop.do("create_customer", name="Pale Moon Ltd")
    shop.type_sale(other, "100", 10, DocNumber="T-11")


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
    invoice = _both(shop)
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
    invoice = _both(shop)
    shop.journal("receivable", "income", "120", 12, shop.there(invoice.customer))


@situation("sales", "a journal of theirs between two incomes", "income +25    consulting -25")
def _(shop: Shop) -> None:
    shop.journal("income", "consulting", "25", 12)


@situation("sales", "a line recoded there", "receivable +120    consulting -100    tax -20")
def _(shop: Shop) -> None:
    shop.recode(_both(shop))


@situation(
    "sales",
    "a line recoded there, and its credit on the old account",
    "income +100    consulting -100",
    "income_left",
)
def _(shop: Shop) -> None:
    invoice = _both(shop)
    shop.recode(invoice)
    shop.credit(invoice)


@situation("sales", "recoded there on the invoice and on its credit alike", "")
def _(shop: Shop) -> None:
    invoice = _both(shop)
    note = shop.credit(invoice)
    shop.settle()
    shop.recode(invoice)
    shop.recode(note)


@situation(
    "sales", "the credit alone recoded there", "consulting +100    income -100", "income_left"
)
def _(shop: Shop) -> None:
    invoice = _both(shop)
    note = shop.credit(invoice)
    shop.settle()
    shop.recode(note)


@situation(
    "sales",
    "recoded there, and a part credited on the same account",
    "receivable +72    consulting -60    tax -12",
)
def _(shop: Shop) -> None:
    invoice = _both(shop)
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
    invoice = _both(shop)
    shop.recode(invoice)
    shop.credit(invoice, "40")


@situation("sales", "void here, and there", "")
def _(shop: Shop) -> None:
    void(_both(shop), reason="Never sold", on=date(2026, 3, 11))


@situation(
    "sales",
    "void there alone",
    "",
    "was voided in",
    mend=lambda shop, invoice: _take_theirs(shop, invoice),
)
def _(shop: Shop) -> Any:
    invoice = _both(shop)
    shop.do("void_invoice", id=shop.there(invoice))
    return invoice


@situation(
    "sales",
    "deleted there",
    "",
    "is gone from",
    mend=lambda shop, invoice: void(invoice, reason="As there", on=date(2026, 3, 11)),
)
def _(shop: Shop) -> Any:
    invoice = _both(shop)
    shop.do("delete_invoice", id=shop.there(invoice))
    return invoice


@situation(
    "sales",
    "its date changed there",
    SALE,
    "date is 2026-03-10 here and 2026-03-11",
    mend=lambda shop, invoice: shop.update("Invoice", invoice, TxnDate="2026-03-10"),
)
def _(shop: Shop) -> Any:
    invoice = _both(shop)
    shop.update("Invoice", invoice, TxnDate="2026-03-11")
    return invoice


@situation(
    "sales",
    "its amount changed there",
    "receivable +108    income -90    tax -18",
    "total is 120.00 GBP here and 108.00 GBP",
    mend=lambda shop, invoice: shop.do(
        "change_line", id=shop.there(invoice), line=1, quantity=1, price=100
    ),
)
def _(shop: Shop) -> Any:
    invoice = _both(shop)
    shop.do("change_line", id=shop.there(invoice), line=1, quantity=1, price=90)
    return invoice


@situation("sales", "its due date and message changed there", SALE)
def _(shop: Shop) -> None:
    invoice = _both(shop)
    shop.update("Invoice", invoice, DueDate="2026-05-05", CustomerMemo={"value": "Thank you"})


@situation("sales", "its customer renamed there", SALE)
def _(shop: Shop) -> None:
    invoice = _both(shop)
    shop.do("rename_customer", id=shop.there(invoice.customer), name="Bell, since 1902")


@situation(
    "sales",
    "our credit note typed there too",
    "receivable -120    income +100    tax +20",
    "sale_twice",
)
def _(shop: Shop) -> None:
    invoice = _both(shop)
    shop.credit(invoice)
    shop.settle()
    customer = shop.there(invoice.customer)
    shop.type_sale(customer, "100", 14, kind="CreditMemo", DocNumber="CM-14")


@situation(
    "sales",
    "copied there with our mark in its memo",
    TWICE,
    "with our marker",
    mend=lambda shop, copy: shop.do("delete_invoice", id=copy),
)
def _(shop: Shop) -> Any:
    invoice = _both(shop)
    note = shop.their_invoice(invoice.number or "")["PrivateNote"]
    customer = shop.there(invoice.customer)
    return shop.type_sale(customer, "100", 10, DocNumber="T-COPY", PrivateNote=note)


def _take_theirs(shop: Shop, subject: Any) -> None:
    theirs = Conflict.Decision.THEIRS
    acts.decide_record(shop.record(subject), theirs, user_id=shop.fay.pk)


# --- Money --------------------------------------------------------------------------------------

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
    shop.pay_there("120", 16, _both(shop))


@situation("money", "recorded there, and voided there", SALE)
def _(shop: Shop) -> None:
    paid = shop.pay_there("120", 16, _both(shop))
    shop.settle()
    shop.do("void_payment", id=paid)


@situation(
    "money",
    "money on account recorded there, not fetched yet",
    "clearing +40    receivable +80    income -100    tax -20",
    "on_the_way",
    fetched=False,
    mend=lambda shop, _: shop.settle(),
)
def _(shop: Shop) -> None:
    invoice = _both(shop)
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
    shop.do("void_payment", id=shop.there(payment))
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
    shop.pay_there("33", 16, customer=shop.do("create_customer", name="Uncle Bell"))


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
    "bank +115    office +5    income -100    tax -20",
    "money_elsewhere",
)
def _(shop: Shop) -> None:
    payment = shop.paid(shop.sale(), "120")
    shop.settle()
    shop.deposit_there([(shop.there(payment), "120")], fee="5")


def _known(shop: Shop) -> Any:
    """A customer of ours that stands there, with nothing open: a sale that was void."""
    invoice = _both(shop)
    void(invoice, reason="To know the customer", on=date(2026, 3, 11))
    shop.settle()
    return invoice.customer


def _decide(shop: Shop, decision: Candidate.Decision) -> None:
    candidate = Candidate.objects.get(decision="")
    acts.decide_candidate(candidate, decision, user_id=shop.fay.pk, reason="Looked at the bank")


# --- Credits, deductions and refunds ------------------------------------------------------------


@situation("credits", "credited and applied", "")
def _(shop: Shop) -> None:
    invoice = shop.sale()
    allocate(shop.credit(invoice), invoice, Decimal(120), on=date(2026, 3, 12))


@situation("credits", "credited and refunded at the bank", "receivable +120    bank -120")
def _(shop: Shop) -> None:
    shop.refund(shop.credit(shop.sale()), "120")


@situation("credits", "the refund typed there too", "receivable +240    bank -240", "refund_twice")
def _(shop: Shop) -> None:
    invoice = _both(shop)
    shop.refund(shop.credit(invoice), "120")
    shop.settle()
    shop.pay_out(shop.there(invoice.customer), "120", 20)


@situation(
    "credits",
    "the refund typed there too, as a refund receipt",
    "receivable +120    bank -240    income +100    tax +20",
    "refund_twice",
)
def _(shop: Shop) -> None:
    invoice = _both(shop)
    shop.refund(shop.credit(invoice), "120")
    shop.settle()
    customer = shop.there(invoice.customer)
    money = shop.ref("bank")
    shop.type_sale(customer, "100", 20, kind="RefundReceipt", DepositToAccountRef=money)


@situation("credits", "money of theirs paid out eight days later", "receivable +240    bank -240")
def _(shop: Shop) -> None:
    invoice = _both(shop)
    shop.refund(shop.credit(invoice), "120")
    shop.settle()
    shop.pay_out(shop.there(invoice.customer), "120", 26)


@situation("credits", "another amount paid out there", "receivable +170    bank -170")
def _(shop: Shop) -> None:
    invoice = _both(shop)
    shop.refund(shop.credit(invoice), "120")
    shop.settle()
    shop.pay_out(shop.there(invoice.customer), "50", 18)


@situation("credits", "the same amount paid out there to another", "receivable +240    bank -240")
def _(shop: Shop) -> None:
    invoice = _both(shop)
    shop.refund(shop.credit(invoice), "120")
    shop.settle()
    shop.pay_out(shop.do("create_customer", name="Fern & Co"), "120", 18)


@situation(
    "credits",
    "a journal of theirs pays our invoice",
    "receivable +90    bad debts +30    income -100    tax -20",
)
def _(shop: Shop) -> None:
    invoice = _both(shop)
    credit = shop.journal("bad debts", "receivable", "30", 20, shop.there(invoice.customer))
    shop.join(invoice, "JournalEntry", credit, "30")


@situation(
    "credits", "a credit memo of theirs pays our invoice", "receivable +90    income -75    tax -15"
)
def _(shop: Shop) -> None:
    invoice = _both(shop)
    credit = shop.type_sale(
        shop.there(invoice.customer), "25", 20, kind="CreditMemo", DocNumber="CM-20"
    )
    shop.join(invoice, "CreditMemo", credit, "30")


@situation(
    "credits",
    "a journal of theirs paid our invoice, and was un-applied",
    "receivable +90    bad debts +30    income -100    tax -20",
)
def _(shop: Shop) -> None:
    invoice = _both(shop)
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
    invoice = _both(shop)
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
    mend=lambda shop, _: _open_there(shop),
)
def _(shop: Shop) -> None:
    invoice = shop.sale()
    note = shop.credit(invoice)
    shop.settle()
    shop.server.set_up(shop.realm, book_close_date="2026-03-31")
    allocate(note, invoice, Decimal(120), on=date(2026, 3, 30))


def _open_there(shop: Shop) -> None:
    shop.server.set_up(shop.realm, book_close_date="")
    set_closing_date(shop.company, None, reason="Open again")
    acts.retry(SyncRecord.objects.filter(connection=shop.connection, kind="allocation"))


def _deduct(shop: Shop, invoice: Any) -> None:
    deduct(
        invoice, role="bank_charge", amount=Decimal(3), on=date(2026, 3, 16), reason="Transfer fee"
    )


# --- Tax and currencies -------------------------------------------------------------------------


@situation("tax", "a reduced rate of the same agency", "receivable +105    income -100    tax -5")
def _(shop: Shop) -> None:
    rate = shop.rate("R5", "5", agency="HM Revenue & Customs", called="5.0% R")
    shop.sale(rate=rate)


@situation("tax", "a rate that names no agency, of that country", SALE)
def _(shop: Shop) -> None:
    shop.sale(rate=shop.rate("S20B", "20", agency="Revenue 2", called="20.0% S"))


@situation("tax", "a French rate mapped by its percentage", SALE, "tax_elsewhere")
def _(shop: Shop) -> None:
    rate = shop.rate("FR20", "20", agency="Revenue 3", country="FR", called="20.0% S")
    shop.sale(rate=rate)


@situation("tax", "more sold at it once that was answered", SALE)
def _(shop: Shop) -> None:
    shop.sale(rate=TaxRate.objects.get(company=shop.company, code="FR20"))


@situation("tax", "a rate of another agency", SALE, "tax_elsewhere")
def _(shop: Shop) -> None:
    shop.sale(
        rate=shop.rate("AZ20", "20", agency="Arizona Department of Revenue", called="20.0% S")
    )


@situation("tax", "a sale in euro", "receivable EUR +102    income -85    tax -17")
def _(shop: Shop) -> None:
    customer = make_customer(shop.company, currency="EUR")
    make_exchange_rate(shop.company, "EUR", "0.85")
    shop.sale(customer=customer, currency="EUR", exchange_rate=Decimal("0.85"))


@situation(
    "tax",
    "a sale in euro typed on both sides",
    "receivable EUR +204    income -170    tax -34",
    "sale_twice",
)
def _(shop: Shop) -> None:
    customer = make_customer(shop.company, currency="EUR")
    invoice = shop.sale(customer=customer, currency="EUR", exchange_rate=Decimal("0.85"))
    shop.settle()
    shop.type_sale(
        shop.there(invoice.customer), "100", 12, DocNumber="T-EUR",
        CurrencyRef={"value": "EUR"}, ExchangeRate=0.85,
    )  # fmt: skip


@situation(
    "tax",
    "euro received at another rate than they were sold at",
    "clearing +105.60    income -85    tax -17    exchange -3.60",
)
def _(shop: Shop) -> None:
    customer = make_customer(shop.company, currency="EUR")
    invoice = shop.sale(customer=customer, currency="EUR", exchange_rate=Decimal("0.85"))
    shop.settle()
    shop.paid(invoice, "120", exchange_rate=Decimal("0.88"))
