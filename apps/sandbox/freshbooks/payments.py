"""Payments: money on one invoice, what is over as a credit, and a credit spent on an invoice."""

from decimal import Decimal

from . import credits, invoices, ledger, wire
from .fields import Fields, day, flag, money, one_of, read, reference, text
from .refusals import Refused, missing, read_only, required
from .store import Business, Content
from .wire import ZERO

TYPES = wire.names(
    "Check,Credit,Cash,Bank Transfer,Credit Card,Debit,PayPal,2Checkout,VISA,MASTERCARD,DISCOVER,"
    "AMEX,DINERS,JCB,ACH,Other",
    ",",
)
PAYMENT = Fields(
    {
        "invoiceid": reference,
        "creditid": reference,
        "from_credit": flag,
        "amount": money,
        "date": day,
        "type": one_of(*TYPES),
        "note": text,
        "orderid": reference,
        "transactionid": text,
        "send_client_notification": flag,
    },
    frozenset(
        wire.names(
            "id logid clientid overpaymentid bulk_paymentid gateway updated accounting_systemid"
        )
    ),
)
KEPT = ("note", "orderid", "transactionid", "send_client_notification")


def make(books: Business, body: Content) -> Content:
    told = read(books, PAYMENT, body)
    for name in ("invoiceid", "amount", "date"):
        if told.get(name) is None:
            raise required(name)
    invoice = books.find("invoices", told["invoiceid"])
    if invoice is None or invoice["vis_state"] == ledger.DELETED:
        raise missing("invoice", "invoiceid", told["invoiceid"])
    amount = amount_of(told["amount"], invoice["currency_code"])
    if invoice["status"] == invoices.DRAFT and books.switch("payment_on_draft") == "sends":
        invoices.mark_as_sent(books, books.edit("invoices", invoice["id"]))
        invoice = books.objects["invoices"][invoice["id"]]
    if told.get("from_credit"):
        return spend(books, invoice, told, amount)
    owed = max(invoices.outstanding(invoice), ZERO)
    payment = kept(books, invoice, told, min(amount, owed))
    if amount > owed:
        payment["overpaymentid"] = overpaid(books, payment, invoice, told, amount - owed)
        books.index("payments", payment)
    return payment


def amount_of(told: Content, code: str) -> Decimal:
    amount: Decimal = wire.decimal(told["amount"])
    if told["code"] not in (None, code):
        raise Refused(1004, f"The currency must be {code}.", "amount", told["code"])
    if amount != amount.quantize(wire.CENT):
        raise Refused(1004, "An amount has two decimals.", "amount", told["amount"])
    if amount <= 0:
        raise Refused(1025, "An amount may not be negative or zero.", "amount", told["amount"])
    return amount


def kept(books: Business, invoice: Content, told: Content, amount: Decimal) -> Content:
    payment = books.add(
        "payments",
        {
            **{name: told.get(name) for name in KEPT},
            "invoiceid": invoice["id"],
            "clientid": invoice["customerid"],
            "creditid": told.get("creditid"),
            "from_credit": bool(told.get("from_credit", False)),
            "overpaymentid": None,
            "amount": f"{amount:.2f}",
            "code": invoice["currency_code"],
            "date": told["date"],
            "type": told.get("type", "Other"),
        },
    )
    settle(books, payment)
    return payment


def settle(books: Business, payment: Content) -> None:
    """The payment and what it touches: its invoice, the credit that it spends."""
    books.index("payments", payment)
    ledger.post(books, "payments", payment)
    if payment.get("from_credit") and payment.get("creditid"):
        credit = books.edit("credit_notes", payment["creditid"])
        credits.refresh(books, credit)
    if payment.get("invoiceid"):
        invoices.refresh(books, books.edit("invoices", payment["invoiceid"]))


def overpaid(
    books: Business, payment: Content, invoice: Content, told: Content, rest: Decimal
) -> int:
    """What is over becomes a credit of the client; gives the id of the second record."""
    client = books.objects["clients"][invoice["customerid"]]
    line = {"name": "Overpayment", "qty": "1", "unit_cost": {"amount": f"{rest:.2f}"}}
    credit = credits.open_credit(
        books,
        client,
        {
            "clientid": client["id"],
            "credit_type": "overpayment",
            "create_date": told["date"],
            "currency_code": invoice["currency_code"],
            "lines": [line],
            "paymentid": payment["id"],
        },
    )
    books.tell("credit_note.create", credit["id"])
    if books.switch("overpayment_record") == "credit":
        return int(credit["id"])
    second = books.add(
        "payments",
        {
            **{name: told.get(name) for name in KEPT},
            "invoiceid": None,
            "clientid": client["id"],
            "creditid": credit["id"],
            "from_credit": False,
            "overpaymentid": None,
            "amount": f"{rest:.2f}",
            "code": invoice["currency_code"],
            "date": told["date"],
            "type": told.get("type", "Other"),
        },
    )
    return int(second["id"])


# --- credits that are spent ------------------------------------------------------------------------
def spend(books: Business, invoice: Content, told: Content, amount: Decimal) -> Content:
    """A credit pays an invoice: the one that is named, or the client's oldest."""
    if amount > invoices.outstanding(invoice):
        raise Refused(1030, "More than is outstanding.", "amount", amount)
    told = {**told, "type": told.get("type", "Credit")}
    if books.switch("spend_credit") == "oldest":
        if told.get("creditid"):
            raise read_only("creditid", told["creditid"])
        return spend_oldest(books, invoice, told, amount)
    if not told.get("creditid"):
        raise required("creditid")
    credit = books.find("credit_notes", told["creditid"])
    if credit is None or not ledger.credit_counts(credit):
        raise missing("credit_note", "creditid", told["creditid"])
    if credit["clientid"] != invoice["customerid"]:
        raise Refused(1003, "This credit is another client's.", "creditid", credit["id"])
    if credit["currency_code"] != invoice["currency_code"]:
        raise Refused(1004, "This credit is in another currency.", "creditid", credit["id"])
    if amount > credits.left(credit):
        raise Refused(1030, "More than the credit has left.", "amount", amount)
    return kept(books, invoice, told, amount)


