"""Payments: of one document each, never edited, deleted by status; batches of them in base currency."""

from decimal import Decimal
from typing import Any

from . import answers, applying, ledger, taxing, wire
from .allocations import invoice_of
from .applying import check_open_day, left, money
from .documents import SIXTH
from .refusals import Refused
from .store import Content, Organisation, moment

TYPES = {
    "ACCREC": "ACCRECPAYMENT",
    "ACCPAY": "ACCPAYPAYMENT",
    "ACCRECCREDIT": "ARCREDITPAYMENT",
    "ACCPAYCREDIT": "APCREDITPAYMENT",
    "RECEIVE-OVERPAYMENT": "AROVERPAYMENTPAYMENT",
    "SPEND-OVERPAYMENT": "APOVERPAYMENTPAYMENT",
    "RECEIVE-PREPAYMENT": "ARPREPAYMENTPAYMENT",
    "SPEND-PREPAYMENT": "APPREPAYMENTPAYMENT",
}
OTHERS = {
    "CreditNote": ("CreditNotes", "CreditNoteID"),
    "Overpayment": ("Overpayments", "OverpaymentID"),
    "Prepayment": ("Prepayments", "PrepaymentID"),
}
RECONCILED = "This payment cannot be deleted as it has been reconciled."


def target_of(org: Organisation, sent: Content) -> tuple[str, Content]:
    """What a payment pays; Refused where it names nothing that there is."""
    for name, (kind, identity) in OTHERS.items():
        if sent.get(name):
            found = org.find(kind, sent[name].get(identity))
            if found is None and kind == "CreditNotes" and sent[name].get("CreditNoteNumber"):
                found = next(iter(org.by(kind, "number", sent[name]["CreditNoteNumber"])), None)
            if found is None:
                raise Refused("The document with the supplied id was not found.")
            return kind, found
    if sent.get("Invoice") or sent.get("InvoiceNumber"):
        told = sent.get("Invoice") or {"InvoiceNumber": sent["InvoiceNumber"]}
        return "Invoices", invoice_of(org, told)
    raise Refused("Payment must reference a document.")


def account_of(org: Organisation, sent: Any) -> Content:
    """A bank account, or one that payments may go to."""
    told = sent if isinstance(sent, dict) else {}
    found = org.account(code=told.get("Code"), identity=told.get("AccountID"))
    if found is None or found["status"] != "ACTIVE":
        raise Refused("Account must be valid.")
    if found["type"] != "BANK" and not found.get("payments"):
        raise Refused("Account does not allow payments. Enable payments to this account.")
    return found


def make(org: Organisation, sent: Content, batch: str = "") -> Content:
    kind, document = target_of(org, sent)
    account = account_of(org, sent.get("Account") or {"Code": sent.get("Code")})
    if document["status"] == "PAID":
        raise Refused("This document has already been paid off.")
    if document["status"] != "AUTHORISED":
        raise Refused("Payments can only be made against Authorised documents.")
    amount = money(sent.get("Amount"), "Amount")
    if amount > left(org, document):
        raise Refused("Payment amount exceeds the amount outstanding on this document.")
    try:
        day = wire.read_date(sent["Date"]) if sent.get("Date") else org.today.isoformat()
    except ValueError as wrong:
        raise Refused(f"Date: {wrong}") from wrong
    check_open_day(org, day, "payment")
    made = {
        "type": TYPES[document["type"]],
        "status": "AUTHORISED",
        "target": [kind, document["id"]],
        "account": account["id"],
        "date": day,
        "amount": amount,
        "reference": str(sent.get("Reference") or ""),
        "reconciled": bool(sent.get("IsReconciled")),
        "matched": False,
        **({"batch": batch} if batch else {}),
        **exchange(org, document, account, amount, sent),
    }
    stored = org.add("Payments", made)
    applying.apply(org, stored["target"], "Payments", stored)
    return stored