def spend_oldest(books: Business, invoice: Content, told: Content, amount: Decimal) -> Content:
    """One payment for each credit that gives; the first is answered."""
    mine = [
        one
        for one in books.all("credit_notes")
        if one["clientid"] == invoice["customerid"]
        and one["currency_code"] == invoice["currency_code"]
        and ledger.credit_counts(one)
        and credits.left(one) > 0
    ]
    mine.sort(key=lambda one: (one["create_date"], one["id"]))
    if amount > sum((credits.left(one) for one in mine), ZERO):
        raise Refused(1030, "More than the client has left in credits.", "amount", amount)
    first: Content | None = None
    for credit in mine:
        part = min(amount, credits.left(credit))
        if part > 0:
            made = kept(books, invoice, {**told, "creditid": credit["id"]}, part)
            first = first or made
            amount -= part
    assert first is not None
    return first


# --- changes -----------------------------------------------------------------------------------------
def change(books: Business, payment: Content, body: Content) -> None:
    told = read(books, PAYMENT, body)
    amount = told.pop("amount", None)
    for name in ("invoiceid", "creditid", "from_credit"):
        told.pop(name, None)
    if "date" in told and told["date"] is None:
        raise required("date")
    payment |= told
    if amount is not None:
        wanted = amount_of(amount, payment["code"])
        if payment.get("invoiceid"):
            most = invoices.outstanding(books.objects["invoices"][payment["invoiceid"]])
            if wanted > most + wire.decimal(payment["amount"]):
                raise Refused(1030, "More than is outstanding.", "amount", wanted)
        payment["amount"] = f"{wanted:.2f}"
    if amount is not None or told.keys() - KEPT:
        settle(books, payment)
    else:
        # Words about it are nothing to its invoice.
        books.index("payments", payment)


def delete(books: Business, payment: Content) -> None:
    """The credit of an overpayment goes too, unless it is kept, or in use."""
    if books.switch("overpayment_on_delete") == "deleted":
        for credit in books.all("credit_notes"):
            mine = credit.get("paymentid") == payment["id"]
            if mine and credit["vis_state"] != ledger.DELETED:
                delete_credit(books, books.edit("credit_notes", credit["id"]))
                books.tell("credit_note.delete", credit["id"])
                for second in books.by("payments", "creditid", credit["id"]):
                    if not second["from_credit"] and second["vis_state"] != ledger.DELETED:
                        gone = books.edit("payments", second["id"])
                        gone["vis_state"] = ledger.DELETED
    withdraw(books, payment)


def withdraw(books: Business, payment: Content) -> None:
    payment["vis_state"] = ledger.DELETED
    settle(books, payment)


def delete_credit(books: Business, credit: Content) -> None:
    """What was paid with it keeps it, or goes with it."""
    for payment in invoices.spent_by(books, credit):
        if books.switch("delete_spent_credit") == "refuse":
            raise Refused(1003, "A credit that is in use may not be deleted.", "vis_state", 1)
        withdraw(books, books.edit("payments", payment["id"]))
        books.tell("payment.delete", payment["id"])
    # Spending may have edited it meanwhile: the newest copy is the one to end.
    credit["paid"] = "0.00"
    credit["vis_state"] = ledger.DELETED
    books.index("credit_notes", credit)
    ledger.post(books, "credit_notes", credit)


def restore(books: Business, payment: Content, state: int) -> None:
    """Only where its invoice still owes that much, and its credit still has it."""
    if payment["vis_state"] == ledger.DELETED and payment.get("invoiceid"):
        invoice = books.objects["invoices"][payment["invoiceid"]]
        amount = wire.decimal(payment["amount"])
        if invoice["vis_state"] == ledger.DELETED or amount > invoices.outstanding(invoice):
            raise Refused(1030, "The invoice does not owe this.", "vis_state", state)
        if payment["from_credit"]:
            credit = books.objects["credit_notes"][payment["creditid"]]
            if not ledger.credit_counts(credit) or amount > credits.left(credit):
                raise Refused(1030, "The credit does not have this.", "vis_state", state)
    payment["vis_state"] = state
    settle(books, payment)


def answer(books: Business, payment: Content, includes: set[str]) -> Content:
    return {
        "accounting_systemid": books.account,
        "amount": wire.money(payment["amount"], payment["code"]),
        "bulk_paymentid": None,
        "clientid": payment["clientid"],
        "creditid": payment["creditid"],
        "date": payment["date"],
        "from_credit": payment["from_credit"],
        "gateway": None,
        "id": payment["id"],
        "invoiceid": payment["invoiceid"],
        "logid": payment["id"],
        "note": payment["note"] or "",
        "orderid": payment["orderid"],
        "overpaymentid": payment["overpaymentid"],
        "send_client_notification": payment["send_client_notification"],
        "transactionid": payment["transactionid"],
        "type": payment["type"],
        "updated": wire.stamp(payment["updated_us"]),
        "vis_state": payment["vis_state"],
    }