def exchange(
    org: Organisation, document: Content, account: Content, amount: Decimal, sent: Content
) -> Content:
    """Rate and amount in the bank's currency: the base one, or the document's own."""
    bank = account.get("currency") or org.base
    code = document["currency"]
    if bank not in (code, org.base):
        raise Refused("The bank account's currency must be the document's or the base currency.")
    told = sent.get("CurrencyRate")
    if code == org.base:
        rate = Decimal(1)
    elif told:
        rate = taxing.number(told, "CurrencyRate").quantize(SIXTH)
    elif org.switch("payment_rate_omitted") == "document":
        rate = document["rate"]
    else:
        rate = org.rate(code)
    bank_amount = amount if bank == code else wire.cents(amount / rate)
    if sent.get("BankAmount") and bank != code:
        bank_amount = money(sent["BankAmount"], "BankAmount")
        rate = (amount / bank_amount).quantize(SIXTH)
        return {"rate": rate, "bank_amount": bank_amount, "bank_base": int(bank_amount.scaleb(2))}
    return {"rate": rate, "bank_amount": bank_amount}


def delete(org: Organisation, sent: Content, *, of_batch: bool = False) -> Content:
    """The only change there is: its status."""
    found = org.find("Payments", sent.get("PaymentID"))
    if found is None:
        raise Refused("The payment with the supplied id was not found.")
    if sent.get("Status") != "DELETED":
        raise Refused("Payments cannot be edited: delete the payment and create it again.")
    if found["status"] == "DELETED":
        raise Refused("This payment has already been deleted.")
    if found.get("batch") and not of_batch:
        raise Refused("This payment is part of a batch payment and cannot be deleted alone.")
    flagged = found["reconciled"] and org.switch("flagged_delete") == "refuse"
    if found["matched"] or flagged:
        raise Refused(RECONCILED)
    check_open_day(org, found["date"], "payment")
    payment = org.edit("Payments", found["id"])
    payment["status"] = "DELETED"
    applying.release(org, payment["target"], payment)
    ledger.post(org, "Payments", payment)
    return payment


def write(org: Organisation, sent: Content) -> Content:
    return delete(org, sent) if sent.get("PaymentID") else make(org, sent)


def refused(org: Organisation, sent: Content, messages: list[str]) -> Content:
    """What comes back of a payment that was not taken: what was asked over what stands."""
    known = org.find("Payments", sent.get("PaymentID"))
    if known is not None:
        out = answers.payment(org, known)
    else:
        out = {"PaymentID": wire.NO_GUID, "HasAccount": False, "HasValidationErrors": True}
        try:
            out |= {"Amount": wire.read_number(sent["Amount"])}
        except (KeyError, ValueError):
            out |= {}
        if isinstance(sent.get("Reference"), str):
            out["Reference"] = sent["Reference"]
    if sent.get("Status") in ("AUTHORISED", "DELETED"):
        out["Status"] = sent["Status"]
    return out | {
        "HasValidationErrors": True,
        "ValidationErrors": [{"Message": one} for one in messages],
    }


# --- batches ----------------------------------------------------------------------------------------
def make_batch(
    org: Organisation, sent: Content, *, summarise: bool
) -> tuple[Content, list[Content]]:
    """One bank line for several documents -> the batch, and its lines as they were asked.

    A line that cannot be is, without `summarizeErrors`, answered with no error and no id: seen.
    """
    if sent.get("BatchPaymentID"):
        return delete_batch(org, sent), []
    account = account_of(org, sent.get("Account"))
    if (account.get("currency") or org.base) != org.base:
        raise Refused("Batch payments are only possible from accounts in the base currency.")
    lines = sent.get("Payments") or []
    if not lines:
        raise Refused("At least one payment must be specified.")
    day = wire.read_date(sent["Date"]) if sent.get("Date") else org.today.isoformat()
    check_open_day(org, day, "batch payment")
    documents = check_lines(org, lines)
    batch = org.add(
        "BatchPayments",
        {
            "status": "AUTHORISED",
            "type": "RECBATCH" if documents[0]["type"] == "ACCREC" else "PAYBATCH",
            "account": account["id"],
            "date": day,
            "payments": [],
            "total": wire.ZERO,
            "matched": False,
            "texts": {name: str(sent[name]) for name in texts_of(org) if sent.get(name)},
        },
    )
    failed: list[Content] = []
    for line in lines:
        told = {**line, "Account": {"AccountID": account["id"]}, "Date": day}
        told.setdefault("Reference", sent.get("Reference") or "")
        try:
            with org.step():
                payment = make(org, told, batch["id"])
        except Refused:
            if summarise or org.switch("batch_failed_line") == "refuse":
                raise
            failed.append(line)
            continue
        batch["payments"].append(payment["id"])
        batch["total"] += payment["amount"]
    return batch, failed


TEXTS = {"Details": 18, "Narrative": 18, "Particulars": 12, "Code": 12}
# Where each text is a field of the form; elsewhere Details alone.
OF_COUNTRY = {"NZ": ("Reference", "Particulars", "Code"), "UK": ("Narrative",)}


def texts_of(org: Organisation) -> tuple[str, ...]:
    """The texts of a batch that are kept; those of other countries may be dropped without a word."""
    if org.switch("batch_texts") == "any":
        return ("Reference", *TEXTS)
    return OF_COUNTRY.get(org.switch("version"), ("Details",))


def check_texts(sent: Content) -> None:
    """By the API; what people write there may be longer."""
    for name, most in TEXTS.items():
        if len(str(sent.get(name) or "")) > most:
            raise Refused(f"{name} cannot be more than {most} characters.")


def check_lines(org: Organisation, lines: Any) -> list[Content]:
    """Invoices of one side, in the base currency; nothing else fits into a batch."""
    documents = []
    for line in lines:
        if any(line.get(name) for name in OTHERS):
            raise Refused("Batch payments can only contain invoices.")
        documents.append(target_of(org, line)[1])
    if any(one["currency"] != org.base for one in documents):
        raise Refused("Batch payments are only possible for documents in the base currency.")
    if len({one["type"] for one in documents}) > 1:
        raise Refused("A batch payment cannot contain both sales invoices and bills.")
    mixed = len({one["contact"] for one in documents}) > 1
    if mixed and org.switch("batch_mixed_contacts") == "refuse":
        raise Refused("A batch payment must be for a single contact.")
    return documents


def delete_batch(org: Organisation, sent: Content) -> Content:
    found = org.find("BatchPayments", sent["BatchPaymentID"])
    if found is None:
        raise Refused("The batch payment with the supplied id was not found.")
    if sent.get("Status") != "DELETED":
        raise Refused("Batch payments cannot be edited.")
    if found["status"] == "DELETED":
        raise Refused("This batch payment has already been deleted.")
    if found["matched"]:
        raise Refused("This batch payment cannot be deleted as it has been reconciled.")
    for payment in found["payments"]:
        delete(org, {"PaymentID": payment, "Status": "DELETED"}, of_batch=True)
    batch = org.edit("BatchPayments", found["id"])
    batch["status"] = "DELETED"
    return batch


def batch_answer(org: Organisation, batch: Content, failed: list[Content] | None = None) -> Content:
    account = org.objects["Accounts"][batch["account"]]
    out: Content = {
        "Account": {"AccountID": account["id"], "CurrencyCode": org.base},
        **batch["texts"],
        "BatchPaymentID": batch["id"],
        "DateString": wire.text_date(batch["date"]),
        "Date": wire.day_of(batch["date"]),
        "Payments": [batch_line(org, org.objects["Payments"][one]) for one in batch["payments"]],
        "Type": batch["type"],
        "Status": batch["status"],
        "TotalAmount": batch["total"],
        "UpdatedDateUTC": moment(batch),
        "IsReconciled": batch["matched"],
    }
    for line in failed or ():
        out["Payments"].append(
            {"Invoice": {"InvoiceID": line["Invoice"].get("InvoiceID", wire.NO_GUID)}}
            | {"Amount": wire.read_number(line.get("Amount", 0))}
        )
    return out


def batch_line(org: Organisation, payment: Content) -> Content:
    document = org.objects["Invoices"][payment["target"][1]]
    return {
        "Invoice": {
            "InvoiceID": document["id"],
            "CurrencyCode": document["currency"],
            "Payments": [],
            "CreditNotes": [],
            "Prepayments": [],
            "Overpayments": [],
            "HasErrors": False,
            "IsDiscounted": False,
            "LineItems": [],
        },
        "PaymentID": payment["id"],
        "Amount": payment["amount"],
        "BankAmount": payment["bank_amount"],
    }


def refused_batch(sent: Content, messages: list[str]) -> Content:
    """A refused batch echoes its lines, without their ids."""
    return {
        "BatchPaymentID": sent.get("BatchPaymentID") or wire.NO_GUID,
        "Payments": [
            {"Invoice": {"InvoiceID": (one.get("Invoice") or {}).get("InvoiceID", wire.NO_GUID)}}
            for one in sent.get("Payments") or ()
        ],
        **({"Status": sent["Status"]} if sent.get("Status") else {}),
        "ValidationErrors": [{"Message": one} for one in messages],
    }
